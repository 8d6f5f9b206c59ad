//! Until when a password is good that somebody else has set.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::timestamp_with_time_zone_null;

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "identity_0050_temporary_password"
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
            .alter_table(
                Table::alter()
                    .table("account")
                    .add_column(timestamp_with_time_zone_null("temporary_until"))
                    .to_owned(),
            )
            .await
    }
}
