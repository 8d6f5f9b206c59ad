//! Roles held for a time: acting positions and delegations.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    string, string_null, text, timestamp_with_time_zone, timestamp_with_time_zone_null, uuid,
    uuid_null,
};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "identity_0046_assignments"
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
                    .table("assignment")
                    .col(uuid("id").primary_key())
                    .col(uuid("holder_id"))
                    .col(string("holder_name"))
                    .col(uuid_null("principal_id"))
                    .col(string_null("principal_name"))
                    .col(string("role"))
                    .col(string("agency"))
                    .col(timestamp_with_time_zone("valid_from"))
                    .col(timestamp_with_time_zone("valid_until"))
                    .col(text("reason"))
                    .col(uuid("created_by"))
                    .col(timestamp_with_time_zone("created_at"))
                    .col(timestamp_with_time_zone_null("ended_at"))
                    .col(uuid_null("ended_by"))
                    .to_owned(),
            )
            .await?;
        for (name, column) in [
            ("assignment_holder", "holder_id"),
            ("assignment_principal", "principal_id"),
            ("assignment_agency", "agency"),
        ] {
            manager
                .create_index(
                    Index::create()
                        .name(name)
                        .table("assignment")
                        .col(column)
                        .col("id")
                        .to_owned(),
                )
                .await?;
        }
        Ok(())
    }
}
