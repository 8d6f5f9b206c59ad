//! How a version comes to be: draft (bản nháp) → in review (chờ duyệt) → published (đã công bố) → superseded or withdrawn (hết hiệu lực, bãi
//! bỏ). Who wrote a draft does not publish it (NĐ 63/2010 art. 13–15: one body drafts, another decides to publish).

use chrono::NaiveDate;
use contracts::AccountId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where a draft stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum DraftState {
    /// Being written.
    Draft,
    /// Handed in; another person looks at it.
    InReview,
    /// Published, but its first day has not come.
    Scheduled,
    /// A version of the procedure.
    Published,
    /// Given up.
    Discarded,
}

impl DraftState {
    /// All five.
    pub const ALL: &'static [DraftState] = &[
        DraftState::Draft,
        DraftState::InReview,
        DraftState::Scheduled,
        DraftState::Published,
        DraftState::Discarded,
    ];

    /// The stable name as in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            DraftState::Draft => "draft",
            DraftState::InReview => "inReview",
            DraftState::Scheduled => "scheduled",
            DraftState::Published => "published",
            DraftState::Discarded => "discarded",
        }
    }

    /// The inverse of [`DraftState::as_str`].
    pub fn parse(s: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|x| x.as_str() == s)
    }
}

/// What a person does with a draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Change what it says.
    Write,
    /// Hand it in for review.
    Submit,
    /// Send it back to be written again.
    SendBack,
    /// Publish it from a day on.
    Publish(NaiveDate),
    /// Give it up.
    Discard,
}

impl Step {
    /// The stable name, for the journal.
    pub fn name(self) -> &'static str {
        match self {
            Step::Write => "write",
            Step::Submit => "submit",
            Step::SendBack => "sendBack",
            Step::Publish(_) => "publish",
            Step::Discard => "discard",
        }
    }
}

/// Why a step is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Not from this state.
    NotOpen,
    /// Who wrote it may not publish it.
    OwnDraft,
}

/// The state after a step of a person on a day.
///
/// # Errors
/// When the step is not open in this state, or not to this person.
pub fn take(
    state: DraftState,
    step: Step,
    writers: &[AccountId],
    by: AccountId,
    today: NaiveDate,
) -> Result<DraftState, Refused> {
    use DraftState as S;
    match (state, step) {
        (S::Draft, Step::Write) => Ok(S::Draft),
        (S::Draft, Step::Submit) => Ok(S::InReview),
        (S::InReview, Step::SendBack) => Ok(S::Draft),
        (S::InReview, Step::Publish(_)) if writers.contains(&by) => Err(Refused::OwnDraft),
        (S::InReview, Step::Publish(from)) if from > today => Ok(S::Scheduled),
        (S::InReview, Step::Publish(_)) => Ok(S::Published),
        (S::Draft | S::InReview | S::Scheduled, Step::Discard) => Ok(S::Discarded),
        _ => Err(Refused::NotOpen),
    }
}

/// How a published version stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum VersionState {
    /// In force.
    Published,
    /// A later version has taken its place.
    Superseded,
    /// It says that the procedure is withdrawn (bãi bỏ).
    Withdrawn,
}

/// How a version stands, given the newest one.
pub fn version_state(version: i64, newest: i64, active: bool) -> VersionState {
    if version < newest {
        VersionState::Superseded
    } else if active {
        VersionState::Published
    } else {
        VersionState::Withdrawn
    }
}

/// The first day of a new version: that of its decision when the decision is newer than the version before, else the day it was learned.
pub fn first_day(
    decided: Option<NaiveDate>,
    before: Option<NaiveDate>,
    learned: NaiveDate,
) -> NaiveDate {
    match (decided, before) {
        (Some(decided), None) => decided,
        (Some(decided), Some(before)) if decided > before => decided,
        (_, Some(before)) => learned.max(before),
        (None, None) => learned,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn day(d: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 7, d).expect("a day")
    }

    fn person(n: u128) -> AccountId {
        AccountId(Uuid::from_u128(n))
    }

    #[test]
    fn every_step_from_every_state() {
        use DraftState as S;
        let (writer, other) = (person(1), person(2));
        let steps = [
            Step::Write,
            Step::Submit,
            Step::SendBack,
            Step::Publish(day(10)),
            Step::Discard,
        ];
        let open = |state: S| -> Vec<(&str, S)> {
            steps
                .iter()
                .filter_map(|s| Some((s.name(), take(state, *s, &[writer], other, day(10)).ok()?)))
                .collect()
        };
        assert_eq!(
            open(S::Draft),
            [
                ("write", S::Draft),
                ("submit", S::InReview),
                ("discard", S::Discarded)
            ]
        );
        assert_eq!(
            open(S::InReview),
            [
                ("sendBack", S::Draft),
                ("publish", S::Published),
                ("discard", S::Discarded)
            ]
        );
        assert_eq!(open(S::Scheduled), [("discard", S::Discarded)]);
        assert_eq!(open(S::Published), []);
        assert_eq!(open(S::Discarded), []);
    }

    #[test]
    fn nobody_publishes_the_own_draft_and_the_future_waits() {
        use DraftState as S;
        let (writer, other) = (person(1), person(2));
        let publish = |by, from| take(S::InReview, Step::Publish(from), &[writer], by, day(10));
        assert_eq!(publish(writer, day(10)), Err(Refused::OwnDraft));
        assert_eq!(publish(other, day(11)), Ok(S::Scheduled));
        assert_eq!(publish(other, day(1)), Ok(S::Published));
    }

    #[test]
    fn a_version_begins_with_its_decision_or_when_it_was_learned() {
        assert_eq!(first_day(Some(day(5)), None, day(20)), day(5));
        assert_eq!(first_day(Some(day(5)), Some(day(1)), day(20)), day(5));
        assert_eq!(first_day(Some(day(1)), Some(day(1)), day(20)), day(20));
        assert_eq!(first_day(None, None, day(20)), day(20));
        assert_eq!(first_day(None, Some(day(25)), day(20)), day(25));
    }
}
