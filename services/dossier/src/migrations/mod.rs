//! The schema, one forward step at a time.

mod m20261116_000001_dossier;
mod m20261116_000002_copies;

use sea_orm_migration::MigrationTrait;

pub(crate) fn all() -> Vec<Box<dyn MigrationTrait>> {
    vec![
        Box::new(m20261116_000001_dossier::Migration),
        Box::new(m20261116_000002_copies::Migration),
    ]
}
