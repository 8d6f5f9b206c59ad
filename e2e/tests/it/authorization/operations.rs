//! Tasks of each service, for the administrators of the province.

use super::{Kind, Resource};

pub(super) const RESOURCE: Resource = Resource {
    entries: &[
        ("listTasksCatalogue", Kind::Administer),
        ("showTaskCatalogue", Kind::Administer),
        ("replayTaskCatalogue", Kind::Administer),
        ("discardTaskCatalogue", Kind::Administer),
        ("listTasksDossier", Kind::Administer),
        ("showTaskDossier", Kind::Administer),
        ("replayTaskDossier", Kind::Administer),
        ("discardTaskDossier", Kind::Administer),
        ("listTasksIdentity", Kind::Administer),
        ("showTaskIdentity", Kind::Administer),
        ("replayTaskIdentity", Kind::Administer),
        ("discardTaskIdentity", Kind::Administer),
        ("listTasksNotifications", Kind::Administer),
        ("showTaskNotifications", Kind::Administer),
        ("replayTaskNotifications", Kind::Administer),
        ("discardTaskNotifications", Kind::Administer),
        ("listTasksPostal", Kind::Administer),
        ("showTaskPostal", Kind::Administer),
        ("replayTaskPostal", Kind::Administer),
        ("discardTaskPostal", Kind::Administer),
    ],
    // No task of this id: nobody learns more than that.
    id: |world| &world.account,
};
