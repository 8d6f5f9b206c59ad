//! Provinces and communes, each in its period.

use super::entity::{commune, commune_mapping, province, units};
use super::{VALUES_PER_STATEMENT, from_json, to_json};
use crate::domain::unit::{Commune, MapRow, Province, key};
use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, DbErr, EntityTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, Set,
};
use std::collections::HashMap;

fn province_row(p: &Province) -> province::Model {
    province::Model {
        key: key(&p.code, p.valid_from),
        code: p.code.clone(),
        name: p.name.clone(),
        agency_code: p.agency_code.clone(),
        valid_from: p.valid_from,
        valid_to: p.valid_to,
        successor: p.successor.clone(),
    }
}

fn province_of(r: province::Model) -> Province {
    Province {
        code: r.code,
        name: r.name,
        agency_code: r.agency_code,
        valid_from: r.valid_from,
        valid_to: r.valid_to,
        successor: r.successor,
    }
}

fn commune_row(c: &Commune) -> Result<commune::Model, DbErr> {
    Ok(commune::Model {
        key: key(&c.code, c.valid_from),
        code: c.code.clone(),
        name: c.name.clone(),
        province_code: c.province_code.clone(),
        home_province_code: c.home_province_code.clone(),
        valid_from: c.valid_from,
        valid_to: c.valid_to,
        successors: to_json(&c.successors)?,
    })
}

fn commune_of(r: commune::Model) -> Result<Commune, DbErr> {
    Ok(Commune {
        code: r.code,
        name: r.name,
        province_code: r.province_code,
        home_province_code: r.home_province_code,
        valid_from: r.valid_from,
        valid_to: r.valid_to,
        successors: from_json(&r.successors)?,
    })
}

/// Writes provinces that are new or differ; returns how many were new and how many differed.
pub(crate) async fn put_provinces(
    tx: &impl ConnectionTrait,
    provinces: &[Province],
) -> Result<(usize, usize), DbErr> {
    let have: HashMap<String, province::Model> = province::Entity::find()
        .all(tx)
        .await?
        .into_iter()
        .map(|r| (r.key.clone(), r))
        .collect();
    let rows: Vec<province::ActiveModel> = provinces
        .iter()
        .map(province_row)
        .filter(|r| have.get(&r.key) != Some(r))
        .map(|r| province::ActiveModel {
            key: Set(r.key),
            code: Set(r.code),
            name: Set(r.name),
            agency_code: Set(r.agency_code),
            valid_from: Set(r.valid_from),
            valid_to: Set(r.valid_to),
            successor: Set(r.successor),
        })
        .collect();
    let differ = provinces
        .iter()
        .map(province_row)
        .filter(|r| have.get(&r.key).is_some_and(|old| old != r))
        .count();
    let new = rows.len() - differ;
    if !rows.is_empty() {
        province::Entity::insert_many(rows)
            .on_conflict(
                OnConflict::column(province::Column::Key)
                    .update_columns([
                        province::Column::Name,
                        province::Column::AgencyCode,
                        province::Column::ValidTo,
                        province::Column::Successor,
                    ])
                    .to_owned(),
            )
            .exec_without_returning(tx)
            .await?;
    }
    Ok((new, differ))
}

/// Writes communes that are new or differ; returns how many were new and how many differed.
pub(crate) async fn put_communes(
    tx: &impl ConnectionTrait,
    communes: &[Commune],
) -> Result<(usize, usize), DbErr> {
    let have: HashMap<String, commune::Model> = commune::Entity::find()
        .all(tx)
        .await?
        .into_iter()
        .map(|r| (r.key.clone(), r))
        .collect();
    let (mut new, mut differ) = (0, 0);
    drop_stale(tx, &have, communes).await?;
    let mut rows = Vec::new();
    for c in communes {
        let row = commune_row(c)?;
        match have.get(&row.key) {
            None => new += 1,
            Some(old) if *old != row => differ += 1,
            Some(_) => continue,
        }
        rows.push(commune::ActiveModel {
            key: Set(row.key),
            code: Set(row.code),
            name: Set(row.name),
            province_code: Set(row.province_code),
            home_province_code: Set(row.home_province_code),
            valid_from: Set(row.valid_from),
            valid_to: Set(row.valid_to),
            successors: Set(row.successors),
        });
    }
    for chunk in rows.chunks(VALUES_PER_STATEMENT / 8) {
        commune::Entity::insert_many(chunk.to_vec())
            .on_conflict(
                OnConflict::column(commune::Column::Key)
                    .update_columns([
                        commune::Column::Name,
                        commune::Column::ProvinceCode,
                        commune::Column::HomeProvinceCode,
                        commune::Column::ValidTo,
                        commune::Column::Successors,
                    ])
                    .to_owned(),
            )
            .exec_without_returning(tx)
            .await?;
    }
    Ok((new, differ))
}

/// Takes away periods that a better list has replaced: of the same code, at the same time, under another key.
async fn drop_stale(
    tx: &impl ConnectionTrait,
    have: &HashMap<String, commune::Model>,
    communes: &[Commune],
) -> Result<(), DbErr> {
    let mut listed: HashMap<&str, Vec<(String, &Commune)>> = HashMap::new();
    for c in communes {
        let of_code = listed.entry(c.code.as_str()).or_default();
        of_code.push((key(&c.code, c.valid_from), c));
    }
    let mut stale: Vec<String> = have
        .values()
        .filter(|old| {
            listed.get(old.code.as_str()).is_some_and(|now| {
                now.iter().all(|(key, _)| *key != old.key)
                    && now.iter().any(|(_, c)| {
                        let begins = c.valid_from.unwrap_or(NaiveDate::MIN);
                        let ends = c.valid_to.unwrap_or(NaiveDate::MAX);
                        old.valid_from.unwrap_or(NaiveDate::MIN) <= ends
                            && begins <= old.valid_to.unwrap_or(NaiveDate::MAX)
                    })
            })
        })
        .map(|old| old.key.clone())
        .collect();
    stale.sort_unstable();
    for chunk in stale.chunks(500) {
        commune::Entity::delete_many()
            .filter(commune::Column::Key.is_in(chunk.iter().map(String::as_str)))
            .exec(tx)
            .await?;
    }
    Ok(())
}

/// Every period of every commune, by key.
pub(crate) async fn all_communes(db: &impl ConnectionTrait) -> Result<Vec<Commune>, DbErr> {
    let rows = commune::Entity::find()
        .order_by_asc(commune::Column::Key)
        .all(db)
        .await?;
    rows.into_iter().map(commune_of).collect()
}

/// Tells whether anything has changed of provinces and communes: what was published last of each.
pub(crate) async fn state(db: &impl ConnectionTrait) -> Result<String, DbErr> {
    let rows = units::Entity::find()
        .order_by_asc(units::Column::ProvinceCode)
        .all(db)
        .await?;
    Ok(rows
        .into_iter()
        .map(|r| format!("{}@{} ", r.province_code, r.version))
        .collect())
}

/// Every period of every province, by key.
pub(crate) async fn all_provinces(db: &impl ConnectionTrait) -> Result<Vec<Province>, DbErr> {
    let rows = province::Entity::find()
        .order_by_asc(province::Column::Key)
        .all(db)
        .await?;
    Ok(rows.into_iter().map(province_of).collect())
}

/// One line of the official mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mapped {
    pub(crate) old_code: String,
    pub(crate) new_code: String,
    pub(crate) relation: String,
    pub(crate) note: String,
    pub(crate) district: Option<String>,
}

/// Writes the lines of the mapping that are new or differ; returns how many were new and how many differed.
pub(crate) async fn put_mapping(
    tx: &impl ConnectionTrait,
    rows: &[MapRow],
) -> Result<(usize, usize), DbErr> {
    use commune_mapping::Column as C;
    let have: HashMap<(String, String), commune_mapping::Model> = commune_mapping::Entity::find()
        .all(tx)
        .await?
        .into_iter()
        .map(|r| ((r.old_code.clone(), r.new_code.clone()), r))
        .collect();
    let (mut new, mut differ) = (0, 0);
    let mut write = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for r in rows {
        let row = commune_mapping::Model {
            old_code: r.old_code.clone(),
            new_code: r.new_code.clone(),
            relation: r.relation.clone(),
            note: r.note_vi.clone(),
            district: Some(r.old_district.clone()).filter(|d| !d.is_empty()),
        };
        if !seen.insert((row.old_code.clone(), row.new_code.clone())) {
            continue;
        }
        match have.get(&(row.old_code.clone(), row.new_code.clone())) {
            None => new += 1,
            Some(old) if *old != row => differ += 1,
            Some(_) => continue,
        }
        write.push(commune_mapping::ActiveModel {
            old_code: Set(row.old_code),
            new_code: Set(row.new_code),
            relation: Set(row.relation),
            note: Set(row.note),
            district: Set(row.district),
        });
    }
    for chunk in write.chunks(VALUES_PER_STATEMENT / 5) {
        commune_mapping::Entity::insert_many(chunk.to_vec())
            .on_conflict(
                OnConflict::columns([C::OldCode, C::NewCode])
                    .update_columns([C::Relation, C::Note, C::District])
                    .to_owned(),
            )
            .exec_without_returning(tx)
            .await?;
    }
    Ok((new, differ))
}

fn mapped(r: commune_mapping::Model) -> Mapped {
    Mapped {
        old_code: r.old_code,
        new_code: r.new_code,
        relation: r.relation,
        note: r.note,
        district: r.district,
    }
}

/// The lines of the mapping of one code on either side.
pub(crate) async fn mapping_of(
    db: &impl ConnectionTrait,
    code: &str,
) -> Result<Vec<Mapped>, DbErr> {
    use commune_mapping::Column as C;
    let rows = commune_mapping::Entity::find()
        .filter(
            Condition::any()
                .add(C::OldCode.eq(code))
                .add(C::NewCode.eq(code)),
        )
        .order_by_asc(C::OldCode)
        .order_by_asc(C::NewCode)
        .limit(200)
        .all(db)
        .await?;
    Ok(rows.into_iter().map(mapped).collect())
}

/// Provinces that exist on a day, by code.
pub(crate) async fn provinces_on(
    db: &impl ConnectionTrait,
    day: NaiveDate,
) -> Result<Vec<Province>, DbErr> {
    use province::Column as C;
    let rows = province::Entity::find()
        .filter(valid(C::ValidFrom, C::ValidTo, day))
        .order_by_asc(C::Code)
        .all(db)
        .await?;
    Ok(rows.into_iter().map(province_of).collect())
}

/// Whether any province, at any time, had this code.
pub(crate) async fn is_province(db: &impl ConnectionTrait, code: &str) -> Result<bool, DbErr> {
    let row = province::Entity::find()
        .filter(province::Column::Code.eq(code))
        .limit(1)
        .one(db)
        .await?;
    Ok(row.is_some())
}

/// Communes that a province has on a day, by code, after a code.
pub(crate) async fn communes_on(
    db: &impl ConnectionTrait,
    province_code: &str,
    day: NaiveDate,
    after: Option<&str>,
    limit: u64,
) -> Result<Vec<Commune>, DbErr> {
    use commune::Column as C;
    let mut query = commune::Entity::find()
        .filter(C::ProvinceCode.eq(province_code))
        .filter(valid(C::ValidFrom, C::ValidTo, day))
        .order_by_asc(C::Code)
        .limit(limit);
    if let Some(after) = after {
        query = query.filter(C::Code.gt(after));
    }
    query.all(db).await?.into_iter().map(commune_of).collect()
}

/// All communes, of all times, of the place that is this province today, by key.
pub(crate) async fn communes_of_home(
    db: &impl ConnectionTrait,
    province_code: &str,
) -> Result<Vec<Commune>, DbErr> {
    let rows = commune::Entity::find()
        .filter(commune::Column::HomeProvinceCode.eq(province_code))
        .order_by_asc(commune::Column::Key)
        .all(db)
        .await?;
    rows.into_iter().map(commune_of).collect()
}

/// The published version and hash of each province's list.
pub(crate) async fn published(
    db: &impl ConnectionTrait,
) -> Result<HashMap<String, (i64, String)>, DbErr> {
    let rows = units::Entity::find().all(db).await?;
    Ok(rows
        .into_iter()
        .map(|r| (r.province_code, (r.version, r.content_hash)))
        .collect())
}

/// Notes a published version.
pub(crate) async fn set_published(
    tx: &impl ConnectionTrait,
    province_code: &str,
    version: i64,
    hash: &str,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let row = units::ActiveModel {
        province_code: Set(province_code.to_owned()),
        version: Set(version),
        content_hash: Set(hash.to_owned()),
        updated_at: Set(now),
    };
    units::Entity::insert(row)
        .on_conflict(
            OnConflict::column(units::Column::ProvinceCode)
                .update_columns([
                    units::Column::Version,
                    units::Column::ContentHash,
                    units::Column::UpdatedAt,
                ])
                .to_owned(),
        )
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

pub(super) fn valid<C: sea_orm::ColumnTrait>(from: C, to: C, day: NaiveDate) -> Condition {
    Condition::all()
        .add(Condition::any().add(from.is_null()).add(from.lte(day)))
        .add(Condition::any().add(to.is_null()).add(to.gte(day)))
}
