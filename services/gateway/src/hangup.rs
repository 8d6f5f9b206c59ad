//! Counts the clients that go before they have their answer.
//!
//! The server drops the handler, or the answer on its way, when it sees that the connection is gone; nothing else says so, and the request
//! is among no others: it was never answered. Seen is a connection that was reset. Who closes it in good order while a service still works
//! is not seen, since that may mean no more than "no further request": the answer is then written, to nobody.

use crate::App;
use bytes::Bytes;
use kit::metrics::{Counters, Labels};
use kit::{Lifecycle, Runtime};

/// The counter, one for the process.
pub(crate) fn counter(rt: &Runtime) -> Counters {
    rt.metrics.counters(
        "client_disconnects",
        "Clients that broke off before they had the whole answer, by the service that was asked",
    )
}

/// One answer that somebody waits for. Dropped before it is [over](Self::over), the client has gone.
pub(crate) struct Awaited {
    gone: Counters,
    lifecycle: Lifecycle,
    service: String,
    /// Bytes that are still to come, where the service has said how many.
    left: Option<u64>,
    over: bool,
}

impl Awaited {
    pub(crate) fn of(app: &App, service: &str) -> Self {
        Self {
            gone: app.gone.clone(),
            lifecycle: app.rt.lifecycle.clone(),
            service: service.to_owned(),
            left: None,
            over: false,
        }
    }

    /// The length of the answer: after so many bytes the client may go.
    pub(crate) fn expect(&mut self, length: Option<u64>) {
        self.left = length;
        self.over = length == Some(0);
    }

    /// One piece more is on its way; an error is the service's, not the client's.
    pub(crate) fn passed(&mut self, piece: &Result<Bytes, std::io::Error>) {
        match piece {
            Ok(bytes) => {
                let came = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
                self.left = self.left.map(|left| left.saturating_sub(came));
                self.over |= self.left == Some(0);
            }
            Err(_of_the_service) => self.over = true,
        }
    }

    /// The answer is whole, or is one of our own.
    pub(crate) fn over(&mut self) {
        self.over = true;
    }
}

impl Drop for Awaited {
    fn drop(&mut self) {
        // A panic is answered, and a server that stops breaks off itself.
        if self.over || std::thread::panicking() || self.lifecycle.stopping().is_cancelled() {
            return;
        }
        let labels = Labels {
            service: "gateway".to_owned(),
            kind: std::mem::take(&mut self.service),
        };
        self.gone.get_or_create(&labels).inc();
    }
}
