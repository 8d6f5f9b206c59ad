//! `motcua tasks`: what was given up in each service's database, and what a person does about it.

use crate::settings::Databases;
use anyhow::{bail, ensure};
use clap::{Args, Subcommand};
use durable::operations::{self, Filter, TaskState};
use durable::{By, Db, DeadTask};
use serde_json::json;
use uuid::Uuid;

/// What to do.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Only this service: catalogue, dossier, notifications, postal or identity.
    #[arg(long, global = true)]
    service: Option<String>,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List tasks that were given up, oldest first.
    Dead {
        /// At most so many of each service.
        #[arg(long, default_value_t = 100)]
        limit: u64,
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// List tasks that wait or are worked on, oldest first: also messages of a type that nobody here knows.
    Waiting {
        /// At most so many of each service and state.
        #[arg(long, default_value_t = 100)]
        limit: u64,
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// Show one task, its payload masked, with what people did with it.
    Show {
        /// Its id.
        id: Uuid,
    },
    /// Run a task again, as if it had never been tried.
    Replay(Act),
    /// Put a task away for good.
    Discard(Act),
}

#[derive(Debug, Args)]
struct Act {
    /// Its id.
    id: Uuid,
    /// Why, for the journal.
    #[arg(long)]
    reason: String,
    /// Who, for the journal; the name of the user when left out.
    #[arg(long)]
    by: Option<String>,
}

/// Does it, and returns what to print.
///
/// # Errors
/// When there is no such service or task, or a database refuses.
pub async fn run(databases: &Databases, arguments: Arguments) -> anyhow::Result<String> {
    let chosen: Vec<(&str, &Db)> = databases
        .named()
        .into_iter()
        .filter(|(name, _)| arguments.service.as_deref().is_none_or(|s| s == *name))
        .collect();
    ensure!(!chosen.is_empty(), "there is no service of this name");
    match arguments.action {
        Action::Dead { limit, json } => list(&chosen, &[TaskState::Dead], limit, json).await,
        Action::Waiting { limit, json } => {
            list(&chosen, &[TaskState::Leased, TaskState::Ready], limit, json).await
        }
        Action::Show { id } => {
            for (_, db) in &chosen {
                if let Some(task) = operations::task(db, id).await? {
                    return Ok(serde_json::to_string_pretty(&task)?);
                }
            }
            bail!("there is no task {id} that is not done")
        }
        Action::Replay(act) => change(&chosen, act, true).await,
        Action::Discard(act) => change(&chosen, act, false).await,
    }
}

async fn list(
    chosen: &[(&str, &Db)],
    states: &[TaskState],
    limit: u64,
    json: bool,
) -> anyhow::Result<String> {
    let mut lines = Vec::new();
    for (service, db) in chosen {
        for state in states {
            let filter = Filter {
                state: *state,
                ..Filter::default()
            };
            for task in operations::tasks(db, &filter, limit).await? {
                lines.push(if json {
                    json!({ "service": service, "task": task }).to_string()
                } else {
                    line(service, &task)
                });
            }
        }
    }
    if lines.is_empty() && !json {
        lines.push("There are none.".to_owned());
    }
    Ok(lines.join("\n"))
}

fn line(service: &str, task: &DeadTask) -> String {
    let (id, kind, attempts, state) = (task.id, &task.kind, task.attempts, &task.state);
    let reason = task.last_error.as_deref().unwrap_or("");
    format!("{id}  {service}  {kind}  {state}  attempts {attempts}  {reason}")
}

async fn change(chosen: &[(&str, &Db)], act: Act, replay: bool) -> anyhow::Result<String> {
    let reason = act.reason.trim();
    ensure!(!reason.is_empty(), "--reason must say why");
    let name = act
        .by
        .or_else(|| kit::config::variable("USER"))
        .unwrap_or_else(|| "command line".to_owned());
    let by = By::command_line(&name, reason);
    for (service, db) in chosen {
        let done = if replay {
            durable::replay(db, act.id, &by).await?
        } else {
            durable::discard(db, act.id, &by).await?
        };
        if done {
            let what = if replay { "runs again" } else { "is put away" };
            return Ok(format!("{} of {service} {what}", act.id));
        }
    }
    bail!("there is no task {} that was given up", act.id)
}
