//! What crosses a service line: ids, permissions, versioned events, problem codes and the few types that two
//! services share. Data only: nothing here does I/O, reads a clock or knows HTTP.

pub mod event;
pub mod events;
pub mod ids;
pub mod permission;
pub mod problem;
pub mod samples;
pub mod tolerant;
pub mod types;

pub use event::{CloudEvent, Event};
pub use ids::{AccountId, DossierId, FileId, NotificationId, ProcedureId, ShipmentId};
pub use permission::{
    Acting, Actor, ActorKind, Agencies, Assurance, Ground, Limits, Mandate, Permission, Proof,
    Restricted, Role, Scope,
};
pub use problem::Code;
pub use types::{
    Address, Applicant, Channel, Contact, DossierStatus, Fee, Language, ReturnMethod, ReturnWay,
    SubjectKind,
};
