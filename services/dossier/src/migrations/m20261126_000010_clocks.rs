//! The law's clocks: the desk's check, how a dossier ended, the next alarm, who else has to do with it; incidents.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, string_len, string_len_null, text, timestamp_with_time_zone,
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
        let columns = [
            timestamp_with_time_zone_null("check_due_at"),
            ColumnDef::new("check_late")
                .boolean()
                .not_null()
                .default(false)
                .take(),
            timestamp_with_time_zone_null("ended_at"),
            // early | onTime | late
            string_len_null("outcome", 10),
            string_len_null("first_outcome", 10),
            timestamp_with_time_zone_null("alarm_at"),
            string_len_null("alarm_kind", 30),
            // Where it was handed in, when that is not the competent agency.
            string_len_null("receiving_agency", 50),
        ];
        for column in columns {
            manager
                .alter_table(
                    Table::alter()
                        .table("dossier")
                        .add_column(column)
                        .to_owned(),
                )
                .await?;
        }
        let indexes: [(&str, &[&str]); 5] = [
            ("dossier_alarm_at", &["alarm_at"]),
            ("dossier_submitted", &["agency_code", "submitted_at"]),
            ("dossier_received", &["agency_code", "received_at"]),
            ("dossier_ended", &["agency_code", "ended_at"]),
            ("dossier_receiving", &["receiving_agency", "id"]),
        ];
        for (name, columns) in indexes {
            let mut index = Index::create();
            index.name(name).table("dossier");
            for column in columns {
                index.col(*column);
            }
            manager.create_index(index.to_owned()).await?;
        }
        wake(manager).await?;
        alarms(manager).await?;
        incidents(manager).await
    }
}

/// Dossiers of an earlier release have no alarm: the first is their due date, or now.
async fn wake(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let open = |kind: &'static str, at: &'static str, status: &[&'static str]| {
        Query::update()
            .table("dossier")
            .value("alarm_at", Expr::col(at))
            .value("alarm_kind", kind)
            .and_where(Expr::col("status").is_in(status.iter().copied()))
            .and_where(Expr::col(at).is_not_null())
            .to_owned()
    };
    let handled = ["received", "inProgress"];
    for update in [
        open("checkLate", "submitted_at", &["new"]),
        open("idle", "submitted_at", &handled),
        open("due", "due_at", &handled),
        open(
            "supplementDue",
            "supplement_due_at",
            &["supplementRequested"],
        ),
        open("paymentOpen", "submitted_at", &["paymentRequested"]),
    ] {
        manager.execute(update).await?;
    }
    Ok(())
}

async fn alarms(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table("dossier_alarm")
                .col(uuid("dossier_id"))
                .col(string_len("kind", 30))
                .col(timestamp_with_time_zone("at"))
                .col(timestamp_with_time_zone("raised_at"))
                .col(timestamp_with_time_zone_null("due_at"))
                .col(string_len("agency_code", 50))
                .primary_key(Index::create().col("dossier_id").col("kind").col("at"))
                .to_owned(),
        )
        .await?;
    manager
        .create_index(
            Index::create()
                .name("alarm_agency")
                .table("dossier_alarm")
                .col("agency_code")
                .col("raised_at")
                .to_owned(),
        )
        .await
}

async fn incidents(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table("incident")
                .col(uuid("id").primary_key())
                .col(big_integer("version"))
                // None: every agency.
                .col(string_len_null("agency_code", 50))
                .col(text("title"))
                .col(timestamp_with_time_zone("started_at"))
                .col(timestamp_with_time_zone("announced_at"))
                .col(uuid("announced_by"))
                .col(string_len("announced_by_name", 200))
                .col(timestamp_with_time_zone_null("expected_at"))
                .col(timestamp_with_time_zone_null("ended_at"))
                .col(uuid_null("ended_by"))
                .col(string_len_null("ended_by_name", 200))
                // The last dossier whose clocks were moved, and when all were.
                .col(uuid_null("moved_to"))
                .col(big_integer("moved"))
                .col(timestamp_with_time_zone_null("settled_at"))
                .to_owned(),
        )
        .await?;
    manager
        .create_index(
            Index::create()
                .name("incident_open")
                .table("incident")
                .col("settled_at")
                .to_owned(),
        )
        .await
}
