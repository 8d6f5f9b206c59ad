//! Which national provider vouched for a sign-in, and how surely by its own scale.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::string_null;

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "identity_0022_providers"
    }
}

#[expect(
    elided_lifetimes_in_paths,
    reason = "the trait is written that way; async_trait wants the same"
)]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["session", "authorization_code", "refresh_token"] {
            for column in ["provider", "loa"] {
                manager
                    .alter_table(
                        Table::alter()
                            .table(table)
                            .add_column(string_null(column))
                            .to_owned(),
                    )
                    .await?;
            }
        }
        Ok(())
    }
}
