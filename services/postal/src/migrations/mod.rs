//! The schema, one small forward step after another.

mod m20261127_000002_restricted;

use sea_orm_migration::prelude::*;

/// All steps, oldest first.
pub(crate) fn all() -> Vec<Box<dyn MigrationTrait>> {
    vec![
        Box::new(Tables),
        Box::new(m20261127_000002_restricted::Migration),
    ]
}

/// The first tables.
struct Tables;

impl MigrationName for Tables {
    fn name(&self) -> &str {
        "m20261122_000001_postal_tables"
    }
}

#[derive(Clone, Copy, DeriveIden)]
enum Shipment {
    Table,
    Id,
    DossierId,
    Direction,
    DossierNumber,
    AgencyCode,
    AgencyName,
    Operator,
    Owner,
    ReceiverSealed,
    ContactSealed,
    State,
    ItemNumber,
    ManifestId,
    Attempts,
    Invitations,
    CreatedAt,
    HandedOverAt,
    ExpectedBy,
    ClosedAt,
    ReceivedBySealed,
    Version,
    Revision,
}

#[derive(Clone, Copy, DeriveIden)]
enum PostEvent {
    Table,
    Id,
    Source,
    EventId,
    ShipmentId,
    Code,
    OperatorCode,
    OccurredAt,
    ReceivedAt,
    Place,
    Note,
    ReceiverSealed,
    Corrects,
    ContentHash,
}

#[derive(Clone, Copy, DeriveIden)]
enum Manifest {
    Table,
    Id,
    Operator,
    Number,
    AgencyCode,
    AgencyName,
    SignedBy,
    AgencySignedBy,
    SignedAt,
    CreatedAt,
    ItemCount,
}

#[derive(Clone, Copy, DeriveIden)]
enum Counter {
    Table,
    Name,
    Value,
}

#[derive(Clone, Copy, DeriveIden)]
enum DossierSeen {
    Table,
    DossierId,
    Version,
}

#[derive(Clone, Copy, DeriveIden)]
enum Province {
    Table,
    Code,
    Name,
    Version,
    Communes,
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

fn number(name: impl IntoIden) -> ColumnDef {
    ColumnDef::new(name).big_integer().not_null().take()
}

fn time(name: impl IntoIden) -> ColumnDef {
    ColumnDef::new(name)
        .timestamp_with_time_zone()
        .not_null()
        .take()
}

fn time_null(name: impl IntoIden) -> ColumnDef {
    ColumnDef::new(name)
        .timestamp_with_time_zone()
        .null()
        .take()
}

#[expect(
    elided_lifetimes_in_paths,
    reason = "the trait is written that way; async_trait wants the same"
)]
#[async_trait::async_trait]
impl MigrationTrait for Tables {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        shipments(manager).await?;
        events(manager).await?;
        manifests(manager).await?;
        small_tables(manager).await?;
        durable::access::create_table(manager).await
    }
}

async fn shipments(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table(Shipment::Table)
                .col(id(Shipment::Id).primary_key())
                .col(id(Shipment::DossierId))
                .col(text(Shipment::Direction))
                .col(text(Shipment::DossierNumber))
                .col(text(Shipment::AgencyCode))
                .col(text(Shipment::AgencyName))
                .col(text(Shipment::Operator))
                .col(id(Shipment::Owner))
                .col(text(Shipment::ReceiverSealed))
                .col(text(Shipment::ContactSealed))
                .col(text(Shipment::State))
                .col(text_null(Shipment::ItemNumber))
                .col(ColumnDef::new(Shipment::ManifestId).uuid().null())
                .col(number(Shipment::Attempts))
                .col(number(Shipment::Invitations))
                .col(time(Shipment::CreatedAt))
                .col(time_null(Shipment::HandedOverAt))
                .col(time_null(Shipment::ExpectedBy))
                .col(time_null(Shipment::ClosedAt))
                .col(text_null(Shipment::ReceivedBySealed))
                .col(number(Shipment::Version))
                .col(number(Shipment::Revision))
                .to_owned(),
        )
        .await?;
    let indexes = [
        Index::create()
            .name("shipment_dossier_direction")
            .table(Shipment::Table)
            .col(Shipment::DossierId)
            .col(Shipment::Direction)
            .unique()
            .to_owned(),
        Index::create()
            .name("shipment_operator_item")
            .table(Shipment::Table)
            .col(Shipment::Operator)
            .col(Shipment::ItemNumber)
            .unique()
            .to_owned(),
        Index::create()
            .name("shipment_operator_state")
            .table(Shipment::Table)
            .col(Shipment::Operator)
            .col(Shipment::State)
            .col(Shipment::Id)
            .to_owned(),
        Index::create()
            .name("shipment_agency_state")
            .table(Shipment::Table)
            .col(Shipment::AgencyCode)
            .col(Shipment::State)
            .col(Shipment::Id)
            .to_owned(),
        Index::create()
            .name("shipment_owner")
            .table(Shipment::Table)
            .col(Shipment::Owner)
            .col(Shipment::Id)
            .to_owned(),
        Index::create()
            .name("shipment_manifest")
            .table(Shipment::Table)
            .col(Shipment::ManifestId)
            .to_owned(),
    ];
    for index in indexes {
        manager.create_index(index).await?;
    }
    Ok(())
}

async fn events(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table(PostEvent::Table)
                .col(id(PostEvent::Id).primary_key())
                .col(text(PostEvent::Source))
                .col(text(PostEvent::EventId))
                .col(id(PostEvent::ShipmentId))
                .col(text(PostEvent::Code))
                .col(text(PostEvent::OperatorCode))
                .col(time(PostEvent::OccurredAt))
                .col(time(PostEvent::ReceivedAt))
                .col(text_null(PostEvent::Place))
                .col(text_null(PostEvent::Note))
                .col(text_null(PostEvent::ReceiverSealed))
                .col(text_null(PostEvent::Corrects))
                .col(text(PostEvent::ContentHash))
                .foreign_key(
                    ForeignKey::create()
                        .name("post_event_shipment")
                        .from(PostEvent::Table, PostEvent::ShipmentId)
                        .to(Shipment::Table, Shipment::Id),
                )
                .to_owned(),
        )
        .await?;
    manager
        .create_index(
            Index::create()
                .name("post_event_source_event")
                .table(PostEvent::Table)
                .col(PostEvent::Source)
                .col(PostEvent::EventId)
                .unique()
                .to_owned(),
        )
        .await?;
    manager
        .create_index(
            Index::create()
                .name("post_event_of_shipment")
                .table(PostEvent::Table)
                .col(PostEvent::ShipmentId)
                .to_owned(),
        )
        .await
}

async fn manifests(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table(Manifest::Table)
                .col(id(Manifest::Id).primary_key())
                .col(text(Manifest::Operator))
                .col(text(Manifest::Number))
                .col(text(Manifest::AgencyCode))
                .col(text(Manifest::AgencyName))
                .col(text(Manifest::SignedBy))
                .col(text_null(Manifest::AgencySignedBy))
                .col(time(Manifest::SignedAt))
                .col(time(Manifest::CreatedAt))
                .col(number(Manifest::ItemCount))
                .to_owned(),
        )
        .await?;
    manager
        .create_index(
            Index::create()
                .name("manifest_operator_number")
                .table(Manifest::Table)
                .col(Manifest::Operator)
                .col(Manifest::Number)
                .unique()
                .to_owned(),
        )
        .await?;
    manager
        .create_index(
            Index::create()
                .name("manifest_agency")
                .table(Manifest::Table)
                .col(Manifest::AgencyCode)
                .col(Manifest::Id)
                .to_owned(),
        )
        .await
}

async fn small_tables(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table(Counter::Table)
                .col(text(Counter::Name).primary_key())
                .col(number(Counter::Value))
                .to_owned(),
        )
        .await?;
    manager
        .create_table(
            Table::create()
                .table(DossierSeen::Table)
                .col(id(DossierSeen::DossierId).primary_key())
                .col(number(DossierSeen::Version))
                .to_owned(),
        )
        .await?;
    manager
        .create_table(
            Table::create()
                .table(Province::Table)
                .col(text(Province::Code).primary_key())
                .col(text(Province::Name))
                .col(number(Province::Version))
                .col(text(Province::Communes))
                .to_owned(),
        )
        .await
}
