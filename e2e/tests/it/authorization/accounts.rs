//! Accounts, one's own and those one administers.

use super::{Kind, Resource};
use contracts::Role;

pub(super) const RESOURCE: Resource = Resource {
    entries: &[
        ("listAccounts", Kind::ListBut(Role::ProvinceAdmin)),
        ("createAccount", Kind::Administer),
        ("getAccount", Kind::OneBut(Role::ProvinceAdmin)),
        ("changeAccount", Kind::OneBut(Role::ProvinceAdmin)),
        ("getMe", Kind::Own),
        ("getMyAccessLog", Kind::Own),
        ("getSecondFactor", Kind::Own),
        ("proposeSecondFactor", Kind::Own),
        ("confirmSecondFactor", Kind::Own),
        ("renewRecoveryCodes", Kind::Own),
        ("turnOffSecondFactor", Kind::Own),
        ("resetSecondFactor", Kind::OneBut(Role::ProvinceAdmin)),
        ("listMySessions", Kind::Own),
        ("endMySessions", Kind::Own),
        ("listMyMandates", Kind::Own),
        ("giveMandate", Kind::Create),
        ("createMandate", Kind::Administer),
    ],
    id: |world| &world.account,
};

/// Where one is signed in.
pub(super) const SESSIONS: Resource = Resource {
    entries: &[("endMySession", Kind::One)],
    id: |world| &world.session,
};

/// Who acts for whom.
pub(super) const MANDATES: Resource = Resource {
    entries: &[
        ("revokeMyMandate", Kind::One),
        ("revokeMandate", Kind::OneBut(Role::ProvinceAdmin)),
    ],
    id: |world| &world.mandate,
};

/// Agencies that took over the dossiers of others.
pub(super) const SUCCESSIONS: Resource = Resource {
    entries: &[
        ("listSuccessions", Kind::ListBut(Role::ProvinceAdmin)),
        ("recordSuccession", Kind::Administer),
        ("endSuccession", Kind::OneBut(Role::ProvinceAdmin)),
    ],
    id: |world| &world.succession,
};

/// Roles held for a time.
pub(super) const ASSIGNMENTS: Resource = Resource {
    entries: &[
        ("listAssignments", Kind::ListBut(Role::ProvinceAdmin)),
        ("giveAssignment", Kind::Create),
        ("endAssignment", Kind::OneBut(Role::ProvinceAdmin)),
    ],
    id: |world| &world.assignment,
};
