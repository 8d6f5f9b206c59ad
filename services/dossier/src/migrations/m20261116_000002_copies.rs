//! Local copies of what other services own, fed by events, each with the version it holds.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, boolean, date_null, string_len, text, uuid};

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
                .table("procedure_copy")
                .col(uuid("procedure_id"))
                .col(big_integer("version"))
                .col(boolean("active"))
                .col(text("data"))
                .primary_key(Index::create().col("procedure_id").col("version"))
                .to_owned(),
            Table::create()
                .table("agency_copy")
                .col(string_len("code", 50).primary_key())
                .col(big_integer("version"))
                .col(boolean("active"))
                .col(text("data"))
                .to_owned(),
            Table::create()
                .table("province_copy")
                .col(string_len("code", 10).primary_key())
                .col(big_integer("version"))
                .col(string_len("name", 200))
                .to_owned(),
            // One commune code may have several periods: a code means nothing without a date.
            Table::create()
                .table("commune_copy")
                .col(string_len("province_code", 10))
                .col(string_len("code", 10))
                .col(big_integer("period"))
                .col(string_len("name", 200))
                .col(date_null("valid_from"))
                .col(date_null("valid_to"))
                .primary_key(
                    Index::create()
                        .col("province_code")
                        .col("code")
                        .col("period"),
                )
                .to_owned(),
            Table::create()
                .table("shipment_copy")
                .col(uuid("shipment_id").primary_key())
                .col(uuid("dossier_id"))
                .col(big_integer("version"))
                .col(string_len("state", 30))
                .to_owned(),
        ];
        for table in tables {
            manager.create_table(table).await?;
        }
        manager
            .create_index(
                Index::create()
                    .name("commune_code")
                    .table("commune_copy")
                    .col("code")
                    .to_owned(),
            )
            .await
    }
}
