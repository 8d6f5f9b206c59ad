//! The same with each service as a process over PostgreSQL, RabbitMQ and Redis: also what goes through the broker, what is put aside
//! there and kept as dead, every column of every table, and every command that Redis is given.

use super::{Door, MARKS, collector, marks_in, plant, play};
use contracts::Event as _;
use contracts::events::{CONSUMERS, DossierChanged, ShipmentChanged};
use e2e::processes::{Processes, SERVICES, STORED, servers};
use lapin::options::{
    BasicGetOptions, BasicPublishOptions, ExchangeDeclareOptions, QueueBindOptions,
    QueueDeclareOptions,
};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties, ExchangeKind};
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::thread::JoinHandle;

/// A queue that gets a copy of whatever is sent or put aside.
struct Tap {
    // Closed when dropped.
    _connection: Connection,
    channel: Channel,
    prefix: String,
    /// Type and body of what came so far.
    seen: Vec<(String, Vec<u8>)>,
}

impl Tap {
    async fn open(url: &str, prefix: &str) -> Self {
        let connection = Connection::connect(url, ConnectionProperties::default());
        let connection = connection.await.expect("a broker");
        let channel = connection.create_channel().await.expect("a channel");
        let tap = Self {
            _connection: connection,
            channel,
            prefix: prefix.to_owned(),
            seen: Vec::new(),
        };
        let options = QueueDeclareOptions {
            exclusive: true,
            auto_delete: true,
            ..QueueDeclareOptions::default()
        };
        tap.channel
            .queue_declare(tap.queue().into(), options, FieldTable::default())
            .await
            .expect("a queue");
        tap.bind(&tap.events(), ExchangeKind::Topic, "#").await;
        for (consumer, _) in CONSUMERS {
            tap.bind(&tap.dead(consumer), ExchangeKind::Fanout, "")
                .await;
        }
        tap
    }

    fn queue(&self) -> String {
        format!("{}tap", self.prefix)
    }

    fn events(&self) -> String {
        format!("{}motcua.events", self.prefix)
    }

    fn dead(&self, consumer: &str) -> String {
        format!("{}motcua.{consumer}.dead", self.prefix)
    }

    /// The exchange may not be there yet; it is declared as the services do.
    async fn bind(&self, exchange: &str, kind: ExchangeKind, key: &str) {
        let options = ExchangeDeclareOptions {
            durable: true,
            ..ExchangeDeclareOptions::default()
        };
        self.channel
            .exchange_declare(exchange.into(), kind, options, FieldTable::default())
            .await
            .expect("an exchange");
        self.channel
            .queue_bind(
                self.queue().into(),
                exchange.into(),
                key.into(),
                QueueBindOptions::default(),
                FieldTable::default(),
            )
            .await
            .expect("bound");
    }

    /// Takes what has come since.
    async fn drain(&mut self) {
        loop {
            let options = BasicGetOptions { no_ack: true };
            let got = self.channel.basic_get(self.queue().into(), options).await;
            let Some(message) = got.expect("an answer") else {
                return;
            };
            let delivery = message.delivery;
            let key = delivery.routing_key.as_str().to_owned();
            self.seen.push((key, delivery.data));
        }
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "a message that no service would send"
    )]
    async fn publish(&self, exchange: &str, key: &str, body: &[u8]) {
        self.channel
            .basic_publish(
                exchange.into(),
                key.into(),
                BasicPublishOptions::default(),
                body,
                BasicProperties::default(),
            )
            .await
            .expect("sent")
            .await
            .expect("taken");
    }
}

/// Hears every command that Redis is given, whoever gives it.
struct Monitor {
    stream: TcpStream,
    heard: JoinHandle<Vec<u8>>,
}

impl Monitor {
    fn open(url: &str) -> Self {
        let url: url::Url = url.parse().expect("a URL");
        assert_eq!(url.scheme(), "redis", "without TLS");
        let host = url.host_str().expect("a host");
        let address = (host, url.port().unwrap_or(6379));
        let mut stream = TcpStream::connect(address).expect("Redis");
        let user = Some(url.username()).filter(|u| !u.is_empty());
        if let Some(password) = url.password() {
            let line = format!("AUTH {} {password}\r\n", user.unwrap_or("default"));
            stream.write_all(line.as_bytes()).expect("written");
        }
        stream.write_all(b"MONITOR\r\n").expect("written");
        let mut reader = stream.try_clone().expect("a stream");
        let heard = std::thread::spawn(move || {
            let mut all = Vec::new();
            reader.read_to_end(&mut all).expect("read");
            all
        });
        Self { stream, heard }
    }

    fn end(self) -> Vec<u8> {
        self.stream.shutdown(Shutdown::Both).expect("shut");
        self.heard.join().expect("what was heard")
    }
}

/// Events about the dossier become dead in both ways: one is not what it says it is, one the broker has put aside.
async fn die(running: &Processes, tap: &mut Tap, dossier: &str) -> String {
    tap.drain().await;
    let ours = |(key, body): &&(String, Vec<u8>)| {
        key == DossierChanged::TYPE && String::from_utf8_lossy(body).contains(dossier)
    };
    let (_, event) = tap.seen.iter().find(ours).expect("an event about it");
    tap.publish(&tap.events(), ShipmentChanged::TYPE, event)
        .await;
    tap.publish(&tap.dead("notifications"), DossierChanged::TYPE, event)
        .await;
    testkit::wait_for("both are kept as dead", || async {
        let listed = running.motcua(&["tasks", "dead"]);
        let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
        let both = [
            "sent under another type than it names",
            "delivered too often without being stored",
        ];
        let kept = both.iter().all(|reason| listed.contains(reason));
        kept.then_some(listed)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_goes_over_rabbit_and_postgres_tells_it_either() {
    let Some((amqp, redis)) = servers() else {
        return;
    };
    let collector = collector().await;
    let file = tempfile::NamedTempFile::new().expect("a file");
    // Letters cannot be handed out: they fail, are tried again, and their faults are written down.
    let nowhere = file.path().join("no-folder");
    let mut running = Processes::start_with(
        &amqp,
        &redis,
        &[
            ("MOTCUA_PROCESS__TELEMETRY__LOG", "debug".to_owned()),
            (
                "MOTCUA_PROCESS__TELEMETRY__OTLP_URL",
                format!("{}/v1/traces", collector.uri()),
            ),
            (
                "MOTCUA_NOTIFICATIONS__EMAIL__DIRECTORY",
                nowhere.to_string_lossy().into_owned(),
            ),
        ],
    )
    .await;
    let mut tap = Tap::open(&amqp, running.prefix()).await;
    let monitor = Monitor::open(&redis);
    play(&running.url).await;
    let door = Door {
        url: &running.url,
        http: crate::stranger(),
        token: Box::new(|login| {
            let out = running.motcua(&["token", login]);
            assert!(out.status.success(), "{out:?}");
            String::from_utf8_lossy(&out.stdout).trim().to_owned()
        }),
    };
    let dossier = plant(&door).await;
    drop(door);
    let dead = die(&running, &mut tap, &dossier).await;

    let mut texts: Vec<(String, Vec<u8>)> = vec![("motcua tasks dead".to_owned(), dead.into())];
    for service in SERVICES {
        let url = format!("{}/metrics", running.admin_url(service));
        let metrics = crate::stranger().get(url).send().await.expect("metrics");
        let metrics = metrics.bytes().await.expect("metrics");
        texts.push((format!("metrics of {service}"), metrics.to_vec()));
    }
    assert_eq!(running.stop(), Vec::<String>::new(), "ended by SIGTERM");
    tap.drain().await;
    for service in SERVICES {
        let log = running.log(service);
        assert!(!log.is_empty(), "{service} logs");
        texts.push((format!("log of {service}"), log.into()));
    }
    let talkative = running.log("gateway").contains("DEBUG");
    assert!(talkative, "{}", running.log("gateway"));
    let events = tap.seen.len();
    for (key, body) in std::mem::take(&mut tap.seen) {
        texts.push((format!("message {key}"), body));
    }
    assert!(events > 10, "{events} messages went through the broker");
    let heard = monitor.end();
    let ours = String::from_utf8_lossy(&heard).contains(running.prefix());
    assert!(ours, "Redis was asked");
    texts.push(("commands to Redis".to_owned(), heard));
    for service in STORED {
        let rows = running.rows(service).await;
        // What is there in clear is seen, so what is not seen is not there in clear.
        let clear = match service {
            "dossier" | "notifications" => dossier.as_str(),
            "identity" => "danh.dau",
            _ => "H05.21",
        };
        assert!(
            rows.iter().any(|(_, row)| row.contains(clear)),
            "{clear} is not in {service}"
        );
        for (table, row) in rows {
            texts.push((format!("{service}.{table}"), row.into()));
        }
    }
    let traces = collector.received_requests().await.expect("traces");
    assert!(!traces.is_empty(), "the collector was sent no traces");
    for request in traces {
        texts.push(("traces".to_owned(), request.body));
    }
    let bytes: usize = texts.iter().map(|(_, text)| text.len()).sum();
    println!(
        "{} texts, {events} messages, {bytes} bytes searched for {} marks",
        texts.len(),
        MARKS.len()
    );
    let found: Vec<String> = texts
        .iter()
        .flat_map(|(what, text)| marks_in(what, text))
        .collect();
    assert!(found.is_empty(), "{found:#?}");
}
