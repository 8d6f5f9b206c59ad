//! What is doubtful in what is in force, and everything in force on a day, batch by batch.

use super::entity::{procedure, version};
use super::from_json;
use super::units::valid;
use crate::domain::content::Content;
use crate::domain::quality::Warning;
use chrono::NaiveDate;
use sea_orm::sea_query::{Alias, Expr, ExprTrait as _, Order, Query};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
};
use std::collections::HashMap;
use uuid::Uuid;

/// The doubts of one procedure.
#[derive(Clone, Debug)]
pub(crate) struct Doubtful {
    pub(crate) id: Uuid,
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) warnings: Vec<Warning>,
}

/// The doubts of every procedure in force, by id.
pub(crate) async fn doubtful(db: &impl ConnectionTrait) -> Result<Vec<Doubtful>, DbErr> {
    let name = Alias::new;
    let p = |c: &'static str| (name("p"), name(c));
    let v = |c: &'static str| (name("v"), name(c));
    let mut select = Query::select();
    select
        .columns([p("id"), p("code"), p("name"), v("warnings")])
        .from_as(name("procedure"), name("p"))
        .join_as(
            sea_orm::sea_query::JoinType::InnerJoin,
            name("procedure_version"),
            name("v"),
            Expr::col(v("procedure_id"))
                .equals(p("id"))
                .and(Expr::col(v("version")).equals(p("version"))),
        )
        .and_where(Expr::col(p("active")).eq(true))
        .and_where(Expr::col(v("warnings")).ne("[]"))
        .order_by(p("id"), Order::Asc);
    let rows = db.query_all(&select).await?;
    rows.iter()
        .map(|r| {
            Ok(Doubtful {
                id: r.try_get("", "id")?,
                code: r.try_get("", "code")?,
                name: r.try_get("", "name")?,
                warnings: from_json(&r.try_get::<String>("", "warnings")?)?,
            })
        })
        .collect()
}

/// A version in force.
#[derive(Clone, Debug)]
pub(crate) struct InForce {
    pub(crate) id: Uuid,
    pub(crate) version: i64,
    pub(crate) effective_from: Option<NaiveDate>,
    pub(crate) effective_to: Option<NaiveDate>,
    pub(crate) source: String,
    pub(crate) content: Content,
}

/// Procedures in force on a day, by id, after an id; the last id that was looked at, for the next batch.
pub(crate) async fn in_force(
    db: &impl ConnectionTrait,
    day: NaiveDate,
    after: Option<Uuid>,
    limit: u64,
) -> Result<(Vec<InForce>, Option<Uuid>), DbErr> {
    use version::Column as C;
    let mut query = procedure::Entity::find()
        .select_only()
        .column(procedure::Column::Id)
        .order_by_asc(procedure::Column::Id)
        .limit(limit);
    if let Some(after) = after {
        query = query.filter(procedure::Column::Id.gt(after));
    }
    let ids: Vec<Uuid> = query.into_tuple().all(db).await?;
    let last = ids.last().copied();
    let rows = version::Entity::find()
        .filter(C::ProcedureId.is_in(ids))
        .filter(valid(C::EffectiveFrom, C::EffectiveTo, day))
        .order_by_asc(C::ProcedureId)
        .order_by_asc(C::Version)
        .all(db)
        .await?;
    // Of several that were in force on the day the last one said so.
    let mut newest: HashMap<Uuid, usize> = HashMap::new();
    for (i, r) in rows.iter().enumerate() {
        newest.insert(r.procedure_id, i);
    }
    let out = rows
        .into_iter()
        .enumerate()
        .filter(|(i, r)| newest.get(&r.procedure_id) == Some(i) && r.active)
        .map(|(_, r)| {
            Ok(InForce {
                id: r.procedure_id,
                version: r.version,
                effective_from: r.effective_from,
                effective_to: r.effective_to,
                source: r.source,
                content: from_json(&r.content)?,
            })
        })
        .collect::<Result<Vec<_>, DbErr>>()?;
    Ok((out, last))
}
