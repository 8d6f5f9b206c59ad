//! All services in one process.

use crate::documents;
use crate::settings::{All, Databases, Settings};
use anyhow::Context as _;
use durable::Bus;
use futures_util::future::BoxFuture;
use kit::Runtime;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

/// How to serve.
#[derive(Clone, Debug)]
pub struct Options {
    /// Put the demo world in.
    pub demo: bool,
    /// Where the gateway listens; port 0 for tests.
    pub bind: SocketAddr,
    /// Where `/livez`, `/readyz` and `/metrics` are; port 0 for tests.
    pub admin_bind: SocketAddr,
}

/// A running suite.
#[derive(Clone)]
pub struct Suite {
    /// Public URL.
    pub url: String,
    /// Admin URL.
    pub admin_url: String,
    /// The shared runtime.
    pub rt: Runtime,
    /// The databases, for the checker.
    pub databases: Databases,
    /// The effective settings.
    pub settings: All,
}

/// Binds the gateway's port, then starts everything. The public URL of port 0 is known only then, so settings are made from it.
///
/// # Errors
/// One line that says what cannot work.
pub fn start(mut settings: Settings, options: &Options) -> BoxFuture<'_, anyhow::Result<Suite>> {
    Box::pin(async move {
        let gateway_listener = kit::process::bind(options.bind)?;
        let address = gateway_listener.local_addr()?;
        if options.bind.port() == 0 {
            settings.public_url = format!("http://{address}");
        }
        settings.demo = options.demo;
        let mut all = settings.all()?;
        // One thread each: seven services share the machine.
        all.process.http.workers = 1;
        let rt = kit::process::runtime(&all.process)?;
        rt.directory.set(
            "gateway",
            format!("http://127.0.0.1:{}", address.port()).parse()?,
        );
        let databases = Databases::open(&all, &rt).await?;
        databases.migrate().await?;
        if options.demo {
            databases.seed_demo(&rt).await?;
        }

        // Listeners first: services may then need each other in any order.
        let mut bound = Vec::new();
        for name in [
            "catalogue",
            "dossier",
            "notifications",
            "postal",
            "identity",
            "portal",
        ] {
            let listener = TcpListener::bind("127.0.0.1:0").context("no free port")?;
            rt.directory
                .set(name, format!("http://{}", listener.local_addr()?).parse()?);
            bound.push(listener);
        }
        let mut bound = bound.into_iter();
        let mut next = || bound.next().context("a listener for each service");
        let bus = Bus::in_process();
        // No event may leave before the services that listen for it are there.
        bus.hold();
        catalogue::start(all.catalogue.clone(), next()?, &rt, &bus)
            .await
            .context("catalogue")?;
        dossier::start(all.dossier.clone(), next()?, &rt, &bus)
            .await
            .context("dossier")?;
        notifications::start(all.notifications.clone(), next()?, &rt, &bus)
            .await
            .context("notifications")?;
        postal::start(all.postal.clone(), next()?, &rt, &bus)
            .await
            .context("postal")?;
        identity::start(all.identity.clone(), next()?, &rt, &bus)
            .await
            .context("identity")?;
        portal::start(all.portal.clone(), next()?, &rt)
            .await
            .context("portal")?;
        let public = documents::public()
            .context("public API document")?
            .to_string();
        gateway::start(all.gateway.clone(), gateway_listener, &rt, &public)
            .await
            .context("gateway")?;

        bus.release();

        let admin_listener = kit::process::bind(options.admin_bind)?;
        let admin_url = format!("http://{}", admin_listener.local_addr()?);
        let checked = databases.clone();
        let ready: kit::admin::Readiness = std::sync::Arc::new(move || {
            let databases = checked.clone();
            Box::pin(async move {
                for (name, db) in databases.named() {
                    db.ping().await.map_err(|_unreachable| {
                        format!("the database of {name} does not answer")
                    })?;
                }
                Ok(())
            })
        });
        kit::admin::serve(admin_listener, &rt, ready)?;
        if options.demo {
            settle(&databases).await;
        }
        rt.lifecycle.set_ready();
        Ok(Suite {
            url: settings.public_url,
            admin_url,
            rt,
            databases,
            settings: all,
        })
    })
}

/// Waits until the news of the demo catalogue has reached the other services, so that the first person to file finds them ready.
async fn settle(databases: &Databases) {
    for _ in 0..100 {
        let waiting = crate::verify::waiting(databases).await;
        if matches!(waiting, Ok(0)) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    tracing::warn!("the demo catalogue is still on its way to the other services");
}

impl Databases {
    /// Each database with its service's name.
    pub fn named(&self) -> [(&'static str, &durable::Db); 5] {
        [
            ("catalogue", &self.catalogue),
            ("dossier", &self.dossier),
            ("notifications", &self.notifications),
            ("postal", &self.postal),
            ("identity", &self.identity),
        ]
    }
}

impl Suite {
    /// Stops softly: drains, gives back leases. Returns whether everything ended by itself.
    pub async fn stop(&self) -> bool {
        self.rt
            .lifecycle
            .shut_down(Duration::from_secs(
                self.settings.process.http.grace_seconds,
            ))
            .await
    }

    /// The words that greet who started it.
    pub fn greeting(&self, demo: bool) -> String {
        let mut out = format!(
            "\n  Một Cửa đang chạy / is running\n\n    Trang web (pages)      {url}/\n    API                    {url}/docs\n    Trạng thái (health)    {admin}/readyz  {admin}/metrics\n",
            url = self.url,
            admin = self.admin_url,
        );
        if demo {
            out.push_str(
                "\n  Tài khoản dùng thử (demo accounts), mật khẩu (password): motcua-demo\n\n",
            );
            for (login, what) in DEMO_ACCOUNTS {
                out.push_str(&format!("    {login:<12} {what}\n"));
            }
            out.push_str("\n  Máy khách API (API clients), secret: motcua-demo-secret → postoffice, integrator\n");
        }
        out.push_str("\n  Ctrl-C để dừng (to stop)\n");
        out
    }
}

/// The demo accounts, as printed.
const DEMO_ACCOUNTS: &[(&str, &str)] = &[
    ("citizen", "công dân (citizen)"),
    ("citizen2", "công dân khác (another citizen)"),
    ("household", "hộ kinh doanh (household business)"),
    ("officer", "cán bộ một cửa, xã Yên Thế (one-stop officer)"),
    ("specialist", "chuyên viên, xã Yên Thế (specialist)"),
    ("leader", "lãnh đạo, xã Yên Thế (leader)"),
    (
        "officer2",
        "cán bộ một cửa, phường Bắc Giang (another agency)",
    ),
    (
        "officer3",
        "cán bộ một cửa cấp tỉnh (provincial one-stop officer)",
    ),
    ("agencyadmin", "quản trị đơn vị (agency admin)"),
    ("admin", "quản trị cấp tỉnh (province admin)"),
];
