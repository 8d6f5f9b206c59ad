//! Numbers that are counted, entries that are searched, copies that are held: each agrees with the rows it was made from.

use super::{Report, rows, select};
use crate::settings::Databases;
use std::collections::BTreeMap;

pub(super) async fn check(databases: &Databases, report: &mut Report) -> anyhow::Result<()> {
    dossiers(databases, report).await?;
    manifests(databases, report).await?;
    copies(databases, report).await
}

/// The counters of the agencies' days have given as many numbers as there are; each dossier is found by its number.
async fn dossiers(databases: &Databases, report: &mut Report) -> anyhow::Result<()> {
    let db = &databases.dossier;
    let mut given: i64 = 0;
    for row in rows(db, &select("dossier_counter", &["last"])).await? {
        given += row.try_get::<i64>("", "last")?;
    }
    let mut numbered: i64 = 0;
    let all = rows(db, &select("dossier", &["id", "number", "search"])).await?;
    for row in &all {
        let id: uuid::Uuid = row.try_get("", "id")?;
        let search: String = row.try_get("", "search")?;
        let number: Option<String> = row.try_get("", "number")?;
        let Some(number) = number else { continue };
        numbered += 1;
        if !search.to_lowercase().contains(&number.to_lowercase()) {
            report.broken(format!("dossier: {id} is not found by its number {number}"));
        }
    }
    report.count("dossiers", all.len());
    if given != numbered {
        report.broken(format!(
            "dossier: the counters gave {given} numbers, {numbered} dossiers have one"
        ));
    }
    Ok(())
}

/// Hand-over records have numbers of their own.
async fn manifests(databases: &Databases, report: &mut Report) -> anyhow::Result<()> {
    let mut numbers: BTreeMap<String, usize> = BTreeMap::new();
    for row in rows(&databases.postal, &select("manifest", &["number"])).await? {
        *numbers.entry(row.try_get("", "number")?).or_default() += 1;
    }
    report.count("hand-over records", numbers.values().sum());
    for (number, count) in numbers {
        if count > 1 {
            report.broken(format!(
                "postal: hand-over record {number} exists {count} times"
            ));
        }
    }
    Ok(())
}

/// The dossier service holds the newest version of each agency.
async fn copies(databases: &Databases, report: &mut Report) -> anyhow::Result<()> {
    let mut held: BTreeMap<String, i64> = BTreeMap::new();
    for row in rows(
        &databases.dossier,
        &select("agency_copy", &["code", "version"]),
    )
    .await?
    {
        held.insert(row.try_get("", "code")?, row.try_get("", "version")?);
    }
    for row in rows(
        &databases.catalogue,
        &select("agency", &["code", "version"]),
    )
    .await?
    {
        let (code, version): (String, i64) =
            (row.try_get("", "code")?, row.try_get("", "version")?);
        let copy = held.get(&code).copied().unwrap_or(0);
        if copy != version {
            report.broken(format!(
                "dossier: holds version {copy} of agency {code}, the catalogue has {version}"
            ));
        }
    }
    report.count("agency copies", held.len());
    Ok(())
}
