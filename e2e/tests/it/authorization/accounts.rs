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
        ("endMySession", Kind::One),
        ("endMySessions", Kind::Own),
        ("listMyMandates", Kind::Own),
        ("giveMandate", Kind::Create),
        ("revokeMyMandate", Kind::One),
        ("createMandate", Kind::Administer),
        ("revokeMandate", Kind::OneBut(Role::ProvinceAdmin)),
    ],
    id: |world| &world.account,
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
