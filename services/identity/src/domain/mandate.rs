//! Acting for somebody else: who, for whom, by what paper, for what, until when.

use super::account::Account;
use chrono::{DateTime, Utc};
use contracts::{AccountId, ActorKind, Ground, Permission};
use uuid::Uuid;

/// One mandate.
#[derive(Clone, Debug)]
pub(crate) struct Mandate {
    pub(crate) id: Uuid,
    /// Whose matters they are.
    pub(crate) principal: AccountId,
    /// Identity number of who may act, sealed.
    pub(crate) agent_number: String,
    /// Keyed hash of the identity number of who may act: they need no account yet, and nobody learns whether they have one.
    pub(crate) agent_hash: String,
    pub(crate) ground: Ground,
    /// Names of permissions, some of those of an applicant.
    pub(crate) permissions: Vec<String>,
    /// The paper that says so, sealed.
    pub(crate) document: String,
    pub(crate) valid_from: DateTime<Utc>,
    pub(crate) valid_until: Option<DateTime<Utc>>,
    pub(crate) created_by: AccountId,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) revoked_at: Option<DateTime<Utc>>,
}

impl Mandate {
    /// Whether it holds now.
    pub(crate) fn holds(&self, now: DateTime<Utc>) -> bool {
        self.revoked_at.is_none()
            && self.valid_from <= now
            && self.valid_until.is_none_or(|until| now < until)
    }

    /// Whether this account may act by it now for that one: a verified identity number ties the two, nothing else does.
    /// `hashes`: those of the number of `agent`.
    pub(crate) fn lets(
        &self,
        (agent, hashes): (&Account, &[String]),
        principal: &Account,
        now: DateTime<Utc>,
    ) -> bool {
        self.holds(now)
            && agent.active
            && principal.active
            && agent.kind == ActorKind::Applicant
            && principal.kind == ActorKind::Applicant
            && principal.id == self.principal
            && agent.id != principal.id
            && hashes.contains(&self.agent_hash)
    }
}

/// What an applicant may let somebody do, each read of which the applicant sees. Not the inbox, which is told to the person.
const LENT: [Permission; 6] = [
    Permission::FileUpload,
    Permission::FileRead,
    Permission::DossierFile,
    Permission::DossierRead,
    Permission::DossierOwn,
    Permission::ShipmentRead,
];

/// The permissions of a mandate: those asked for, or all that can be lent. `None`: one of them is not an applicant's to give.
pub(crate) fn permissions(asked: &[String]) -> Option<Vec<String>> {
    let may = |name: &String| LENT.iter().any(|p| p.name() == name);
    if asked.is_empty() {
        return Some(LENT.iter().map(|p| p.name().to_owned()).collect());
    }
    let mut given = asked.to_vec();
    given.sort_unstable();
    given.dedup();
    given.iter().all(may).then_some(given)
}

#[cfg(test)]
mod tests {
    use super::*;
    use contracts::Role;

    fn account(id: u128, kind: ActorKind) -> Account {
        Account {
            id: AccountId(Uuid::from_u128(id)),
            login: "x".into(),
            password_hash: None,
            temporary_until: None,
            name: "X".into(),
            kind,
            roles: vec![Role::Citizen],
            agency: None,
            email: None,
            phone: None,
            identity_number: None,
            identity_hash: None,
            active: true,
            version: 1,
            created_at: DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_mandate_ties_one_verified_person_to_one_other_for_its_time() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().expect("an instant");
        let now = at("2026-11-16T02:00:00Z");
        let mandate = Mandate {
            id: Uuid::from_u128(9),
            principal: AccountId(Uuid::from_u128(1)),
            agent_number: String::new(),
            agent_hash: "h2".into(),
            ground: Ground::Guardian,
            permissions: permissions(&[]).expect("the usual"),
            document: String::new(),
            valid_from: at("2026-11-01T00:00:00Z"),
            valid_until: Some(at("2026-12-01T00:00:00Z")),
            created_by: AccountId(Uuid::from_u128(1)),
            created_at: now,
            revoked_at: None,
        };
        let child = account(1, ActorKind::Applicant);
        let mother = account(2, ActorKind::Applicant);
        let (hers, others) = (["h2".to_owned()], ["h3".to_owned()]);
        assert!(mandate.lets((&mother, &hers), &child, now));
        let other = account(3, ActorKind::Applicant);
        let officer = account(5, ActorKind::Officer);
        for (agent, hashes, principal) in [
            (&other, others.as_slice(), &child),
            (&other, &[], &child),
            (&officer, &hers, &child),
            (&mother, &hers, &other),
        ] {
            assert!(!mandate.lets((agent, hashes), principal, now));
        }
        let lets = |at: &str| mandate.lets((&mother, &hers), &child, at.parse().expect("time"));
        assert!(!lets("2026-10-31T23:59:59Z"));
        assert!(!lets("2026-12-01T00:00:00Z"));
        let closed = Account {
            active: false,
            ..child.clone()
        };
        assert!(!mandate.lets((&mother, &hers), &closed, now));
        let revoked = Mandate {
            revoked_at: Some(now),
            ..mandate
        };
        assert!(!revoked.lets((&mother, &hers), &child, now));
    }

    #[test]
    fn only_an_applicants_rights_are_lent() {
        assert_eq!(
            permissions(&["dossier.read".into()]),
            Some(vec!["dossier.read".into()])
        );
        assert!(permissions(&["dossier.approve".into()]).is_none());
        assert_eq!(permissions(&["notification.read".into()]), None);
        assert_eq!(permissions(&[]).map(|all| all.len()), Some(LENT.len()));
    }
}
