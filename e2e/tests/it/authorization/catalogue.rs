//! Procedures, agencies, places: open to read, for administrators to change.

use super::{Kind, Resource};

pub(super) const RESOURCE: Resource = Resource {
    entries: &[
        ("listAgencies", Kind::Open),
        ("getAgency", Kind::Open),
        ("listFields", Kind::Open),
        ("listProcedures", Kind::Open),
        ("getProcedure", Kind::Open),
        ("listProcedureVersions", Kind::Open),
        ("listProvinces", Kind::Open),
        ("listCommunes", Kind::Open),
        ("importProcedures", Kind::Administer),
    ],
    id: |world| &world.procedure,
};
