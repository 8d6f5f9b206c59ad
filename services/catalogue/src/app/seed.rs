//! The demo world: units, agencies and some twenty procedures of our own making.

use super::import::{ImportOptions, import_goods};
use super::{agencies, lines, units};
use crate::domain::agency::Agency;
use crate::domain::portal;
use crate::domain::unit::{Commune, Province};
use crate::store::procedures::Source;
use anyhow::Context as _;
use durable::Db;
use kit::Runtime;
use serde::Deserialize;

const UNITS: &str = include_str!("../../data/units.json");
const AGENCIES: &str = include_str!("../../data/agencies.json");
const PROCEDURES: &str = include_str!("../../data/demo-procedures.json");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Units {
    provinces: Vec<Province>,
    communes: Vec<Commune>,
}

/// Loads the two-tier provinces, some communes of Bắc Ninh, the demo agencies and procedures. May run again and again: what is there
/// already is not changed.
///
/// # Errors
/// The database's.
pub async fn seed_demo(db: &Db, rt: &Runtime) -> anyhow::Result<()> {
    let of: Units = serde_json::from_str(UNITS).context("data/units.json")?;
    units::put(db, rt, &of.provinces, &of.communes).await?;
    let all: Vec<Agency> = serde_json::from_str(AGENCIES).context("data/agencies.json")?;
    agencies::put(db, rt, &all).await?;
    let options = ImportOptions {
        source: Source::Own,
        ..ImportOptions::default()
    };
    let summary = import_goods(db, rt, demo_procedures()?, options).await?;
    tracing::info!(
        created = summary.created,
        updated = summary.updated,
        "demo catalogue is there"
    );
    Ok(())
}

/// The demo procedures, read by the same parser as the national ones.
pub(crate) fn demo_procedures() -> anyhow::Result<Vec<lines::Good>> {
    let all: Vec<serde_json::Value> =
        serde_json::from_str(PROCEDURES).context("data/demo-procedures.json")?;
    let mut goods = Vec::with_capacity(all.len());
    for (i, one) in (1_u64..).zip(all) {
        let parsed = portal::parse_line(&one.to_string())
            .with_context(|| format!("data/demo-procedures.json, procedure {i}"))?;
        goods.push(lines::good(i, parsed)?);
    }
    Ok(goods)
}
