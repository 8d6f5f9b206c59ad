//! What can go wrong, and how it is answered.

use contracts::problem::shared;
use kit::Problem;
use sea_orm::DbErr;

contracts::codes! {
    /// The notice does not exist, or is in another's inbox.
    NOTIFICATION_NOT_FOUND = "notification.not-found", 404, "Không tìm thấy thông báo", "Notification not found";
}

/// An error of the database: 503 when it is away for the moment, else a constant 500.
pub fn database(error: DbErr) -> Problem {
    if durable::is_unavailable(&error) {
        Problem::new(shared::UNAVAILABLE).retry_after(2)
    } else {
        Problem::internal(error)
    }
}
