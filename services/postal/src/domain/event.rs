//! What a postal operator reports, in our words.

use super::receipt::Receipt;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How far apart two clocks may be before an event counts as impossible.
pub const CLOCK_SKEW: TimeDelta = TimeDelta::minutes(15);

/// The source of our own entries in a timeline. Not a possible OAuth client id.
pub const OWN_SOURCE: &str = "@agency";

/// The meaning of one event.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum EventCode {
    /// Bàn giao: the hand-over record (biên bản giao nhận) was signed. Our own entry.
    HandedOver,
    /// Hủy: the order was cancelled before the hand-over. Our own entry.
    Cancelled,
    /// Đã nhận gửi: the operator confirms that it holds the item.
    PickedUp,
    /// Đang vận chuyển.
    InTransit,
    /// Phát không thành: one delivery attempt failed.
    AttemptFailed,
    /// Đã mời nhận: an invitation was left (TT 17/2017 art. 5(2)(h)).
    Invited,
    /// Đã phát.
    Delivered,
    /// Đã chuyển hoàn về cơ quan.
    Returned,
    /// Thất lạc.
    Lost,
    /// Hư hỏng.
    Damaged,
    /// Đính chính: takes back an earlier event of the operator.
    Corrected,
    /// A code that the mapping table does not know; kept raw.
    Unknown,
}

impl EventCode {
    /// Every code.
    pub const ALL: &'static [EventCode] = &[
        EventCode::HandedOver,
        EventCode::Cancelled,
        EventCode::PickedUp,
        EventCode::InTransit,
        EventCode::AttemptFailed,
        EventCode::Invited,
        EventCode::Delivered,
        EventCode::Returned,
        EventCode::Lost,
        EventCode::Damaged,
        EventCode::Corrected,
        EventCode::Unknown,
    ];

    /// The stable name, as in JSON and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            EventCode::HandedOver => "handedOver",
            EventCode::Cancelled => "cancelled",
            EventCode::PickedUp => "pickedUp",
            EventCode::InTransit => "inTransit",
            EventCode::AttemptFailed => "attemptFailed",
            EventCode::Invited => "invited",
            EventCode::Delivered => "delivered",
            EventCode::Returned => "returned",
            EventCode::Lost => "lost",
            EventCode::Damaged => "damaged",
            EventCode::Corrected => "corrected",
            EventCode::Unknown => "unknown",
        }
    }

    /// The inverse of [`EventCode::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|c| c.as_str() == text)
    }

    /// Whether an operator may mean this: our own entries cannot be reported from outside.
    pub fn reportable(self) -> bool {
        !matches!(
            self,
            EventCode::HandedOver | EventCode::Cancelled | EventCode::Unknown
        )
    }
}

/// One event as stored: a fact that somebody reported, whatever we think of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostEvent {
    /// The operator's id of the event, unique per operator.
    pub event_id: String,
    /// Whether this is an entry of our own ([`OWN_SOURCE`]).
    pub own: bool,
    /// The meaning after the mapping table.
    pub code: EventCode,
    /// The code as the operator sent it.
    pub operator_code: String,
    /// When it happened, as reported.
    pub occurred_at: DateTime<Utc>,
    /// When we first heard of it.
    pub received_at: DateTime<Utc>,
    /// Post office or place.
    pub place: Option<String>,
    /// Remark.
    pub note: Option<String>,
    /// Who took the item, for `delivered`.
    pub receiver: Option<Receipt>,
    /// The event id that a `corrected` event takes back.
    pub corrects: Option<String>,
}

/// Which days count as working days (ngày làm việc).
pub trait WorkingDays {
    /// Whether offices work on this civil day.
    fn is_working_day(&self, day: NaiveDate) -> bool;

    /// The `count`-th working day after `day`. Stops at one year, so that a calendar without working days cannot hang us.
    fn after(&self, day: NaiveDate, count: u32) -> NaiveDate {
        let mut left = count;
        let mut date = day;
        for _ in 0..366 {
            if left == 0 {
                break;
            }
            let Some(next) = date.succ_opt() else { break };
            date = next;
            if self.is_working_day(date) {
                left -= 1;
            }
        }
        date
    }
}

/// The civil day in Vietnam (UTC+7, no daylight saving since 1975).
pub fn civil_day(at: DateTime<Utc>) -> NaiveDate {
    (at + TimeDelta::hours(7)).date_naive()
}
