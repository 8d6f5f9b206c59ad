//! The way of a dossier through the house, as data: versioned steps that the ten public states know nothing of.

use contracts::{Language, Role};
use serde::{Deserialize, Serialize};

/// Which version of which process a dossier was received under. It stays when the process moves on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProcessRef {
    /// Name of the process, e.g. `default`.
    pub(crate) id: String,
    /// Version, from 1.
    pub(crate) version: i64,
}

/// A process definition (quy trình nội bộ): a chain of steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Process {
    /// Name and version.
    pub(crate) reference: ProcessRef,
    /// The steps, first to last.
    pub(crate) steps: Vec<Step>,
}

/// One step (bước xử lý) at one desk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Step {
    /// Stable within the process, e.g. `handling`.
    pub(crate) id: String,
    /// Vietnamese name.
    pub(crate) name_vi: String,
    /// English name.
    pub(crate) name_en: String,
    /// Whose desk it is.
    pub(crate) role: Role,
    /// The step after this one; none for the last.
    pub(crate) next: Option<String>,
}

impl Step {
    /// The name in one language.
    pub(crate) fn name(&self, language: Language) -> &str {
        match language {
            Language::Vi => &self.name_vi,
            Language::En => &self.name_en,
        }
    }
}

/// The steps as stored.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Definition {
    steps: Vec<Step>,
}

/// Why a definition cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unfit {
    /// Not the JSON of a definition.
    #[error("the process definition cannot be read")]
    Json(#[from] serde_json::Error),
    /// A rule of the shape is broken.
    #[error("the process definition is unfit: {0}")]
    Shape(&'static str),
}

impl Process {
    /// The default process (version 1): one-stop desk → specialist → leader → one-stop desk. It fits every procedure.
    pub(crate) const DEFAULT_V1: &'static str = r#"{"steps":[
        {"id":"intake","nameVi":"Kiểm tra, tiếp nhận","nameEn":"Check and reception","role":"one_stop_officer","next":"handling"},
        {"id":"handling","nameVi":"Thẩm định","nameEn":"Examination","role":"specialist","next":"approval"},
        {"id":"approval","nameVi":"Phê duyệt","nameEn":"Approval","role":"leader","next":"return"},
        {"id":"return","nameVi":"Trả kết quả","nameEn":"Return of the result","role":"one_stop_officer","next":null}]}"#;

    /// Reads and checks a definition: a chain from a one-stop desk over at least one specialist and then at least one
    /// leader back to a one-stop desk.
    ///
    /// # Errors
    /// [`Unfit`] when it is not such a chain.
    pub(crate) fn read(id: &str, version: i64, json: &str) -> Result<Self, Unfit> {
        let Definition { steps } = serde_json::from_str(json)?;
        let process = Self {
            reference: ProcessRef {
                id: id.to_owned(),
                version,
            },
            steps,
        };
        process.check()?;
        Ok(process)
    }

    fn check(&self) -> Result<(), Unfit> {
        let steps = &self.steps;
        let chained = steps
            .iter()
            .zip(steps.iter().skip(1))
            .all(|(a, b)| a.next.as_ref() == Some(&b.id))
            && steps.last().is_some_and(|s| s.next.is_none());
        if !chained {
            return Err(Unfit::Shape(
                "each step names the one after it, the last one none",
            ));
        }
        let mut ids: Vec<_> = steps.iter().map(|s| s.id.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        if ids.len() != steps.len() {
            return Err(Unfit::Shape("two steps have the same id"));
        }
        let [first, inner @ .., last] = steps.as_slice() else {
            return Err(Unfit::Shape("too few steps"));
        };
        if first.role != Role::OneStopOfficer || last.role != Role::OneStopOfficer {
            return Err(Unfit::Shape(
                "the first and the last step are at the one-stop desk",
            ));
        }
        let leaders_from = inner.iter().position(|s| s.role == Role::Leader);
        let well_ordered = leaders_from.is_some_and(|n| {
            let (before, after) = inner.split_at(n);
            !before.is_empty()
                && before.iter().all(|s| s.role == Role::Specialist)
                && after.iter().all(|s| s.role == Role::Leader)
        });
        if well_ordered {
            Ok(())
        } else {
            Err(Unfit::Shape("between them come specialists, then leaders"))
        }
    }

    /// The step where a dossier begins.
    pub(crate) fn first(&self) -> Option<&Step> {
        self.steps.first()
    }

    /// A step by its id.
    pub(crate) fn step(&self, id: &str) -> Option<&Step> {
        self.steps.iter().find(|s| s.id == id)
    }

    /// The step after `id`.
    pub(crate) fn after(&self, id: &str) -> Option<&Step> {
        self.step(self.step(id)?.next.as_deref()?)
    }

    /// The last specialist's step: where a leader sends back to.
    pub(crate) fn last_specialist(&self) -> Option<&Step> {
        self.steps.iter().rfind(|s| s.role == Role::Specialist)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_process_is_fit() {
        let p = Process::read("default", 1, Process::DEFAULT_V1).expect("fit");
        assert_eq!(p.first().map(|s| s.id.as_str()), Some("intake"));
        assert_eq!(p.after("handling").map(|s| s.id.as_str()), Some("approval"));
        assert_eq!(p.after("return"), None);
        assert_eq!(p.last_specialist().map(|s| s.id.as_str()), Some("handling"));
    }

    #[test]
    fn unfit_definitions_are_named() {
        let cases = [
            ("{", "cannot be read"),
            (r#"{"steps":[]}"#, "names the one after"),
            (
                r#"{"steps":[{"id":"a","nameVi":"","nameEn":"","role":"one_stop_officer","next":"b"},
                    {"id":"b","nameVi":"","nameEn":"","role":"one_stop_officer","next":null}]}"#,
                "between them",
            ),
            (
                r#"{"steps":[{"id":"a","nameVi":"","nameEn":"","role":"specialist","next":"b"},
                    {"id":"b","nameVi":"","nameEn":"","role":"leader","next":null}]}"#,
                "one-stop desk",
            ),
            (
                r#"{"steps":[{"id":"a","nameVi":"","nameEn":"","role":"one_stop_officer","next":"c"},
                    {"id":"b","nameVi":"","nameEn":"","role":"leader","next":null}]}"#,
                "names the one after",
            ),
        ];
        for (json, says) in cases {
            let error = Process::read("x", 1, json).expect_err("unfit").to_string();
            assert!(error.contains(says), "{json}: {error}");
        }
    }
}
