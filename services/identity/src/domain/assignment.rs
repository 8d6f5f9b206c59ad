//! Roles held for a time: acting positions (quyền, phụ trách) that an administrator appoints, and delegation (ủy quyền) by the one who
//! holds the role. Nothing is delegated on; nobody appoints himself; a period ends by itself.

use super::account::{Account, Reach};
use chrono::{DateTime, Duration, Utc};
use contracts::{AccountId, Acting, Actor, ActorKind, Role};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Longest period, days.
const LONGEST: i64 = 366;

/// How the role came to the holder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AssignmentKind)]
pub(crate) enum Kind {
    /// Quyền, phụ trách: appointed by an administrator while the position is vacant.
    Acting,
    /// Ủy quyền: by the one who holds the role, in whose name it is used.
    Delegation,
}

/// One role held for a time.
#[derive(Clone, Debug)]
pub(crate) struct Assignment {
    pub(crate) id: Uuid,
    pub(crate) holder: AccountId,
    pub(crate) holder_name: String,
    /// Who delegated; `None` for an acting position.
    pub(crate) principal: Option<(AccountId, String)>,
    pub(crate) role: Role,
    pub(crate) agency: String,
    pub(crate) from: DateTime<Utc>,
    /// The first instant at which it no longer holds.
    pub(crate) until: DateTime<Utc>,
    /// The document and the reason.
    pub(crate) reason: String,
    pub(crate) created_by: AccountId,
    pub(crate) created_at: DateTime<Utc>,
    /// When it was ended early.
    pub(crate) ended_at: Option<DateTime<Utc>>,
}

impl Assignment {
    /// How it came to be.
    pub(crate) fn kind(&self) -> Kind {
        if self.principal.is_some() {
            Kind::Delegation
        } else {
            Kind::Acting
        }
    }

    /// Whether it holds at an instant.
    pub(crate) fn holds_at(&self, now: DateTime<Utc>) -> bool {
        self.ended_at.is_none() && self.from <= now && now < self.until
    }

    /// What a token says of it.
    pub(crate) fn acting(&self) -> Acting {
        Acting {
            role: self.role,
            principal: self.principal.as_ref().map(|(id, _)| *id),
            principal_name: self.principal.as_ref().map(|(_, name)| name.clone()),
        }
    }

    /// Whether this party may end it: who gave it, who holds it, or an administrator who reaches the agency.
    pub(crate) fn may_end(&self, by: AccountId, reach: Option<&Reach>) -> bool {
        let given = self.principal.as_ref().is_some_and(|(id, _)| *id == by);
        let reached = match reach {
            None => false,
            Some(reach) => reach.includes(Some(&self.agency)),
        };
        given || reached || self.holder == by
    }
}

/// Why a role is not given for a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The one who delegates does not hold the role by a position of his own.
    NotHeld,
    /// Administrators and citizens' roles are not given for a time.
    Role,
    /// Not an active officer of the same agency, or out of reach: as if not there.
    Holder,
    /// To oneself.
    Oneself,
    /// The holder has the role anyway.
    HasIt,
    /// No period, one that is over, begins long ago or is longer than a year.
    Period,
}

/// Does this officer hold the role by a position of his own? Asked before anybody is looked up: who has nothing to give learns nothing of
/// logins.
///
/// # Errors
/// [`Refusal::NotHeld`].
pub(crate) fn holds(principal: &Account, role: Role) -> Result<(), Refusal> {
    let officer = principal.active && principal.kind == ActorKind::Officer;
    if officer && principal.roles.contains(&role) {
        Ok(())
    } else {
        Err(Refusal::NotHeld)
    }
}

/// May this officer delegate the role to the other?
///
/// # Errors
/// See [`Refusal`].
pub(crate) fn may_delegate(principal: &Account, to: &Account, role: Role) -> Result<(), Refusal> {
    holds(principal, role)?;
    if principal.agency.is_none() || principal.agency != to.agency {
        return Err(Refusal::Holder);
    }
    may_hold(principal.id, to, role)
}

/// May this administrator let the other act in the role?
///
/// # Errors
/// See [`Refusal`].
pub(crate) fn may_appoint(
    by: &Actor,
    reach: &Reach,
    to: &Account,
    role: Role,
) -> Result<(), Refusal> {
    if to.agency.is_none() || !reach.includes(to.agency.as_deref()) {
        return Err(Refusal::Holder);
    }
    may_hold(by.subject, to, role)
}

fn may_hold(by: AccountId, to: &Account, role: Role) -> Result<(), Refusal> {
    if !to.active || to.kind != ActorKind::Officer {
        return Err(Refusal::Holder);
    }
    if !matches!(
        role,
        Role::OneStopOfficer | Role::Specialist | Role::Leader | Role::RestrictedOfficer
    ) {
        return Err(Refusal::Role);
    }
    if to.id == by {
        return Err(Refusal::Oneself);
    }
    if to.roles.contains(&role) {
        return Err(Refusal::HasIt);
    }
    Ok(())
}

/// Whether a period may be given.
///
/// # Errors
/// [`Refusal::Period`].
pub(crate) fn period(
    from: DateTime<Utc>,
    until: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(), Refusal> {
    let good = until > from
        && until > now
        && from >= now - Duration::days(1)
        && until - from <= Duration::days(LONGEST);
    good.then_some(()).ok_or(Refusal::Period)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(id: u128, roles: &[Role], agency: &str) -> Account {
        Account {
            id: AccountId(Uuid::from_u128(id)),
            login: "x".into(),
            password_hash: None,
            temporary_until: None,
            name: "X".into(),
            kind: ActorKind::Officer,
            roles: roles.to_vec(),
            agency: Some(agency.into()),
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
    fn only_ones_own_role_goes_to_a_colleague() {
        let leader = account(1, &[Role::Leader], "H05.21");
        let colleague = account(2, &[Role::Specialist], "H05.21");
        let may = |to: &Account, role| may_delegate(&leader, to, role);
        assert_eq!(may(&colleague, Role::Leader), Ok(()));
        assert_eq!(may(&colleague, Role::OneStopOfficer), Err(Refusal::NotHeld));
        assert_eq!(may(&leader, Role::Leader), Err(Refusal::Oneself));
        let elsewhere = account(3, &[Role::Specialist], "H05.22");
        assert_eq!(may(&elsewhere, Role::Leader), Err(Refusal::Holder));
        let closed = Account {
            active: false,
            ..colleague.clone()
        };
        assert_eq!(may(&closed, Role::Leader), Err(Refusal::Holder));
        let other = account(4, &[Role::Leader], "H05.21");
        assert_eq!(may(&other, Role::Leader), Err(Refusal::HasIt));
        // What was delegated to him is not in his roles: it goes no further.
        let back = may_delegate(&colleague, &leader, Role::Leader);
        assert_eq!(back, Err(Refusal::NotHeld));
    }

    #[test]
    fn no_administrator_is_made_for_a_time() {
        let admin = account(1, &[Role::AgencyAdmin, Role::Leader], "H05.21");
        let to = account(2, &[Role::Specialist], "H05.21");
        for role in Role::ALL {
            let desk = matches!(
                role,
                Role::OneStopOfficer | Role::Leader | Role::Specialist | Role::RestrictedOfficer
            );
            let given = may_delegate(&admin, &to, *role).is_ok();
            assert_eq!(given, *role == Role::Leader, "{role:?}");
            let by = Actor {
                subject: admin.id,
                name: "A".into(),
                kind: ActorKind::Officer,
                roles: admin.roles.clone(),
                agency: admin.agency.clone(),
                client: None,
                limits: contracts::Limits::default(),
                proof: contracts::Proof::default(),
                mandate: None,
                acting: Vec::new(),
                predecessors: Vec::new(),
            };
            let reach = Reach::of(&by).expect("reach");
            let appointed = may_appoint(&by, &reach, &to, *role).is_ok();
            assert_eq!(appointed, desk && *role != Role::Specialist, "{role:?}");
            let own = may_appoint(&by, &reach, &admin, *role);
            assert!(own.is_err(), "nobody appoints himself: {role:?}");
            let elsewhere = account(3, &[Role::Specialist], "H05.22");
            let out = may_appoint(&by, &reach, &elsewhere, *role);
            assert_eq!(out, Err(Refusal::Holder));
        }
    }

    #[test]
    fn a_period_begins_and_ends_by_itself() {
        let now = DateTime::UNIX_EPOCH + Duration::days(20_000);
        let day = |n| now + Duration::days(n);
        assert!(period(now, day(366), now).is_ok());
        for (from, until) in [(0, 367), (1, 1), (-2, 5), (-1, 0)] {
            let got = period(day(from), day(until), now);
            assert_eq!(got, Err(Refusal::Period), "{from} to {until}");
        }
        let mut given = Assignment {
            id: Uuid::nil(),
            holder: AccountId(Uuid::from_u128(2)),
            holder_name: "B".into(),
            principal: Some((AccountId(Uuid::from_u128(1)), "A".into())),
            role: Role::Leader,
            agency: "H05.21".into(),
            from: day(1),
            until: day(2),
            reason: "Đi công tác".into(),
            created_by: AccountId(Uuid::from_u128(1)),
            created_at: now,
            ended_at: None,
        };
        assert!(!given.holds_at(now) && given.holds_at(day(1)) && !given.holds_at(day(2)));
        let who = |n| AccountId(Uuid::from_u128(n));
        assert!(given.may_end(who(1), None) && given.may_end(who(2), None));
        assert!(!given.may_end(who(3), None));
        let here = Reach::Agency("H05.21".into());
        let there = Reach::Agency("H05.22".into());
        assert!(given.may_end(who(3), Some(&here)) && !given.may_end(who(3), Some(&there)));
        given.ended_at = Some(now);
        assert!(!given.holds_at(day(1)));
    }
}
