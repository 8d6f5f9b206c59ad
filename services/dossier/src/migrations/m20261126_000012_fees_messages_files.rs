//! Payment references and reports, messages, and which files belong to something.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, boolean, string_len, string_len_null, text, timestamp_with_time_zone,
    timestamp_with_time_zone_null, uuid, uuid_null,
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
                .table("fee_reference")
                .col(string_len("reference", 25).primary_key())
                .col(uuid("dossier_id"))
                .col(big_integer("fee"))
                .to_owned(),
            // What the payment platform reported: each transaction once, also those that no obligation stands for.
            Table::create()
                .table("payment_report")
                .col(string_len("partner", 50))
                .col(string_len("transaction_id", 100))
                .col(string_len("body_hash", 64))
                .col(string_len("reference", 100))
                .col(big_integer("amount"))
                .col(timestamp_with_time_zone("reported_at"))
                .col(string_len("outcome", 30))
                .col(uuid_null("dossier_id"))
                .col(string_len_null("agency_code", 50))
                .primary_key(Index::create().col("partner").col("transaction_id"))
                .to_owned(),
            Table::create()
                .table("dossier_message")
                .col(uuid("id").primary_key())
                .col(uuid("dossier_id"))
                .col(big_integer("seq"))
                .col(timestamp_with_time_zone("at"))
                .col(uuid("author"))
                .col(string_len("author_name", 200))
                .col(boolean("by_agency"))
                .col(text("content"))
                .to_owned(),
        ];
        for table in tables {
            manager.create_table(table).await?;
        }
        // When a file was first tied to something; none: an upload that waits.
        manager
            .alter_table(
                Table::alter()
                    .table("file")
                    .add_column(timestamp_with_time_zone_null("attached_at"))
                    .to_owned(),
            )
            .await?;
        let tied = Query::select()
            .column("file_id")
            .from("dossier_file")
            .to_owned();
        let backfill = Query::update()
            .table("file")
            .value("attached_at", Expr::col("uploaded_at"))
            .and_where(Expr::col("id").in_subquery(tied))
            .to_owned();
        manager.execute(backfill).await?;
        let indexes: [(&str, &str, &[&str], bool); 5] = [
            (
                "dossier_message_of",
                "dossier_message",
                &["dossier_id", "seq"],
                true,
            ),
            (
                "payment_report_agency",
                "payment_report",
                &["agency_code", "reported_at"],
                false,
            ),
            (
                "file_waiting",
                "file",
                &["attached_at", "uploaded_at"],
                false,
            ),
            ("file_uploader", "file", &["uploader", "attached_at"], false),
            ("file_content", "file", &["sha256"], false),
        ];
        for (name, table, columns, unique) in indexes {
            let mut index = Index::create();
            index.name(name).table(table);
            for column in columns {
                index.col(*column);
            }
            if unique {
                index.unique();
            }
            manager.create_index(index).await?;
        }
        Ok(())
    }
}
