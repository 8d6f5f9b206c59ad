//! What can go wrong, and how it is answered.

contracts::codes! {
    /// The notice does not exist, or is in another's inbox.
    NOTIFICATION_NOT_FOUND = "notification.not-found", 404, "Không tìm thấy thông báo", "Notification not found";
}
