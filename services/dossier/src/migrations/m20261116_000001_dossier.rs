//! Dossiers, their journal, their files, their numbers; process definitions; the access log.

use crate::domain::Process;
use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, date, string_len, string_len_null, text, timestamp_with_time_zone,
    timestamp_with_time_zone_null, uuid, uuid_null,
};

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
            .create_table(
                Table::create()
                    .table("process")
                    .col(string_len("id", 50))
                    .col(big_integer("version"))
                    .col(text("definition"))
                    .primary_key(Index::create().col("id").col("version"))
                    .to_owned(),
            )
            .await?;
        manager
            .execute(
                Query::insert()
                    .into_table("process")
                    .columns(["id", "version", "definition"])
                    .values_panic(["default".into(), 1_i64.into(), Process::DEFAULT_V1.into()])
                    .to_owned(),
            )
            .await?;
        dossier(manager).await?;
        journal(manager).await?;
        files(manager).await?;
        manager
            .create_table(
                Table::create()
                    .table("dossier_counter")
                    .col(string_len("agency_code", 50))
                    .col(date("day"))
                    .col(big_integer("last"))
                    .primary_key(Index::create().col("agency_code").col("day"))
                    .to_owned(),
            )
            .await?;
        durable::access::create_table(manager).await
    }
}

async fn dossier(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table("dossier")
                .col(uuid("id").primary_key())
                .col(big_integer("version"))
                .col(uuid_null("owner"))
                .col(string_len_null("number", 50))
                .col(string_len("status", 30))
                .col(string_len("step", 50))
                .col(string_len("process_id", 50))
                .col(big_integer("process_version"))
                .col(string_len("agency_code", 50))
                .col(string_len("agency_name", 300))
                .col(string_len("channel", 20))
                .col(uuid("procedure_id"))
                .col(big_integer("procedure_version"))
                .col(timestamp_with_time_zone("submitted_at"))
                .col(timestamp_with_time_zone_null("received_at"))
                .col(timestamp_with_time_zone_null("due_at"))
                .col(timestamp_with_time_zone_null("supplement_due_at"))
                .col(uuid_null("assignee"))
                // HMAC of the identity number or tax code, to find a person's dossiers.
                .col(string_len_null("identity_hash", 64))
                // Folded: number, applicant, procedure.
                .col(text("search"))
                // Sealed JSON of all that is about persons.
                .col(text("personal"))
                .col(text("details"))
                .to_owned(),
        )
        .await?;
    let indexes: [(&str, &[&str], bool); 5] = [
        ("dossier_number", &["number"], true),
        ("dossier_agency", &["agency_code", "status", "id"], false),
        ("dossier_owner", &["owner", "id"], false),
        ("dossier_identity", &["identity_hash"], false),
        (
            "dossier_supplement_due",
            &["status", "supplement_due_at"],
            false,
        ),
    ];
    for (name, columns, unique) in indexes {
        let mut index = Index::create();
        index.name(name).table("dossier");
        for column in columns {
            index.col(*column);
        }
        if unique {
            index.unique();
        }
        manager.create_index(index).await?;
    }
    Ok(())
}

async fn journal(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table("dossier_journal")
                .col(uuid("dossier_id"))
                .col(big_integer("seq"))
                .col(timestamp_with_time_zone("at"))
                .col(uuid_null("actor_id"))
                .col(string_len("actor_name", 200))
                .col(string_len("actor_role", 50))
                .col(string_len_null("agency_code", 50))
                .col(string_len("command", 50))
                .col(string_len_null("from_status", 30))
                .col(string_len("to_status", 30))
                .col(string_len("step", 50))
                .col(ColumnDef::new("reason").text().null().take())
                .col(text("data"))
                .col(string_len("prev_hash", 64))
                .col(string_len("hash", 64))
                .primary_key(Index::create().col("dossier_id").col("seq"))
                .to_owned(),
        )
        .await
}

async fn files(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table("file")
                .col(uuid("id").primary_key())
                .col(uuid("uploader"))
                .col(text("name"))
                .col(string_len("media_type", 100))
                .col(big_integer("size"))
                .col(string_len("sha256", 64))
                .col(timestamp_with_time_zone("uploaded_at"))
                .to_owned(),
        )
        .await?;
    manager
        .create_table(
            Table::create()
                .table("dossier_file")
                .col(uuid("file_id"))
                .col(uuid("dossier_id"))
                // attachment | result
                .col(string_len("kind", 20))
                .primary_key(Index::create().col("file_id").col("dossier_id"))
                .to_owned(),
        )
        .await
}
