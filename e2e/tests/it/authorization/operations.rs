//! Tasks of each service, for the administrators of the province.

use super::{Kind, Resource};
use contracts::Role;

pub(super) const RESOURCE: Resource = Resource {
    entries: &[
        ("listTasksCatalogue", Kind::Administer),
        ("showTaskCatalogue", Kind::OneBut(Role::ProvinceAdmin)),
        ("replayTaskCatalogue", Kind::OneBut(Role::ProvinceAdmin)),
        ("discardTaskCatalogue", Kind::OneBut(Role::ProvinceAdmin)),
        ("listTasksDossier", Kind::Administer),
        ("showTaskDossier", Kind::OneBut(Role::ProvinceAdmin)),
        ("replayTaskDossier", Kind::OneBut(Role::ProvinceAdmin)),
        ("discardTaskDossier", Kind::OneBut(Role::ProvinceAdmin)),
        ("listTasksIdentity", Kind::Administer),
        ("showTaskIdentity", Kind::OneBut(Role::ProvinceAdmin)),
        ("replayTaskIdentity", Kind::OneBut(Role::ProvinceAdmin)),
        ("discardTaskIdentity", Kind::OneBut(Role::ProvinceAdmin)),
        ("listTasksNotifications", Kind::Administer),
        ("showTaskNotifications", Kind::OneBut(Role::ProvinceAdmin)),
        ("replayTaskNotifications", Kind::OneBut(Role::ProvinceAdmin)),
        (
            "discardTaskNotifications",
            Kind::OneBut(Role::ProvinceAdmin),
        ),
        ("listTasksPostal", Kind::Administer),
        ("showTaskPostal", Kind::OneBut(Role::ProvinceAdmin)),
        ("replayTaskPostal", Kind::OneBut(Role::ProvinceAdmin)),
        ("discardTaskPostal", Kind::OneBut(Role::ProvinceAdmin)),
    ],
    // No task of this id: nobody learns more than that.
    id: |world| &world.account,
};
