//! One's own inbox and how one wants to be told.

use super::{Kind, Resource};

pub(super) const RESOURCE: Resource = Resource {
    entries: &[
        ("listNotifications", Kind::List),
        ("getNotification", Kind::One),
        ("readNotification", Kind::One),
        ("getNotificationPreferences", Kind::Own),
        ("setNotificationPreferences", Kind::Create),
        ("listNotificationChoices", Kind::Own),
    ],
    id: |world| &world.notification,
};
