//! Subjects and results as reference data, the source's own line beside each version made from it, and the tree of agencies that were
//! there before it had a column.

use super::{date, text};
use sea_orm_migration::prelude::*;

pub(super) struct Sources;

impl MigrationName for Sources {
    fn name(&self) -> &'static str {
        "catalogue_0003_sources"
    }
}

#[expect(
    elided_lifetimes_in_paths,
    reason = "async_trait wants the trait's own signature"
)]
#[async_trait::async_trait]
impl MigrationTrait for Sources {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        let name = Alias::new;
        m.create_table(
            Table::create()
                .table(name("reference_item"))
                .col(text(name("kind")))
                .col(text(name("key")))
                .col(text(name("code")))
                .col(text(name("name")))
                .col(date(name("valid_from")))
                .col(date(name("valid_to")))
                .primary_key(Index::create().col(name("kind")).col(name("key")))
                .to_owned(),
        )
        .await?;
        m.create_index(
            Index::create()
                .name("reference_item_code_idx")
                .table(name("reference_item"))
                .col(name("kind"))
                .col(name("code"))
                .to_owned(),
        )
        .await?;
        m.create_table(
            Table::create()
                .table(name("procedure_source"))
                .col(
                    ColumnDef::new(name("procedure_id"))
                        .uuid()
                        .not_null()
                        .take(),
                )
                .col(text(name("content_hash")))
                .col(ColumnDef::new(name("line")).binary().not_null().take())
                .primary_key(
                    Index::create()
                        .col(name("procedure_id"))
                        .col(name("content_hash")),
                )
                .to_owned(),
        )
        .await?;
        backfill(m).await
    }
}

/// The body above was in the content only; without its column the tree has no branches.
async fn backfill(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    let above = durable::json_member(m, "content", "parentCode");
    m.get_connection()
        .execute_unprepared(&format!(
            "UPDATE agency SET parent_code = {above} WHERE parent_code IS NULL"
        ))
        .await
        .map(|_| ())
}
