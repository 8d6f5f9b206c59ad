//! What persons chose, and what we remember of dossiers.

use super::entity::{choice, dossier, preference};
use crate::domain::plan::{DossierFacts, Preferences};
use chrono::{DateTime, Utc};
use contracts::{AccountId, Language};
use durable::Tx;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter as _,
    QueryOrder as _, QuerySelect as _,
};
use uuid::Uuid;

/// The preferences of an account; the defaults for who never chose.
pub async fn preferences(
    account: AccountId,
    db: &impl ConnectionTrait,
) -> Result<Preferences, DbErr> {
    let row = preference::Entity::find_by_id(account.0).one(db).await?;
    Ok(row.map_or_else(Preferences::default, |row| Preferences {
        email: row.email,
        sms: row.sms,
        language: row.language.as_deref().and_then(language_of),
    }))
}

/// Keeps the preferences of an account.
pub async fn set_preferences(
    account: AccountId,
    tx: &Tx,
    chosen: &Preferences,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let row = preference::Model {
        account: account.0,
        email: chosen.email,
        sms: chosen.sms,
        language: chosen.language.map(|l| language_name(l).to_owned()),
        updated_at: now,
    };
    preference::Entity::insert(row.into_active_model())
        .on_conflict(
            OnConflict::column(preference::Column::Account)
                .update_columns([
                    preference::Column::Email,
                    preference::Column::Sms,
                    preference::Column::Language,
                    preference::Column::UpdatedAt,
                ])
                .to_owned(),
        )
        .exec_without_returning(&**tx)
        .await
        .map(|_| ())
}

/// Who chose, through which client, and when.
#[derive(Clone, Copy, Debug)]
pub struct Chooser<'a> {
    /// The person.
    pub account: AccountId,
    /// The OAuth client that the choice came through.
    pub client: Option<&'a str>,
    /// When.
    pub at: DateTime<Utc>,
}

/// Notes the choice of each channel that differs from what was last noted: the proof of a consent, and of its withdrawal.
pub async fn note_choices(
    by: Chooser<'_>,
    tx: &Tx,
    chosen: &Preferences,
    mut id: impl FnMut() -> Uuid,
) -> Result<(), DbErr> {
    for (channel, granted) in [("email", chosen.email), ("sms", chosen.sms)] {
        let last = choice::Entity::find()
            .filter(choice::Column::Account.eq(by.account.0))
            .filter(choice::Column::Channel.eq(channel))
            .order_by_desc(choice::Column::Id)
            .one(&**tx)
            .await?;
        if last.is_some_and(|row| row.granted == granted) {
            continue;
        }
        let row = choice::Model {
            id: id(),
            account: by.account.0,
            channel: channel.to_owned(),
            granted,
            at: by.at,
            client: by.client.map(str::to_owned),
        };
        choice::Entity::insert(row.into_active_model())
            .exec_without_returning(&**tx)
            .await?;
    }
    Ok(())
}

/// The choices of an account, newest first.
pub async fn choices(
    account: AccountId,
    db: &impl ConnectionTrait,
    before: Option<Uuid>,
    limit: u64,
) -> Result<Vec<choice::Model>, DbErr> {
    let mut query = choice::Entity::find().filter(choice::Column::Account.eq(account.0));
    if let Some(before) = before {
        query = query.filter(choice::Column::Id.lt(before));
    }
    query
        .order_by_desc(choice::Column::Id)
        .limit(limit)
        .all(db)
        .await
}

/// What is known of a dossier.
pub async fn facts(tx: &Tx, dossier: Uuid) -> Result<Option<DossierFacts>, DbErr> {
    let row = dossier::Entity::find_by_id(dossier).one(&**tx).await?;
    Ok(row.map(|row| DossierFacts {
        agency_name: row.agency_name,
        procedure_name: row.procedure_name,
        restricted: row.restricted,
    }))
}

/// Keeps what an event told of a dossier, unless a newer one has spoken.
pub async fn keep_facts(tx: &Tx, row: dossier::Model) -> Result<(), DbErr> {
    let version = row.version;
    dossier::Entity::insert(row.into_active_model())
        .on_conflict(
            OnConflict::column(dossier::Column::Id)
                .update_columns([
                    dossier::Column::Version,
                    dossier::Column::AgencyName,
                    dossier::Column::ProcedureName,
                    dossier::Column::Restricted,
                ])
                .action_and_where(
                    Expr::col((dossier::Entity, dossier::Column::Version)).lt(version),
                )
                .to_owned(),
        )
        .exec_without_returning(&**tx)
        .await
        .map(|_| ())
}

fn language_name(language: Language) -> &'static str {
    match language {
        Language::Vi => "vi",
        Language::En => "en",
    }
}

fn language_of(name: &str) -> Option<Language> {
    match name {
        "vi" => Some(Language::Vi),
        "en" => Some(Language::En),
        _ => None,
    }
}
