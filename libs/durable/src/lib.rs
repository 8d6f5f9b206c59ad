//! What must survive a crash: the database and its transactions, the outbox, one task table for received events and own
//! jobs, the bus between services, saved answers for repeated requests.
//!
//! ```text
//! use-case tx: rows + INSERT outbox ──commit──▶ relay ──RabbitMQ: publish, confirm, mandatory──▶ queue of service B
//!                                             └─in process: into B's task table directly ───────────────┐
//! service B: INSERT task (consumer, type, message id) on conflict do nothing ──commit──▶ ack ◀──────────┘
//! worker: claim under a lease ──▶ handler: work + "done" in ONE transaction │ retry later │ dead (kept, counted, replayable)
//! ```
//!
//! Publishing is an INSERT in the caller's transaction ([`publish`]); there is no other way. Events leave in the order of their
//! subject. Delivery is at least once, and a consumer relies on no order: it takes each message once because the task table has a
//! unique key, and compares versions because events carry state. Only this crate knows which database and which broker it talks to.

pub mod access;
mod bus;
mod db;
mod housekeeping;
mod idempotency;
mod lease;
mod migrate;
pub mod operations;
mod outbox;
mod private;
mod rabbit;
mod schema;
pub mod service;
mod task;
mod unread;
mod watch;
mod worker;

pub use bus::Bus;
pub use db::{Config, Db, Retention, Tx, TxError, is_unavailable};
pub use idempotency::{Answer, IdempotencyConflict, idempotent};
pub use migrate::{Difference, Migrations, difference, json_member, migrate, migrations, pending};
pub use operations::{By, DeadTask, dead_tasks, discard, replay};
pub use outbox::{LARGEST, publish};
pub use private::{read as read_message, wrap as wrap_message};
pub use rabbit::RabbitConfig;
pub use task::{Done, Job, Task, TaskError, enqueue, receive};
pub use worker::{Drain, Worker, drain};

/// What services need of the database library, so that they name one version.
pub use sea_orm;
pub use sea_orm_migration;
