//! What is consumed. Copies compare versions; a shipment's fact moves the dossier if it is open to it, and is otherwise noted and
//! passed over.

use crate::app::{App, commands};
use crate::domain::Command;
use crate::error::Error;
use crate::store::copies;
use contracts::events::{
    AgencyChanged, ProcedureChanged, ShipmentChanged, ShipmentState, UnitsChanged,
};
use durable::{Done, Task, TaskError};
use std::sync::Arc;

type Handled = Result<Done, TaskError>;

pub(crate) async fn procedure_changed(app: Arc<App>, task: Task<ProcedureChanged>) -> Handled {
    let task = &task;
    app.db
        .tx(|tx| async move {
            copies::keep_procedure(&tx, &task.event).await?;
            Ok(task.finish(&tx).await?)
        })
        .await
}

pub(crate) async fn agency_changed(app: Arc<App>, task: Task<AgencyChanged>) -> Handled {
    let task = &task;
    app.db
        .tx(|tx| async move {
            copies::keep_agency(&tx, &task.event).await?;
            Ok(task.finish(&tx).await?)
        })
        .await
}

pub(crate) async fn units_changed(app: Arc<App>, task: Task<UnitsChanged>) -> Handled {
    let task = &task;
    app.db
        .tx(|tx| async move {
            copies::keep_units(&tx, &task.event).await?;
            Ok(task.finish(&tx).await?)
        })
        .await
}

pub(crate) async fn shipment_changed(app: Arc<App>, task: Task<ShipmentChanged>) -> Handled {
    let (app, task) = (&app, &task);
    app.db
        .tx(|tx| async move {
            let command = match task.event.state {
                ShipmentState::Delivered => Some(Command::PostDelivered),
                ShipmentState::ReturnedToAgency => Some(Command::PostReturned),
                ShipmentState::Ready
                | ShipmentState::HandedToPost
                | ShipmentState::InTransit
                | ShipmentState::Invited
                | ShipmentState::Lost
                | ShipmentState::Damaged
                | ShipmentState::Cancelled => None,
            };
            let newer = copies::keep_shipment(&tx, &task.event).await?;
            if let (true, Some(command)) = (newer, command) {
                let outcome = commands::by_system(app, &tx, task.event.dossier_id, command).await;
                match outcome {
                    Ok(()) => {}
                    Err(Error::Refused(refusal)) => {
                        tracing::warn!(dossier = %task.event.dossier_id, %refusal, "shipment's fact does not move the dossier");
                    }
                    Err(other) => return Err(failed(other)),
                }
            }
            Ok(task.finish(&tx).await?)
        })
        .await
}

/// What did not work, for the queue: a command of a person that came between passes, what is not there does not come.
fn failed(error: Error) -> TaskError {
    match error {
        Error::Db(error) => TaskError::Db(error),
        Error::Stale { .. } => TaskError::retry(error),
        Error::Io(_)
        | Error::NotFound
        | Error::Refused(_)
        | Error::ActPerson(_)
        | Error::ActState(..)
        | Error::Fee(_)
        | Error::Key(_)
        | Error::Input(_) => TaskError::fatal(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_came_between_is_no_end_of_the_task() {
        let stale = Error::Stale {
            version: 3,
            state: None,
            step: String::new(),
        };
        assert!(matches!(failed(stale), TaskError::Retry(_)));
        assert!(matches!(failed(Error::NotFound), TaskError::Fatal(_)));
    }
}
