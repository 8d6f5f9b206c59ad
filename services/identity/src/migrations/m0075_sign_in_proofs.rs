//! When the person of a session proved who they are, where that is not when it began.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::timestamp_with_time_zone_null;

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "identity_0075_sign_in_proofs"
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
                    .table("session")
                    .add_column(timestamp_with_time_zone_null("auth_time"))
                    .to_owned(),
            )
            .await
    }
}
