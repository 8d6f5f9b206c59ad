//! The dossier itself: states, rules, refusals. Pure: time, calendar, process and number are arguments.
//!
//! A new state or command must stop the build wherever it matters, so no arm here catches "everything else".
#![deny(clippy::wildcard_enum_match_arm)]

pub(crate) mod act;
pub(crate) mod alarm;
pub(crate) mod clocks;
pub(crate) mod command;
pub(crate) mod dossier;
mod effect;
pub(crate) mod fee;
pub(crate) mod journal;
pub(crate) mod payment;
pub(crate) mod process;
pub(crate) mod retention;
pub(crate) mod state;
pub(crate) mod term;

#[cfg(test)]
mod tests;

pub(crate) use command::{By, Command, CommandKind};
pub(crate) use dossier::{
    Attachment, Details, Dossier, Personal, ProcedureSnapshot, SupplementItem,
};
pub(crate) use journal::Entry;
pub(crate) use process::Process;
pub(crate) use state::{Context, Refusal, Why, apply, may};

/// The names of everything that events of a dossier tell of: commands that move it, and acts that do not.
pub fn commands() -> impl Iterator<Item = &'static str> {
    let moves = CommandKind::ALL.iter().map(|kind| kind.name());
    moves.chain(act::Act::ALL.iter().map(|act| act.name()))
}
