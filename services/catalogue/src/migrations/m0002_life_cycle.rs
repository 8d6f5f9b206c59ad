//! Editing with two persons, what the source has dropped, imports with their dates, and reference data with validity.

use super::{date, instant, number, text};
use sea_orm_migration::prelude::*;

pub(super) struct LifeCycle;

impl MigrationName for LifeCycle {
    fn name(&self) -> &'static str {
        "catalogue_0002_life_cycle"
    }
}

#[expect(
    elided_lifetimes_in_paths,
    reason = "async_trait wants the trait's own signature"
)]
#[async_trait::async_trait]
impl MigrationTrait for LifeCycle {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        columns(m).await?;
        drafts(m).await?;
        imports(m).await?;
        reference(m).await
    }
}

fn maybe(name: &'static str) -> ColumnDef {
    ColumnDef::new(Alias::new(name)).text().null().take()
}

async fn add(m: &SchemaManager<'_>, table: &'static str, column: ColumnDef) -> Result<(), DbErr> {
    let mut column = column;
    m.alter_table(
        Table::alter()
            .table(Alias::new(table))
            .add_column(&mut column)
            .to_owned(),
    )
    .await
}

async fn columns(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    let name = Alias::new;
    add(m, "procedure", maybe("source_hash")).await?;
    add(m, "procedure", date(name("gone_since"))).await?;
    add(m, "procedure_version", date(name("effective_to"))).await?;
    let active = ColumnDef::new(name("active"))
        .boolean()
        .not_null()
        .default(true)
        .take();
    add(m, "procedure_version", active).await?;
    add(m, "procedure_version", maybe("written_by")).await?;
    add(m, "procedure_version", maybe("published_by")).await?;
    add(m, "province", maybe("successor")).await?;
    add(m, "agency", maybe("parent_code")).await?;
    // What came from the portal is what the portal said.
    let mut known = Query::update();
    known
        .table(name("procedure"))
        .value(name("source_hash"), Expr::col(name("content_hash")))
        .and_where(Expr::col(name("source")).eq("nationalPortal"));
    m.execute(known).await
}

async fn drafts(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    let name = Alias::new;
    m.create_table(
        Table::create()
            .table(name("procedure_draft"))
            .col(
                ColumnDef::new(name("id"))
                    .uuid()
                    .not_null()
                    .primary_key()
                    .take(),
            )
            .col(
                ColumnDef::new(name("procedure_id"))
                    .uuid()
                    .not_null()
                    .take(),
            )
            .col(number(name("base_version")))
            .col(number(name("revision")))
            .col(text(name("state")))
            .col(text(name("code")))
            .col(text(name("name")))
            .col(text(name("content")))
            .col(text(name("note")))
            .col(text(name("source")))
            .col(maybe("agency"))
            .col(text(name("writers")))
            .col(text(name("written_by")))
            .col(maybe("published_by"))
            .col(date(name("effective_from")))
            .col(instant(name("created_at")))
            .col(instant(name("updated_at")))
            .to_owned(),
    )
    .await?;
    m.create_index(
        Index::create()
            .name("procedure_draft_state_idx")
            .table(name("procedure_draft"))
            .col(name("state"))
            .col(name("id"))
            .to_owned(),
    )
    .await?;
    m.create_table(
        Table::create()
            .table(name("procedure_journal"))
            .col(
                ColumnDef::new(name("id"))
                    .uuid()
                    .not_null()
                    .primary_key()
                    .take(),
            )
            .col(
                ColumnDef::new(name("procedure_id"))
                    .uuid()
                    .not_null()
                    .take(),
            )
            .col(ColumnDef::new(name("draft_id")).uuid().null().take())
            .col(text(name("action")))
            .col(text(name("state")))
            .col(ColumnDef::new(name("version")).big_integer().null().take())
            .col(maybe("actor_id"))
            .col(text(name("actor_name")))
            .col(text(name("note")))
            .col(instant(name("at")))
            .to_owned(),
    )
    .await?;
    m.create_index(
        Index::create()
            .name("procedure_journal_procedure_idx")
            .table(name("procedure_journal"))
            .col(name("procedure_id"))
            .col(name("id"))
            .to_owned(),
    )
    .await
}

async fn imports(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    let name = Alias::new;
    m.create_table(
        Table::create()
            .table(name("import_run"))
            .col(
                ColumnDef::new(name("id"))
                    .uuid()
                    .not_null()
                    .primary_key()
                    .take(),
            )
            .col(text(name("kind")))
            .col(date(name("file_date")))
            .col(text(name("by_name")))
            .col(text(name("summary")))
            .col(instant(name("at")))
            .to_owned(),
    )
    .await
}

async fn reference(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    let name = Alias::new;
    m.create_table(
        Table::create()
            .table(name("field"))
            .col(text(name("key")).primary_key().take())
            .col(text(name("code")))
            .col(text(name("name")))
            .col(date(name("valid_from")))
            .col(date(name("valid_to")))
            .to_owned(),
    )
    .await?;
    m.create_table(
        Table::create()
            .table(name("calendar_day"))
            .col(
                ColumnDef::new(name("day"))
                    .date()
                    .not_null()
                    .primary_key()
                    .take(),
            )
            .col(text(name("day_use")))
            .col(text(name("kind")))
            .col(text(name("name")))
            .col(text(name("certainty")))
            .col(text(name("source")))
            .to_owned(),
    )
    .await?;
    m.create_table(
        Table::create()
            .table(name("commune_mapping"))
            .col(text(name("old_code")))
            .col(text(name("new_code")))
            .col(text(name("relation")))
            .col(text(name("note")))
            .col(maybe("district"))
            .primary_key(Index::create().col(name("old_code")).col(name("new_code")))
            .to_owned(),
    )
    .await?;
    m.create_table(
        Table::create()
            .table(name("agency_version"))
            .col(text(name("code")))
            .col(number(name("version")))
            .col(text(name("content")))
            .col(instant(name("at")))
            .primary_key(Index::create().col(name("code")).col(name("version")))
            .to_owned(),
    )
    .await?;
    let mut history = Query::insert();
    let mut now = Query::select();
    now.columns(["code", "version", "content", "updated_at"].map(Alias::new))
        .from(name("agency"));
    history
        .into_table(name("agency_version"))
        .columns(["code", "version", "content", "at"].map(Alias::new))
        .select_from(now)
        .map_err(|e| DbErr::Custom(e.to_string()))?;
    m.execute(history).await
}
