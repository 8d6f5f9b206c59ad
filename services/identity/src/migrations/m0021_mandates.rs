//! Who may act for whom.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    string, text, timestamp_with_time_zone, timestamp_with_time_zone_null, uuid, uuid_null,
};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "identity_0021_mandates"
    }
}

#[expect(
    elided_lifetimes_in_paths,
    reason = "the trait is written that way; async_trait wants the same"
)]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("mandate")
                    .col(uuid("id").primary_key())
                    .col(uuid("principal_id"))
                    .col(text("agent_number"))
                    .col(string("agent_hash"))
                    .col(string("ground"))
                    .col(text("permissions"))
                    .col(text("document"))
                    .col(timestamp_with_time_zone("valid_from"))
                    .col(timestamp_with_time_zone_null("valid_until"))
                    .col(uuid("created_by"))
                    .col(timestamp_with_time_zone("created_at"))
                    .col(timestamp_with_time_zone_null("revoked_at"))
                    .col(uuid_null("revoked_by"))
                    .to_owned(),
            )
            .await?;
        for column in ["principal_id", "agent_hash"] {
            manager
                .create_index(
                    Index::create()
                        .name(format!("mandate_{column}"))
                        .table("mandate")
                        .col(column)
                        .to_owned(),
                )
                .await?;
        }
        for table in ["authorization_code", "refresh_token"] {
            manager
                .alter_table(
                    Table::alter()
                        .table(table)
                        .add_column(uuid_null("mandate_id"))
                        .to_owned(),
                )
                .await?;
        }
        Ok(())
    }
}
