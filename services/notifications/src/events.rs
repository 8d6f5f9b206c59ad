//! What this service listens to. Every event is a fact to tell: none is skipped for being late.

use crate::App;
use crate::deliver::deliver;
use crate::domain::plan;
use crate::store::entity::dossier;
use crate::store::{notice, person};
use contracts::events::{DossierAlarm, DossierChanged, ShipmentChanged};
use durable::{Done, Task, TaskError};
use std::sync::Arc;

/// A dossier took a transition.
pub async fn dossier_changed(app: Arc<App>, task: Task<DossierChanged>) -> Result<Done, TaskError> {
    let (app, task) = (&app, &task);
    app.db
        .tx(|tx| async move {
            let event = &task.event;
            person::keep_facts(
                &tx,
                dossier::Model {
                    id: event.dossier_id.0,
                    version: event.version,
                    agency_name: event.agency_name.clone(),
                    procedure_name: event.procedure_name.clone(),
                    restricted: event.restricted,
                },
            )
            .await?;
            if event.command == DossierChanged::PSEUDONYMISE {
                notice::forget(&tx, event.dossier_id.0).await?;
            }
            let chosen = person::preferences(event.owner, &*tx).await?;
            let notices = plan::dossier(event, &chosen);
            deliver(app, &tx, task.message_id, &notices).await?;
            Ok(task.finish(&tx).await?)
        })
        .await
}

/// A clock of a dossier came to a point.
pub async fn dossier_alarm(app: Arc<App>, task: Task<DossierAlarm>) -> Result<Done, TaskError> {
    let (app, task) = (&app, &task);
    app.db
        .tx(|tx| async move {
            let event = &task.event;
            let chosen = person::preferences(event.owner, &*tx).await?;
            let notices = plan::alarm(event, &chosen);
            deliver(app, &tx, task.message_id, &notices).await?;
            Ok(task.finish(&tx).await?)
        })
        .await
}

/// A shipment took a transition.
pub async fn shipment_changed(
    app: Arc<App>,
    task: Task<ShipmentChanged>,
) -> Result<Done, TaskError> {
    let (app, task) = (&app, &task);
    app.db
        .tx(|tx| async move {
            let event = &task.event;
            let known = person::facts(&tx, event.dossier_id.0).await?;
            let chosen = person::preferences(event.owner, &*tx).await?;
            let notices = plan::shipment(event, known.as_ref(), &chosen);
            deliver(app, &tx, task.message_id, &notices).await?;
            Ok(task.finish(&tx).await?)
        })
        .await
}
