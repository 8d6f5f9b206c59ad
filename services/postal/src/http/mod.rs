//! The resources. One file each: types, handlers, mapping.

pub mod access;
pub mod events;
pub mod manifests;
pub mod shipments;

use contracts::problem::shared;
use kit::{FieldError, Problem};
use utoipa_actix_web::service_config::ServiceConfig;

/// Registers every operation. Fixed paths come before `/{id}`.
pub fn configure(config: &mut ServiceConfig<'_>) {
    durable::operations::configure(config, "postal");
    config
        .service(manifests::list_manifests)
        .service(manifests::create_manifest)
        .service(events::report_events)
        .service(shipments::list_shipments)
        .service(shipments::get_shipment)
        .service(access::get_shipment_access_log);
}

/// Collects wrong fields of a body.
#[derive(Debug, Default)]
pub(crate) struct Check(Vec<FieldError>);

impl Check {
    /// A text of 1 to `longest` characters without control characters; trimmed.
    pub(crate) fn text(&mut self, pointer: &str, text: &str, longest: usize) -> String {
        let text = text.trim();
        if text.is_empty() {
            self.0.push(FieldError::of(pointer, shared::FIELD_REQUIRED));
        } else if text.chars().count() > longest {
            self.0.push(FieldError::new(
                pointer,
                shared::FIELD_TOO_LONG,
                format!("Tối đa {longest} ký tự"),
                format!("At most {longest} characters"),
            ));
        } else if text
            .chars()
            .any(|c| c.is_control() && c != '\n' && c != '\t')
        {
            self.wrong(pointer);
        }
        text.to_owned()
    }

    /// As [`Check::text`], but may be left out or empty.
    pub(crate) fn optional(
        &mut self,
        pointer: &str,
        text: Option<&str>,
        longest: usize,
    ) -> Option<String> {
        text.filter(|t| !t.trim().is_empty())
            .map(|t| self.text(pointer, t, longest))
    }

    /// A field that is not valid.
    pub(crate) fn wrong(&mut self, pointer: &str) {
        self.0.push(FieldError::of(pointer, shared::FIELD_INVALID));
    }

    /// A field that breaks a rule of ours.
    pub(crate) fn refuse(&mut self, pointer: &str, code: contracts::Code) {
        self.0.push(FieldError::of(pointer, code));
    }

    /// A list of 1 to `most` entries.
    pub(crate) fn count(&mut self, pointer: &str, count: usize, most: usize) {
        if count == 0 {
            self.0.push(FieldError::of(pointer, shared::FIELD_REQUIRED));
        } else if count > most {
            self.0.push(FieldError::new(
                pointer,
                shared::FIELD_TOO_LONG,
                format!("Tối đa {most} mục"),
                format!("At most {most} entries"),
            ));
        }
    }

    /// Ends the check.
    pub(crate) fn done(self) -> Result<(), Problem> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Problem::invalid(self.0))
        }
    }
}
