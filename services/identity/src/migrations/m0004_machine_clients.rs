//! Machine clients: systems of integrators and post offices, managed by an administrator.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, boolean, integer_null, string, string_null, text, text_null,
    timestamp_with_time_zone, timestamp_with_time_zone_null,
};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "identity_0004_machine_clients"
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
                    .table("machine_client")
                    .col(string("client_id").primary_key())
                    .col(string_null("agency"))
                    .col(text("scopes"))
                    .col(text("networks"))
                    .col(timestamp_with_time_zone("expires_at"))
                    .col(string_null("previous_hash"))
                    .col(timestamp_with_time_zone_null("previous_until"))
                    .col(text_null("jwks"))
                    .col(integer_null("quota"))
                    .col(boolean("sandbox"))
                    .col(big_integer("version"))
                    .col(timestamp_with_time_zone("updated_at"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("machine_client_agency")
                    .table("machine_client")
                    .col("agency")
                    .col("client_id")
                    .to_owned(),
            )
            .await
    }
}
