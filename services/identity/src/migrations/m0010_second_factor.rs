//! The second factor of a sign-in, its recovery codes, and by what means a session began.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, string, text, timestamp_with_time_zone, timestamp_with_time_zone_null, uuid,
};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "identity_0010_second_factor"
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
                    .table("second_factor")
                    .col(uuid("account_id").primary_key())
                    .col(text("secret"))
                    .col(timestamp_with_time_zone("created_at"))
                    .col(timestamp_with_time_zone_null("confirmed_at"))
                    .col(big_integer("last_step"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("recovery_code")
                    .col(string("hash").primary_key())
                    .col(uuid("account_id"))
                    .col(timestamp_with_time_zone("created_at"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("recovery_code_account")
                    .table("recovery_code")
                    .col("account_id")
                    .to_owned(),
            )
            .await?;
        for table in ["session", "authorization_code", "refresh_token"] {
            manager
                .alter_table(
                    Table::alter()
                        .table(table)
                        .add_column(string("amr").default("pwd"))
                        .to_owned(),
                )
                .await?;
        }
        manager
            .alter_table(
                Table::alter()
                    .table("session")
                    .add_column(string("device").default(""))
                    .to_owned(),
            )
            .await
    }
}
