//! The whole suite in this process, in a folder of its own.

use suite::serve::{self, Options, Suite};
use suite::settings::Settings;
use tempfile::TempDir;

/// A running suite and its folder.
pub struct OneProcess {
    /// The suite.
    pub suite: Suite,
    /// Its data; goes away with it.
    pub data: TempDir,
}

impl OneProcess {
    /// Starts with the demo world on free ports.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start() -> Self {
        let data = tempfile::tempdir().expect("a folder");
        Self {
            suite: start_in(&data).await,
            data,
        }
    }

    /// Stops softly and starts again on the same data.
    ///
    /// # Panics
    /// When it does not stop by itself or does not start again.
    pub async fn restart(self) -> Self {
        assert!(self.suite.stop().await, "everything ends by itself");
        Self {
            suite: start_in(&self.data).await,
            data: self.data,
        }
    }
}

async fn start_in(data: &TempDir) -> Suite {
    let settings = Settings::isolated(data.path().to_owned(), "http://127.0.0.1:0");
    let free = "127.0.0.1:0".parse().expect("an address");
    let options = Options {
        demo: true,
        bind: free,
        admin_bind: free,
    };
    serve::start(settings, &options)
        .await
        .expect("the suite starts")
}
