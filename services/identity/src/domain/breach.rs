//! The file of a breach (hồ sơ vi phạm quy định bảo vệ dữ liệu cá nhân, Luật 91/2025/QH15 art. 23): the clock of 72 hours runs from the
//! discovery; who did what is minuted and never changed; the file is kept for five years at least.

use chrono::{DateTime, Duration, Months, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Hours from the discovery to the notification of the authority (art. 23 (1)).
const HOURS: i64 = 72;
/// Years that a closed file is kept.
const YEARS: u32 = 5;

/// One incident. The title is sealed.
#[derive(Clone, Debug)]
pub(crate) struct Breach {
    pub(crate) id: Uuid,
    pub(crate) title: String,
    /// Kinds of data, in words.
    pub(crate) kinds: Vec<String>,
    /// How many people, as far as is known.
    pub(crate) people: Option<i64>,
    pub(crate) discovered_at: DateTime<Utc>,
    pub(crate) notify_by: DateTime<Utc>,
    /// False: it was decided, with reasons, that there is no harm to expect and nothing to notify.
    pub(crate) notifiable: bool,
    pub(crate) notified_at: Option<DateTime<Utc>>,
    pub(crate) people_told_at: Option<DateTime<Utc>>,
    pub(crate) closed_at: Option<DateTime<Utc>>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) version: i64,
}

/// What an entry of the minutes says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = BreachEntryKind)]
pub(crate) enum EntryKind {
    /// The file was opened.
    Opened,
    /// Something learned.
    Note,
    /// Something done against it.
    Measure,
    /// The authority (A05, Bộ Công an) was notified; the text names the receipt.
    AuthorityNotified,
    /// It is not to be notified; the text says why.
    NotNotifiable,
    /// The people concerned were told.
    PeopleTold,
    /// The file is closed: cause, effect, measures, who decided.
    Closed,
}

impl EntryKind {
    /// The name in the database and the API.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Note => "note",
            Self::Measure => "measure",
            Self::AuthorityNotified => "authorityNotified",
            Self::NotNotifiable => "notNotifiable",
            Self::PeopleTold => "peopleTold",
            Self::Closed => "closed",
        }
    }

    /// The inverse of [`EntryKind::as_str`].
    pub(crate) fn parse(name: &str) -> Option<Self> {
        [
            Self::Opened,
            Self::Note,
            Self::Measure,
            Self::AuthorityNotified,
            Self::NotNotifiable,
            Self::PeopleTold,
            Self::Closed,
        ]
        .into_iter()
        .find(|kind| kind.as_str() == name)
    }
}

/// An entry that is not open now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotOpen;

/// When the authority is to be notified at the latest.
pub(crate) fn notify_by(discovered_at: DateTime<Utc>) -> DateTime<Utc> {
    discovered_at + Duration::hours(HOURS)
}

impl Breach {
    /// Takes an entry into the file.
    ///
    /// # Errors
    /// [`NotOpen`] when the step was taken before, the file is closed, or it would be closed without a word on the notification.
    pub(crate) fn enter(&mut self, kind: EntryKind, now: DateTime<Utc>) -> Result<(), NotOpen> {
        let closed = self.closed_at.is_some();
        let decided = self.notified_at.is_some() || !self.notifiable;
        let open = match kind {
            EntryKind::Opened => false,
            EntryKind::Note => true,
            EntryKind::Measure => !closed,
            EntryKind::AuthorityNotified => self.notified_at.is_none(),
            EntryKind::NotNotifiable => !closed && !decided,
            EntryKind::PeopleTold => self.people_told_at.is_none(),
            EntryKind::Closed => !closed && decided,
        };
        if !open {
            return Err(NotOpen);
        }
        match kind {
            EntryKind::AuthorityNotified => {
                self.notified_at = Some(now);
                self.notifiable = true;
            }
            EntryKind::NotNotifiable => self.notifiable = false,
            EntryKind::PeopleTold => self.people_told_at = Some(now),
            EntryKind::Closed => self.closed_at = Some(now),
            EntryKind::Opened | EntryKind::Note | EntryKind::Measure => {}
        }
        self.version += 1;
        Ok(())
    }

    /// Whether the clock runs: nobody was notified, and nothing was decided against it.
    pub(crate) fn clock_runs(&self) -> bool {
        self.notifiable && self.notified_at.is_none()
    }

    /// Whether the authority was notified too late, or is still to be and it is too late.
    pub(crate) fn is_late(&self, now: DateTime<Utc>) -> bool {
        match self.notified_at {
            Some(at) => at > self.notify_by,
            None => self.notifiable && now > self.notify_by,
        }
    }

    /// Until when a closed file is kept at least.
    pub(crate) fn keep_until(&self) -> Option<DateTime<Utc>> {
        self.closed_at?.checked_add_months(Months::new(YEARS * 12))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use EntryKind as E;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    fn opened() -> Breach {
        let discovered = at("2026-11-19T02:00:00Z");
        Breach {
            id: Uuid::nil(),
            title: String::new(),
            kinds: Vec::new(),
            people: None,
            discovered_at: discovered,
            notify_by: notify_by(discovered),
            notifiable: true,
            notified_at: None,
            people_told_at: None,
            closed_at: None,
            created_at: discovered,
            version: 1,
        }
    }

    #[test]
    fn the_clock_runs_72_hours_from_the_discovery_over_the_weekend() {
        let mut breach = opened();
        assert_eq!(breach.notify_by, at("2026-11-22T02:00:00Z"));
        assert!(breach.clock_runs() && !breach.is_late(breach.notify_by));
        let late = breach.notify_by + Duration::seconds(1);
        assert!(breach.is_late(late));
        breach.enter(E::AuthorityNotified, late).expect("notified");
        assert!(
            !breach.clock_runs() && breach.is_late(late),
            "late stays late"
        );
        let mut in_time = opened();
        in_time
            .enter(E::AuthorityNotified, in_time.notify_by)
            .expect("notified");
        assert!(!in_time.is_late(late));
    }

    #[test]
    fn no_file_is_closed_without_a_word_on_the_notification() {
        let now = at("2026-11-20T02:00:00Z");
        let mut breach = opened();
        assert_eq!(breach.enter(E::Closed, now), Err(NotOpen));
        breach.enter(E::NotNotifiable, now).expect("decided");
        assert!(!breach.clock_runs() && !breach.is_late(at("2027-01-01T00:00:00Z")));
        breach.enter(E::Closed, now).expect("closed");
        assert_eq!(breach.keep_until(), Some(at("2031-11-20T02:00:00Z")));
        for kind in [E::Opened, E::Measure, E::NotNotifiable, E::Closed] {
            assert_eq!(breach.enter(kind, now), Err(NotOpen), "{kind:?}");
        }
        // What comes out later is still noted, and still notified.
        breach.enter(E::Note, now).expect("noted");
        breach.enter(E::AuthorityNotified, now).expect("notified");
        assert_eq!(breach.enter(E::AuthorityNotified, now), Err(NotOpen));
        assert!(breach.notifiable);
    }

    #[test]
    fn names_are_read_as_they_are_written() {
        for name in [
            "opened",
            "note",
            "measure",
            "authorityNotified",
            "notNotifiable",
            "peopleTold",
            "closed",
        ] {
            assert_eq!(E::parse(name).map(E::as_str), Some(name));
        }
        assert!(E::parse("x").is_none());
    }
}
