//! Fields, subjects, results and the days of the calendar.

use super::entity::{calendar_day, field, reference_item};
use super::units::valid;
use crate::domain::reference::{CalendarDay, Field, ItemKind};
use crate::domain::unit::key;
use chrono::NaiveDate;
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, Set,
};
use vn::worktime::DayUse;

fn field_of(r: field::Model) -> Field {
    Field {
        code: r.code,
        name: r.name,
        valid_from: r.valid_from,
        valid_to: r.valid_to,
    }
}

/// Every period of every field, by key.
pub(crate) async fn fields(db: &impl ConnectionTrait) -> Result<Vec<Field>, DbErr> {
    let rows = field::Entity::find()
        .order_by_asc(field::Column::Key)
        .all(db)
        .await?;
    Ok(rows.into_iter().map(field_of).collect())
}

/// Fields that exist on a day, by key.
pub(crate) async fn fields_on(
    db: &impl ConnectionTrait,
    day: NaiveDate,
) -> Result<Vec<Field>, DbErr> {
    use field::Column as C;
    let rows = field::Entity::find()
        .filter(valid(C::ValidFrom, C::ValidTo, day))
        .order_by_asc(C::Key)
        .all(db)
        .await?;
    Ok(rows.into_iter().map(field_of).collect())
}

/// Writes periods of fields.
pub(crate) async fn put_fields(tx: &impl ConnectionTrait, fields: &[Field]) -> Result<(), DbErr> {
    use field::Column as C;
    for chunk in fields.chunks(1_000) {
        let rows = chunk.iter().map(|f| field::ActiveModel {
            key: Set(key(&f.code, f.valid_from)),
            code: Set(f.code.clone()),
            name: Set(f.name.clone()),
            valid_from: Set(f.valid_from),
            valid_to: Set(f.valid_to),
        });
        field::Entity::insert_many(rows)
            .on_conflict(
                OnConflict::column(C::Key)
                    .update_columns([C::Name, C::ValidTo])
                    .to_owned(),
            )
            .exec_without_returning(tx)
            .await?;
    }
    Ok(())
}

fn item_of(r: reference_item::Model) -> Field {
    Field {
        code: r.code,
        name: r.name,
        valid_from: r.valid_from,
        valid_to: r.valid_to,
    }
}

/// Every period of every subject or result, by key.
pub(crate) async fn items(db: &impl ConnectionTrait, kind: ItemKind) -> Result<Vec<Field>, DbErr> {
    use reference_item::Column as C;
    let rows = reference_item::Entity::find()
        .filter(C::Kind.eq(kind.as_str()))
        .order_by_asc(C::Key)
        .all(db)
        .await?;
    Ok(rows.into_iter().map(item_of).collect())
}

/// Subjects or results that exist on a day, by code, after a code.
pub(crate) async fn items_on(
    db: &impl ConnectionTrait,
    kind: ItemKind,
    day: NaiveDate,
    after: Option<&str>,
    limit: u64,
) -> Result<Vec<Field>, DbErr> {
    use reference_item::Column as C;
    let mut query = reference_item::Entity::find()
        .filter(C::Kind.eq(kind.as_str()))
        .filter(valid(C::ValidFrom, C::ValidTo, day))
        .order_by_asc(C::Code)
        .limit(limit);
    if let Some(after) = after {
        query = query.filter(C::Code.gt(after));
    }
    Ok(query.all(db).await?.into_iter().map(item_of).collect())
}

/// Writes periods of subjects or results.
pub(crate) async fn put_items(
    tx: &impl ConnectionTrait,
    kind: ItemKind,
    items: &[Field],
) -> Result<(), DbErr> {
    use reference_item::Column as C;
    for chunk in items.chunks(1_000) {
        let rows = chunk.iter().map(|f| reference_item::ActiveModel {
            kind: Set(kind.as_str().to_owned()),
            key: Set(key(&f.code, f.valid_from)),
            code: Set(f.code.clone()),
            name: Set(f.name.clone()),
            valid_from: Set(f.valid_from),
            valid_to: Set(f.valid_to),
        });
        reference_item::Entity::insert_many(rows)
            .on_conflict(
                OnConflict::columns([C::Kind, C::Key])
                    .update_columns([C::Name, C::ValidTo])
                    .to_owned(),
            )
            .exec_without_returning(tx)
            .await?;
    }
    Ok(())
}

fn use_name(day_use: DayUse) -> &'static str {
    match day_use {
        DayUse::Off => "off",
        DayUse::Work => "work",
    }
}

/// Days that were imported, in order.
pub(crate) async fn days(db: &impl ConnectionTrait) -> Result<Vec<CalendarDay>, DbErr> {
    let rows = calendar_day::Entity::find()
        .order_by_asc(calendar_day::Column::Day)
        .all(db)
        .await?;
    Ok(rows
        .into_iter()
        .map(|r| CalendarDay {
            day: r.day,
            day_use: if r.day_use == use_name(DayUse::Off) {
                DayUse::Off
            } else {
                DayUse::Work
            },
            kind: r.kind,
            name: r.name,
            certainty: r.certainty,
            source: r.source,
        })
        .collect())
}

/// Writes days.
pub(crate) async fn put_days(tx: &impl ConnectionTrait, days: &[CalendarDay]) -> Result<(), DbErr> {
    use calendar_day::Column as C;
    for chunk in days.chunks(1_000) {
        let rows = chunk.iter().map(|d| calendar_day::ActiveModel {
            day: Set(d.day),
            day_use: Set(use_name(d.day_use).to_owned()),
            kind: Set(d.kind.clone()),
            name: Set(d.name.clone()),
            certainty: Set(d.certainty.clone()),
            source: Set(d.source.clone()),
        });
        calendar_day::Entity::insert_many(rows)
            .on_conflict(
                OnConflict::column(C::Day)
                    .update_columns([C::DayUse, C::Kind, C::Name, C::Certainty, C::Source])
                    .to_owned(),
            )
            .exec_without_returning(tx)
            .await?;
    }
    Ok(())
}
