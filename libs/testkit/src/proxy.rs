//! A TCP proxy between a service and a server, to hurt the line: cut, pause, delay, half-close, cut in the middle of a reply or around
//! a COMMIT. With several targets it also stands for what spreads connections over replicas.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What ends a transaction of `PostgreSQL` on the wire: a simple query and its end.
const COMMIT: &[u8] = b"COMMIT\0";

/// A line that can be hurt. Ends when dropped.
pub struct Proxy {
    address: SocketAddr,
    line: watch::Sender<Line>,
    shared: Arc<Shared>,
}

/// Where a connection is cut by [`Proxy::cut_at`]: the next one at which this happens, and only that one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// A COMMIT comes and is not passed on: the server rolls back.
    BeforeCommit,
    /// The COMMIT was passed on and answered; the client does not see the answer.
    AfterCommit,
    /// Half of what the server sends next is passed on.
    MiddleOfReply,
}

/// A direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Toward {
    /// What the server sends.
    Client,
    /// What the client sends.
    Server,
}

struct Shared {
    targets: Vec<String>,
    next: AtomicUsize,
    order: Mutex<Option<At>>,
    cuts: AtomicUsize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Line {
    mode: Mode,
    /// Connections of an older generation are closed.
    generation: u64,
    /// Connections older than this hear nothing more in the direction of the client, or of the server.
    deaf: [u64; 2],
    /// Each piece waits so long.
    delay: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Open,
    Paused,
    Cut,
}

impl Shared {
    fn order(&self) -> Option<At> {
        *self.order.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the order if it is this one: only one connection gets it.
    fn take(&self, which: &[At]) -> Option<At> {
        let mut order = self.order.lock().unwrap_or_else(PoisonError::into_inner);
        order.take_if(|order| which.contains(order))
    }
}

impl Proxy {
    /// Listens on port 0 and forwards to `target`, `host:port`.
    pub async fn start(target: &str) -> Self {
        Self::among(vec![target.to_owned()]).await
    }

    /// Listens on port 0 and forwards each connection to the next target that takes it.
    #[expect(
        clippy::disallowed_methods,
        reason = "ends with the proxy, not with a runtime's lifecycle"
    )]
    pub async fn among(targets: Vec<String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("port 0");
        let address = listener.local_addr().expect("address");
        let (line, seen) = watch::channel(Line {
            mode: Mode::Open,
            generation: 0,
            deaf: [0, 0],
            delay: Duration::ZERO,
        });
        let shared = Arc::new(Shared {
            targets,
            next: AtomicUsize::new(0),
            order: Mutex::new(None),
            cuts: AtomicUsize::new(0),
        });
        tokio::spawn(accept(listener, shared.clone(), seen));
        Self {
            address,
            line,
            shared,
        }
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
        self.change(|line| {
            line.mode = Mode::Cut;
            line.generation += 1;
        });
    }

    /// Closes every connection; new ones are taken.
    pub fn drop_connections(&self) {
        self.change(|line| {
            line.mode = Mode::Open;
            line.generation += 1;
        });
    }

    /// Nothing goes through, nothing is closed, until [`Proxy::open`].
    pub fn pause(&self) {
        self.change(|line| line.mode = Mode::Paused);
    }

    /// Each piece of data comes so much later, in both directions, until [`Proxy::open`].
    pub fn delay(&self, by: Duration) {
        self.change(|line| line.delay = by);
    }

    /// The connections that are there are closed in one direction and stay open in the other; new ones are not touched.
    pub fn half_close(&self, toward: Toward) {
        self.change(|line| {
            // Both count on together, so that one number tells how old a connection is.
            let next = line.deaf[0].max(line.deaf[1]) + 1;
            match toward {
                Toward::Client => line.deaf[0] = next,
                Toward::Server => line.deaf[1] = next,
            }
        });
    }

    /// Cuts one connection, the next at which this happens. See [`Proxy::cuts`].
    pub fn cut_at(&self, at: At) {
        *self
            .shared
            .order
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(at);
    }

    /// How many connections [`Proxy::cut_at`] has cut so far.
    pub fn cuts(&self) -> usize {
        self.shared.cuts.load(Ordering::Acquire)
    }

    /// Forwards again, without delay; an order that met nobody is withdrawn.
    pub fn open(&self) {
        *self
            .shared
            .order
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = None;
        self.change(|line| {
            line.mode = Mode::Open;
            line.delay = Duration::ZERO;
        });
    }

    fn change(&self, change: impl FnOnce(&mut Line)) {
        self.line.send_modify(change);
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "ends with the proxy, not with a runtime's lifecycle"
)]
async fn accept(listener: TcpListener, shared: Arc<Shared>, mut line: watch::Receiver<Line>) {
    loop {
        let client = tokio::select! {
            client = listener.accept() => client,
            changed = line.changed() => if changed.is_ok() { continue } else { return },
        };
        let Ok((client, _)) = client else { continue };
        if line.borrow().mode == Mode::Cut {
            continue;
        }
        // A target that does not answer must not hold up the others.
        tokio::spawn(connect(client, shared.clone(), line.clone()));
    }
}

/// One connection; both directions end together when it is cut.
struct Session {
    shared: Arc<Shared>,
    closed: watch::Sender<bool>,
    /// The client waits for the answer to a COMMIT that it is not to see.
    committing: watch::Sender<bool>,
    generation: u64,
    born: u64,
}

async fn connect(client: TcpStream, shared: Arc<Shared>, line: watch::Receiver<Line>) {
    let now = *line.borrow();
    let start = shared.next.fetch_add(1, Ordering::Relaxed);
    let count = shared.targets.len();
    let mut server = None;
    for n in 0..count {
        let Some(target) = shared.targets.get(start.wrapping_add(n) % count) else {
            return;
        };
        if let Ok(found) = TcpStream::connect(target).await {
            server = Some(found);
            break;
        }
    }
    let Some(server) = server else { return };
    // What passes through must not wait for more: the proxy is not to be the slow part.
    if client.set_nodelay(true).is_err() || server.set_nodelay(true).is_err() {
        return;
    }
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let session = Arc::new(Session {
        shared,
        closed: watch::Sender::new(false),
        committing: watch::Sender::new(false),
        generation: now.generation,
        born: now.deaf[0].max(now.deaf[1]),
    });
    tokio::join!(
        forward(
            from_client,
            to_server,
            Toward::Server,
            session.clone(),
            line.clone()
        ),
        forward(
            from_server,
            to_client,
            Toward::Client,
            session.clone(),
            line
        ),
    );
}

async fn forward(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    toward: Toward,
    session: Arc<Session>,
    mut line: watch::Receiver<Line>,
) {
    let mut closed = session.closed.subscribe();
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let now = *line.borrow_and_update();
        let deaf = match toward {
            Toward::Client => now.deaf[0],
            Toward::Server => now.deaf[1],
        };
        if now.generation != session.generation
            || now.mode == Mode::Cut
            || deaf > session.born
            || *closed.borrow()
        {
            return;
        }
        tokio::select! {
            read = from.read(&mut buffer), if now.mode == Mode::Open => match read {
                Ok(count @ 1..) => {
                    let Some(bytes) = buffer.get(..count) else { return };
                    if !now.delay.is_zero() {
                        tokio::time::sleep(now.delay).await;
                    }
                    if !pass(bytes, &mut to, toward, &session).await {
                        return;
                    }
                }
                Ok(0) | Err(_) => return,
            },
            changed = line.changed() => if changed.is_err() { return },
            _ = closed.changed() => return,
        }
    }
}

/// Passes bytes on, or obeys an order; false when the connection ends here.
async fn pass(bytes: &[u8], to: &mut OwnedWriteHalf, toward: Toward, session: &Session) -> bool {
    let cut = || {
        session.shared.cuts.fetch_add(1, Ordering::AcqRel);
        session.closed.send_replace(true);
        false
    };
    match (toward, session.shared.order()) {
        (Toward::Server, Some(At::BeforeCommit | At::AfterCommit))
            if bytes.windows(COMMIT.len()).any(|w| w == COMMIT) =>
        {
            match session.shared.take(&[At::BeforeCommit, At::AfterCommit]) {
                Some(At::BeforeCommit) => return cut(),
                Some(_) => {
                    session.committing.send_replace(true);
                }
                None => {}
            }
        }
        (Toward::Client, Some(At::MiddleOfReply)) if bytes.len() > 1 => {
            #[expect(clippy::collapsible_match, reason = "taking it is an act, not a test")]
            if session.shared.take(&[At::MiddleOfReply]).is_some() {
                let half = bytes.get(..bytes.len() / 2).unwrap_or_default();
                // Whether it arrives or not: it is cut.
                drop(to.write_all(half).await);
                return cut();
            }
        }
        _ => {}
    }
    if toward == Toward::Client && *session.committing.borrow() {
        return cut();
    }
    to.write_all(bytes).await.is_ok()
}
