//! What this service listens to.

use crate::app::{App, order};
use crate::store::entity::province;
use crate::store::reference;
use contracts::events::{DossierChanged, UnitsChanged};
use durable::{Done, Task, TaskError};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A dossier's transition opens, cancels or leaves the order for its result.
pub async fn dossier_changed(app: Arc<App>, task: Task<DossierChanged>) -> Result<Done, TaskError> {
    let (app, task) = (&app, &task);
    app.db
        .tx(|tx| async move {
            order::on_dossier(app, &tx, &task.event).await?;
            Ok(task.finish(&tx).await?)
        })
        .await
}

/// Names of places, to write addresses in words. Ended communes stay: old dossiers still name them.
pub async fn units_changed(app: Arc<App>, task: Task<UnitsChanged>) -> Result<Done, TaskError> {
    let units = &task.event;
    // Later facts of the same code win: a code means nothing without a date, and the last name is the one on the signs.
    let communes: BTreeMap<&str, &str> = units
        .communes
        .iter()
        .map(|c| (c.valid_to.is_none(), c.valid_from, c))
        .collect::<Vec<_>>()
        .into_iter()
        .fold(
            BTreeMap::new(),
            |mut names: BTreeMap<&str, (_, &str)>, (open, from, c)| {
                let entry = names
                    .entry(c.code.as_str())
                    .or_insert(((open, from), c.name.as_str()));
                if entry.0 <= (open, from) {
                    *entry = ((open, from), c.name.as_str());
                }
                names
            },
        )
        .into_iter()
        .map(|(code, (_, name))| (code, name))
        .collect();
    let communes = serde_json::to_string(&communes).map_err(TaskError::retry)?;
    let (app, task, communes) = (&app, &task, &communes);
    app.db
        .tx(|tx| async move {
            let row = province::Model {
                code: task.event.province_code.clone(),
                name: task.event.province_name.clone(),
                version: task.event.version,
                communes: communes.clone(),
            };
            reference::keep_province(&tx, row).await?;
            Ok(task.finish(&tx).await?)
        })
        .await
}
