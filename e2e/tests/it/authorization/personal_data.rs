//! What people ask about their data, and the breach file.

use super::{Kind, Resource};
use contracts::Role;

pub(super) const RESOURCE: Resource = Resource {
    entries: &[
        ("listDataPurposes", Kind::Open),
        ("exportMyData", Kind::Own),
        ("listMyDataRequests", Kind::Own),
        ("fileDataRequest", Kind::Create),
        ("liftMyRestriction", Kind::One),
        ("listDataRequests", Kind::ListBut(Role::ProvinceAdmin)),
        ("getDataRequest", Kind::OneBut(Role::ProvinceAdmin)),
        ("changeDataRequest", Kind::OneBut(Role::ProvinceAdmin)),
    ],
    id: |world| &world.data_request,
};

/// For the administrators of the province alone.
pub(super) const BREACHES: Resource = Resource {
    entries: &[
        ("listBreaches", Kind::ListBut(Role::ProvinceAdmin)),
        ("openBreach", Kind::Administer),
        ("getBreach", Kind::OneBut(Role::ProvinceAdmin)),
        ("addBreachEntry", Kind::OneBut(Role::ProvinceAdmin)),
        ("listRetentionNotices", Kind::Administer),
    ],
    id: |world| &world.breach,
};
