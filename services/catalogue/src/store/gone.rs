//! What the source no longer has, and what it has again: marked, never deleted; an editor decides.

use super::entity::procedure;
use chrono::NaiveDate;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, FromQueryResult, QueryFilter as _,
    QueryOrder as _, QuerySelect as _,
};
use uuid::Uuid;

/// A procedure that comes from a source.
#[derive(Clone, Debug, FromQueryResult)]
pub(crate) struct Sourced {
    pub(crate) id: Uuid,
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) version: i64,
    pub(crate) active: bool,
    pub(crate) gone_since: Option<NaiveDate>,
}

/// Every procedure that comes from a source, by id.
pub(crate) async fn sourced(db: &impl ConnectionTrait) -> Result<Vec<Sourced>, DbErr> {
    use procedure::Column as C;
    procedure::Entity::find()
        .select_only()
        .columns([C::Id, C::Code, C::Name, C::Version, C::Active, C::GoneSince])
        .filter(C::SourceHash.is_not_null())
        .order_by_asc(C::Id)
        .into_model::<Sourced>()
        .all(db)
        .await
}

/// What the source no longer has and nobody has withdrawn, by id, after an id.
pub(crate) async fn undecided(
    db: &impl ConnectionTrait,
    after: Option<Uuid>,
    limit: u64,
) -> Result<Vec<Sourced>, DbErr> {
    use procedure::Column as C;
    let mut query = procedure::Entity::find()
        .select_only()
        .columns([C::Id, C::Code, C::Name, C::Version, C::Active, C::GoneSince])
        .filter(C::GoneSince.is_not_null())
        .filter(C::Active.eq(true))
        .order_by_asc(C::Id)
        .limit(limit);
    if let Some(after) = after {
        query = query.filter(C::Id.gt(after));
    }
    query.into_model::<Sourced>().all(db).await
}

/// Marks procedures as gone since a day, or as there again.
pub(crate) async fn mark(
    tx: &impl ConnectionTrait,
    ids: &[Uuid],
    since: Option<NaiveDate>,
) -> Result<(), DbErr> {
    use procedure::Column as C;
    for chunk in ids.chunks(500) {
        procedure::Entity::update_many()
            .col_expr(C::GoneSince, Expr::value(since))
            .filter(C::Id.is_in(chunk.iter().copied()))
            .exec(tx)
            .await?;
    }
    Ok(())
}

/// Notes what the source says now of a procedure that people here have changed.
pub(crate) async fn heard(
    tx: &impl ConnectionTrait,
    id: Uuid,
    source_hash: &str,
) -> Result<(), DbErr> {
    use procedure::Column as C;
    procedure::Entity::update_many()
        .col_expr(C::SourceHash, Expr::value(source_hash))
        .col_expr(C::GoneSince, Expr::value(None::<NaiveDate>))
        .filter(C::Id.eq(id))
        .exec(tx)
        .await?;
    Ok(())
}
