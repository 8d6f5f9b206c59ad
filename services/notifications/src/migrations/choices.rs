//! What people chose, never changed: the proof of a consent and of its withdrawal.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{boolean, string, string_null, timestamp_with_time_zone, uuid};

pub(super) struct Choices;

impl MigrationName for Choices {
    fn name(&self) -> &'static str {
        "m20261126_000045_choices"
    }
}

#[expect(
    elided_lifetimes_in_paths,
    reason = "the trait is written that way; async_trait wants the same"
)]
#[async_trait::async_trait]
impl MigrationTrait for Choices {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("choice")
                    .col(uuid("id").primary_key())
                    .col(uuid("account"))
                    .col(string("channel"))
                    .col(boolean("granted"))
                    .col(timestamp_with_time_zone("at"))
                    .col(string_null("client"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("choice_account")
                    .table("choice")
                    .col("account")
                    .col("id")
                    .to_owned(),
            )
            .await
    }
}
