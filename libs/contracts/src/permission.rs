//! Who may do what, in one table of pure functions.
//!
//! The coarse right is `Role → Permission`; the fine one is [`Scope`], which every query takes first, so that another's
//! dossier is simply not found.

use crate::ids::AccountId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

macro_rules! permissions {
    ($($(#[$doc:meta])* $variant:ident = $name:literal),+ $(,)?) => {
        /// A coarse right, named as in the `security` scopes of the OpenAPI documents.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Permission { $($(#[$doc])* $variant),+ }

        impl Permission {
            /// Every permission, in declaration order.
            pub const ALL: &'static [Permission] = &[$(Permission::$variant),+];

            /// The stable name, e.g. `dossier.receive`.
            pub fn name(self) -> &'static str {
                match self { $(Permission::$variant => $name),+ }
            }
        }

        /// One marker type per permission, for `kit::auth::Allowed<perm::X>`.
        pub mod perm {
            use super::Permission;
            /// A permission as a type.
            pub trait Required: 'static {
                /// The permission this marker stands for.
                const PERMISSION: Permission;
            }
            $(
                $(#[$doc])*
                #[derive(Clone, Copy, Debug)]
                pub struct $variant;
                impl Required for $variant { const PERMISSION: Permission = Permission::$variant; }
            )+
        }
    };
}

permissions! {
    /// Change procedures, agencies and reference data.
    CatalogueManage = "catalogue.manage",
    /// Write drafts of procedures and hand them in for review.
    CatalogueWrite = "catalogue.write",
    /// Publish what another has written, send it back, withdraw a procedure (công bố, bãi bỏ).
    CataloguePublish = "catalogue.publish",
    /// Upload a file to attach to a dossier.
    FileUpload = "file.upload",
    /// Read a file of a dossier that one may see.
    FileRead = "file.read",
    /// File a dossier (nộp hồ sơ).
    DossierFile = "dossier.file",
    /// Read dossiers within one's [`Scope`].
    DossierRead = "dossier.read",
    /// Answer a supplement request, withdraw: the applicant's own commands.
    DossierOwn = "dossier.own",
    /// Check and receive at the one-stop desk (tiếp nhận), ask for a supplement, refuse.
    DossierReceive = "dossier.receive",
    /// Examine as a specialist (thẩm định).
    DossierHandle = "dossier.handle",
    /// Approve or send back as a leader (phê duyệt).
    DossierApprove = "dossier.approve",
    /// Hand the result over at the counter (trả kết quả).
    DossierHandOver = "dossier.hand-over",
    /// Open again what was ended, and correct the agency's own error: a special right (quyền đặc biệt), each use with its
    /// reason in the journal.
    DossierReopen = "dossier.reopen",
    /// See dossiers of restricted access (hồ sơ hạn chế tiếp cận) within one's [`Scope`] without having taken part in handling them,
    /// restrict a dossier and lift the restriction.
    DossierRestricted = "dossier.restricted",
    /// Read the counts of one's agency: early, on time, late.
    ReportRead = "report.read",
    /// See what of one's agency's dossiers ends with its retention, hold it back and let it go (thời hạn bảo quản).
    RetentionManage = "retention.manage",
    /// Announce and end incidents, in which the statutory clocks stand (sự cố hệ thống).
    IncidentManage = "incident.manage",
    /// Read shipments within one's [`Scope`].
    ShipmentRead = "shipment.read",
    /// Collect shipments by manifest and report events, as the postal operator.
    ShipmentReport = "shipment.report",
    /// Read one's own inbox.
    NotificationRead = "notification.read",
    /// Create, change and close machine clients of one's agency (or of all, for the province admin).
    ClientManage = "client.manage",
    /// Create and change accounts of one's agency (or of all, for the province admin).
    AccountManage = "account.manage",
    /// Handle requests of people about their data, addressed to one's agency (or all, for the province admin).
    DataRequestManage = "data-request.manage",
    /// Keep the breach file and see what will be erased.
    BreachManage = "breach.manage",
    /// See tasks that were given up in each service, run them again or put them away.
    OperationsTasks = "operations.tasks",
}

/// A role in a token. Statutory Vietnamese titles in the comments.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Cá nhân.
    Citizen,
    /// Hộ kinh doanh, doanh nghiệp.
    Business,
    /// Cán bộ một cửa (bộ phận tiếp nhận và trả kết quả).
    OneStopOfficer,
    /// Chuyên viên thẩm định.
    Specialist,
    /// Lãnh đạo phê duyệt.
    Leader,
    /// Cán bộ được giao hồ sơ hạn chế tiếp cận: held beside the role in which they are handled.
    RestrictedOfficer,
    /// Quản trị đơn vị.
    AgencyAdmin,
    /// Quản trị cấp tỉnh.
    ProvinceAdmin,
    /// A third-party system that files and follows its own dossiers through REST.
    Integrator,
    /// A postal operator's system (doanh nghiệp bưu chính).
    PostOffice,
}

impl Role {
    /// Every role.
    pub const ALL: &'static [Role] = &[
        Role::Citizen,
        Role::Business,
        Role::OneStopOfficer,
        Role::Specialist,
        Role::Leader,
        Role::RestrictedOfficer,
        Role::AgencyAdmin,
        Role::ProvinceAdmin,
        Role::Integrator,
        Role::PostOffice,
    ];

    /// The rights of this role: the whole table.
    pub fn permissions(self) -> &'static [Permission] {
        use Permission as P;
        match self {
            Role::Citizen | Role::Business | Role::Integrator => &[
                P::FileUpload,
                P::FileRead,
                P::DossierFile,
                P::DossierRead,
                P::DossierOwn,
                P::ShipmentRead,
                P::NotificationRead,
            ],
            Role::OneStopOfficer => &[
                P::FileUpload,
                P::FileRead,
                P::DossierRead,
                P::DossierReceive,
                P::DossierHandOver,
                P::ReportRead,
                P::ShipmentRead,
                P::NotificationRead,
            ],
            Role::Specialist => &[
                P::FileUpload,
                P::FileRead,
                P::DossierRead,
                P::DossierHandle,
                P::NotificationRead,
            ],
            Role::Leader => &[
                P::FileUpload,
                P::FileRead,
                P::DossierRead,
                P::DossierApprove,
                P::DossierReopen,
                P::RetentionManage,
                P::DossierRestricted,
                P::ReportRead,
                P::ShipmentRead,
                P::NotificationRead,
            ],
            Role::RestrictedOfficer => &[
                P::FileRead,
                P::DossierRead,
                P::DossierRestricted,
                P::ShipmentRead,
                P::NotificationRead,
            ],
            Role::AgencyAdmin => &[
                P::CatalogueWrite,
                P::DossierRead,
                P::ReportRead,
                P::RetentionManage,
                P::IncidentManage,
                P::ShipmentRead,
                P::AccountManage,
                P::ClientManage,
                P::DataRequestManage,
                P::NotificationRead,
            ],
            Role::ProvinceAdmin => &[
                P::CatalogueManage,
                P::CatalogueWrite,
                P::CataloguePublish,
                P::AccountManage,
                P::ClientManage,
                P::NotificationRead,
                P::IncidentManage,
                P::DataRequestManage,
                P::BreachManage,
                P::OperationsTasks,
            ],
            Role::PostOffice => &[P::ShipmentRead, P::ShipmentReport],
        }
    }
}

/// What kind of party acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    /// A citizen, household or organisation.
    Applicant,
    /// A civil servant.
    Officer,
    /// A machine client (integrator, post office).
    Client,
}

/// Who acts, as proved by a token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Actor {
    /// The account (`sub`).
    pub subject: AccountId,
    /// The name to show to colleagues and in the journal.
    pub name: String,
    /// What kind of party this is.
    pub kind: ActorKind,
    /// The roles held.
    pub roles: Vec<Role>,
    /// The agency code an officer belongs to, e.g. `H05.21`.
    pub agency: Option<String>,
    /// The OAuth client that the token was given to (`azp`).
    pub client: Option<String>,
    /// What a client was limited to by its administrator.
    #[serde(default)]
    pub limits: Limits,
    /// When and how surely the person proved who they are.
    #[serde(default)]
    pub proof: Proof,
    /// Who really acts, when [`Actor::subject`] is somebody else for whom they may.
    #[serde(default)]
    pub mandate: Option<Mandate>,
    /// Roles among the above that are held for a time.
    #[serde(default)]
    pub acting: Vec<Acting>,
    /// Codes of the agencies whose dossiers the own one took over (cơ quan kế thừa), when they were merged or split.
    #[serde(default)]
    pub predecessors: Vec<String>,
}

/// How surely a person proved who they are, least first: `acr` of a token (OpenID Connect Core §2).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
pub enum Assurance {
    /// One factor: a password.
    #[default]
    #[serde(rename = "urn:motcua:acr:single-factor")]
    SingleFactor,
    /// Two factors.
    #[serde(rename = "urn:motcua:acr:multi-factor")]
    MultiFactor,
    /// Two factors that cannot be given to a false page: a passkey (OpenID EAP ACR values).
    #[serde(rename = "phr")]
    PhishingResistant,
}

impl Assurance {
    /// All, least first.
    pub const ALL: [Assurance; 3] = [
        Assurance::SingleFactor,
        Assurance::MultiFactor,
        Assurance::PhishingResistant,
    ];

    /// The value of `acr`.
    pub fn name(self) -> &'static str {
        match self {
            Assurance::SingleFactor => "urn:motcua:acr:single-factor",
            Assurance::MultiFactor => "urn:motcua:acr:multi-factor",
            Assurance::PhishingResistant => "phr",
        }
    }

    /// What the methods of a sign-in (`amr`, RFC 8176) amount to.
    pub fn of(methods: &[String]) -> Self {
        let any = |name: &str| methods.iter().any(|m| m == name);
        match (any("mfa"), any("hwk") || any("swk")) {
            (true, true) => Assurance::PhishingResistant,
            (true, false) => Assurance::MultiFactor,
            (false, _) => Assurance::SingleFactor,
        }
    }
}

/// When and how surely the person of a token proved who they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Proof {
    /// Unix seconds; `None`: not a person, or not known.
    pub at: Option<i64>,
    /// How surely.
    pub assurance: Assurance,
}

/// By what somebody acts for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ground {
    /// Người đại diện của tổ chức (Bộ luật Dân sự 2015, art. 137).
    Representative,
    /// Cha mẹ, người giám hộ (art. 46, 136).
    Guardian,
    /// Người được ủy quyền (art. 138).
    Authorised,
}

impl Ground {
    /// As in journals and documents.
    pub fn name(self) -> &'static str {
        match self {
            Ground::Representative => "representative",
            Ground::Guardian => "guardian",
            Ground::Authorised => "authorised",
        }
    }
}

/// By which mandate somebody acts for the subject of a token (`act`, RFC 8693 §4.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Mandate {
    /// The account of who acts.
    pub subject: AccountId,
    /// Their name.
    pub name: String,
    /// By what.
    pub ground: Ground,
    /// Which paper says so.
    pub id: uuid::Uuid,
}

/// A role held for a time: by delegation (ủy quyền), or in an acting position (quyền, phụ trách).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Acting {
    /// The role.
    pub role: Role,
    /// In whose name; `None` for an acting position.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principal: Option<AccountId>,
    /// The name to write into the journal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principal_name: Option<String>,
}

/// Limits of a machine client, beyond those of its role.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Limits {
    /// Names of the permissions it may use; `None`: all of its role.
    pub scopes: Option<Vec<String>>,
    /// Requests a minute; `None`: as everybody.
    pub requests_per_minute: Option<u32>,
}

/// The rows that an actor may see. The first argument of each query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Only what this account owns.
    Owner(AccountId),
    /// Only what these agencies handle.
    Agencies(Agencies),
    /// Only what is given to this postal operator (its client id).
    Operator(String),
    /// Nothing.
    Nothing,
}

/// Agencies whose rows an officer may see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agencies {
    /// Codes: the own agency, and those whose dossiers it took over.
    pub at: Vec<String>,
    /// Codes of agencies of which those below are seen as well: codes by QĐ 20/2020/QĐ-TTg are the tree, `H05.21` is below `H05`.
    pub above: Vec<String>,
    /// Which of their dossiers of restricted access.
    pub restricted: Restricted,
}

/// Which dossiers of restricted access (hồ sơ hạn chế tiếp cận) an officer may see among those of the agencies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restricted {
    /// All of them, by [`Permission::DossierRestricted`].
    All,
    /// Those that this account takes or took part in handling.
    HandledBy(AccountId),
}

impl Actor {
    /// Whether one of the roles carries the permission, within the limits of the client.
    pub fn can(&self, permission: Permission) -> bool {
        let scoped = self
            .limits
            .scopes
            .as_ref()
            .is_none_or(|scopes| scopes.iter().any(|name| name == permission.name()));
        scoped
            && self
                .roles
                .iter()
                .any(|r| r.permissions().contains(&permission))
    }

    /// How a role is held for a time; `None` when it is one's own.
    pub fn acting_as(&self, role: Role) -> Option<&Acting> {
        self.acting.iter().find(|a| a.role == role)
    }

    /// Whether the actor is this person, or acts in this person's name: for rules of four eyes.
    pub fn is_or_acts_for(&self, person: AccountId) -> bool {
        self.subject == person || self.acting.iter().any(|a| a.principal == Some(person))
    }

    /// The own agency and those whose dossiers it took over: where the actor's rights hold. None for who belongs to no agency.
    pub fn agencies(&self) -> impl Iterator<Item = &str> {
        let taken_over = self.agency.is_some().then_some(&self.predecessors);
        self.agency
            .iter()
            .chain(taken_over.into_iter().flatten())
            .map(String::as_str)
    }

    /// Whether what this agency handles is for the actor to handle.
    pub fn serves(&self, agency: &str) -> bool {
        self.agencies().any(|own| own == agency)
    }

    /// Whether the actor holds the role.
    pub fn is(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// The rows this actor may see: an officer those of the own agency, a leader or an agency's administrator also those of the
    /// agencies below it, both also those of the agencies whose dossiers theirs took over, a postal operator those given to it, everyone
    /// else what they own. An officer without an agency sees nothing.
    /// To see is not to act: commands are for the agency that handles.
    pub fn scope(&self) -> Scope {
        match self.kind {
            ActorKind::Applicant => Scope::Owner(self.subject),
            ActorKind::Officer => {
                let leads = self.is(Role::Leader) || self.is(Role::AgencyAdmin);
                let Some(own) = &self.agency else {
                    return Scope::Nothing;
                };
                // A commune that took over the dossiers of its former district is not above the other communes.
                let over = |code: &&str| *code == own || !is_within(own, code);
                let above = if leads {
                    self.agencies().filter(over).map(str::to_owned).collect()
                } else {
                    Vec::new()
                };
                Scope::Agencies(Agencies {
                    at: self.agencies().map(str::to_owned).collect(),
                    above,
                    restricted: if self.can(Permission::DossierRestricted) {
                        Restricted::All
                    } else {
                        Restricted::HandledBy(self.subject)
                    },
                })
            }
            ActorKind::Client if self.is(Role::PostOffice) => {
                self.client.clone().map_or(Scope::Nothing, Scope::Operator)
            }
            ActorKind::Client => Scope::Owner(self.subject),
        }
    }
}

/// Whether an agency is another one or below it in the tree of codes.
pub fn is_within(agency: &str, branch: &str) -> bool {
    agency
        .strip_prefix(branch)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agency_is_within_its_branch_and_not_within_one_that_only_looks_alike() {
        for (agency, branch, within) in [
            ("H05.21", "H05.21", true),
            ("H05.21", "H05", true),
            ("H05.21.3", "H05", true),
            ("H05", "H05.21", false),
            ("H05.210", "H05.21", false),
            ("H051.2", "H05", false),
        ] {
            assert_eq!(is_within(agency, branch), within, "{agency} in {branch}");
        }
    }

    #[test]
    fn who_leads_sees_the_branch_and_nobody_else_does() {
        for role in Role::ALL {
            let actor = Actor {
                subject: AccountId(uuid::Uuid::nil()),
                name: String::new(),
                kind: ActorKind::Officer,
                roles: vec![*role],
                agency: Some("H05".to_owned()),
                client: None,
                limits: Limits::default(),
                proof: Proof::default(),
                mandate: None,
                acting: Vec::new(),
                predecessors: vec!["H07.3".to_owned()],
            };
            assert!(actor.serves("H05") && actor.serves("H07.3") && !actor.serves("H07"));
            let nobody = Actor {
                agency: None,
                ..actor.clone()
            };
            assert_eq!(
                nobody.scope(),
                Scope::Nothing,
                "an agency that is not there took over nothing"
            );
            let Scope::Agencies(seen) = actor.scope() else {
                unreachable!("an officer with an agency");
            };
            assert_eq!(seen.at, ["H05", "H07.3"]);
            let leads = matches!(role, Role::Leader | Role::AgencyAdmin);
            let above: &[&str] = if leads { &["H05", "H07.3"] } else { &[] };
            assert_eq!(seen.above, above, "{role:?}");
            let all = matches!(role, Role::Leader | Role::RestrictedOfficer);
            assert_eq!(seen.restricted == Restricted::All, all, "{role:?}");
            let commune = Actor {
                agency: Some("H05.21.3".to_owned()),
                predecessors: vec!["H05.21".to_owned(), "H05.21.30".to_owned()],
                ..actor
            };
            let Scope::Agencies(seen) = commune.scope() else {
                unreachable!("an officer with an agency");
            };
            let above: &[&str] = if leads {
                &["H05.21.3", "H05.21.30"]
            } else {
                &[]
            };
            assert_eq!(seen.above, above, "{role:?}: not its neighbours");
        }
    }

    #[test]
    fn citizens_never_hold_an_officers_right() {
        for role in [Role::Citizen, Role::Business, Role::Integrator] {
            for p in [
                Permission::DossierReceive,
                Permission::DossierHandle,
                Permission::DossierApprove,
                Permission::ShipmentReport,
            ] {
                assert!(
                    !role.permissions().contains(&p),
                    "{role:?} holds {}",
                    p.name()
                );
            }
        }
    }

    #[test]
    fn nobody_both_handles_and_approves() {
        for role in Role::ALL {
            let p = role.permissions();
            assert!(
                !(p.contains(&Permission::DossierHandle)
                    && p.contains(&Permission::DossierApprove)),
                "{role:?}"
            );
        }
    }

    #[test]
    fn methods_make_an_assurance_and_its_name_is_that_of_the_token() {
        let of = |methods: &str| {
            let methods: Vec<String> = methods.split(' ').map(str::to_owned).collect();
            Assurance::of(&methods)
        };
        assert_eq!(of("pwd"), Assurance::SingleFactor);
        assert_eq!(of("pwd otp mfa"), Assurance::MultiFactor);
        assert_eq!(of("hwk user mfa"), Assurance::PhishingResistant);
        assert_eq!(
            of("hwk"),
            Assurance::SingleFactor,
            "a key without its owner"
        );
        for one in Assurance::ALL {
            assert_eq!(serde_json::to_value(one).ok(), Some(one.name().into()));
        }
        assert!(Assurance::SingleFactor < Assurance::PhishingResistant);
    }

    #[test]
    fn names_are_unique() {
        let mut names: Vec<_> = Permission::ALL.iter().map(|p| p.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Permission::ALL.len());
    }
}
