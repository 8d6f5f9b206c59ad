//! The tables of the catalogue. Forward only; a step that shipped is never edited.

mod m0002_life_cycle;
mod m0003_sources;

use sea_orm_migration::prelude::*;

/// All steps, oldest first.
pub(crate) fn all() -> Vec<Box<dyn MigrationTrait>> {
    vec![
        Box::new(Tables),
        Box::new(m0002_life_cycle::LifeCycle),
        Box::new(m0003_sources::Sources),
    ]
}

struct Tables;

impl MigrationName for Tables {
    fn name(&self) -> &'static str {
        "catalogue_0001_tables"
    }
}

#[derive(DeriveIden)]
enum Procedure {
    Table,
    Id,
    Code,
    Name,
    FieldCode,
    Active,
    Version,
    ContentHash,
    Source,
    Summary,
    UpdatedSeq,
    UpdatedAt,
}

#[derive(DeriveIden)]
enum ProcedureVersion {
    Table,
    ProcedureId,
    Version,
    DecisionNumber,
    DecisionDate,
    PromulgatorCode,
    PromulgatorName,
    EffectiveFrom,
    Source,
    ContentHash,
    Content,
    Warnings,
    Changed,
    CreatedAt,
}

#[derive(DeriveIden)]
enum ChangeCounter {
    Table,
    Id,
    Seq,
}

#[derive(DeriveIden)]
enum Province {
    Table,
    Key,
    Code,
    Name,
    AgencyCode,
    ValidFrom,
    ValidTo,
}

#[derive(DeriveIden)]
enum Commune {
    Table,
    Key,
    Code,
    Name,
    ProvinceCode,
    HomeProvinceCode,
    ValidFrom,
    ValidTo,
    Successors,
}

#[derive(DeriveIden)]
enum Units {
    Table,
    ProvinceCode,
    Version,
    ContentHash,
    UpdatedAt,
}

#[derive(DeriveIden)]
enum Agency {
    Table,
    Code,
    Version,
    ContentHash,
    Level,
    Reception,
    ProvinceCode,
    Content,
    ValidFrom,
    ValidTo,
    UpdatedAt,
}

fn text(name: impl IntoIden) -> ColumnDef {
    ColumnDef::new(name).text().not_null().take()
}

fn number(name: impl IntoIden) -> ColumnDef {
    ColumnDef::new(name).big_integer().not_null().take()
}

fn date(name: impl IntoIden) -> ColumnDef {
    ColumnDef::new(name).date().null().take()
}

fn instant(name: impl IntoIden) -> ColumnDef {
    ColumnDef::new(name)
        .timestamp_with_time_zone()
        .not_null()
        .take()
}

fn yes_no(name: impl IntoIden) -> ColumnDef {
    ColumnDef::new(name).boolean().not_null().take()
}

#[expect(
    elided_lifetimes_in_paths,
    reason = "async_trait wants the trait's own signature"
)]
#[async_trait::async_trait]
impl MigrationTrait for Tables {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        procedures(m).await?;
        m.create_table(
            Table::create()
                .table(ChangeCounter::Table)
                .col(number(ChangeCounter::Id).primary_key())
                .col(number(ChangeCounter::Seq))
                .to_owned(),
        )
        .await?;
        let mut first = Query::insert();
        first
            .into_table(ChangeCounter::Table)
            .columns([ChangeCounter::Id, ChangeCounter::Seq])
            .values([1_i64.into(), 0_i64.into()])
            .map_err(|e| DbErr::Custom(e.to_string()))?;
        m.execute(first).await?;
        units(m).await?;
        agencies(m).await
    }
}

async fn procedures(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    m.create_table(
        Table::create()
            .table(Procedure::Table)
            .col(
                ColumnDef::new(Procedure::Id)
                    .uuid()
                    .not_null()
                    .primary_key(),
            )
            .col(text(Procedure::Code))
            .col(text(Procedure::Name))
            .col(text(Procedure::FieldCode))
            .col(yes_no(Procedure::Active))
            .col(number(Procedure::Version))
            .col(text(Procedure::ContentHash))
            .col(text(Procedure::Source))
            .col(text(Procedure::Summary))
            .col(number(Procedure::UpdatedSeq))
            .col(instant(Procedure::UpdatedAt))
            .to_owned(),
    )
    .await?;
    for (name, column) in [
        ("procedure_code_idx", Procedure::Code),
        ("procedure_updated_seq_idx", Procedure::UpdatedSeq),
    ] {
        m.create_index(
            Index::create()
                .name(name)
                .table(Procedure::Table)
                .col(column)
                .to_owned(),
        )
        .await?;
    }
    m.create_table(
        Table::create()
            .table(ProcedureVersion::Table)
            .col(
                ColumnDef::new(ProcedureVersion::ProcedureId)
                    .uuid()
                    .not_null(),
            )
            .col(number(ProcedureVersion::Version))
            .col(
                ColumnDef::new(ProcedureVersion::DecisionNumber)
                    .text()
                    .null(),
            )
            .col(date(ProcedureVersion::DecisionDate))
            .col(text(ProcedureVersion::PromulgatorCode))
            .col(text(ProcedureVersion::PromulgatorName))
            .col(date(ProcedureVersion::EffectiveFrom))
            .col(text(ProcedureVersion::Source))
            .col(text(ProcedureVersion::ContentHash))
            .col(text(ProcedureVersion::Content))
            .col(text(ProcedureVersion::Warnings))
            .col(text(ProcedureVersion::Changed))
            .col(instant(ProcedureVersion::CreatedAt))
            .primary_key(
                Index::create()
                    .col(ProcedureVersion::ProcedureId)
                    .col(ProcedureVersion::Version),
            )
            .foreign_key(
                ForeignKey::create()
                    .name("procedure_version_procedure_fk")
                    .from(ProcedureVersion::Table, ProcedureVersion::ProcedureId)
                    .to(Procedure::Table, Procedure::Id),
            )
            .to_owned(),
    )
    .await
}

async fn units(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    m.create_table(
        Table::create()
            .table(Province::Table)
            .col(text(Province::Key).primary_key())
            .col(text(Province::Code))
            .col(text(Province::Name))
            .col(ColumnDef::new(Province::AgencyCode).text().null())
            .col(date(Province::ValidFrom))
            .col(date(Province::ValidTo))
            .to_owned(),
    )
    .await?;
    m.create_table(
        Table::create()
            .table(Commune::Table)
            .col(text(Commune::Key).primary_key())
            .col(text(Commune::Code))
            .col(text(Commune::Name))
            .col(text(Commune::ProvinceCode))
            .col(text(Commune::HomeProvinceCode))
            .col(date(Commune::ValidFrom))
            .col(date(Commune::ValidTo))
            .col(text(Commune::Successors))
            .to_owned(),
    )
    .await?;
    for (name, column) in [
        ("commune_province_idx", Commune::ProvinceCode),
        ("commune_home_province_idx", Commune::HomeProvinceCode),
    ] {
        m.create_index(
            Index::create()
                .name(name)
                .table(Commune::Table)
                .col(column)
                .to_owned(),
        )
        .await?;
    }
    m.create_table(
        Table::create()
            .table(Units::Table)
            .col(text(Units::ProvinceCode).primary_key())
            .col(number(Units::Version))
            .col(text(Units::ContentHash))
            .col(instant(Units::UpdatedAt))
            .to_owned(),
    )
    .await
}

async fn agencies(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    m.create_table(
        Table::create()
            .table(Agency::Table)
            .col(text(Agency::Code).primary_key())
            .col(number(Agency::Version))
            .col(text(Agency::ContentHash))
            .col(text(Agency::Level))
            .col(yes_no(Agency::Reception))
            .col(text(Agency::ProvinceCode))
            .col(text(Agency::Content))
            .col(date(Agency::ValidFrom))
            .col(date(Agency::ValidTo))
            .col(instant(Agency::UpdatedAt))
            .to_owned(),
    )
    .await
}
