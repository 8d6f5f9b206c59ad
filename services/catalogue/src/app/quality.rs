//! What is doubtful in the published data, by kind, with examples: for editors to work off.

use crate::store::quality;
use durable::Db;
use sea_orm::DbErr;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use uuid::Uuid;

/// One kind of doubt over the whole catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct QualityKind {
    /// The kind.
    #[schema(example = "feeZeroBesideTiers")]
    pub kind: String,
    /// In how many procedures.
    #[schema(example = 771)]
    pub procedures: u64,
    /// How often in all.
    #[schema(example = 1200)]
    pub count: u64,
    /// Some of them.
    pub examples: Vec<QualityExample>,
}

/// A procedure in which something is doubtful.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct QualityExample {
    /// The procedure.
    pub id: Uuid,
    /// Its code.
    #[schema(example = "1.115755")]
    pub code: String,
    /// Its name.
    pub name: String,
    /// The first place, shortened.
    pub example: String,
}

/// The report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct QualityReport {
    /// Procedures in force with any doubt.
    #[schema(example = 4100)]
    pub procedures: u64,
    /// By kind, the most frequent first.
    pub kinds: Vec<QualityKind>,
}

/// Makes the report over all procedures in force, with so many examples of each kind; of one kind only, when asked.
///
/// # Errors
/// The database's.
pub async fn quality_report(
    db: &Db,
    only: Option<&str>,
    examples: usize,
) -> Result<QualityReport, DbErr> {
    let mut kinds: BTreeMap<String, QualityKind> = BTreeMap::new();
    let mut procedures = 0;
    for d in quality::doubtful(db.read()).await? {
        let mut any = false;
        for w in d.warnings {
            let name = w.kind.name();
            if only.is_some_and(|only| only != name) {
                continue;
            }
            any = true;
            let kind = kinds.entry(name.clone()).or_insert_with(|| QualityKind {
                kind: name,
                procedures: 0,
                count: 0,
                examples: Vec::new(),
            });
            kind.procedures += 1;
            kind.count += u64::from(w.count);
            if kind.examples.len() < examples {
                kind.examples.push(QualityExample {
                    id: d.id,
                    code: d.code.clone(),
                    name: d.name.clone(),
                    example: w.example,
                });
            }
        }
        procedures += u64::from(any);
    }
    let mut kinds: Vec<QualityKind> = kinds.into_values().collect();
    kinds.sort_by(|a, b| {
        b.procedures
            .cmp(&a.procedures)
            .then_with(|| a.kind.cmp(&b.kind))
    });
    Ok(QualityReport { procedures, kinds })
}
