//! Sign-ins of devices without a keyboard (RFC 8628).

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    string, string_null, timestamp_with_time_zone, timestamp_with_time_zone_null, uuid_null,
};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "identity_0020_devices"
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
                    .table("device_grant")
                    .col(string("hash").primary_key())
                    .col(string("user_code").unique_key())
                    .col(string("client_id"))
                    .col(string("scope"))
                    .col(timestamp_with_time_zone("expires_at"))
                    .col(string("state"))
                    .col(timestamp_with_time_zone_null("polled_at"))
                    .col(uuid_null("account_id"))
                    .col(uuid_null("session_id"))
                    .col(timestamp_with_time_zone_null("auth_time"))
                    .col(string_null("amr"))
                    .to_owned(),
            )
            .await
    }
}
