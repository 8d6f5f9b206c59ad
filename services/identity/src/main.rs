//! The identity service as a process of its own: `identity` serves, `identity migrate` brings the schema up to date,
//! `identity rotate-key` makes a new signing key; the old ones stay published until their last token is dead.

use durable::Db;
use std::process::ExitCode;

fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some("rotate-key") {
        return kit::process::once(
            "identity",
            identity::DEFAULTS,
            async |config: identity::Config, rt| {
                let db = Db::open(&config.database, rt).await?;
                identity::rotate_signing_key(&db, rt).await
            },
        );
    }
    durable::service::main(
        "identity",
        identity::DEFAULTS,
        identity::migrations,
        identity::start,
    )
}
