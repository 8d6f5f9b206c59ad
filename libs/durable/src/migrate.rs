//! Migrations: a step of its own (`migrate`), never at the start of a service.

use crate::{Db, schema};
use futures_util::future::BoxFuture;
use sea_orm::sea_query::{Alias, Query};
use sea_orm::{ConnectionTrait as _, DbBackend, DbErr};
use sea_orm_migration::{MigrationTrait, MigratorTraitSelf, SchemaManager};

/// A service's own migrations, oldest first.
pub type Migrations = fn() -> Vec<Box<dyn MigrationTrait>>;

struct Migrator(Migrations);

impl MigratorTraitSelf for Migrator {
    fn migrations(&self) -> Vec<Box<dyn MigrationTrait>> {
        let mut all = migrations();
        all.extend((self.0)());
        all
    }
}

/// The migrations of this crate's own tables. [`migrate`] puts them before the service's.
pub fn migrations() -> Vec<Box<dyn MigrationTrait>> {
    vec![Box::new(schema::Tables), Box::new(schema::Backlog)]
}

/// Brings the schema up to date, all steps in one transaction; a second caller waits for the first.
///
/// # Errors
/// When a step fails; then nothing has changed.
pub fn migrate(db: &Db, migrations: Migrations) -> BoxFuture<'_, Result<(), DbErr>> {
    Box::pin(async move {
        db.tx(|tx| async move {
            Db::lock_migrations(&tx).await?;
            Migrator(migrations).up(&*tx, None).await
        })
        .await
    })
}

/// SQL for a text member of a column that holds a JSON object as text, for statements of migrations. Both are names in the program,
/// never what somebody sent.
pub fn json_member(manager: &SchemaManager<'_>, column: &str, member: &str) -> String {
    if manager.get_database_backend() == DbBackend::Postgres {
        format!("{column}::jsonb ->> '{member}'")
    } else {
        format!("json_extract({column}, '$.{member}')")
    }
}

/// Names of the steps that the database does not have yet. Changes nothing.
///
/// # Errors
/// When the database does not answer, or has steps this release does not know.
pub async fn pending(db: &Db, migrations: Migrations) -> Result<Vec<String>, DbErr> {
    let pending = Migrator(migrations)
        .get_pending_migrations_read_only(db.read())
        .await?;
    Ok(pending
        .iter()
        .map(|migration| migration.name().to_owned())
        .collect())
}

/// How the schema of a database and the steps of this program differ.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Steps that the database does not have yet.
    pub behind: Vec<String>,
    /// Steps that the database has and this program does not know: a newer release made them.
    pub ahead: Vec<String>,
}

/// Compares the schema with the steps of this program. Changes nothing.
///
/// # Errors
/// When the database does not answer.
pub fn difference(db: &Db, migrations: Migrations) -> BoxFuture<'_, Result<Difference, DbErr>> {
    Box::pin(async move {
        let migrator = Migrator(migrations);
        let table = migrator.migration_table_name();
        let mut applied = Vec::new();
        if SchemaManager::new(db.read())
            .has_table(table.to_string())
            .await?
        {
            let query = Query::select()
                .column(Alias::new("version"))
                .from(table)
                .take();
            for row in db.read().query_all(&query).await? {
                applied.push(row.try_get::<String>("", "version")?);
            }
        }
        let known: Vec<String> = migrator
            .migrations()
            .iter()
            .map(|migration| migration.name().to_owned())
            .collect();
        let mut ahead: Vec<String> = applied
            .iter()
            .filter(|name| !known.contains(name))
            .cloned()
            .collect();
        ahead.sort();
        Ok(Difference {
            behind: known
                .into_iter()
                .filter(|name| !applied.contains(name))
                .collect(),
            ahead,
        })
    })
}
