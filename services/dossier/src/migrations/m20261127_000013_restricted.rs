//! Dossiers of restricted access (hồ sơ hạn chế tiếp cận), and who takes or took part in handling them.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{boolean, uuid};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[expect(
    elided_lifetimes_in_paths,
    reason = "async_trait wants the trait's own signature"
)]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .alter_table(
                Table::alter()
                    .table("dossier")
                    .add_column(boolean("restricted").default(false))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("restricted_reader")
                    .col(uuid("account_id"))
                    .col(uuid("dossier_id"))
                    .primary_key(Index::create().col("account_id").col("dossier_id"))
                    .to_owned(),
            )
            .await
    }
}
