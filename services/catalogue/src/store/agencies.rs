//! Agencies.

use super::entity::{agency, agency_version};
use super::units::valid;
use super::{from_json, to_json};
use crate::domain::agency::Agency;
use crate::domain::content::Level;
use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, DbErr, EntityTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, Set,
};
use std::collections::HashMap;
use vn::worktime::local_date;

/// Which agencies a list asks for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    /// Only desks of these tiers.
    pub(crate) desks_of: Option<Vec<Level>>,
    /// Only those of this province.
    pub(crate) province_code: Option<String>,
    /// Only those right below this body.
    pub(crate) parent_code: Option<String>,
}

/// Agencies valid on a day, by code, after a code, each with its version.
pub(crate) async fn list(
    db: &impl ConnectionTrait,
    wanted: &Wanted,
    day: NaiveDate,
    after: Option<&str>,
    limit: u64,
) -> Result<Vec<(Agency, i64)>, DbErr> {
    use agency::Column as C;
    let mut query = agency::Entity::find()
        .filter(valid(C::ValidFrom, C::ValidTo, day))
        .order_by_asc(C::Code)
        .limit(limit);
    if let Some(levels) = &wanted.desks_of {
        query = query
            .filter(C::Reception.eq(true))
            .filter(C::Level.is_in(levels.iter().map(|l| l.as_str())));
    }
    if let Some(province) = &wanted.province_code {
        query = query.filter(C::ProvinceCode.eq(province.as_str()));
    }
    if let Some(parent) = &wanted.parent_code {
        query = query.filter(C::ParentCode.eq(parent.as_str()));
    }
    if let Some(after) = after {
        query = query.filter(C::Code.gt(after));
    }
    of_rows(query.all(db).await?)
}

fn of_rows(rows: Vec<agency::Model>) -> Result<Vec<(Agency, i64)>, DbErr> {
    rows.into_iter()
        .map(|r| Ok((from_json(&r.content)?, r.version)))
        .collect()
}

/// Every agency, by code, with its version.
pub(crate) async fn all(db: &impl ConnectionTrait) -> Result<Vec<(Agency, i64)>, DbErr> {
    of_rows(
        agency::Entity::find()
            .order_by_asc(agency::Column::Code)
            .all(db)
            .await?,
    )
}

/// Agencies that have begun or ended on a day up to this one, and were told of last before that.
pub(crate) async fn turned(
    db: &impl ConnectionTrait,
    today: NaiveDate,
) -> Result<Vec<(Agency, i64)>, DbErr> {
    use agency::Column as C;
    let rows = agency::Entity::find()
        .filter(
            Condition::any()
                .add(C::ValidFrom.lte(today))
                .add(C::ValidTo.lt(today)),
        )
        .order_by_asc(C::Code)
        .all(db)
        .await?;
    of_rows(
        rows.into_iter()
            .filter(|r| {
                let told = local_date(r.updated_at);
                r.valid_from.is_some_and(|d| d <= today && told < d)
                    || r.valid_to.is_some_and(|d| d < today && told <= d)
            })
            .collect(),
    )
}

/// What an agency was, newest version first: since when it was so in the catalogue.
pub(crate) async fn history(
    db: &impl ConnectionTrait,
    code: &str,
    below: Option<i64>,
    limit: u64,
) -> Result<Vec<(Agency, i64, DateTime<Utc>)>, DbErr> {
    use agency_version::Column as C;
    let mut query = agency_version::Entity::find()
        .filter(C::Code.eq(code))
        .order_by_desc(C::Version)
        .limit(limit);
    if let Some(below) = below {
        query = query.filter(C::Version.lt(below));
    }
    query
        .all(db)
        .await?
        .into_iter()
        .map(|r| Ok((from_json(&r.content)?, r.version, r.at)))
        .collect()
}

/// One agency, also when it has ended, with its version.
pub(crate) async fn one(
    db: &impl ConnectionTrait,
    code: &str,
) -> Result<Option<(Agency, i64)>, DbErr> {
    let row = agency::Entity::find_by_id(code).one(db).await?;
    row.map(|r| Ok((from_json(&r.content)?, r.version)))
        .transpose()
}

/// Version and hash of every agency.
pub(crate) async fn hashes(
    db: &impl ConnectionTrait,
) -> Result<HashMap<String, (i64, String)>, DbErr> {
    let rows = agency::Entity::find().all(db).await?;
    Ok(rows
        .into_iter()
        .map(|r| (r.code, (r.version, r.content_hash)))
        .collect())
}

/// Writes an agency at a version.
pub(crate) async fn put(
    tx: &impl ConnectionTrait,
    a: &Agency,
    version: i64,
    hash: &str,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    use agency::Column as C;
    let row = agency::ActiveModel {
        code: Set(a.code.clone()),
        version: Set(version),
        content_hash: Set(hash.to_owned()),
        level: Set(a.level.as_str().to_owned()),
        reception: Set(a.reception),
        province_code: Set(a.province_code.clone()),
        parent_code: Set(a.parent_code.clone()),
        content: Set(to_json(a)?),
        valid_from: Set(a.valid_from),
        valid_to: Set(a.valid_to),
        updated_at: Set(now),
    };
    agency::Entity::insert(row)
        .on_conflict(
            OnConflict::column(C::Code)
                .update_columns([
                    C::Version,
                    C::ContentHash,
                    C::Level,
                    C::Reception,
                    C::ProvinceCode,
                    C::ParentCode,
                    C::Content,
                    C::ValidFrom,
                    C::ValidTo,
                    C::UpdatedAt,
                ])
                .to_owned(),
        )
        .exec_without_returning(tx)
        .await?;
    let row = agency_version::ActiveModel {
        code: Set(a.code.clone()),
        version: Set(version),
        content: Set(to_json(a)?),
        at: Set(now),
    };
    agency_version::Entity::insert(row)
        .exec_without_returning(tx)
        .await?;
    Ok(())
}
