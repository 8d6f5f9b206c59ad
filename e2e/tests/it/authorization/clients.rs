//! Machine clients and those who manage them.

use super::{Kind, Resource};
use contracts::Role;

pub(super) const RESOURCE: Resource = Resource {
    entries: &[
        ("listClients", Kind::ListBut(Role::ProvinceAdmin)),
        ("createClient", Kind::Administer),
        ("getClient", Kind::OneBut(Role::ProvinceAdmin)),
        ("changeClient", Kind::OneBut(Role::ProvinceAdmin)),
        ("rotateClientSecret", Kind::OneBut(Role::ProvinceAdmin)),
    ],
    id: |world| &world.client,
};
