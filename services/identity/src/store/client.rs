//! OAuth clients.

use super::entity::client;
use super::{from_text, to_text};
use crate::domain::client::Client;
use chrono::{DateTime, Utc};
use contracts::AccountId;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ConnectionTrait, DbErr, EntityTrait as _, Set};

/// One active client.
pub(crate) async fn find(db: &impl ConnectionTrait, id: &str) -> Result<Option<Client>, DbErr> {
    let Some(row) = client::Entity::find_by_id(id.to_owned()).one(db).await? else {
        return Ok(None);
    };
    if !row.active {
        return Ok(None);
    }
    Ok(Some(Client {
        id: row.id,
        name: row.name,
        secret_hash: row.secret_hash,
        redirect_uris: from_text(&row.redirect_uris)?,
        post_logout_uris: from_text(&row.post_logout_uris)?,
        loopback: row.loopback,
        grants: from_text(&row.grants)?,
        account: row.account_id.map(AccountId),
    }))
}

/// Creates a client or brings it to this state.
pub(crate) async fn put(
    db: &impl ConnectionTrait,
    client: &Client,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    use client::Column as C;
    client::Entity::insert(client::ActiveModel {
        id: Set(client.id.clone()),
        name: Set(client.name.clone()),
        secret_hash: Set(client.secret_hash.clone()),
        redirect_uris: Set(to_text(&client.redirect_uris)?),
        post_logout_uris: Set(to_text(&client.post_logout_uris)?),
        loopback: Set(client.loopback),
        grants: Set(to_text(&client.grants)?),
        account_id: Set(client.account.map(|id| id.0)),
        active: Set(true),
        created_at: Set(now),
    })
    .on_conflict(
        OnConflict::column(C::Id)
            .update_columns([
                C::Name,
                C::SecretHash,
                C::RedirectUris,
                C::PostLogoutUris,
                C::Loopback,
                C::Grants,
                C::AccountId,
            ])
            .to_owned(),
    )
    .exec_without_returning(db)
    .await?;
    Ok(())
}
