//! Sealing again what an older key sealed: in small transactions, while the services run; and wrapping the data keys anew.

use crate::settings::Databases;
use anyhow::Context as _;
use durable::Db;
use durable::sea_orm::sea_query::{Alias, Expr, ExprTrait as _, Order, Query};
use durable::sea_orm::{ConnectionTrait as _, DbErr, QueryResult};
use serde_json::Value;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Rows of one transaction.
const BATCH: u64 = 200;

/// A column of sealed texts.
struct Sealed {
    table: &'static str,
    id: &'static str,
    /// Whether the id is a text, not a UUID.
    by_text: bool,
    column: &'static str,
    /// The look-up hash beside it, and what of the text it is a hash of.
    #[expect(clippy::type_complexity, reason = "said once")]
    hash: Option<(&'static str, fn(&str) -> Option<String>)>,
}

const fn sealed(table: &'static str, id: &'static str, column: &'static str) -> Sealed {
    Sealed {
        table,
        id,
        by_text: false,
        column,
        hash: None,
    }
}

const DOSSIER: &[Sealed] = &[
    Sealed {
        hash: Some(("identity_hash", number_of_applicant)),
        ..sealed("dossier", "id", "personal")
    },
    sealed("dossier", "id", "details"),
    sealed("file", "id", "name"),
    sealed("dossier_message", "id", "content"),
    sealed("retention_hold", "dossier_id", "reason"),
];
const POSTAL: &[Sealed] = &[
    sealed("shipment", "id", "receiver_sealed"),
    sealed("shipment", "id", "contact_sealed"),
    sealed("shipment", "id", "received_by_sealed"),
    sealed("post_event", "id", "receiver_sealed"),
];
const NOTIFICATIONS: &[Sealed] = &[sealed("delivery", "id", "content_sealed")];
const IDENTITY: &[Sealed] = &[
    Sealed {
        hash: Some(("identity_hash", |number| Some(number.to_owned()))),
        ..sealed("account", "id", "identity_number")
    },
    sealed("account", "id", "email"),
    sealed("account", "id", "phone"),
    sealed("second_factor", "account_id", "secret"),
    sealed("data_request", "id", "text"),
    sealed("data_request", "id", "extension"),
    sealed("data_request", "id", "answer"),
    sealed("breach", "id", "title"),
    sealed("breach_entry", "id", "text"),
    Sealed {
        hash: Some(("agent_hash", |number| Some(number.to_owned()))),
        ..sealed("mandate", "id", "agent_number")
    },
    sealed("mandate", "id", "document"),
    sealed("passkey", "id", "credential"),
    Sealed {
        by_text: true,
        ..sealed("signing_key", "kid", "pkcs8")
    },
];

/// The number that a dossier is found by.
fn number_of_applicant(personal: &str) -> Option<String> {
    let personal: Value = serde_json::from_str(personal).ok()?;
    let applicant = personal.get("applicant")?;
    let number = applicant
        .get("identityNumber")
        .or_else(|| applicant.get("taxCode"))?;
    number.as_str().map(str::to_owned)
}

/// Seals everything with the key in use; returns how many texts there were to do, by table and column.
///
/// # Errors
/// When a database does not answer, or a text opens with no key that is given: then what was done stays done.
pub async fn seal_again(databases: &Databases) -> anyhow::Result<BTreeMap<String, u64>> {
    let mut done = BTreeMap::new();
    for (db, columns) in [
        (&databases.dossier, DOSSIER),
        (&databases.postal, POSTAL),
        (&databases.notifications, NOTIFICATIONS),
        (&databases.identity, IDENTITY),
    ] {
        for column in columns {
            let name = format!("{}.{}", column.table, column.column);
            let mut count = 0;
            loop {
                // What was sealed by an older key behind a pass, the next one finds.
                let again = pass(db, column).await.with_context(|| name.clone())?;
                if again == 0 {
                    break;
                }
                count += again;
            }
            done.insert(name, count);
        }
    }
    Ok(done)
}

/// The data keys of these settings, wrapped by the present secret; with `add` a new one in front.
///
/// # Errors
/// When a secret or a data key is none, or one was wrapped by a secret that is not given.
pub fn data_keys(process: &kit::config::Process, add: bool) -> anyhow::Result<Vec<String>> {
    let rt = kit::process::runtime(process)?;
    let new = add.then(|| rt.sealer.new_data_key(rt.ids));
    let wrapped = process.sealing.data_keys.split_whitespace().map(|key| {
        rt.sealer
            .wrap_again(rt.ids, key)
            .map_err(anyhow::Error::from)
    });
    new.into_iter().map(Ok).chain(wrapped).collect()
}

/// One walk over a column, by id; returns how many texts there were to do.
async fn pass(db: &Db, column: &Sealed) -> anyhow::Result<u64> {
    let mut found = 0;
    let mut after: Option<Key> = None;
    loop {
        let (count, last) = batch(db, column, after.as_ref()).await?;
        found += count;
        if last.is_none() {
            return Ok(found);
        }
        after = last;
    }
}

/// Seals the next texts behind an id; returns how many there were, and the id of the last.
async fn batch(
    db: &Db,
    column: &Sealed,
    after: Option<&Key>,
) -> anyhow::Result<(u64, Option<Key>)> {
    let rt = db.runtime();
    let (id, text) = (Alias::new(column.id), Alias::new(column.column));
    let mut select = Query::select()
        .columns([id.clone(), text.clone()])
        .from(Alias::new(column.table))
        .and_where(Expr::col(text.clone()).is_not_null())
        // What was taken out is empty.
        .and_where(Expr::col(text.clone()).ne(""))
        .and_where(Expr::col(text.clone()).not_like(format!("{}%", rt.sealer.prefix())))
        .order_by(id.clone(), Order::Asc)
        .limit(BATCH)
        .to_owned();
    if let Some(after) = after {
        // Not from the beginning: all that is done already would be read again by every batch.
        select.and_where(after.is_before(id.clone()));
    }
    let rows = db.read().query_all(&select).await?;
    let mut changes = Vec::new();
    let mut last = None;
    for row in &rows {
        let old: String = row.try_get("", column.column)?;
        let key = key(row, column)?;
        let plain = rt
            .sealer
            .open(&old)
            .with_context(|| format!("the row {}", key.name()))?;
        let mut update = Query::update();
        update
            .table(Alias::new(column.table))
            .value(text.clone(), rt.sealer.seal(rt.ids, &plain));
        if let Some((hash, of)) = column.hash {
            let number = of(&plain).map(|number| rt.sealer.lookup_hash(&number));
            update.value(Alias::new(hash), number);
        }
        // Only if nobody has written it meanwhile.
        update.and_where(key.is(id.clone()));
        update.and_where(Expr::col(text.clone()).eq(old));
        changes.push(update);
        last = Some(key);
    }
    let changes = &changes;
    db.tx(|tx| async move {
        for update in changes {
            tx.execute(update).await?;
        }
        Ok::<_, DbErr>(())
    })
    .await?;
    Ok((u64::try_from(rows.len())?, last))
}

/// The id of a row.
enum Key {
    Uuid(Uuid),
    Text(String),
}

impl Key {
    fn name(&self) -> String {
        match self {
            Self::Uuid(id) => id.to_string(),
            Self::Text(id) => id.clone(),
        }
    }

    fn is(&self, column: Alias) -> Expr {
        match self {
            Self::Uuid(id) => Expr::col(column).eq(*id),
            Self::Text(id) => Expr::col(column).eq(id.clone()),
        }
    }

    fn is_before(&self, column: Alias) -> Expr {
        match self {
            Self::Uuid(id) => Expr::col(column).gt(*id),
            Self::Text(id) => Expr::col(column).gt(id.clone()),
        }
    }
}

fn key(row: &QueryResult, column: &Sealed) -> Result<Key, DbErr> {
    if column.by_text {
        row.try_get("", column.id).map(Key::Text)
    } else {
        row.try_get("", column.id).map(Key::Uuid)
    }
}
