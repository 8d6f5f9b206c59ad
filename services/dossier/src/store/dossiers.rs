//! Dossiers. Every look-up takes the caller's [`Scope`] first: another's dossier is simply not found.

use super::corrupt;
use super::entity::dossier::{ActiveModel, Column, Entity, Model};
use super::entity::restricted_reader;
use super::incidents::Standing;
use crate::domain::alarm::Alarm;
use crate::domain::dossier::AgencyRef;
use crate::domain::process::ProcessRef;
use crate::domain::{Dossier, Personal};
use chrono::{DateTime, Utc};
use contracts::events::AlarmKind;
use contracts::{AccountId, Channel, DossierId, DossierStatus, Restricted, Scope};
use durable::Tx;
use kit::Runtime;
use sea_orm::sea_query::{Condition, Expr, ExprTrait as _, LikeExpr, Query};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait, ConnectionTrait, DbErr, EntityTrait as _,
    IntoActiveModel as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use uuid::Uuid;
use vn::worktime::Outcome;

/// The rows a scope covers. Every read for somebody goes through here, and so does what is of restricted access (hạn chế tiếp cận).
pub(crate) fn within(scope: &Scope) -> Condition {
    match scope {
        Scope::Owner(account) => Condition::all().add(Column::Owner.eq(account.0)),
        // The competent agency, and where it was handed in for another one (phi địa giới).
        Scope::Agencies(agencies) => {
            let theirs = Condition::any()
                .add(of_agencies(Column::AgencyCode, scope))
                .add(of_agencies(Column::ReceivingAgency, scope));
            match agencies.restricted {
                Restricted::All => theirs,
                Restricted::HandledBy(account) => {
                    Condition::all().add(theirs).add(open_to(account))
                }
            }
        }
        Scope::Operator(_) | Scope::Nothing => Condition::all().add(Expr::val(1).eq(0)),
    }
}

/// The rows that an officer without [`contracts::Permission::DossierRestricted`] may know of: the others, and those that the officer takes
/// or took part in handling.
fn open_to(account: AccountId) -> Condition {
    let handled = Query::select()
        .column(restricted_reader::Column::DossierId)
        .from(restricted_reader::Entity)
        .and_where(
            Expr::col((
                restricted_reader::Entity,
                restricted_reader::Column::AccountId,
            ))
            .eq(account.0),
        )
        .to_owned();
    Condition::any()
        .add(Column::Restricted.eq(false))
        .add(Column::Id.in_subquery(handled))
}

/// The rows whose agency, in this column, a scope covers; none for a scope that is not of agencies.
pub(super) fn of_agencies(column: impl ColumnTrait, scope: &Scope) -> Condition {
    match scope {
        Scope::Agencies(agencies) => agencies
            .above
            .iter()
            .map(|code| column.starts_with(format!("{code}.")))
            .fold(
                Condition::any().add(column.is_in(&agencies.at)),
                Condition::add,
            ),
        Scope::Owner(_) | Scope::Operator(_) | Scope::Nothing => {
            Condition::all().add(Expr::val(1).eq(0))
        }
    }
}

/// Writes a new dossier.
pub(crate) async fn insert(tx: &Tx, rt: &Runtime, dossier: &Dossier) -> Result<(), DbErr> {
    Entity::insert(row(rt, dossier)?.into_active_model())
        .exec_without_returning(&**tx)
        .await
        .map(|_| ())
}

/// Writes the state after a transition, if nobody was faster. False: the row had another version.
pub(crate) async fn update(tx: &Tx, rt: &Runtime, after: &Dossier) -> Result<bool, DbErr> {
    let active: ActiveModel = row(rt, after)?.into_active_model().reset_all();
    let done = Entity::update_many()
        .set(active)
        .filter(Column::Id.eq(after.id.0))
        .filter(Column::Version.eq(after.version - 1))
        .exec(&**tx)
        .await?;
    Ok(done.rows_affected == 1)
}

/// One dossier within a scope.
pub(crate) async fn find(
    db: &impl ConnectionTrait,
    scope: &Scope,
    rt: &Runtime,
    id: DossierId,
) -> Result<Option<Dossier>, DbErr> {
    let row = Entity::find_by_id(id.0)
        .filter(within(scope))
        .one(db)
        .await?;
    row.map(|row| read(rt, row)).transpose()
}

/// One dossier within a scope, held until the transaction ends (where the database writes side by side): what is done to it without a
/// version waits its turn and is not refused.
pub(crate) async fn find_locked(
    tx: &Tx,
    scope: &Scope,
    rt: &Runtime,
    id: DossierId,
) -> Result<Option<Dossier>, DbErr> {
    let row = Entity::find_by_id(id.0)
        .filter(within(scope))
        .lock_exclusive()
        .one(&**tx)
        .await?;
    row.map(|row| read(rt, row)).transpose()
}

/// The same for the suite itself.
pub(crate) async fn find_any_locked(
    tx: &Tx,
    rt: &Runtime,
    id: DossierId,
) -> Result<Option<Dossier>, DbErr> {
    let row = Entity::find_by_id(id.0).lock_exclusive().one(&**tx).await?;
    row.map(|row| read(rt, row)).transpose()
}

/// One dossier by its number or id, for whoever runs the suite.
pub(crate) async fn named(
    db: &impl ConnectionTrait,
    rt: &Runtime,
    name: &str,
) -> Result<Option<Dossier>, DbErr> {
    let query = match name.parse::<Uuid>() {
        Ok(id) => Entity::find_by_id(id),
        Err(_) => Entity::find().filter(Column::Number.eq(name)),
    };
    let row = query.one(db).await?;
    row.map(|row| read(rt, row)).transpose()
}

/// One dossier for the suite itself: jobs and postal events act on whatever dossier they name.
pub(crate) async fn find_any(
    db: &impl ConnectionTrait,
    rt: &Runtime,
    id: DossierId,
) -> Result<Option<Dossier>, DbErr> {
    let row = Entity::find_by_id(id.0).one(db).await?;
    row.map(|row| read(rt, row)).transpose()
}

/// The dossiers that were filed together, in their order, for the suite itself.
pub(crate) async fn of_group(
    db: &impl ConnectionTrait,
    rt: &Runtime,
    group: Uuid,
) -> Result<Vec<Dossier>, DbErr> {
    grouped(db, rt, Entity::find().filter(Column::GroupId.eq(group))).await
}

/// Those of them within a scope.
pub(crate) async fn of_group_within(
    db: &impl ConnectionTrait,
    scope: &Scope,
    rt: &Runtime,
    group: Uuid,
) -> Result<Vec<Dossier>, DbErr> {
    let query = Entity::find()
        .filter(within(scope))
        .filter(Column::GroupId.eq(group));
    grouped(db, rt, query).await
}

async fn grouped(
    db: &impl ConnectionTrait,
    rt: &Runtime,
    query: sea_orm::Select<Entity>,
) -> Result<Vec<Dossier>, DbErr> {
    let rows = query.all(db).await?;
    let mut found: Vec<Dossier> = rows
        .into_iter()
        .map(|row| read(rt, row))
        .collect::<Result<_, _>>()?;
    found.sort_by_key(|d| d.details.group.as_ref().map(|g| g.link.ordinal));
    Ok(found)
}

/// What the public may know of a number: the state, nothing else (TT 01/2018 art. 16(2)(d)); of a dossier of restricted access nothing,
/// since numbers run on, and a gap in a list would tell which to ask for. Its applicant sees the state signed in, or asks at the
/// desk.
pub(crate) async fn status_of(
    db: &impl ConnectionTrait,
    number: &str,
) -> Result<Option<DossierStatus>, DbErr> {
    let found: Option<String> = Entity::find()
        .select_only()
        .column(Column::Status)
        .filter(Column::Number.eq(number))
        .filter(Column::Restricted.eq(false))
        .into_tuple()
        .one(db)
        .await?;
    found.map(|s| status(&s)).transpose()
}

/// Narrows a list.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    pub(crate) status: Option<DossierStatus>,
    /// Words to find in number, applicant and procedure; an identity number or tax code finds its dossiers.
    pub(crate) q: Option<String>,
    pub(crate) assigned: Option<Assigned>,
    /// Only those that are late at this instant.
    pub(crate) overdue_at: Option<DateTime<Utc>>,
}

/// Whose work it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Assigned {
    /// Taken up by this person.
    To(AccountId),
    /// Taken up by nobody.
    Nobody,
}

/// Dossiers within a scope, newest first, after the cursor; `limit + 1` rows so that the caller sees whether there are more.
pub(crate) async fn list(
    db: &impl ConnectionTrait,
    scope: &Scope,
    rt: &Runtime,
    filter: &Filter,
    after: Option<Uuid>,
    limit: u64,
) -> Result<Vec<Dossier>, DbErr> {
    let mut query = Entity::find().filter(within(scope));
    if let Some(status) = filter.status {
        query = query.filter(Column::Status.eq(status.as_str()));
    }
    if let Some(q) = &filter.q {
        let mut any = Condition::any().add(Column::IdentityHash.is_in(rt.sealer.lookup_hashes(q)));
        let words = vn::text::fold(q);
        if !words.is_empty() {
            any = any.add(
                words
                    .split_whitespace()
                    .fold(Condition::all(), |all, word| {
                        all.add(Expr::col(Column::Search).like(contains(word)))
                    }),
            );
        }
        query = query.filter(any);
    }
    match filter.assigned {
        Some(Assigned::To(account)) => query = query.filter(Column::Assignee.eq(account.0)),
        Some(Assigned::Nobody) => query = query.filter(Column::Assignee.is_null()),
        None => {}
    }
    if let Some(now) = filter.overdue_at {
        let open = [DossierStatus::Received, DossierStatus::InProgress].map(DossierStatus::as_str);
        query = query
            .filter(Column::DueAt.lt(now))
            .filter(Column::Status.is_in(open));
    }
    if let Some(after) = after {
        query = query.filter(Column::Id.lt(after));
    }
    let rows = query
        .order_by_desc(Column::Id)
        .limit(limit + 1)
        .all(db)
        .await?;
    rows.into_iter().map(|row| read(rt, row)).collect()
}

/// A LIKE pattern for a word, its own wildcards disarmed.
fn contains(word: &str) -> LikeExpr {
    let word = word
        .replace('\\', "\\\\")
        .replace('%', "\\%")
        .replace('_', "\\_");
    LikeExpr::new(format!("%{word}%")).escape('\\')
}

/// Dossiers of an owner that have a result, newest first, after the cursor.
pub(crate) async fn with_result(
    db: &impl ConnectionTrait,
    rt: &Runtime,
    owner: AccountId,
    after: Option<Uuid>,
    limit: u64,
) -> Result<Vec<Dossier>, DbErr> {
    let finished = [DossierStatus::Done, DossierStatus::Returned].map(DossierStatus::as_str);
    let mut query = Entity::find()
        .filter(within(&Scope::Owner(owner)))
        .filter(Column::Status.is_in(finished));
    if let Some(after) = after {
        query = query.filter(Column::Id.lt(after));
    }
    let rows = query.order_by_desc(Column::Id).limit(limit).all(db).await?;
    rows.into_iter().map(|row| read(rt, row)).collect()
}

/// Dossiers whose supplement was not answered in time, the longest overdue first.
pub(crate) async fn supplements_expired(
    db: &impl ConnectionTrait,
    standing: &Standing,
    now: DateTime<Utc>,
    limit: u64,
) -> Result<Vec<DossierId>, DbErr> {
    let ids: Vec<Uuid> = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(running(standing))
        .filter(Column::Status.eq(DossierStatus::SupplementRequested.as_str()))
        .filter(Column::SupplementDueAt.lte(now))
        .order_by_asc(Column::SupplementDueAt)
        .limit(limit)
        .into_tuple()
        .all(db)
        .await?;
    Ok(ids.into_iter().map(DossierId).collect())
}

/// The rows whose clocks run, that is those of no agency with an incident.
pub(super) fn running(standing: &Standing) -> Condition {
    match standing {
        Standing::Nowhere => Condition::all(),
        Standing::At(agencies) => {
            Condition::all().add(Column::AgencyCode.is_not_in(agencies.iter().map(String::as_str)))
        }
        Standing::Everywhere => Condition::all().add(Expr::val(1).eq(0)),
    }
}

/// What `verify` compares with the journal.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    pub(crate) id: DossierId,
    pub(crate) version: i64,
    pub(crate) number: Option<String>,
    pub(crate) status: String,
    pub(crate) step: String,
}

/// Heads of all dossiers in the order of their ids, after `after`.
pub(crate) async fn heads(
    db: &impl ConnectionTrait,
    after: Option<DossierId>,
    limit: u64,
) -> Result<Vec<Head>, DbErr> {
    let mut query = Entity::find().select_only().columns([
        Column::Id,
        Column::Version,
        Column::Number,
        Column::Status,
        Column::Step,
    ]);
    if let Some(after) = after {
        query = query.filter(Column::Id.gt(after.0));
    }
    let rows: Vec<(Uuid, i64, Option<String>, String, String)> = query
        .order_by_asc(Column::Id)
        .limit(limit)
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows
        .into_iter()
        .map(|(id, version, number, status, step)| Head {
            id: DossierId(id),
            version,
            number,
            status,
            step,
        })
        .collect())
}

fn status(text: &str) -> Result<DossierStatus, DbErr> {
    DossierStatus::parse(text).ok_or_else(|| corrupt(format!("status {text}")))
}

/// The stored name of a channel.
fn channel_name(channel: Channel) -> &'static str {
    match channel {
        Channel::Online => "online",
        Channel::Direct => "direct",
        Channel::Postal => "postal",
    }
}

fn channel(text: &str) -> Result<Channel, DbErr> {
    [Channel::Online, Channel::Direct, Channel::Postal]
        .into_iter()
        .find(|c| channel_name(*c) == text)
        .ok_or_else(|| corrupt(format!("channel {text}")))
}

fn row(rt: &Runtime, d: &Dossier) -> Result<Model, DbErr> {
    let applicant = &d.personal.applicant;
    let procedure = &d.details.procedure;
    let personal = serde_json::to_string(&d.personal).map_err(corrupt)?;
    // Reasons, notes and names of files tell of people, too.
    let details = serde_json::to_string(&d.details).map_err(corrupt)?;
    let search = [
        d.number.as_deref().unwrap_or(""),
        &applicant.name,
        &procedure.code,
        &procedure.name,
    ]
    .join(" ");
    Ok(Model {
        id: d.id.0,
        version: d.version,
        owner: d.owner.map(|o| o.0),
        number: d.number.clone(),
        status: d.status.as_str().to_owned(),
        step: d.step.clone(),
        process_id: d.process.id.clone(),
        process_version: d.process.version,
        agency_code: d.agency.code.clone(),
        agency_name: d.agency.name.clone(),
        channel: channel_name(d.channel).to_owned(),
        procedure_id: procedure.id.0,
        procedure_version: procedure.version,
        submitted_at: d.submitted_at,
        received_at: d.received_at,
        due_at: d.due_at,
        supplement_due_at: d.details.supplement.as_ref().map(|s| s.due_at),
        check_due_at: d.check_due_at,
        check_late: d.check_late,
        ended_at: d.ended_at,
        outcome: d.outcome.map(|o| outcome_name(o).to_owned()),
        first_outcome: d.first_outcome.map(|o| outcome_name(o).to_owned()),
        alarm_at: d.alarm.map(|a| a.at),
        alarm_kind: d.alarm.map(|a| a.kind.as_str().to_owned()),
        group_id: d.details.group.as_ref().map(|g| g.link.group),
        receiving_agency: d.details.intake.receiving.as_ref().map(|a| a.code.clone()),
        assignee: d.assignee.map(|a| a.0),
        restricted: d.restricted,
        identity_hash: applicant
            .identity_number
            .as_ref()
            .or(applicant.tax_code.as_ref())
            .map(|number| rt.sealer.lookup_hash(number)),
        search: vn::text::fold(&search),
        personal: rt.sealer.seal(rt.ids, &personal),
        details: rt.sealer.seal(rt.ids, &details),
    })
}

/// The stored name of an outcome.
pub(crate) fn outcome_name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Early => "early",
        Outcome::OnTime => "onTime",
        Outcome::Late => "late",
    }
}

fn outcome(text: &str) -> Result<Outcome, DbErr> {
    [Outcome::Early, Outcome::OnTime, Outcome::Late]
        .into_iter()
        .find(|o| outcome_name(*o) == text)
        .ok_or_else(|| corrupt(format!("outcome {text}")))
}

fn alarm(at: Option<DateTime<Utc>>, kind: Option<&str>) -> Result<Option<Alarm>, DbErr> {
    let (Some(at), Some(kind)) = (at, kind) else {
        return Ok(None);
    };
    let kind = AlarmKind::parse(kind).ok_or_else(|| corrupt(format!("alarm {kind}")))?;
    Ok(Some(Alarm { at, kind }))
}

pub(super) fn read(rt: &Runtime, row: Model) -> Result<Dossier, DbErr> {
    let opened = rt.sealer.open(&row.personal).map_err(corrupt)?;
    let details = rt.sealer.open(&row.details).map_err(corrupt)?;
    let personal: Personal = serde_json::from_str(&opened).map_err(corrupt)?;
    Ok(Dossier {
        id: DossierId(row.id),
        owner: row.owner.map(AccountId),
        version: row.version,
        number: row.number,
        status: status(&row.status)?,
        step: row.step,
        process: ProcessRef {
            id: row.process_id,
            version: row.process_version,
        },
        agency: AgencyRef {
            code: row.agency_code,
            name: row.agency_name,
        },
        channel: channel(&row.channel)?,
        submitted_at: row.submitted_at,
        received_at: row.received_at,
        due_at: row.due_at,
        check_due_at: row.check_due_at,
        check_late: row.check_late,
        ended_at: row.ended_at,
        outcome: row.outcome.as_deref().map(outcome).transpose()?,
        first_outcome: row.first_outcome.as_deref().map(outcome).transpose()?,
        alarm: alarm(row.alarm_at, row.alarm_kind.as_deref())?,
        assignee: row.assignee.map(AccountId),
        restricted: row.restricted,
        personal,
        details: serde_json::from_str(&details).map_err(corrupt)?,
    })
}
