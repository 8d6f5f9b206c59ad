//! What was revoked lately, and the access log.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, timestamp_with_time_zone, uuid};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "identity_0003_revocations"
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
                    .table("revocation")
                    .col(uuid("account_id").primary_key())
                    .col(big_integer("version"))
                    .col(timestamp_with_time_zone("at"))
                    .to_owned(),
            )
            .await?;
        durable::access::create_table(manager).await
    }
}
