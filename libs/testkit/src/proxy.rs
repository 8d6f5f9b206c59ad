//! A TCP proxy between a service and a server, to cut or pause the line.

use std::net::SocketAddr;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// A line that can be cut. Ends when dropped.
pub struct Proxy {
    address: SocketAddr,
    line: watch::Sender<Line>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Line {
    mode: Mode,
    /// Connections of an older generation are closed.
    generation: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Open,
    Paused,
    Cut,
}

impl Proxy {
    /// Listens on port 0 and forwards to `target`, `host:port`.
    #[expect(
        clippy::disallowed_methods,
        reason = "ends with the proxy, not with a runtime's lifecycle"
    )]
    pub async fn start(target: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("port 0");
        let address = listener.local_addr().expect("address");
        let (line, seen) = watch::channel(Line {
            mode: Mode::Open,
            generation: 0,
        });
        tokio::spawn(accept(listener, target.to_owned(), seen));
        Self { address, line }
    }

    /// A proxy to the server of this URL, and the URL that leads through it.
    pub async fn before(url: &str, default_port: u16) -> (Self, String) {
        let mut url: url::Url = url.parse().expect("a URL");
        let host = url.host_str().expect("a host");
        let proxy = Self::start(&format!("{host}:{}", url.port().unwrap_or(default_port))).await;
        url.set_host(Some("127.0.0.1")).expect("host");
        url.set_port(Some(proxy.address.port())).expect("port");
        (proxy, url.into())
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Closes every connection and refuses new ones until [`Proxy::open`].
    pub fn cut(&self) {
        self.change(Mode::Cut, true);
    }

    /// Closes every connection; new ones are taken.
    pub fn drop_connections(&self) {
        self.change(Mode::Open, true);
    }

    /// Nothing goes through, nothing is closed, until [`Proxy::open`].
    pub fn pause(&self) {
        self.change(Mode::Paused, false);
    }

    /// Forwards again.
    pub fn open(&self) {
        self.change(Mode::Open, false);
    }

    fn change(&self, mode: Mode, close: bool) {
        self.line.send_modify(|line| {
            line.mode = mode;
            line.generation += u64::from(close);
        });
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "ends with the proxy, not with a runtime's lifecycle"
)]
async fn accept(listener: TcpListener, target: String, mut line: watch::Receiver<Line>) {
    loop {
        let client = tokio::select! {
            client = listener.accept() => client,
            changed = line.changed() => if changed.is_ok() { continue } else { return },
        };
        let Ok((client, _)) = client else { continue };
        let now = *line.borrow();
        if now.mode == Mode::Cut {
            continue;
        }
        let Ok(server) = TcpStream::connect(&target).await else {
            continue;
        };
        let (from_client, to_client) = client.into_split();
        let (from_server, to_server) = server.into_split();
        tokio::spawn(forward(
            from_client,
            to_server,
            now.generation,
            line.clone(),
        ));
        tokio::spawn(forward(
            from_server,
            to_client,
            now.generation,
            line.clone(),
        ));
    }
}

async fn forward(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    generation: u64,
    mut line: watch::Receiver<Line>,
) {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let now = *line.borrow_and_update();
        if now.generation != generation || now.mode == Mode::Cut {
            return;
        }
        tokio::select! {
            read = from.read(&mut buffer), if now.mode == Mode::Open => match read {
                Ok(count @ 1..) => {
                    let Some(bytes) = buffer.get(..count) else { return };
                    if to.write_all(bytes).await.is_err() {
                        return;
                    }
                }
                Ok(0) | Err(_) => return,
            },
            changed = line.changed() => if changed.is_err() { return },
        }
    }
}
