//! What people may ask about their data (quyền của chủ thể dữ liệu, Luật 91/2025/QH15 art. 4), and the clocks of the answer.

use chrono::{DateTime, Utc};
use contracts::AccountId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;
use vn::worktime::{Calendar, Rules, Term, Unit, due_at};

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DataRight)]
pub(crate) enum Right {
    /// Xem, được cung cấp dữ liệu.
    Access,
    /// Chỉnh sửa.
    Correct,
    /// Hạn chế xử lý.
    Restrict,
    /// Phản đối xử lý.
    Object,
    /// Xóa.
    Erase,
}

impl Right {
    /// The name in the database and the API.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Correct => "correct",
            Self::Restrict => "restrict",
            Self::Object => "object",
            Self::Erase => "erase",
        }
    }

    /// The inverse of [`Right::as_str`].
    pub(crate) fn parse(name: &str) -> Option<Self> {
        [
            Self::Access,
            Self::Correct,
            Self::Restrict,
            Self::Object,
            Self::Erase,
        ]
        .into_iter()
        .find(|right| right.as_str() == name)
    }

    /// Whether granting it limits what is done with the data from then on.
    pub(crate) fn limits(self) -> bool {
        matches!(self, Self::Restrict | Self::Object)
    }
}

/// Where a request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DataRequestState)]
pub(crate) enum State {
    /// Đã nhận; nobody has answered yet.
    Received,
    /// Đã phản hồi tiếp nhận: the person was told that and how it is handled.
    Accepted,
    /// Đã thực hiện.
    Done,
    /// Từ chối, with the reason.
    Refused,
}

impl State {
    /// The name in the database and the API.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Accepted => "accepted",
            Self::Done => "done",
            Self::Refused => "refused",
        }
    }

    /// The inverse of [`State::as_str`].
    pub(crate) fn parse(name: &str) -> Option<Self> {
        [Self::Received, Self::Accepted, Self::Done, Self::Refused]
            .into_iter()
            .find(|state| state.as_str() == name)
    }

    fn is_open(self) -> bool {
        matches!(self, Self::Received | Self::Accepted)
    }
}

/// A request. Texts are sealed.
#[derive(Clone, Debug)]
pub(crate) struct DataRequest {
    pub(crate) id: Uuid,
    /// Whose data, and who asks.
    pub(crate) account: AccountId,
    /// The agency it is addressed to; `None`: the province.
    pub(crate) agency: Option<String>,
    pub(crate) right: Right,
    /// What exactly, in the person's words. Sealed.
    pub(crate) text: String,
    pub(crate) state: State,
    pub(crate) received_at: DateTime<Utc>,
    /// Until when the reception is to be answered.
    pub(crate) accept_by: DateTime<Utc>,
    pub(crate) accepted_at: Option<DateTime<Utc>>,
    /// Until when it is to be done.
    pub(crate) due_at: DateTime<Utc>,
    /// Why the term was extended. Sealed.
    pub(crate) extension: Option<String>,
    pub(crate) closed_at: Option<DateTime<Utc>>,
    /// What was done, or why not. Sealed.
    pub(crate) answer: Option<String>,
    pub(crate) handler: Option<AccountId>,
    /// When a restriction was taken back.
    pub(crate) lifted_at: Option<DateTime<Utc>>,
    pub(crate) version: i64,
}

/// Terms of the answer. NĐ 356/2025/NĐ-CP gives two working days for the answer to the reception; the days for carrying a request out
/// are settings, since the decree's table was not at hand in full.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    /// Working days to answer the reception.
    pub(crate) accept_working_days: i64,
    /// Days to give access, to correct.
    pub(crate) access_days: i64,
    /// Days to restrict, to heed an objection.
    pub(crate) restrict_days: i64,
    /// Days to erase.
    pub(crate) erase_days: i64,
}

impl Terms {
    fn days(&self, right: Right) -> i64 {
        match right {
            Right::Access | Right::Correct => self.access_days,
            Right::Restrict | Right::Object => self.restrict_days,
            Right::Erase => self.erase_days,
        }
    }

    /// Both clocks of a request received now: (answer to the reception, done).
    pub(crate) fn clocks(
        &self,
        right: Right,
        now: DateTime<Utc>,
    ) -> (DateTime<Utc>, DateTime<Utc>) {
        (
            after(now, self.accept_working_days, Unit::WorkingDay),
            after(now, self.days(right), Unit::Day),
        )
    }
}

/// The end of a term in days. Counted by the national calendar; where that does not reach, by the calendar's days alone, which is never
/// later.
fn after(start: DateTime<Utc>, days: i64, unit: Unit) -> DateTime<Utc> {
    Term::whole(days.max(1), unit)
        .and_then(|term| due_at(start, &[term], &Rules::default(), &Calendar::national()))
        .unwrap_or_else(|_beyond| start + chrono::Duration::days(days.clamp(1, 366)))
}

/// Why a step is not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It was closed, or the step was taken before.
    State,
    /// The one who asks does not decide.
    Own,
}

impl DataRequest {
    fn by(&mut self, handler: AccountId) -> Result<(), Refusal> {
        if handler == self.account {
            return Err(Refusal::Own);
        }
        self.handler = Some(handler);
        self.version += 1;
        Ok(())
    }

    /// Tells the person that it is being handled, and how.
    ///
    /// # Errors
    /// See [`Refusal`].
    pub(crate) fn accept(&mut self, by: AccountId, now: DateTime<Utc>) -> Result<(), Refusal> {
        if self.state != State::Received {
            return Err(Refusal::State);
        }
        self.by(by)?;
        self.state = State::Accepted;
        self.accepted_at = Some(now);
        Ok(())
    }

    /// Extends the term once, by as much again, before it has run out.
    ///
    /// # Errors
    /// See [`Refusal`].
    pub(crate) fn extend(
        &mut self,
        by: AccountId,
        reason: String,
        terms: &Terms,
        now: DateTime<Utc>,
    ) -> Result<(), Refusal> {
        if self.state != State::Accepted || self.extension.is_some() || now > self.due_at {
            return Err(Refusal::State);
        }
        self.by(by)?;
        self.extension = Some(reason);
        self.due_at = after(self.due_at, terms.days(self.right), Unit::Day);
        Ok(())
    }

    /// Closes it: done, or refused with the reason.
    ///
    /// # Errors
    /// See [`Refusal`].
    pub(crate) fn close(
        &mut self,
        by: AccountId,
        state: State,
        answer: String,
        now: DateTime<Utc>,
    ) -> Result<(), Refusal> {
        if !self.state.is_open() || state.is_open() {
            return Err(Refusal::State);
        }
        self.by(by)?;
        // Who answers at once has answered the reception, too.
        self.accepted_at = self.accepted_at.or(Some(now));
        self.state = state;
        self.answer = Some(answer);
        self.closed_at = Some(now);
        Ok(())
    }

    /// The person takes back a restriction that was granted.
    ///
    /// # Errors
    /// See [`Refusal`].
    pub(crate) fn lift(&mut self, now: DateTime<Utc>) -> Result<(), Refusal> {
        if self.state != State::Done || !self.right.limits() || self.lifted_at.is_some() {
            return Err(Refusal::State);
        }
        self.version += 1;
        self.lifted_at = Some(now);
        Ok(())
    }

    /// Whether a clock has run out at `now`.
    pub(crate) fn is_overdue(&self, now: DateTime<Utc>) -> bool {
        match self.state {
            State::Received => now > self.accept_by || now > self.due_at,
            State::Accepted => now > self.due_at,
            State::Done | State::Refused => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TERMS: Terms = Terms {
        accept_working_days: 2,
        access_days: 10,
        restrict_days: 15,
        erase_days: 20,
    };

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    fn who(n: u128) -> AccountId {
        AccountId(Uuid::from_u128(n))
    }

    /// Received on Thursday 19 November 2026, 09:00 in Vietnam.
    fn received(right: Right) -> DataRequest {
        let now = at("2026-11-19T02:00:00Z");
        let (accept_by, due) = TERMS.clocks(right, now);
        DataRequest {
            id: Uuid::from_u128(9),
            account: who(1),
            agency: None,
            right,
            text: "v1.sealed".to_owned(),
            state: State::Received,
            received_at: now,
            accept_by,
            accepted_at: None,
            due_at: due,
            extension: None,
            closed_at: None,
            answer: None,
            handler: None,
            lifted_at: None,
            version: 1,
        }
    }

    #[test]
    fn the_reception_is_answered_within_two_working_days() {
        // Friday, then Monday: the weekend does not count.
        let request = received(Right::Access);
        let local = vn::worktime::local_date(request.accept_by);
        assert_eq!(local.to_string(), "2026-11-23");
        assert_eq!(
            vn::worktime::local_date(request.due_at).to_string(),
            "2026-11-30",
            "ten days that end on Sunday 29 end on the next working day"
        );
        assert!(!request.is_overdue(request.accept_by));
        assert!(request.is_overdue(request.accept_by + chrono::Duration::seconds(1)));
    }

    #[test]
    fn each_right_has_its_own_term_and_one_extension() {
        let due = |right| received(right).due_at;
        assert!(due(Right::Access) < due(Right::Restrict));
        assert!(due(Right::Restrict) < due(Right::Erase));
        let mut request = received(Right::Erase);
        let now = at("2026-11-20T02:00:00Z");
        assert_eq!(
            request.extend(who(2), "x".into(), &TERMS, now),
            Err(Refusal::State),
            "not before the person was told of the reception"
        );
        request.accept(who(2), now).expect("accepted");
        let before = request.due_at;
        request
            .extend(who(2), "x".into(), &TERMS, now)
            .expect("extended");
        assert!(request.due_at >= before + chrono::Duration::days(19));
        assert_eq!(
            request.extend(who(2), "x".into(), &TERMS, now),
            Err(Refusal::State),
            "once"
        );
        assert_eq!(request.version, 3);
    }

    #[test]
    fn nobody_decides_the_own_request_and_a_closed_one_stays_closed() {
        let now = at("2026-11-20T02:00:00Z");
        for right in [Right::Access, Right::Erase, Right::Object] {
            let mut request = received(right);
            assert_eq!(request.accept(who(1), now), Err(Refusal::Own));
            let own = request.close(who(1), State::Done, "x".into(), now);
            assert_eq!(own, Err(Refusal::Own));
            assert_eq!((request.version, request.state), (1, State::Received));
            request
                .close(who(2), State::Refused, "x".into(), now)
                .expect("refused");
            assert_eq!(request.accepted_at, Some(now));
            for state in [State::Done, State::Refused, State::Received] {
                let again = request.close(who(2), state, "x".into(), now);
                assert_eq!(again, Err(Refusal::State));
            }
            assert_eq!(request.accept(who(2), now), Err(Refusal::State));
            assert!(!request.is_overdue(now + chrono::Duration::days(999)));
        }
    }

    #[test]
    fn only_a_granted_restriction_is_lifted_and_once() {
        let now = at("2026-11-20T02:00:00Z");
        let mut access = received(Right::Access);
        access
            .close(who(2), State::Done, "x".into(), now)
            .expect("done");
        assert_eq!(access.lift(now), Err(Refusal::State));
        let mut restrict = received(Right::Restrict);
        assert_eq!(restrict.lift(now), Err(Refusal::State));
        restrict
            .close(who(2), State::Done, "x".into(), now)
            .expect("done");
        restrict.lift(now).expect("lifted");
        assert_eq!(restrict.lift(now), Err(Refusal::State));
    }

    #[test]
    fn names_are_read_as_they_are_written() {
        for name in ["access", "correct", "restrict", "object", "erase"] {
            assert_eq!(Right::parse(name).map(Right::as_str), Some(name));
        }
        for name in ["received", "accepted", "done", "refused"] {
            assert_eq!(State::parse(name).map(State::as_str), Some(name));
        }
        assert!(Right::parse("x").is_none() && State::parse("").is_none());
    }
}
