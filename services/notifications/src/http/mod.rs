//! The resources. One file each: types, handlers, mapping.

pub mod notifications;
pub mod preferences;

use utoipa_actix_web::service_config::ServiceConfig;

/// Registers every operation.
pub fn configure(config: &mut ServiceConfig<'_>) {
    durable::operations::configure(config, "notifications");
    config
        .service(notifications::list_notifications)
        .service(notifications::get_notification)
        .service(notifications::read_notification)
        .service(preferences::list_choices)
        .service(preferences::get_preferences)
        .service(preferences::set_preferences);
}
