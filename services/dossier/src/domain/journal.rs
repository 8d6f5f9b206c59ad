//! The journal of a dossier: who did what, when, as whom, from which step, why. Append-only; each entry carries the
//! hash of the one before, so that a change of any entry breaks all that follow.

use super::command::By;
use super::dossier::Dossier;
use aws_lc_rs::digest::{SHA256, digest};
use chrono::{DateTime, SecondsFormat, Utc};
use contracts::{AccountId, DossierId, DossierStatus, Permission};
use serde::Serialize;
use serde_json::Value;

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) dossier_id: DossierId,
    /// From 1, without gaps; the dossier's version after the transition.
    pub(crate) seq: i64,
    pub(crate) at: DateTime<Utc>,
    /// None for the suite itself.
    pub(crate) actor_id: Option<AccountId>,
    pub(crate) actor_name: String,
    pub(crate) actor_role: String,
    /// The actor's agency.
    pub(crate) agency: Option<String>,
    pub(crate) command: String,
    /// None for the first.
    pub(crate) from: Option<DossierStatus>,
    pub(crate) to: DossierStatus,
    /// Step after.
    pub(crate) step: String,
    pub(crate) reason: Option<String>,
    /// Further facts, a JSON text. Never identity numbers, phones or addresses: the journal outlives them.
    pub(crate) data: String,
    /// Hash of the entry before; [`GENESIS`] for the first.
    pub(crate) prev_hash: String,
    /// Hash of this entry.
    pub(crate) hash: String,
}

/// What the first entry of a dossier points to.
pub(crate) const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The hashed form: these members in this order, as JSON without spaces. Part of the promise to auditors; a change needs a
/// new version beside it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Canonical<'a> {
    v: u8,
    dossier: String,
    seq: i64,
    at: String,
    actor_id: Option<String>,
    actor_name: &'a str,
    actor_role: &'a str,
    agency: Option<&'a str>,
    command: &'a str,
    from: Option<&'a str>,
    to: &'a str,
    step: &'a str,
    reason: Option<&'a str>,
    data: &'a str,
    prev_hash: &'a str,
}

impl Entry {
    /// The entry of what has just been done: `after` is the dossier after it, `rights` are those of which one was used. Not yet chained
    /// to the one before.
    pub(crate) fn of(
        after: &Dossier,
        command: &str,
        rights: &[Permission],
        from: Option<DossierStatus>,
        (by, at): (By<'_>, DateTime<Utc>),
        (reason, data): (Option<String>, &Value),
    ) -> Self {
        let (actor_id, actor_name, agency) = match by {
            By::Person(actor) => {
                let agency = actor.agency.clone();
                match &actor.mandate {
                    None => (Some(actor.subject), actor.name.clone(), agency),
                    // Who did it is who is named; for whom, and by what, stands beside it.
                    Some(mandate) => {
                        let name = format!("{} (thay mặt {})", mandate.name, actor.name);
                        (Some(mandate.subject), name, agency)
                    }
                }
            }
            By::System => (None, "Hệ thống".to_owned(), None),
        };
        Self {
            dossier_id: after.id,
            seq: after.version,
            at,
            actor_id,
            actor_name,
            actor_role: by.role_of(rights),
            agency,
            command: command.to_owned(),
            from,
            to: after.status,
            step: after.step.clone(),
            reason,
            data: by.on_behalf(rights, data).to_string(),
            prev_hash: String::new(),
            hash: String::new(),
        }
    }

    /// The hash that this entry should carry: SHA-256 of its canonical JSON, in hex.
    pub(crate) fn computed_hash(&self) -> String {
        let canonical = Canonical {
            v: 1,
            dossier: self.dossier_id.to_string(),
            seq: self.seq,
            at: self.at.to_rfc3339_opts(SecondsFormat::Micros, true),
            actor_id: self.actor_id.map(|id| id.to_string()),
            actor_name: &self.actor_name,
            actor_role: &self.actor_role,
            agency: self.agency.as_deref(),
            command: &self.command,
            from: self.from.map(DossierStatus::as_str),
            to: self.to.as_str(),
            step: &self.step,
            reason: self.reason.as_deref(),
            data: &self.data,
            prev_hash: &self.prev_hash,
        };
        // Strings and integers only: writing it cannot fail.
        sha256_hex(&serde_json::to_vec(&canonical).unwrap_or_default())
    }

    /// Sets the links of the chain.
    #[must_use]
    pub(crate) fn chained(mut self, prev_hash: String) -> Self {
        self.prev_hash = prev_hash;
        self.hash = self.computed_hash();
        self
    }
}

/// SHA-256 in lower-case hex.
pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    hex(digest(&SHA256, bytes).as_ref())
}

/// Lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry {
        Entry {
            dossier_id: DossierId(uuid::Uuid::nil()),
            seq: 1,
            at: DateTime::from_timestamp_micros(1_795_000_000_123_456).expect("time"),
            actor_id: None,
            actor_name: "Nguyễn Văn An".to_owned(),
            actor_role: "citizen".to_owned(),
            agency: None,
            command: "file".to_owned(),
            from: None,
            to: DossierStatus::New,
            step: "intake".to_owned(),
            reason: None,
            data: "{}".to_owned(),
            prev_hash: String::new(),
            hash: String::new(),
        }
    }

    #[test]
    fn the_canonical_form_is_a_promise() {
        let hash = entry().chained(GENESIS.to_owned()).hash;
        insta::assert_snapshot!(hash);
    }

    #[test]
    fn every_member_is_covered() {
        let base = entry().chained(GENESIS.to_owned()).hash;
        let changes: [fn(&mut Entry); 13] = [
            |e| e.dossier_id = DossierId(uuid::Uuid::max()),
            |e| e.seq = 2,
            |e| e.at += chrono::Duration::microseconds(1),
            |e| e.actor_id = Some(AccountId(uuid::Uuid::nil())),
            |e| e.actor_name.push('x'),
            |e| e.actor_role.push('x'),
            |e| e.agency = Some(String::new()),
            |e| e.command.push('x'),
            |e| e.from = Some(DossierStatus::New),
            |e| e.to = DossierStatus::Done,
            |e| e.step.push('x'),
            |e| e.reason = Some(String::new()),
            |e| e.data.push(' '),
        ];
        for (n, change) in changes.into_iter().enumerate() {
            let mut e = entry();
            change(&mut e);
            assert_ne!(e.chained(GENESIS.to_owned()).hash, base, "change {n}");
        }
        assert_ne!(entry().chained("1".repeat(64)).hash, base);
    }
}
