//! What persons chose, and what we remember of dossiers.

use super::entity::{dossier, preference};
use crate::domain::plan::{DossierFacts, Preferences};
use chrono::{DateTime, Utc};
use contracts::{AccountId, Language};
use durable::Tx;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ConnectionTrait, DbErr, EntityTrait, IntoActiveModel};
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

/// What is known of a dossier.
pub async fn facts(tx: &Tx, dossier: Uuid) -> Result<Option<DossierFacts>, DbErr> {
    let row = dossier::Entity::find_by_id(dossier).one(&**tx).await?;
    Ok(row.map(|row| DossierFacts {
        agency_name: row.agency_name,
        procedure_name: row.procedure_name,
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
