//! Use-cases: one function each, with its transaction.

pub(crate) mod acts;
mod checks;
pub(crate) mod commands;
pub(crate) mod filing;
pub(crate) mod groups;
pub(crate) mod incidents;
pub(crate) mod messages;
pub(crate) mod payments;
pub(crate) mod retention;
pub(crate) mod sniff;
pub(crate) mod upload;

use crate::Config;
use crate::domain::{Dossier, Entry, Process, retention::veil};
use crate::error::Error;
use crate::objects::ObjectStore;
use crate::store::access::What;
use crate::store::{dossiers, journal, processes};
use contracts::{Actor, DossierId};
use durable::{Db, access};
use kit::Runtime;
use sea_orm::{ConnectionTrait, DbErr};
use uuid::Uuid;

/// The service's state.
pub(crate) struct App {
    pub(crate) db: Db,
    pub(crate) rt: Runtime,
    pub(crate) config: Config,
    pub(crate) objects: ObjectStore,
}

/// A dossier with all that is shown of it.
#[derive(Clone, Debug)]
pub(crate) struct View {
    pub(crate) dossier: Dossier,
    pub(crate) process: Process,
    pub(crate) journal: Vec<Entry>,
}

impl App {
    /// The state of a service with these settings.
    ///
    /// # Errors
    /// When the folder for files cannot be made, or the bucket cannot be entered.
    pub(crate) async fn new(config: Config, db: Db, rt: Runtime) -> anyhow::Result<Self> {
        let objects = ObjectStore::open(&config.files, &rt).await?;
        Ok(Self {
            db,
            rt,
            config,
            objects,
        })
    }

    /// Looks a dossier up for reading, within what the reader may see; an officer's read is noted.
    ///
    /// # Errors
    /// [`Error::NotFound`] when it is not there for this reader.
    pub(crate) async fn read(
        &self,
        reader: &Actor,
        id: DossierId,
        what: What,
    ) -> Result<View, Error> {
        let db = self.db.read();
        let dossier = dossiers::find(db, &reader.scope(), &self.rt, id)
            .await?
            .ok_or(Error::NotFound)?;
        let view = view(db, dossier).await?;
        self.note_read(reader, id, what).await?;
        Ok(view)
    }

    /// Notes that somebody other than the owner read something of a dossier.
    pub(crate) async fn note_read(
        &self,
        reader: &Actor,
        id: DossierId,
        what: What,
    ) -> Result<(), DbErr> {
        self.note_reads(reader, &[id.0], what).await
    }

    /// Notes that somebody other than the owner read something of these dossiers.
    pub(crate) async fn note_reads(
        &self,
        reader: &Actor,
        ids: &[Uuid],
        what: What,
    ) -> Result<(), DbErr> {
        access::note_alone(&self.db, reader, what.of(ids)).await
    }
}

/// Adds process and journal.
pub(crate) async fn view(db: &impl ConnectionTrait, dossier: Dossier) -> Result<View, DbErr> {
    let process = processes::get(db, &dossier.process).await?;
    let mut journal = journal::of(db, dossier.id).await?;
    if dossier.details.pseudonymised_at.is_some() {
        journal.iter_mut().for_each(veil);
    }
    Ok(View {
        dossier,
        process,
        journal,
    })
}
