//! Requests of people about their data, the breach file, and notices before something is erased.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, boolean, string, string_null, text, text_null,
    timestamp_with_time_zone, timestamp_with_time_zone_null, uuid, uuid_null,
};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "identity_0045_personal_data"
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
                    .table("data_request")
                    .col(uuid("id").primary_key())
                    .col(uuid("account_id"))
                    .col(string_null("agency"))
                    .col(string("right_kind"))
                    .col(text("text"))
                    .col(string("state"))
                    .col(timestamp_with_time_zone("received_at"))
                    .col(timestamp_with_time_zone("accept_by"))
                    .col(timestamp_with_time_zone_null("accepted_at"))
                    .col(timestamp_with_time_zone("due_at"))
                    .col(text_null("extension"))
                    .col(timestamp_with_time_zone_null("closed_at"))
                    .col(text_null("answer"))
                    .col(uuid_null("handler_id"))
                    .col(timestamp_with_time_zone_null("lifted_at"))
                    .col(big_integer("version"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("breach")
                    .col(uuid("id").primary_key())
                    .col(text("title"))
                    .col(text("kinds"))
                    .col(big_integer_null("people"))
                    .col(timestamp_with_time_zone("discovered_at"))
                    .col(timestamp_with_time_zone("notify_by"))
                    .col(boolean("notifiable"))
                    .col(timestamp_with_time_zone_null("notified_at"))
                    .col(timestamp_with_time_zone_null("people_told_at"))
                    .col(timestamp_with_time_zone_null("closed_at"))
                    .col(timestamp_with_time_zone("created_at"))
                    .col(big_integer("version"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("breach_entry")
                    .col(uuid("id").primary_key())
                    .col(uuid("breach_id"))
                    .col(big_integer("seq"))
                    .col(timestamp_with_time_zone("at"))
                    .col(uuid("by_id"))
                    .col(string("by_name"))
                    .col(string("kind"))
                    .col(text("text"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("retention_notice")
                    .col(string("class"))
                    .col(uuid("subject_id"))
                    .col(timestamp_with_time_zone("noticed_at"))
                    .col(timestamp_with_time_zone("due_at"))
                    .primary_key(Index::create().col("class").col("subject_id"))
                    .to_owned(),
            )
            .await?;
        for (name, table, columns, unique) in [
            (
                "data_request_account",
                "data_request",
                &["account_id", "id"][..],
                false,
            ),
            (
                "data_request_state",
                "data_request",
                &["state", "due_at"][..],
                false,
            ),
            (
                "data_request_agency",
                "data_request",
                &["agency", "id"][..],
                false,
            ),
            (
                "breach_entry_seq",
                "breach_entry",
                &["breach_id", "seq"][..],
                true,
            ),
            (
                "retention_notice_due",
                "retention_notice",
                &["due_at"][..],
                false,
            ),
        ] {
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
