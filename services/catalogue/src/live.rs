//! The search index of the running service, kept equal to the table: also when another process imports into the same database.

use crate::domain::search::{Entry, Index, UnitIndex};
use crate::store::{procedures, units};
use durable::Db;
use sea_orm::DbErr;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How often the counter of changes is looked at.
const PERIOD: Duration = Duration::from_secs(1);

/// Holds the index. Readers take a snapshot and are never kept waiting by a change.
pub(crate) struct Live {
    index: RwLock<Arc<Index>>,
    units: RwLock<Arc<UnitIndex>>,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    /// The counter up to which `entries` is complete.
    seq: i64,
    /// How many provinces and communes there were: units are read again only when they change.
    units: Option<String>,
    entries: HashMap<Uuid, Arc<Entry>>,
}

impl Live {
    /// An empty index; [`Live::refresh`] fills it.
    pub(crate) fn new() -> Self {
        Self {
            index: RwLock::new(Arc::new(Index::default())),
            units: RwLock::new(Arc::new(UnitIndex::default())),
            known: Mutex::new(Known::default()),
        }
    }

    /// The index as it is now.
    pub(crate) fn index(&self) -> Arc<Index> {
        Arc::clone(&self.index.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The names of units as they are now.
    pub(crate) fn units(&self) -> Arc<UnitIndex> {
        Arc::clone(&self.units.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes in what changed since the last time; returns whether anything did.
    pub(crate) async fn refresh(&self, db: &Db) -> Result<bool, DbErr> {
        let mut known = self.known.lock().await;
        // The counter is read first: what commits between the two reads is read again next time.
        let seq = procedures::seq(db.read()).await?;
        if seq == known.seq {
            return Ok(false);
        }
        let state = units::state(db.read()).await?;
        if known.units.as_ref() != Some(&state) {
            let communes = units::all_communes(db.read()).await?;
            let provinces = units::all_provinces(db.read()).await?;
            let index = Arc::new(UnitIndex::new(communes, provinces));
            *self.units.write().unwrap_or_else(PoisonError::into_inner) = index;
            known.units = Some(state);
            // Old names are among the words of procedures: all of them are read again.
            known.seq = 0;
        }
        let changed = procedures::changed_since(db.read(), known.seq, &self.units()).await?;
        for (id, entry) in changed {
            match entry {
                Some(entry) => known.entries.insert(id, Arc::new(entry)),
                None => known.entries.remove(&id),
            };
        }
        known.seq = seq;
        let index = Arc::new(Index::new(known.entries.values().cloned()).at(seq));
        *self.index.write().unwrap_or_else(PoisonError::into_inner) = index;
        Ok(true)
    }

    /// Refreshes again and again until the stop.
    pub(crate) async fn follow(self: Arc<Self>, db: Db, stopping: CancellationToken) {
        loop {
            tokio::select! {
                () = stopping.cancelled() => return,
                () = tokio::time::sleep(PERIOD) => {}
            }
            match self.refresh(&db).await {
                Ok(true) => {
                    tracing::debug!(procedures = self.index().len(), "search index refreshed")
                }
                Ok(false) => {}
                Err(error) => tracing::warn!(%error, "search index not refreshed"),
            }
        }
    }
}
