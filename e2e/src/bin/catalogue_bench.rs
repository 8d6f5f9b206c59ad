//! Figures of the catalogue over a real server database: import of a whole file, search, suggestions and reads at a steady rate, memory,
//! and the same searches in the database with trigrams, side by side.
#![expect(
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::float_arithmetic,
    reason = "a program that prints what it measured"
)]

use anyhow::{Context as _, ensure};
use clap::Parser;
use durable::sea_orm::{ConnectionTrait as _, Statement};
use durable::{Bus, Db};
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use testkit::OnServer;
use url::Url;

/// Measures the catalogue.
#[derive(Clone, Parser)]
struct Arguments {
    /// The national portal's JSON lines, plain or gzip.
    #[arg(long)]
    file: PathBuf,
    /// Requests a second.
    #[arg(long, default_value_t = 200)]
    rate: u32,
    /// Requests a second where the service is compared with trigrams in the database, which keep up with few.
    #[arg(long, default_value_t = 5)]
    compared_rate: u32,
    /// Seconds of each load.
    #[arg(long, default_value_t = 30)]
    seconds: u32,
}

const TYPED: [&str; 16] = [
    "dang ky khai sinh",
    "khai sinh",
    "đăng ký kết hôn",
    "giay phep xay dung",
    "ho kinh doanh",
    "cap doi the can cuoc",
    "thuong tru",
    "ly lich tu phap",
    "trợ cấp xã hội",
    "mai tang phi",
    "gplx",
    "dat dai chuyen nhuong",
    "1.001193",
    "khai sinj",
    "giam ho",
    "xuat khau",
];

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let tokio = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    tokio.block_on(run(&arguments))
}

async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let database = OnServer::create().await;
    let mut rt = testkit::runtime();
    rt.workers = 2;
    let url = ("database.url", database.url.clone());
    let config: suite::catalogue::Config = testkit::config(suite::catalogue::DEFAULTS, &[url]);
    let db = Db::open(&config.database, &rt).await?;
    durable::migrate(&db, suite::catalogue::migrations).await?;
    let before = memory("VmRSS")?;
    let started = Instant::now();
    let file = std::fs::File::open(&arguments.file)
        .with_context(|| format!("cannot open {}", arguments.file.display()))?;
    let options = suite::catalogue::ImportOptions::default();
    let summary = suite::catalogue::import_procedures(&db, &rt, file, options).await?;
    println!(
        "import: {} procedures in {:.2} s; memory {} MB at the most, {before} MB before",
        summary.created,
        started.elapsed().as_secs_f64(),
        memory("VmHWM")?
    );
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let base: Url = format!("http://{}", listener.local_addr()?).parse()?;
    rt.client.trust(&base);
    suite::catalogue::start(config, listener, &rt, &Bus::in_process()).await?;
    let asked = |path: &str, typed: &[&str]| -> anyhow::Result<Vec<Url>> {
        typed
            .iter()
            .map(|q| {
                let mut url = base.join(path)?;
                url.query_pairs_mut().append_pair("q", q);
                Ok(url)
            })
            .collect()
    };
    let begun: Vec<String> = TYPED
        .iter()
        .flat_map(|q| (3..=q.chars().count()).map(|n| q.chars().take(n).collect()))
        .collect();
    let begun: Vec<&str> = begun.iter().map(String::as_str).collect();
    let searches = asked("/api/v1/procedures", &TYPED)?;
    let before = Answers::so_far(&rt)?;
    load("search", &rt.client, &searches, None, arguments).await?;
    Answers::so_far(&rt)?.since(&before).say();
    let suggestions = asked("/api/v1/procedure-suggestions", &begun)?;
    let before = Answers::so_far(&rt)?;
    load("suggestions", &rt.client, &suggestions, None, arguments).await?;
    Answers::so_far(&rt)?.since(&before).say();
    let first: serde_json::Value = rt
        .client
        .get_url(base.join("/api/v1/procedures?limit=100")?)
        .send_json()
        .await?;
    let ids: Vec<Url> = first["items"]
        .as_array()
        .context("items")?
        .iter()
        .filter_map(|i| {
            base.join(&format!("/api/v1/procedures/{}", i["id"].as_str()?))
                .ok()
        })
        .collect();
    load("read by id, cached", &rt.client, &ids, None, arguments).await?;
    load(
        "read by id, conditional",
        &rt.client,
        &ids,
        Some("\"1\""),
        arguments,
    )
    .await?;
    println!(
        "memory with the full index, the harness included: {} MB",
        memory("VmRSS")?
    );
    let compared = Arguments {
        rate: arguments.compared_rate,
        ..arguments.clone()
    };
    let service = load("search, compared", &rt.client, &searches, None, &compared).await?;
    let trigrams = trigrams(&db, &compared).await?;
    println!(
        "ratio of p50, trigrams in the database to search in the service over HTTP: {:.1}; of p99: {:.1}",
        trigrams.0 / service.0,
        trigrams.1 / service.1
    );
    Ok(())
}

/// Answers of the service by its own clock, from the metric that it serves: how many within 1 ms, 2.5 ms and 5 ms, and in all.
struct Answers([u64; 4]);

impl Answers {
    fn so_far(rt: &kit::Runtime) -> anyhow::Result<Self> {
        let text = rt.metrics.render();
        let within = |le: &str| -> anyhow::Result<u64> {
            let bound = format!("le=\"{le}\"");
            let line = text.lines().find(|l| {
                l.starts_with("motcua_http_request_seconds_bucket") && l.contains(&bound)
            });
            // None before the first answer.
            line.and_then(|l| l.split_whitespace().last())
                .map_or(Ok(0), |n| Ok(n.parse()?))
        };
        let bounds = ["0.001", "0.0025", "0.005", "+Inf"];
        let mut answers = [0; 4];
        for (n, bound) in answers.iter_mut().zip(bounds) {
            *n = within(bound)?;
        }
        Ok(Self(answers))
    }

    fn since(&self, before: &Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] - before.0[i]))
    }

    fn say(&self) {
        let [within_1, within_2, within_5, all] = self.0;
        let percent = |n: u64| {
            format!(
                "{}.{:02} %",
                n * 100 / all.max(1),
                n * 10_000 / all.max(1) % 100
            )
        };
        println!(
            "  by the service's own clock: {} of {all} answers within 1 ms, {} within 2.5 ms, {} within 5 ms",
            percent(within_1),
            percent(within_2),
            percent(within_5)
        );
    }
}

/// Asks at a steady rate, whatever the answers take; p50 and p99 in milliseconds.
async fn load(
    what: &str,
    client: &kit::Client,
    urls: &[Url],
    tag: Option<&'static str>,
    arguments: &Arguments,
) -> anyhow::Result<(f64, f64)> {
    let (client, urls) = (client.clone(), Arc::new(urls.to_vec()));
    steady(what, arguments, move |i| {
        let (client, urls) = (client.clone(), Arc::clone(&urls));
        async move {
            let url = urls.get(i % urls.len()).cloned().context("an address")?;
            let mut call = client.get_url(url);
            if let Some(tag) = tag {
                call = call.header("if-none-match", tag);
            }
            let status = call.send().await?.status();
            ensure!(status == 200 || status == 304, "status {status}");
            Ok(())
        }
    })
    .await
}

async fn steady<F>(
    what: &str,
    arguments: &Arguments,
    ask: impl Fn(usize) -> F + Send + 'static,
) -> anyhow::Result<(f64, f64)>
where
    F: Future<Output = anyhow::Result<()>> + Send + 'static,
{
    let total = arguments.rate.saturating_mul(arguments.seconds);
    let pause = Duration::from_secs(1) / arguments.rate.max(1);
    let here = tokio::runtime::Handle::current();
    // On a thread of its own: a timer of the runtime is up to a millisecond late, which is half of what is measured.
    let sent = tokio::task::spawn_blocking(move || {
        let mut all = tokio::task::JoinSet::new();
        let started = Instant::now();
        for i in 0..total {
            // A late answer does not make the next question later.
            let due = started + pause * i;
            let wait = due.saturating_duration_since(Instant::now());
            #[expect(clippy::disallowed_methods, reason = "a thread of its own")]
            std::thread::sleep(wait);
            let one = ask(usize::try_from(i)?);
            let timed = async move { one.await.map(|()| due.elapsed()) };
            all.spawn_on(timed, &here);
        }
        anyhow::Ok(all)
    });
    let mut all = sent.await??;
    let mut times = Vec::new();
    while let Some(one) = all.join_next().await {
        times.push(one??.as_secs_f64() * 1_000.0);
    }
    times.sort_by(f64::total_cmp);
    let at = |share: usize| {
        let i = times.len().saturating_mul(share) / 100;
        times
            .get(i.min(times.len().saturating_sub(1)))
            .copied()
            .unwrap_or(f64::NAN)
    };
    println!(
        "{what}: {total} at {}/s; p50 {:.2} ms, p99 {:.2} ms, longest {:.2} ms",
        arguments.rate,
        at(50),
        at(99),
        at(100)
    );
    Ok((at(50), at(99)))
}

/// The same searches in the database: names without tone marks under a trigram index, the most similar first.
async fn trigrams(db: &Db, arguments: &Arguments) -> anyhow::Result<(f64, f64)> {
    for sql in [
        "CREATE EXTENSION IF NOT EXISTS pg_trgm",
        "CREATE EXTENSION IF NOT EXISTS unaccent",
        "CREATE TABLE bench_name AS SELECT id, code, name, lower(unaccent(name)) AS folded FROM procedure",
        "CREATE INDEX bench_name_idx ON bench_name USING gin (folded gin_trgm_ops)",
        "ANALYZE bench_name",
    ] {
        db.read().execute_unprepared(sql).await?;
    }
    let db = db.clone();
    steady("trigrams in the database", arguments, move |i| {
        let db = db.clone();
        async move {
            let typed = TYPED.get(i % TYPED.len()).copied().unwrap_or_default();
            let sql = "SELECT id, code, name FROM bench_name WHERE lower(unaccent($1)) <% folded \
                       ORDER BY word_similarity(lower(unaccent($1)), folded) DESC, name LIMIT 20";
            let read = db.read();
            let backend = read.get_database_backend();
            read.query_all_raw(Statement::from_sql_and_values(backend, sql, [typed.into()]))
                .await?;
            Ok(())
        }
    })
    .await
}

/// A figure of this process, in MB.
fn memory(of: &str) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status
        .lines()
        .find(|l| l.starts_with(of))
        .context("a line")?;
    let kb: u64 = line
        .split_whitespace()
        .nth(1)
        .context("a figure")?
        .parse()?;
    Ok(kb / 1024)
}
