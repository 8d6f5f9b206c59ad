//! All services in one process: the laptop edition, the demo, and the harness of the end-to-end tests. Also the command line
//! of the whole suite (`motcua`).
//!
//! The same `start` functions, the same HTTP between services, `SQLite` files, an in-process bus, a memory cache.

pub mod asyncapi;
/// For what measures one service.
pub use {catalogue, dossier, identity};

pub mod cli;
pub mod demo;
pub mod documents;
pub mod due;
#[doc(hidden)]
pub mod fuzz;
pub mod import;
pub mod seal_again;
pub mod serve;
pub mod settings;
pub mod tasks;
pub mod token;
pub mod verify;
