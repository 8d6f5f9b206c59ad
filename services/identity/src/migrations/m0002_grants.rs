//! Sign-in sessions, authorization codes and refresh tokens. Secrets are stored as SHA-256 only.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    string, string_null, text, timestamp_with_time_zone, timestamp_with_time_zone_null, uuid,
};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "identity_0002_grants"
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
                    .table("session")
                    .col(string("hash").primary_key())
                    .col(uuid("id").unique_key())
                    .col(uuid("account_id"))
                    .col(timestamp_with_time_zone("created_at"))
                    .col(timestamp_with_time_zone("expires_at"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("authorization_code")
                    .col(string("hash").primary_key())
                    .col(uuid("family"))
                    .col(string("client_id"))
                    .col(uuid("account_id"))
                    .col(uuid("session_id"))
                    .col(text("redirect_uri"))
                    .col(string("scope"))
                    .col(text("challenge"))
                    .col(string_null("nonce"))
                    .col(timestamp_with_time_zone("auth_time"))
                    .col(timestamp_with_time_zone("expires_at"))
                    .col(timestamp_with_time_zone_null("used_at"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("refresh_token")
                    .col(string("hash").primary_key())
                    .col(uuid("family"))
                    .col(string("client_id"))
                    .col(uuid("account_id"))
                    .col(uuid("session_id"))
                    .col(string("scope"))
                    .col(timestamp_with_time_zone("auth_time"))
                    .col(timestamp_with_time_zone("created_at"))
                    .col(timestamp_with_time_zone("expires_at"))
                    .col(timestamp_with_time_zone_null("used_at"))
                    .col(timestamp_with_time_zone_null("revoked_at"))
                    .to_owned(),
            )
            .await?;
        for (name, table, column) in [
            ("session_account", "session", "account_id"),
            ("session_expires", "session", "expires_at"),
            ("code_expires", "authorization_code", "expires_at"),
            ("refresh_family", "refresh_token", "family"),
            ("refresh_account", "refresh_token", "account_id"),
            ("refresh_session", "refresh_token", "session_id"),
            ("refresh_expires", "refresh_token", "expires_at"),
        ] {
            manager
                .create_index(
                    Index::create()
                        .name(name)
                        .table(table)
                        .col(column)
                        .to_owned(),
                )
                .await?;
        }
        Ok(())
    }
}
