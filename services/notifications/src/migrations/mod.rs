//! The schema, one small forward step after another.

mod choices;
mod m20261127_000003_restricted;

use sea_orm_migration::prelude::*;

/// All steps, oldest first.
pub(crate) fn all() -> Vec<Box<dyn MigrationTrait>> {
    vec![
        Box::new(Tables),
        Box::new(choices::Choices),
        Box::new(m20261127_000003_restricted::Migration),
    ]
}

/// The first tables.
struct Tables;

impl MigrationName for Tables {
    fn name(&self) -> &'static str {
        "m20261122_000001_notification_tables"
    }
}

#[derive(Clone, Copy, DeriveIden)]
enum Notice {
    Table,
    Id,
    EventId,
    Recipient,
    Kind,
    DossierId,
    DossierNumber,
    Title,
    Body,
    At,
    CreatedAt,
}

#[derive(Clone, Copy, DeriveIden)]
enum Reading {
    Table,
    NoticeId,
    Account,
    At,
}

#[derive(Clone, Copy, DeriveIden)]
enum Delivery {
    Table,
    Id,
    EventId,
    Recipient,
    Channel,
    Kind,
    ContentSealed,
    State,
    Attempts,
    CreatedAt,
    SentAt,
    Error,
}

#[derive(Clone, Copy, DeriveIden)]
enum Preference {
    Table,
    Account,
    Email,
    Sms,
    Language,
    UpdatedAt,
}

#[derive(Clone, Copy, DeriveIden)]
enum Dossier {
    Table,
    Id,
    Version,
    AgencyName,
    ProcedureName,
}

fn text(name: impl IntoIden) -> ColumnDef {
    ColumnDef::new(name).text().not_null().take()
}

fn text_null(name: impl IntoIden) -> ColumnDef {
    ColumnDef::new(name).text().null().take()
}

fn id(name: impl IntoIden) -> ColumnDef {
    ColumnDef::new(name).uuid().not_null().take()
}

fn time(name: impl IntoIden) -> ColumnDef {
    ColumnDef::new(name)
        .timestamp_with_time_zone()
        .not_null()
        .take()
}

fn number(name: impl IntoIden) -> ColumnDef {
    ColumnDef::new(name).big_integer().not_null().take()
}

fn flag(name: impl IntoIden) -> ColumnDef {
    ColumnDef::new(name).boolean().not_null().take()
}

#[expect(
    elided_lifetimes_in_paths,
    reason = "the trait is written that way; async_trait wants the same"
)]
#[async_trait::async_trait]
impl MigrationTrait for Tables {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        notices(manager).await?;
        deliveries(manager).await?;
        persons(manager).await
    }
}

async fn notices(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table(Notice::Table)
                .col(id(Notice::Id).primary_key())
                .col(id(Notice::EventId))
                .col(text(Notice::Recipient))
                .col(text(Notice::Kind))
                .col(id(Notice::DossierId))
                .col(text_null(Notice::DossierNumber))
                .col(text(Notice::Title))
                .col(text(Notice::Body))
                .col(time(Notice::At))
                .col(time(Notice::CreatedAt))
                .to_owned(),
        )
        .await?;
    manager
        .create_index(
            Index::create()
                .name("notice_event_recipient")
                .table(Notice::Table)
                .col(Notice::EventId)
                .col(Notice::Recipient)
                .unique()
                .to_owned(),
        )
        .await?;
    manager
        .create_index(
            Index::create()
                .name("notice_inbox")
                .table(Notice::Table)
                .col(Notice::Recipient)
                .col(Notice::At)
                .col(Notice::Id)
                .to_owned(),
        )
        .await?;
    manager
        .create_table(
            Table::create()
                .table(Reading::Table)
                .col(id(Reading::NoticeId))
                .col(id(Reading::Account))
                .col(time(Reading::At))
                .primary_key(Index::create().col(Reading::NoticeId).col(Reading::Account))
                .foreign_key(
                    ForeignKey::create()
                        .name("reading_notice")
                        .from(Reading::Table, Reading::NoticeId)
                        .to(Notice::Table, Notice::Id),
                )
                .to_owned(),
        )
        .await
}

async fn deliveries(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table(Delivery::Table)
                .col(id(Delivery::Id).primary_key())
                .col(id(Delivery::EventId))
                .col(text(Delivery::Recipient))
                .col(text(Delivery::Channel))
                .col(text(Delivery::Kind))
                .col(text(Delivery::ContentSealed))
                .col(text(Delivery::State))
                .col(number(Delivery::Attempts))
                .col(time(Delivery::CreatedAt))
                .col(
                    ColumnDef::new(Delivery::SentAt)
                        .timestamp_with_time_zone()
                        .null(),
                )
                .col(text_null(Delivery::Error))
                .to_owned(),
        )
        .await?;
    manager
        .create_index(
            Index::create()
                .name("delivery_event_recipient_channel")
                .table(Delivery::Table)
                .col(Delivery::EventId)
                .col(Delivery::Recipient)
                .col(Delivery::Channel)
                .unique()
                .to_owned(),
        )
        .await
}

async fn persons(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table(Preference::Table)
                .col(id(Preference::Account).primary_key())
                .col(flag(Preference::Email))
                .col(flag(Preference::Sms))
                .col(text_null(Preference::Language))
                .col(time(Preference::UpdatedAt))
                .to_owned(),
        )
        .await?;
    manager
        .create_table(
            Table::create()
                .table(Dossier::Table)
                .col(id(Dossier::Id).primary_key())
                .col(number(Dossier::Version))
                .col(text(Dossier::AgencyName))
                .col(text(Dossier::ProcedureName))
                .to_owned(),
        )
        .await
}
