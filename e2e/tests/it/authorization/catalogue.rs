//! Procedures, agencies, places: open to read, for administrators to change.

use super::{Kind, Resource};
use contracts::Role;

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
        ("getProcedureVersion", Kind::Open),
        ("suggestProcedures", Kind::Open),
        ("exportProcedures", Kind::Open),
        ("catalogueStatistics", Kind::Open),
        ("listAgencyHistory", Kind::Open),
        ("findCommunes", Kind::Open),
        ("listCommuneMappings", Kind::Open),
        ("listCalendarDays", Kind::Open),
        ("listSubjects", Kind::Open),
        ("listResults", Kind::Open),
        ("getProcedureSource", Kind::Open),
        ("importProcedures", Kind::Administer),
        ("importReference", Kind::Administer),
        ("listImports", Kind::Administer),
        ("listSourceWithdrawals", Kind::Administer),
        ("setAgencyCalendar", Kind::Administer),
        ("createProcedureDraft", Kind::Create),
        ("listProcedureDrafts", Kind::ListBut(Role::ProvinceAdmin)),
        ("listProcedureJournal", Kind::Administer),
        ("qualityReport", Kind::Administer),
    ],
    id: |world| &world.procedure,
};

/// Drafts, within the agency that writes them.
pub(super) const EDITING: Resource = Resource {
    entries: &[
        ("getProcedureDraft", Kind::OneBut(Role::ProvinceAdmin)),
        ("writeProcedureDraft", Kind::OneBut(Role::ProvinceAdmin)),
        ("submitProcedureDraft", Kind::OneBut(Role::ProvinceAdmin)),
        ("sendBackProcedureDraft", Kind::OneBut(Role::ProvinceAdmin)),
        ("publishProcedureDraft", Kind::OneBut(Role::ProvinceAdmin)),
        ("discardProcedureDraft", Kind::OneBut(Role::ProvinceAdmin)),
    ],
    id: |world| &world.draft,
};

/// Whether a procedure is in force, which the province alone decides.
pub(super) const FORCE: Resource = Resource {
    entries: &[
        ("withdrawProcedure", Kind::OneBut(Role::ProvinceAdmin)),
        ("restoreProcedure", Kind::OneBut(Role::ProvinceAdmin)),
    ],
    id: |world| &world.procedure,
};
