//! Accounts and the rights of those who manage them.

use chrono::{DateTime, Utc};
use contracts::permission::is_within;
use contracts::{AccountId, Actor, ActorKind, Role};

/// A person or a machine client.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) id: AccountId,
    /// Folded: lower case, see [`fold_login`].
    pub(crate) login: String,
    /// argon2id in PHC form; `None` for machine clients, which have no password.
    pub(crate) password_hash: Option<String>,
    /// Until when a password that somebody else has set (mật khẩu tạm) opens one sign-in, in which the person chooses another; `None`: it
    /// is the person's own.
    pub(crate) temporary_until: Option<DateTime<Utc>>,
    pub(crate) name: String,
    pub(crate) kind: ActorKind,
    pub(crate) roles: Vec<Role>,
    /// Agency code of an officer.
    pub(crate) agency: Option<String>,
    /// Sealed.
    pub(crate) email: Option<String>,
    /// E.164, sealed.
    pub(crate) phone: Option<String>,
    /// Số định danh cá nhân, sealed.
    pub(crate) identity_number: Option<String>,
    /// Keyed hash of it.
    pub(crate) identity_hash: Option<String>,
    pub(crate) active: bool,
    pub(crate) version: i64,
    pub(crate) created_at: DateTime<Utc>,
}

/// How far an administrator reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Every account (quản trị cấp tỉnh).
    Province,
    /// The accounts of one agency and those below it (quản trị đơn vị).
    Agency(String),
}

/// Why a change of an account is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// This administrator may not grant, take or touch this role.
    Role(Role),
    /// Machine clients are not made here.
    ClientRole(Role),
    /// Roles of a citizen and of a civil servant in one account.
    Mixed,
    /// No role at all.
    NoRole,
    /// An officer needs an agency.
    AgencyMissing,
    /// A citizen has none.
    AgencyForApplicant,
    /// Not this administrator's agency.
    AgencyOutOfReach,
    /// Nobody changes the own rights, locks himself out or gives himself a temporary password.
    Own,
}

impl Reach {
    /// The reach of an actor who holds `account.manage`. An agency administrator without an agency reaches nobody.
    pub(crate) fn of(actor: &Actor) -> Option<Self> {
        if actor.is(Role::ProvinceAdmin) {
            Some(Self::Province)
        } else {
            actor.agency.clone().map(Self::Agency)
        }
    }

    /// Whether this administrator may grant or take the role.
    pub(crate) fn may_grant(&self, role: Role) -> bool {
        match (self, role) {
            (_, Role::Integrator | Role::PostOffice) => false,
            (Reach::Province, _) => true,
            (
                Reach::Agency(_),
                Role::OneStopOfficer | Role::Specialist | Role::Leader | Role::RestrictedOfficer,
            ) => true,
            (Reach::Agency(_), Role::AgencyAdmin) => true,
            (Reach::Agency(_), Role::Citizen | Role::Business | Role::ProvinceAdmin) => false,
        }
    }

    /// Whether an account of this agency is within reach.
    pub(crate) fn includes(&self, agency: Option<&str>) -> bool {
        match self {
            Reach::Province => true,
            Reach::Agency(code) => agency.is_some_and(|a| is_within(a, code)),
        }
    }
}

/// The kind of party that these roles make, or why they make none.
///
/// # Errors
/// See [`Refusal`].
pub(crate) fn kind_of(roles: &[Role], agency: Option<&str>) -> Result<ActorKind, Refusal> {
    let mut kind = None;
    for role in roles {
        let this = match role {
            Role::Citizen | Role::Business => ActorKind::Applicant,
            Role::OneStopOfficer
            | Role::Specialist
            | Role::Leader
            | Role::RestrictedOfficer
            | Role::AgencyAdmin
            | Role::ProvinceAdmin => ActorKind::Officer,
            Role::Integrator | Role::PostOffice => return Err(Refusal::ClientRole(*role)),
        };
        if *kind.get_or_insert(this) != this {
            return Err(Refusal::Mixed);
        }
    }
    let kind = kind.ok_or(Refusal::NoRole)?;
    match (kind, agency) {
        (ActorKind::Applicant, Some(_)) => Err(Refusal::AgencyForApplicant),
        (ActorKind::Officer, None) if roles != [Role::ProvinceAdmin] => Err(Refusal::AgencyMissing),
        _ => Ok(kind),
    }
}

/// May this administrator create an account with these rights?
///
/// # Errors
/// See [`Refusal`].
pub(crate) fn may_create(
    reach: &Reach,
    roles: &[Role],
    agency: Option<&str>,
) -> Result<ActorKind, Refusal> {
    let kind = kind_of(roles, agency)?;
    if let Some(role) = roles.iter().find(|r| !reach.may_grant(**r)) {
        return Err(Refusal::Role(*role));
    }
    if reach.includes(agency) {
        Ok(kind)
    } else {
        Err(Refusal::AgencyOutOfReach)
    }
}

/// May this administrator bring an account from one state to another?
///
/// An account that holds a role which the administrator may not grant is not his to change at all: else an agency
/// administrator could reset the password of a province administrator who sits in his agency.
///
/// # Errors
/// See [`Refusal`].
pub(crate) fn may_change(
    by: &Actor,
    reach: &Reach,
    before: &Account,
    after: &Account,
) -> Result<ActorKind, Refusal> {
    if let Some(role) = before.roles.iter().find(|r| !reach.may_grant(**r)) {
        return Err(Refusal::Role(*role));
    }
    let rights_change = before.roles != after.roles || before.agency != after.agency;
    if by.subject == before.id && (rights_change || !after.active) {
        return Err(Refusal::Own);
    }
    may_create(reach, &after.roles, after.agency.as_deref())
}

/// A login as it is stored and compared: trimmed, lower case. `None` unless 3–64 characters of `a–z 0–9 . _ @ -`, the first a letter
/// or digit.
pub(crate) fn fold_login(text: &str) -> Option<String> {
    let folded = text.trim().to_lowercase();
    let good = (3..=64).contains(&folded.len())
        && folded
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._@-".contains(&b))
        && folded
            .bytes()
            .next()
            .is_some_and(|b| b.is_ascii_alphanumeric());
    good.then_some(folded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn actor(roles: &[Role], agency: Option<&str>) -> Actor {
        Actor {
            subject: AccountId(Uuid::from_u128(1)),
            name: "A".into(),
            kind: ActorKind::Officer,
            roles: roles.to_vec(),
            agency: agency.map(str::to_owned),
            client: None,
            limits: contracts::Limits::default(),
            proof: contracts::Proof::default(),
            mandate: None,
            acting: Vec::new(),
            predecessors: Vec::new(),
        }
    }

    fn account(id: u128, roles: &[Role], agency: Option<&str>) -> Account {
        Account {
            id: AccountId(Uuid::from_u128(id)),
            login: "x".into(),
            password_hash: None,
            temporary_until: None,
            name: "X".into(),
            kind: ActorKind::Officer,
            roles: roles.to_vec(),
            agency: agency.map(str::to_owned),
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
    fn an_agency_admin_never_grants_beyond_the_own_agency_and_rank() {
        let reach = Reach::of(&actor(&[Role::AgencyAdmin], Some("H05.21"))).expect("reach");
        for role in Role::ALL {
            let here = may_create(&reach, &[*role], Some("H05.21"));
            let there = may_create(&reach, &[*role], Some("H05.22"));
            let none = may_create(&reach, &[*role], None);
            let officer = matches!(
                role,
                Role::OneStopOfficer
                    | Role::Specialist
                    | Role::Leader
                    | Role::RestrictedOfficer
                    | Role::AgencyAdmin
            );
            assert_eq!(here.is_ok(), officer, "{role:?}");
            assert!(there.is_err() && none.is_err(), "{role:?}");
        }
    }

    #[test]
    fn a_province_admin_grants_every_human_role_and_no_machine_role() {
        let reach = Reach::Province;
        for role in Role::ALL {
            let agency = (!matches!(role, Role::Citizen | Role::Business)).then_some("H05.21");
            let machine = matches!(role, Role::Integrator | Role::PostOffice);
            assert_eq!(
                may_create(&reach, &[*role], agency).is_ok(),
                !machine,
                "{role:?}"
            );
        }
    }

    #[test]
    fn a_higher_account_in_the_agency_is_out_of_bounds() {
        let by = actor(&[Role::AgencyAdmin], Some("H05.21"));
        let reach = Reach::of(&by).expect("reach");
        let boss = account(2, &[Role::ProvinceAdmin], Some("H05.21"));
        assert_eq!(
            may_change(&by, &reach, &boss, &boss),
            Err(Refusal::Role(Role::ProvinceAdmin))
        );
    }

    #[test]
    fn nobody_changes_the_own_rights() {
        let by = actor(&[Role::AgencyAdmin], Some("H05.21"));
        let reach = Reach::of(&by).expect("reach");
        let me = account(1, &[Role::AgencyAdmin], Some("H05.21"));
        let more = account(1, &[Role::AgencyAdmin, Role::Leader], Some("H05.21"));
        assert_eq!(may_change(&by, &reach, &me, &more), Err(Refusal::Own));
        let off = Account {
            active: false,
            ..me.clone()
        };
        assert_eq!(may_change(&by, &reach, &me, &off), Err(Refusal::Own));
        assert!(may_change(&by, &reach, &me, &me).is_ok());
    }

    #[test]
    fn roles_of_citizens_and_officers_do_not_mix() {
        assert_eq!(
            kind_of(&[Role::Citizen, Role::Leader], Some("H05.21")),
            Err(Refusal::Mixed)
        );
        assert_eq!(kind_of(&[], None), Err(Refusal::NoRole));
        assert_eq!(kind_of(&[Role::Leader], None), Err(Refusal::AgencyMissing));
        assert_eq!(
            kind_of(&[Role::Citizen], Some("H05.21")),
            Err(Refusal::AgencyForApplicant)
        );
        assert_eq!(
            kind_of(&[Role::ProvinceAdmin], None),
            Ok(ActorKind::Officer)
        );
    }

    #[test]
    fn logins_fold() {
        assert_eq!(fold_login("  Citizen "), Some("citizen".to_owned()));
        assert_eq!(
            fold_login("an@example.vn"),
            Some("an@example.vn".to_owned())
        );
        for bad in ["", "ab", "an nguyen", "ân.nguyen", "-abc", &"a".repeat(65)] {
            assert_eq!(fold_login(bad), None, "{bad}");
        }
    }
}
