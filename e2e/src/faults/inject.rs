//! What each fault does. A fault has ended when what was taken away is there again.

use super::messages::{self, Messages};
use super::plan::Fault;
use super::probe::Probe;
use super::servers::{Server, command};
use super::until;
use super::world::{Line, World};
use anyhow::{Context as _, ensure};
use std::path::Path;
use std::time::Duration;
use testkit::proxy::{At, Toward};

/// Where Debian keeps libfaketime.
const FAKETIME: [&str; 2] = [
    "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
    "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1",
];
/// How long what is taken away stays away.
const AWAY: Duration = Duration::from_millis(1200);
/// Longer than the heartbeats of the harness's connections allow (2 × 3 s).
const PAUSED: Duration = Duration::from_secs(7);
/// How long an order to cut waits for somebody to whom it happens.
const MET: Duration = Duration::from_secs(15);
/// Handlers that panic in one fault.
const PANICS: usize = 5;

/// What came of it.
pub(super) enum Outcome {
    Done,
    /// It could not be done here, and why.
    Not(String),
}

/// Everything that a fault may touch.
pub(super) struct Hands<'a> {
    pub(super) world: &'a mut World,
    pub(super) probe: &'a Probe,
    /// How many messages that cannot be read were sent, which are to be found again.
    pub(super) poison: &'a mut usize,
    pub(super) started: usize,
}

impl Hands<'_> {
    pub(super) async fn inject(&mut self, fault: Fault) -> anyhow::Result<Outcome> {
        match fault {
            Fault::ServiceKilled(service) => self.kill(service, true).await?,
            Fault::ReplicaKilled(service) => self.kill(service, false).await?,
            Fault::RollingRestart(service) => {
                for n in 0..self.world.replicas(service) {
                    self.world.terminate(service, n).await?;
                    self.world.spawn(service, n, &[])?;
                    self.world.ready(service).await?;
                }
            }
            Fault::ServerKilled(server) => {
                self.world.servers.kill(server).await?;
                tokio::time::sleep(AWAY).await;
                self.world.servers.start_again(server).await?;
            }
            Fault::BrokerRestarted => {
                self.world.servers.stop(Server::Broker).await?;
                self.world.servers.start_again(Server::Broker).await?;
            }
            Fault::ConsumersWiped => {
                let kill = "[exit(Channel, kill) || Channel <- rabbit_channel:list_local()], ok";
                self.world.servers.broker(kill).await?;
            }
            Fault::BrokerPaused => {
                self.world.servers.signal(Server::Broker, "STOP").await?;
                tokio::time::sleep(PAUSED).await;
                self.world.servers.signal(Server::Broker, "CONT").await?;
            }
            Fault::DiskAlarm => {
                let limit =
                    |bytes: u64| format!("rabbit_disk_monitor:set_disk_free_limit({bytes})");
                self.world.servers.broker(&limit(1 << 60)).await?;
                let alarms = self
                    .world
                    .servers
                    .broker("rabbit_alarm:get_alarms()")
                    .await?;
                tokio::time::sleep(AWAY * 2).await;
                self.world.servers.broker(&limit(50_000_000)).await?;
                ensure!(alarms.contains("disk"), "no disk alarm: {alarms}");
            }
            Fault::CutBeforeCommit(service) => {
                return self
                    .cut(service, Line::To(Server::Postgres), At::BeforeCommit)
                    .await;
            }
            Fault::CutAfterCommit(service) => {
                return self
                    .cut(service, Line::To(Server::Postgres), At::AfterCommit)
                    .await;
            }
            Fault::ReplyCut(service, line) => {
                return self.cut(service, line, At::MiddleOfReply).await;
            }
            Fault::RedisEmptied => self.empty_redis().await?,
            Fault::LineCut(service, line) => {
                self.world.line(service, line)?.cut();
                tokio::time::sleep(AWAY).await;
                self.world.line(service, line)?.open();
            }
            Fault::LineDelayed(service, line) => {
                self.world
                    .line(service, line)?
                    .delay(Duration::from_millis(300));
                tokio::time::sleep(AWAY * 2).await;
                self.world.line(service, line)?.open();
            }
            Fault::LineSilent(service, line) => {
                self.world.line(service, line)?.pause();
                tokio::time::sleep(AWAY * 2).await;
                self.world.line(service, line)?.open();
            }
            Fault::HalfClosed(service, line) => {
                let proxy = self.world.line(service, line)?;
                proxy.half_close(if self.started.is_multiple_of(2) {
                    Toward::Client
                } else {
                    Toward::Server
                });
            }
            Fault::Duplicates | Fault::Reordered => {
                let messages = self.messages().await?;
                messages::again(self.world, &messages, fault == Fault::Reordered).await?;
                messages.close().await;
            }
            Fault::Panic => {
                let before = self.probe.panicked();
                self.probe.panic(PANICS);
                let probe = self.probe;
                let all = until(MET * 2, || async move {
                    Ok(probe.panicked() >= before + PANICS)
                })
                .await;
                ensure!(all, "no event came that a handler could panic at");
            }
            Fault::Poison => {
                let messages = self.messages().await?;
                for consumer in ["notifications", "postal"] {
                    *self.poison += messages::poison(&messages, consumer).await?;
                }
                messages.close().await;
            }
            Fault::ClockOff(service) => return self.clock(service).await,
            Fault::ObjectStoreFull => self.fill().await?,
        }
        Ok(Outcome::Done)
    }

    async fn messages(&self) -> anyhow::Result<Messages> {
        let url = self.world.servers.url(Server::Broker).await?;
        Messages::open(&url, &self.world.prefix).await
    }

    async fn kill(&mut self, service: &'static str, all: bool) -> anyhow::Result<()> {
        let replicas = self.world.replicas(service);
        let hit: Vec<usize> = if all {
            (0..replicas).collect()
        } else {
            vec![self.started % replicas.max(1)]
        };
        for n in &hit {
            self.world.kill(service, *n)?;
        }
        tokio::time::sleep(AWAY / 3).await;
        for n in hit {
            self.world.spawn(service, n, &[])?;
        }
        Ok(())
    }

    /// Cuts one connection at this point, of this service or, when nothing happens there, of the one that always has work.
    async fn cut(&self, service: &'static str, line: Line, at: At) -> anyhow::Result<Outcome> {
        for service in [service, "dossier"] {
            let proxy = self.world.line(service, line)?;
            let before = proxy.cuts();
            proxy.cut_at(at);
            let met = until(MET, || async move { Ok(proxy.cuts() > before) }).await;
            proxy.open();
            if met {
                return Ok(Outcome::Done);
            }
        }
        Ok(Outcome::Not(format!("nothing went over {line}")))
    }

    async fn empty_redis(&self) -> anyhow::Result<()> {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let url: url::Url = self.world.servers.url(Server::Redis).await?.parse()?;
        let port = url.port().context("a port")?;
        let mut line = tokio::net::TcpStream::connect(("127.0.0.1", port)).await?;
        let ask = format!(
            "AUTH {}\r\nFLUSHALL\r\n",
            url.password().unwrap_or_default()
        );
        line.write_all(ask.as_bytes()).await?;
        let mut answer = vec![0; 10];
        line.read_exact(&mut answer).await?;
        ensure!(answer == b"+OK\r\n+OK\r\n", "Redis was not emptied");
        Ok(())
    }

    /// Starts a service anew with its clock five minutes off, for a while: all its processes, or one that disagrees with the other.
    async fn clock(&mut self, service: &'static str) -> anyhow::Result<Outcome> {
        let Some(library) = FAKETIME.iter().find(|path| Path::new(path).exists()) else {
            return Ok(Outcome::Not("libfaketime is not installed".to_owned()));
        };
        let off = if self.started.is_multiple_of(2) {
            "+300s"
        } else {
            "-300s"
        };
        // A service refuses to start so; here its clock is to go wrong while it runs.
        let borne = format!(
            "MOTCUA_{}__DATABASE__MAX_CLOCK_SKEW_SECONDS",
            service.to_uppercase()
        );
        let settings = [
            (borne.as_str(), "0".to_owned()),
            ("LD_PRELOAD", (*library).to_owned()),
            ("FAKETIME", off.to_owned()),
            // Waits and deadlines go by a clock that nobody sets.
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
            ("DONT_FAKE_MONOTONIC", "1".to_owned()),
        ];
        let replicas = self.world.replicas(service);
        let wrong = if self.started.is_multiple_of(3) {
            replicas
        } else {
            1
        };
        for n in 0..wrong {
            self.world.kill(service, n)?;
            self.world.spawn(service, n, &settings)?;
        }
        self.world.ready(service).await?;
        tokio::time::sleep(AWAY * 2).await;
        for n in 0..wrong {
            self.world.kill(service, n)?;
            self.world.spawn(service, n, &[])?;
        }
        Ok(Outcome::Done)
    }

    /// Makes the file system of the object store as large as what is in it.
    async fn fill(&self) -> anyhow::Result<()> {
        // A process that starts on a full disk says so and ends, and here nobody starts it again: the fault is for those that run.
        self.world.ready("dossier").await?;
        let files = self.world.files();
        let files = files.to_string_lossy();
        let used = command("df", &["--output=used", "-k", &files]).await?;
        let used: u64 = used.lines().last().unwrap_or("0").trim().parse()?;
        let size = format!("remount,size={}k", used.max(4));
        command("mount", &["-o", &size, &files]).await?;
        let full = std::fs::write(self.world.files().join("faults-probe"), vec![0_u8; 1 << 16]);
        tokio::time::sleep(AWAY * 2).await;
        command("mount", &["-o", "remount,size=512m", &files]).await?;
        ensure!(full.is_err(), "the object store was not full");
        Ok(())
    }
}
