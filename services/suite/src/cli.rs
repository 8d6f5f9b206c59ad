//! The commands of `motcua`.

use crate::settings::{All, Databases, Settings};
use crate::{demo, documents, due, import, seal_again, serve, settings, tasks, token, verify};
use anyhow::{Context as _, ensure};
use chrono::NaiveDate;
use clap::{Args, Parser, Subcommand};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// Một Cửa: dịch vụ công một cửa cho một tỉnh. One-stop public services for a Vietnamese province.
#[derive(Debug, Parser)]
#[command(name = "motcua", version)]
pub struct Arguments {
    /// Where databases and files lie (also `MOTCUA_DATA`; `./data` when neither is given).
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run all services in one process.
    Serve(Serve),
    /// Bring the databases of all services up to date.
    Migrate {
        /// Put the demo world in, too.
        #[arg(long)]
        demo: bool,
    },
    /// Import procedures or reference data.
    #[command(subcommand)]
    Import(Import),
    /// Say what is doubtful in the catalogue, by kind, with examples.
    Quality(Quality),
    /// Write the catalogue to a file: the portal's JSON lines, or CSV.
    Export(Export),
    /// Play the main story through the public API.
    Demo(Demo),
    /// Print an access token for a demo account.
    Token {
        /// citizen, officer, specialist, leader, officer2, admin, postoffice, integrator …
        login: String,
    },
    /// Compute a due instant and explain it day by day.
    Due(due::Arguments),
    /// Print, write or check the OpenAPI documents.
    Openapi(Openapi),
    /// Seal with the present key what an older one sealed; can run while the services do. Prints how many texts there were to do.
    SealAgain,
    /// Print the data keys wrapped by the present sealing secret, one a line: what `sealing.data_keys` (the file `data-keys`) is to be
    /// once the secret has changed. Seals and changes nothing.
    DataKeys {
        /// With a new one in front, which is to seal from then on.
        #[arg(long)]
        add: bool,
    },
    /// Create the first province administrator, or let one in again who is locked out, and print a temporary password.
    CreateAdmin {
        /// 3–64 characters of `a–z 0–9 . _ @ -`.
        #[arg(long)]
        login: String,
        /// Full name of a new one.
        #[arg(long, required_unless_present = "reset")]
        name: Option<String>,
        /// The account is there: a temporary password, opened again, without its second factor, signed out everywhere.
        #[arg(long)]
        reset: bool,
    },
    /// Make a new key to sign tokens with. The old one verifies until its tokens are dead.
    RotateSigningKey,
    /// Print the effective configuration, secrets masked.
    Config,
    /// See tasks that were given up, run them again or put them away.
    Tasks(tasks::Arguments),
    /// Check the journals and what must agree between the services; exit 1 if anything is broken.
    Verify {
        /// Seconds that a system at work has to come to rest; what then still waits is reported.
        #[arg(long, value_name = "SECONDS", default_value_t = 15)]
        wait: u64,
        /// One JSON object.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
struct Serve {
    /// Put demo agencies, accounts and procedures in.
    #[arg(long)]
    demo: bool,
    /// Where people reach the suite.
    #[arg(long, default_value = "127.0.0.1:8080")]
    bind: SocketAddr,
    /// Where `/livez`, `/readyz` and `/metrics` are.
    #[arg(long, default_value = "127.0.0.1:9080")]
    admin_bind: SocketAddr,
    /// Public URL, when it is not `http://<bind>`.
    #[arg(long)]
    public_url: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Import {
    /// The national portal's JSON, one object a line, plain or gzip.
    Procedures {
        /// The file.
        file: PathBuf,
        /// Say what would change, change nothing.
        #[arg(long)]
        dry_run: bool,
        /// The file is all that the portal has: what is not in it is marked as withdrawn at the source.
        #[arg(long)]
        whole: bool,
        /// The day of which the file tells; today when absent. An older file than one that was taken is refused.
        #[arg(long, value_name = "DATE")]
        dated: Option<NaiveDate>,
        /// One JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Provinces (CSV): `code,full_name,valid_from,valid_to,new_code,agency_code_h`.
    Provinces(import::Table),
    /// Communes since 2025-07-01 (CSV): `code,full_name,province_code`.
    Communes(import::Table),
    /// What the communes until 2025-06-30 went into (CSV); after the communes.
    CommuneMapping(import::Table),
    /// Fields (CSV): `field_code,field_name[,valid_from,valid_to]`.
    Fields(import::Table),
    /// Who may file, đối tượng (CSV): `subject_code,subject_name[,valid_from,valid_to]`.
    Subjects(import::Table),
    /// What procedures end in, kết quả (CSV): `result_code,result_name[,valid_from,valid_to]`.
    Results(import::Table),
    /// Agencies in both code forms (CSV): `code,name[,long_code,parent_code,valid_from,valid_to]`.
    Agencies(import::Table),
    /// Holidays and swapped days (CSV): `date,name,kind` (`off`, `make-up-workday`).
    Holidays(import::Table),
    /// Office calendars (CSV): `agency_code,day,shifts,name`.
    Calendars(import::Table),
}

/// What is doubtful in the published data.
#[derive(Debug, Args)]
struct Quality {
    /// Only this kind.
    #[arg(long)]
    kind: Option<String>,
    /// Examples of each kind.
    #[arg(long, default_value_t = 3)]
    examples: usize,
    /// One JSON object.
    #[arg(long)]
    json: bool,
}

/// The catalogue as open data.
#[derive(Debug, Args)]
struct Export {
    /// Where to write it.
    file: PathBuf,
    /// A table instead of the portal's JSON.
    #[arg(long)]
    csv: bool,
    /// The versions in force on this day; today when absent.
    #[arg(long, value_name = "DATE")]
    as_of: Option<NaiveDate>,
}

#[derive(Debug, Args)]
struct Demo {
    /// Base URL of the gateway.
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    gateway: url::Url,
    /// Dossiers.
    #[arg(long, default_value_t = 1)]
    count: usize,
    /// At the same time.
    #[arg(long, default_value_t = 1)]
    concurrency: usize,
    /// One JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
#[group(multiple = false)]
struct Openapi {
    /// Write all documents to this folder.
    #[arg(long, value_name = "DIR")]
    write: Option<PathBuf>,
    /// Compare with this folder; exit 1 on drift.
    #[arg(long, value_name = "DIR")]
    check: Option<PathBuf>,
}

/// Runs a command; any error is one line and exit code 1.
pub fn run(arguments: Arguments) -> ExitCode {
    let tokio = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(tokio) => tokio,
        Err(error) => return kit::process::report("motcua", Err(error.into())),
    };
    match tokio.block_on(dispatch(arguments)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => kit::process::report("motcua", Err(error)),
    }
}

/// Runs a command and says whether what it checked holds.
async fn dispatch(arguments: Arguments) -> anyhow::Result<bool> {
    let data = arguments.data;
    match arguments.command {
        Command::Serve(options) => return run_suite(data, options).await.map(|()| true),
        Command::Migrate { demo } => {
            let all = Settings::new(data, None).all()?;
            let rt = kit::process::runtime(&all.process)?;
            let databases = Databases::open(&all, &rt).await?;
            databases.migrate().await?;
            if demo {
                databases.seed_demo(&rt).await?;
            }
        }
        Command::Import(what) => import(&Settings::new(data, None), what).await?,
        Command::Quality(options) => {
            let report = import::quality(
                &Settings::new(data, None),
                options.kind.as_deref(),
                options.examples,
            )
            .await?;
            print(&if options.json {
                serde_json::to_string(&report)?
            } else {
                import::tell_quality(&report)
            });
        }
        Command::Export(options) => {
            let format = if options.csv {
                catalogue::Format::Csv
            } else {
                catalogue::Format::JsonLines
            };
            let settings = Settings::new(data, None);
            let n = import::export(&settings, &options.file, format, options.as_of).await?;
            print(&format!("  {n} thủ tục (procedures)"));
        }
        Command::Demo(options) => {
            let report = demo::play(&demo::Options {
                gateway: options.gateway,
                count: options.count,
                concurrency: options.concurrency,
                tell: !options.json,
            })
            .await?;
            print(&if options.json {
                serde_json::to_string(&report)?
            } else {
                report.tell()
            });
            return Ok(report.is_complete());
        }
        Command::Token { login } => print(&token::token(&Settings::new(data, None), &login).await?),
        Command::Due(arguments) => print(&due::run(&Settings::new(data, None), &arguments).await?),
        Command::Openapi(options) => return openapi(&options),
        Command::Config => {
            let all = Settings::new(data, None).all()?;
            print(&serde_json::to_string_pretty(&settings::masked(&all)?)?);
        }
        Command::SealAgain => {
            let all = Settings::new(data, None).all()?;
            let rt = kit::process::runtime(&all.process)?;
            let done = seal_again::seal_again(&Databases::open(&all, &rt).await?).await?;
            print(&serde_json::to_string_pretty(&done)?);
        }
        Command::DataKeys { add } => {
            let process = Settings::new(data, None).all()?.process;
            print(&seal_again::data_keys(&process, add)?.join("\n"));
        }
        Command::CreateAdmin { login, name, reset } => {
            let all = Settings::new(data, None).all()?;
            let rt = kit::process::runtime(&all.process)?;
            let db = identity_alone(&all, &rt).await?;
            let who = identity::Administrator { login, name, reset };
            print(&identity::create_admin(&all.identity, &db, &rt, who).await?);
        }
        Command::RotateSigningKey => {
            let all = Settings::new(data, None).all()?;
            let rt = kit::process::runtime(&all.process)?;
            identity::rotate_signing_key(&identity_alone(&all, &rt).await?, &rt).await?;
        }
        Command::Tasks(arguments) => {
            let all = Settings::new(data, None).all()?;
            let rt = kit::process::runtime(&all.process)?;
            let databases = Databases::open(&all, &rt).await?;
            print(&tasks::run(&databases, arguments).await?);
        }
        Command::Verify { wait, json } => {
            let all = Settings::new(data, None).all()?;
            let rt = kit::process::runtime(&all.process)?;
            let databases = Databases::open(&all, &rt).await?;
            let report = verify::settled(&databases, Duration::from_secs(wait)).await?;
            print(&if json {
                serde_json::to_string(&report)?
            } else {
                report.tell()
            });
            return Ok(report.is_sound());
        }
    }
    Ok(true)
}

/// The database of identity, up to date: all that its pod can reach.
async fn identity_alone(all: &All, rt: &kit::Runtime) -> anyhow::Result<durable::Db> {
    let db = durable::Db::open(&all.identity.database, rt)
        .await
        .context("database of identity")?;
    durable::migrate(&db, identity::migrations)
        .await
        .context("migrating identity")?;
    Ok(db)
}

async fn import(settings: &Settings, what: Import) -> anyhow::Result<()> {
    use catalogue::Kind;
    let (kind, table) = match what {
        Import::Procedures {
            file,
            dry_run,
            whole,
            dated,
            json,
        } => {
            let options = catalogue::ImportOptions {
                dry_run,
                whole,
                dated,
                ..catalogue::ImportOptions::default()
            };
            let summary = import::procedures(settings, &file, options).await?;
            print(&if json {
                serde_json::to_string(&summary)?
            } else {
                import::tell(&summary)?
            });
            return Ok(());
        }
        Import::Provinces(t) => (Kind::Provinces, t),
        Import::Communes(t) => (Kind::Communes, t),
        Import::CommuneMapping(t) => (Kind::CommuneMapping, t),
        Import::Fields(t) => (Kind::Fields, t),
        Import::Subjects(t) => (Kind::Subjects, t),
        Import::Results(t) => (Kind::Results, t),
        Import::Agencies(t) => (Kind::Agencies, t),
        Import::Holidays(t) => (Kind::Holidays, t),
        Import::Calendars(t) => (Kind::Calendars, t),
    };
    let json = table.json;
    let summary = import::reference(settings, kind, table).await?;
    print(&if json {
        serde_json::to_string(&summary)?
    } else {
        import::tell(&summary)?
    });
    Ok(())
}

async fn run_suite(data: Option<PathBuf>, options: Serve) -> anyhow::Result<()> {
    let public_url = options
        .public_url
        .unwrap_or_else(|| format!("http://{}", options.bind));
    let settings = Settings::new(data, Some(public_url));
    let telemetry =
        kit::telemetry::Telemetry::install("motcua", &settings.all()?.process.telemetry)?;
    let how = serve::Options {
        demo: options.demo,
        bind: options.bind,
        admin_bind: options.admin_bind,
    };
    let suite = serve::start(settings, &how).await?;
    print(&suite.greeting(options.demo));
    suite.rt.lifecycle.signalled().await;
    print("\n  Đang dừng (stopping) …");
    suite.stop().await;
    tokio::time::timeout(
        Duration::from_secs(5),
        tokio::task::spawn_blocking(move || telemetry.flush()),
    )
    .await
    .context("traces were not flushed in time")?
    .context("flushing traces")?;
    Ok(())
}

fn openapi(options: &Openapi) -> anyhow::Result<bool> {
    match (&options.write, &options.check) {
        (Some(folder), _) => documents::write(folder)?,
        (None, Some(folder)) => {
            let drifted = documents::drift(folder)?;
            ensure!(
                drifted.is_empty(),
                "differ from the code, run `make openapi`: {}",
                drifted.join(", ")
            );
        }
        (None, None) => print(&serde_json::to_string_pretty(&documents::public()?)?),
    }
    Ok(true)
}

/// Prints a result on standard output.
#[expect(clippy::print_stdout, reason = "the answer of a command")]
fn print(text: &str) {
    println!("{text}");
}
