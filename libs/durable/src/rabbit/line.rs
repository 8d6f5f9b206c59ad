//! The line to the broker: TCP, and TLS over it where the URL begins with `amqps`.
//!
//! Without a TLS of its own lapin speaks plainly to an `amqps` address, the password first. The one that it offers would bring a second
//! connector and a reader of PKCS#12; this is the rustls of everything else here, with the trust of everything else: the CAs of the
//! system, or those that `SSL_CERT_FILE` and `SSL_CERT_DIR` name. They are read for each connection, so that a renewed one counts.

use super::PATIENCE;
use async_compat::Compat;
use async_rs::traits::Reactor;
use async_rs::util::RuntimeParts;
use async_rs::{Runtime, Tokio};
use futures_util::Stream;
use lapin::tcp::AsyncTcpStream;
use lapin::uri::{AMQPScheme, AMQPUri};
use lapin::{Connection, ConnectionProperties};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// What bytes go through, in clear or not.
trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

type Line = Compat<Box<dyn Duplex>>;
type Parts = RuntimeParts<Tokio, Lines>;

/// tokio, but for what its lines are.
#[derive(Clone, Debug)]
struct Lines(Tokio);

impl Reactor for Lines {
    type TcpStream = Line;
    type Sleep = <Tokio as Reactor>::Sleep;

    fn register<H: Read + Write + AsFd + AsRawFd + Send + 'static>(
        &self,
        socket: H,
    ) -> io::Result<impl futures_util::AsyncRead + futures_util::AsyncWrite + Send + Unpin + 'static>
    {
        self.0.register(socket)
    }

    fn sleep(&self, time: Duration) -> Self::Sleep {
        self.0.sleep(time)
    }

    fn interval(&self, every: Duration) -> impl Stream<Item = Instant> + Send + 'static {
        self.0.interval(every)
    }

    fn tcp_connect_addr(
        &self,
        at: SocketAddr,
    ) -> impl Future<Output = io::Result<Line>> + Send + 'static {
        let plain = self.0.tcp_connect_addr(at);
        async move { Ok(line(plain.await?.into_inner())) }
    }
}

fn line(stream: impl Duplex + 'static) -> Line {
    Compat::new(Box::new(stream))
}

/// A connection to the broker, as `uri` says.
pub(super) async fn connect(
    uri: AMQPUri,
    properties: ConnectionProperties,
) -> lapin::Result<Connection> {
    let tokio = Tokio::current();
    let runtime = Runtime::new(RuntimeParts::new(tokio.clone(), Lines(tokio)));
    Connection::connector(uri, runtime, open, properties).await
}

/// Called on the thread that lapin gives to a connection; nobody else waits for what blocks here.
async fn open(uri: AMQPUri, _runtime: Runtime<Parts>) -> lapin::Result<AsyncTcpStream<Line>> {
    let opened = timeout(PATIENCE, open_line(&uri))
        .await
        .unwrap_or_else(|_elapsed| Err(io::ErrorKind::TimedOut.into()));
    Ok(AsyncTcpStream::Plain(opened?))
}

async fn open_line(uri: &AMQPUri) -> io::Result<Line> {
    // An address of IPv6 stands in brackets.
    let host = uri.authority.host.trim_matches(['[', ']']);
    let tcp = TcpStream::connect((host, uri.authority.port)).await?;
    tcp.set_nodelay(true)?;
    match uri.scheme {
        AMQPScheme::AMQP => Ok(line(tcp)),
        AMQPScheme::AMQPS => {
            let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
            let tls = TlsConnector::from(Arc::new(trust()?));
            Ok(line(tls.connect(name, tcp).await?))
        }
    }
}

/// Whom we believe. What cannot be read is an error: a CA that is left out would look like a broker with a wrong certificate.
fn trust() -> io::Result<ClientConfig> {
    let found = rustls_native_certs::load_native_certs();
    if let Some(error) = found.errors.first() {
        let text = format!("the certificates of CAs (SSL_CERT_FILE, SSL_CERT_DIR): {error}");
        return Err(io::Error::other(text));
    }
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    Ok(ClientConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_root_certificates(roots)
        .with_no_client_auth())
}
