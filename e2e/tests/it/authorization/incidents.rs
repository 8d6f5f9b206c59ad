//! Incidents, in which the clocks stand: administrators announce and end those of their own agency, the province all.

use super::{Kind, Resource};
use contracts::Role;

pub(super) const RESOURCE: Resource = Resource {
    entries: &[
        ("announceIncident", Kind::Administer),
        ("listIncidents", Kind::List),
        ("endIncident", Kind::OneBut(Role::ProvinceAdmin)),
    ],
    id: |world| &world.incident,
};
