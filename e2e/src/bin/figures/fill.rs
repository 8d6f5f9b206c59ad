//! Many dossiers with their journals, copied from templates inside the server. Their hashes do not chain: nobody verifies them here.

use super::load::{Templates, World};
use anyhow::ensure;

/// What a dossier is a copy of; part of its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Just filed.
    New = 1,
    /// Received, with nobody yet.
    Received = 2,
    /// Waits for a supplement.
    Waiting = 3,
    /// Returned: most of what an agency has.
    Returned = 4,
}

/// Dossiers of each kind that are worked on, when there are so many in all.
pub(crate) fn working(size: u32) -> u32 {
    (size / 4).min(25_000)
}

/// Dossiers that wait for a supplement.
fn waiting(size: u32) -> u32 {
    (size / 10).min(50_000)
}

/// The id of the n-th copy: in the order of time, like real ones.
pub(crate) fn id(kind: Kind, n: u64) -> String {
    format!(
        "0192{:04x}-{:04x}-7000-8000-{:012x}",
        (n >> 16) & 0xffff,
        n & 0xffff,
        ((kind as u64) << 40) | n
    )
}

/// The same in SQL, of the series `g`.
fn id_in_sql(kind: Kind) -> String {
    format!(
        "('0192' || lpad(to_hex((g >> 16) & 65535), 4, '0') || lpad(to_hex(g & 65535), 4, '0') || '70008000' || \
         lpad(to_hex(({} << 40) | g), 12, '0'))::uuid",
        format_args!("{}::bigint", kind as u64)
    )
}

/// Makes so many of it, where `there` were before.
pub(crate) async fn add(
    world: &World,
    templates: &Templates,
    there: u32,
    size: u32,
) -> anyhow::Result<()> {
    let plan = [
        (Kind::New, &templates.new, working(there), working(size)),
        (
            Kind::Received,
            &templates.received,
            working(there),
            working(size),
        ),
        (
            Kind::Waiting,
            &templates.waiting,
            waiting(there),
            waiting(size),
        ),
    ];
    let rest = |n: u32| n.saturating_sub(2 * working(n) + waiting(n));
    let returned = (Kind::Returned, &templates.returned, rest(there), rest(size));
    for (kind, template, from, to) in plan.into_iter().chain([returned]) {
        copy(world, kind, template, from, to).await?;
    }
    // As after months, and not as in the minutes after a restore: otherwise the server does it while we measure.
    for sql in ["vacuum (analyze)", "checkpoint"] {
        world.execute(sql).await?;
    }
    let all = world.number("select count(*) from dossier").await?;
    ensure!(all >= i64::from(size), "{all} dossiers, not {size}");
    Ok(())
}

async fn copy(world: &World, kind: Kind, template: &str, from: u32, to: u32) -> anyhow::Result<()> {
    // In pieces, so that no transaction is too large.
    let mut low = from;
    while low < to {
        let high = to.min(low.saturating_add(50_000));
        let series = format!("generate_series({low}::bigint, {}::bigint) g", high - 1);
        let id = id_in_sql(kind);
        let number = format!(
            "case when t.number is null then null else 'H05.21-25' || {}::text || '-' || g end",
            kind as u64
        );
        for (table, key, changed) in [
            (
                "dossier",
                "id",
                vec![("id", id.as_str()), ("number", number.as_str())],
            ),
            (
                "dossier_journal",
                "dossier_id",
                vec![("dossier_id", id.as_str())],
            ),
        ] {
            let columns = columns(world, table).await?;
            let values: Vec<String> = columns
                .iter()
                .map(|column| {
                    changed
                        .iter()
                        .find(|(name, _)| name == column)
                        .map_or_else(|| format!("t.{column}"), |(_, value)| (*value).to_owned())
                })
                .collect();
            world
                .execute(&format!(
                    "insert into {table} ({}) select {} from {table} t, {series} where t.{key} = '{template}'",
                    columns.join(", "),
                    values.join(", ")
                ))
                .await?;
        }
        low = high;
    }
    Ok(())
}

async fn columns(world: &World, table: &str) -> anyhow::Result<Vec<String>> {
    let sql = format!(
        "select column_name::text from information_schema.columns where table_name = '{table}' \
         and table_schema = current_schema() order by ordinal_position"
    );
    let rows = world.rows(&sql).await?;
    rows.iter()
        .map(|row| Ok(row.try_get_by_index(0)?))
        .collect()
}
