//! Names of the tables and their first migration.

use sea_orm::{DbBackend, DeriveIden};
use sea_orm_migration::prelude::*;

#[derive(Clone, Copy, DeriveIden)]
pub(crate) enum Outbox {
    Table,
    Seq,
    Id,
    EventType,
    Subject,
    Payload,
    CreatedAt,
    NextAttemptAt,
    SentAt,
    Attempts,
    LastError,
}

#[derive(Clone, Copy, DeriveIden)]
pub(crate) enum Task {
    Table,
    Id,
    Consumer,
    Kind,
    Key,
    Payload,
    Traceparent,
    Priority,
    RunAt,
    Attempts,
    State,
    LeaseUntil,
    LeaseToken,
    LastError,
    CreatedAt,
    FinishedAt,
}

#[derive(Clone, Copy, DeriveIden)]
pub(crate) enum Idempotency {
    Table,
    Actor,
    Key,
    Operation,
    BodyHash,
    Status,
    Body,
    Etag,
    Location,
    CreatedAt,
}

#[derive(Clone, Copy, DeriveIden)]
pub(crate) enum Lease {
    Table,
    Name,
    Holder,
    Until,
    NextAt,
}

/// What people did with tasks. Only ever added to.
#[derive(Clone, Copy, DeriveIden)]
pub(crate) enum Operation {
    Table,
    Id,
    TaskId,
    Kind,
    Action,
    Account,
    Name,
    Reason,
    LastError,
    At,
}

/// The tables of this crate.
pub(crate) struct Tables;

impl MigrationName for Tables {
    fn name(&self) -> &'static str {
        "durable_0001_tables"
    }
}

#[expect(
    elided_lifetimes_in_paths,
    reason = "the trait is written that way; async_trait wants the same"
)]
#[async_trait::async_trait]
impl MigrationTrait for Tables {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        outbox(manager).await?;
        task(manager).await?;
        idempotency(manager).await?;
        operation(manager).await?;
        let mut lease = Table::create();
        lease
            .table(Lease::Table)
            .col(ColumnDef::new(Lease::Name).text().not_null().primary_key())
            .col(ColumnDef::new(Lease::Holder).uuid())
            .col(
                ColumnDef::new(Lease::Until)
                    .timestamp_with_time_zone()
                    .not_null(),
            )
            .col(
                ColumnDef::new(Lease::NextAt)
                    .timestamp_with_time_zone()
                    .not_null(),
            );
        manager.create_table(lease).await
    }
}

/// What a long backlog costs: the next task is the first of an index, not of all that are sorted for each claim; what holds up a subject
/// of the outbox is found without reading all that waits; and `PostgreSQL` clears away after a thousand rows what each task leaves
/// behind twice, not after a fifth of the table.
pub(crate) struct Backlog;

impl MigrationName for Backlog {
    fn name(&self) -> &'static str {
        "durable_0002_backlog"
    }
}

#[expect(
    elided_lifetimes_in_paths,
    reason = "the trait is written that way; async_trait wants the same"
)]
#[async_trait::async_trait]
impl MigrationTrait for Backlog {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut next = Index::create();
        next.name("task_next")
            .table(Task::Table)
            .col((Task::Priority, IndexOrder::Desc))
            .col(Task::RunAt)
            .col(Task::Id)
            .and_where(Expr::col(Task::FinishedAt).is_null());
        manager.create_index(next).await?;
        let mut all = Index::drop();
        all.name("outbox_waiting_subject").table(Outbox::Table);
        manager.drop_index(all).await?;
        let mut tried = Index::create();
        tried
            .name("outbox_tried")
            .table(Outbox::Table)
            .col(Outbox::EventType)
            .col(Outbox::Subject)
            .and_where(Expr::col(Outbox::SentAt).is_null())
            .and_where(Expr::col(Outbox::Attempts).gt(0));
        manager.create_index(tried).await?;
        if manager.get_database_backend() == DbBackend::Postgres {
            for table in ["task", "outbox"] {
                manager
                    .get_connection()
                    .execute_unprepared(&format!(
                        "ALTER TABLE {table} SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000, autovacuum_analyze_scale_factor = 0.05)"
                    ))
                    .await?;
            }
        }
        Ok(())
    }
}

async fn outbox(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut table = Table::create();
    table
        .table(Outbox::Table)
        .col(
            ColumnDef::new(Outbox::Seq)
                .big_integer()
                .not_null()
                .auto_increment()
                .primary_key(),
        )
        .col(ColumnDef::new(Outbox::Id).uuid().not_null().unique_key())
        .col(ColumnDef::new(Outbox::EventType).text().not_null())
        .col(ColumnDef::new(Outbox::Subject).text().not_null())
        .col(ColumnDef::new(Outbox::Payload).text().not_null())
        .col(
            ColumnDef::new(Outbox::CreatedAt)
                .timestamp_with_time_zone()
                .not_null(),
        )
        .col(
            ColumnDef::new(Outbox::NextAttemptAt)
                .timestamp_with_time_zone()
                .not_null(),
        )
        .col(ColumnDef::new(Outbox::SentAt).timestamp_with_time_zone())
        .col(
            ColumnDef::new(Outbox::Attempts)
                .big_integer()
                .not_null()
                .default(0),
        )
        .col(ColumnDef::new(Outbox::LastError).text());
    manager.create_table(table).await?;
    // Both small: they hold only what waits.
    let mut waiting = Index::create();
    waiting
        .name("outbox_waiting")
        .table(Outbox::Table)
        .col(Outbox::Seq)
        .and_where(Expr::col(Outbox::SentAt).is_null());
    manager.create_index(waiting).await?;
    let mut subject = Index::create();
    subject
        .name("outbox_waiting_subject")
        .table(Outbox::Table)
        .col(Outbox::EventType)
        .col(Outbox::Subject)
        .and_where(Expr::col(Outbox::SentAt).is_null());
    manager.create_index(subject).await?;
    let mut sent = Index::create();
    sent.name("outbox_sent")
        .table(Outbox::Table)
        .col(Outbox::SentAt);
    manager.create_index(sent).await
}

async fn task(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut table = Table::create();
    table
        .table(Task::Table)
        .col(ColumnDef::new(Task::Id).uuid().not_null().primary_key())
        .col(ColumnDef::new(Task::Consumer).text().not_null())
        .col(ColumnDef::new(Task::Kind).text().not_null())
        .col(ColumnDef::new(Task::Key).text().not_null())
        .col(ColumnDef::new(Task::Payload).text().not_null())
        .col(ColumnDef::new(Task::Traceparent).text())
        .col(
            ColumnDef::new(Task::Priority)
                .big_integer()
                .not_null()
                .default(0),
        )
        .col(
            ColumnDef::new(Task::RunAt)
                .timestamp_with_time_zone()
                .not_null(),
        )
        .col(
            ColumnDef::new(Task::Attempts)
                .big_integer()
                .not_null()
                .default(0),
        )
        .col(ColumnDef::new(Task::State).text().not_null())
        .col(ColumnDef::new(Task::LeaseUntil).timestamp_with_time_zone())
        .col(ColumnDef::new(Task::LeaseToken).uuid())
        .col(ColumnDef::new(Task::LastError).text())
        .col(
            ColumnDef::new(Task::CreatedAt)
                .timestamp_with_time_zone()
                .not_null(),
        )
        .col(ColumnDef::new(Task::FinishedAt).timestamp_with_time_zone());
    manager.create_table(table).await?;
    let mut key = Index::create();
    key.name("task_key")
        .table(Task::Table)
        .col(Task::Consumer)
        .col(Task::Kind)
        .col(Task::Key)
        .unique();
    manager.create_index(key).await?;
    let mut open = Index::create();
    open.name("task_open")
        .table(Task::Table)
        .col(Task::RunAt)
        .and_where(Expr::col(Task::FinishedAt).is_null());
    manager.create_index(open).await?;
    let mut finished = Index::create();
    finished
        .name("task_finished")
        .table(Task::Table)
        .col(Task::State)
        .col(Task::FinishedAt);
    manager.create_index(finished).await
}

/// The journal of operations; the database refuses to change or remove an entry.
async fn operation(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut table = Table::create();
    table
        .table(Operation::Table)
        .col(
            ColumnDef::new(Operation::Id)
                .uuid()
                .not_null()
                .primary_key(),
        )
        .col(ColumnDef::new(Operation::TaskId).uuid().not_null())
        .col(ColumnDef::new(Operation::Kind).text().not_null())
        .col(ColumnDef::new(Operation::Action).text().not_null())
        .col(ColumnDef::new(Operation::Account).uuid())
        .col(ColumnDef::new(Operation::Name).text().not_null())
        .col(ColumnDef::new(Operation::Reason).text().not_null())
        .col(ColumnDef::new(Operation::LastError).text())
        .col(
            ColumnDef::new(Operation::At)
                .timestamp_with_time_zone()
                .not_null(),
        );
    manager.create_table(table).await?;
    let mut of_task = Index::create();
    of_task
        .name("operation_task")
        .table(Operation::Table)
        .col(Operation::TaskId);
    manager.create_index(of_task).await?;
    let statements: &[&str] = if manager.get_database_backend() == DbBackend::Postgres {
        &[
            "CREATE FUNCTION operation_is_kept() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN RAISE EXCEPTION 'the journal of operations is only added to'; END $$",
            "CREATE TRIGGER operation_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON operation \
             FOR EACH STATEMENT EXECUTE FUNCTION operation_is_kept()",
        ]
    } else {
        &[
            "CREATE TRIGGER operation_is_not_changed BEFORE UPDATE ON operation \
             BEGIN SELECT RAISE(ABORT, 'the journal of operations is only added to'); END",
            "CREATE TRIGGER operation_is_not_removed BEFORE DELETE ON operation \
             BEGIN SELECT RAISE(ABORT, 'the journal of operations is only added to'); END",
        ]
    };
    for statement in statements {
        manager
            .get_connection()
            .execute_unprepared(statement)
            .await?;
    }
    Ok(())
}

async fn idempotency(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut table = Table::create();
    table
        .table(Idempotency::Table)
        .col(ColumnDef::new(Idempotency::Actor).uuid().not_null())
        .col(ColumnDef::new(Idempotency::Key).text().not_null())
        .col(ColumnDef::new(Idempotency::Operation).text().not_null())
        .col(ColumnDef::new(Idempotency::BodyHash).text().not_null())
        .col(ColumnDef::new(Idempotency::Status).big_integer().not_null())
        .col(ColumnDef::new(Idempotency::Body).text().not_null())
        .col(ColumnDef::new(Idempotency::Etag).text())
        .col(ColumnDef::new(Idempotency::Location).text())
        .col(
            ColumnDef::new(Idempotency::CreatedAt)
                .timestamp_with_time_zone()
                .not_null(),
        )
        .primary_key(
            Index::create()
                .col(Idempotency::Actor)
                .col(Idempotency::Key),
        );
    manager.create_table(table).await?;
    let mut created = Index::create();
    created
        .name("idempotency_created")
        .table(Idempotency::Table)
        .col(Idempotency::CreatedAt);
    manager.create_index(created).await
}
