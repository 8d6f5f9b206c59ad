//! Retention: what becomes due is announced, may be held, and leaves a mark where it was.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    string_len, text, timestamp_with_time_zone, timestamp_with_time_zone_null, uuid,
};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[expect(
    elided_lifetimes_in_paths,
    reason = "async_trait wants the trait's own signature"
)]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tables = [
            Table::create()
                .table("retention_notice")
                // paper | result | dossier
                .col(string_len("class", 20))
                .col(uuid("dossier_id"))
                .col(string_len("agency_code", 50))
                .col(timestamp_with_time_zone("noticed_at"))
                .col(timestamp_with_time_zone("due_at"))
                .col(timestamp_with_time_zone_null("carried_out_at"))
                .primary_key(Index::create().col("class").col("dossier_id"))
                .to_owned(),
            Table::create()
                .table("retention_hold")
                .col(uuid("dossier_id").primary_key())
                // complaint | lawsuit | inspection | other
                .col(string_len("ground", 20))
                // Sealed: reasons tell of people.
                .col(text("reason"))
                .col(uuid("held_by"))
                .col(string_len("held_by_name", 200))
                .col(timestamp_with_time_zone("held_at"))
                .to_owned(),
        ];
        for table in tables {
            manager.create_table(table).await?;
        }
        for (table, column) in [
            // What the file was to this dossier is over.
            ("dossier_file", "removed_at"),
            // It is over for every dossier …
            ("file", "removed_at"),
            // … and its content lies in the object store no more.
            ("file", "gone_at"),
        ] {
            let add = Table::alter()
                .table(table)
                .add_column(timestamp_with_time_zone_null(column))
                .to_owned();
            manager.alter_table(add).await?;
        }
        let indexes: [(&str, &str, &[&str]); 4] = [
            (
                "retention_notice_due",
                "retention_notice",
                &["carried_out_at", "due_at"],
            ),
            (
                "retention_notice_agency",
                "retention_notice",
                &["agency_code", "due_at"],
            ),
            ("dossier_file_of", "dossier_file", &["dossier_id", "kind"]),
            ("dossier_age", "dossier", &["submitted_at", "id"]),
        ];
        for (name, table, columns) in indexes {
            let mut index = Index::create();
            index.name(name).table(table);
            for column in columns {
                index.col(*column);
            }
            manager.create_index(index).await?;
        }
        Ok(())
    }
}
