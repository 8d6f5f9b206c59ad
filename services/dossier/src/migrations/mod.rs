//! The schema, one forward step at a time.

mod m20261116_000001_dossier;
mod m20261116_000002_copies;
mod m20261126_000010_clocks;
mod m20261126_000011_groups;
mod m20261126_000012_fees_messages_files;
mod m20261126_000067_retention;
mod m20261127_000013_restricted;

use sea_orm_migration::MigrationTrait;

pub(crate) fn all() -> Vec<Box<dyn MigrationTrait>> {
    vec![
        Box::new(m20261116_000001_dossier::Migration),
        Box::new(m20261116_000002_copies::Migration),
        Box::new(m20261126_000010_clocks::Migration),
        Box::new(m20261126_000011_groups::Migration),
        Box::new(m20261126_000012_fees_messages_files::Migration),
        Box::new(m20261126_000067_retention::Migration),
        Box::new(m20261127_000013_restricted::Migration),
    ]
}
