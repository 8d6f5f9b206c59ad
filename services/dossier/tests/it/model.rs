//! Random commands at random times against a simple model: what is open, where it leads, when the result is due. The model is written
//! from the law (domain text, not code): ten states, three desks, a clock that stops and restarts.

use crate::world::{World, text};
use chrono::{DateTime, Duration, NaiveDate, NaiveTime, Utc};
use contracts::Actor;
use serde_json::{Value, json};
use testkit::{actors, wait_for};
use vn::worktime::{self, Calendar, Term, Unit, local_date};

/// Where a dossier is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    New,
    Received,
    NotReceived,
    InProgress,
    Supplement,
    Payment,
    Withdrawn,
    Stopped,
    Done,
    Returned,
}

/// At whose desk, while it is handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Desk {
    OneStop,
    Specialist,
    Leader,
}

/// A fee in the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Owed {
    Asked,
    Paid,
    Exempt,
    Refunded,
}

/// The promised date and the first one.
type Dates = [Option<DateTime<Utc>>; 2];

#[derive(Debug)]
struct Model {
    at: At,
    desk: Desk,
    /// Where a request was made, to come back to.
    back: Option<(At, Desk)>,
    supplements: u32,
    answer_by: Option<DateTime<Utc>>,
    received: Option<DateTime<Utc>>,
    due: Option<DateTime<Utc>>,
    /// The date that the term gave, whatever was promised since.
    first: Option<DateTime<Utc>>,
    /// Both dates as a payment request stopped them, and when.
    stopped: Option<(Dates, DateTime<Utc>)>,
    /// A new date was promised once.
    apologised: bool,
    /// How it was solved, by the promised and by the first date; the worst of all times.
    solved: [Option<Solved>; 2],
    /// Where and when it ended, to be opened again.
    ended: Option<(At, Desk, DateTime<Utc>)>,
    fees: Vec<Owed>,
    /// The fee that is waited for.
    waits_for: Option<usize>,
    messages: usize,
    calendar: Calendar,
}

/// How it was solved, the worse the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Solved {
    Early,
    OnTime,
    Late,
}

impl Solved {
    /// By the date, not by the hour.
    fn by(due: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Self {
        let (today, due) = (local_date(now), due.map(local_date));
        match due {
            Some(due) if today < due => Self::Early,
            Some(due) if today > due => Self::Late,
            _ => Self::OnTime,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Early => "early",
            Self::OnTime => "onTime",
            Self::Late => "late",
        }
    }
}

/// What a person does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Do {
    Receive,
    Ask { basis: bool },
    Answer,
    Refuse,
    Withdraw,
    Start,
    Propose,
    SendBack,
    Approve,
    RequestPayment,
    ConfirmPayment,
    Stop,
    HandOver,
    Apologise(NaiveDate),
    Reopen,
    Correct,
    AskFee,
    PayFee(usize),
    ExemptFee(usize),
    RefundFee(usize),
    Write,
}

/// Who.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    Citizen,
    Officer,
    Specialist,
    Leader,
}

/// What must come of it.
#[derive(Debug, PartialEq, Eq)]
enum Must {
    Happen,
    Forbidden,
    Closed,
    SecondRequest,
    LateRequest,
    SecondApology,
    LateApology,
    NoNewDate,
    NoSuchFee,
    FeeState,
}

impl Who {
    fn actor(self) -> Actor {
        match self {
            Self::Citizen => actors::citizen(),
            Self::Officer => actors::officer(),
            Self::Specialist => actors::specialist(),
            Self::Leader => actors::leader(),
        }
    }

    /// Whether the office gives the right at all.
    fn may(self, what: Do) -> bool {
        match what {
            Do::Receive
            | Do::Refuse
            | Do::RequestPayment
            | Do::ConfirmPayment
            | Do::Stop
            | Do::HandOver
            | Do::PayFee(_)
            | Do::ExemptFee(_)
            | Do::RefundFee(_) => self == Self::Officer,
            Do::Ask { .. } | Do::AskFee => matches!(self, Self::Officer | Self::Specialist),
            Do::Answer | Do::Withdraw => self == Self::Citizen,
            Do::Start | Do::Propose => self == Self::Specialist,
            Do::SendBack | Do::Approve | Do::Reopen | Do::Correct => self == Self::Leader,
            Do::Apologise(_) => matches!(self, Self::Officer | Self::Leader),
            Do::Write => true,
        }
    }
}

impl Model {
    fn new() -> Self {
        Self {
            at: At::New,
            desk: Desk::OneStop,
            back: None,
            supplements: 0,
            answer_by: None,
            received: None,
            due: None,
            first: None,
            stopped: None,
            apologised: false,
            solved: [None; 2],
            ended: None,
            fees: Vec::new(),
            waits_for: None,
            messages: 0,
            calendar: Calendar::national(),
        }
    }

    fn ended(&self) -> bool {
        matches!(
            self.at,
            At::NotReceived | At::Withdrawn | At::Stopped | At::Returned
        )
    }

    fn term(&self, from: DateTime<Utc>, days: i64) -> DateTime<Utc> {
        let term = Term::whole(days, Unit::WorkingDay).expect("a term");
        worktime::due(from, &term, &self.calendar)
            .expect("a date")
            .due_at
    }

    /// What must come of it, and the model after it.
    fn does(&mut self, who: Who, what: Do, now: DateTime<Utc>) -> Must {
        if !who.may(what) {
            return Must::Forbidden;
        }
        let handled = self.at == At::InProgress;
        match what {
            Do::Receive if self.at == At::New => {
                self.at = At::Received;
                self.desk = Desk::Specialist;
                self.received = Some(now);
                self.restart(now);
            }
            Do::Ask { basis } => {
                let open = match self.at {
                    At::New => who == Who::Officer,
                    At::Received => true,
                    At::InProgress => self.desk == Desk::Specialist,
                    _ => false,
                };
                if !open {
                    return Must::Closed;
                }
                if self.supplements > 0 && !basis {
                    return Must::SecondRequest;
                }
                // Within three working days of reception, unless another rule is named.
                if !basis && self.received.is_some_and(|at| now > self.term(at, 3)) {
                    return Must::LateRequest;
                }
                self.keep_late(now);
                self.back = Some((self.at, self.desk));
                self.supplements += 1;
                self.answer_by = Some(self.term(now, 7));
                self.due = None;
                self.at = At::Supplement;
            }
            Do::Answer if self.at == At::Supplement => {
                self.come_back();
                // From zero, once complete.
                if self.received.is_some() {
                    self.restart(now);
                }
            }
            Do::Refuse if self.at == At::New => self.end(At::NotReceived, now),
            Do::Withdraw
                if matches!(
                    self.at,
                    At::New | At::Received | At::InProgress | At::Supplement | At::Payment
                ) =>
            {
                self.end(At::Withdrawn, now);
            }
            Do::Start if self.at == At::Received => self.at = At::InProgress,
            Do::Propose if handled && self.desk == Desk::Specialist => self.desk = Desk::Leader,
            Do::SendBack if handled && self.desk == Desk::Leader => self.desk = Desk::Specialist,
            Do::Approve if handled && self.desk == Desk::Leader => {
                for (solved, due) in self.solved.iter_mut().zip([self.due, self.first]) {
                    *solved = (*solved).max(Some(Solved::by(due, now)));
                }
                self.at = At::Done;
            }
            Do::Apologise(day) if handled || self.at == At::Received => {
                let due = self.due.expect("a term of two days");
                if self.apologised {
                    return Must::SecondApology;
                }
                // At latest one day before expiry.
                if local_date(now) >= local_date(due) {
                    return Must::LateApology;
                }
                let found = self.calendar.day(day);
                if day <= local_date(due) || !found.is_working() {
                    return Must::NoNewDate;
                }
                let midnight = day.and_time(NaiveTime::MIN).and_utc() - Duration::hours(7);
                self.due = Some(midnight + Duration::minutes(i64::from(found.closing())));
                self.apologised = true;
            }
            Do::Reopen if matches!(self.at, At::NotReceived | At::Withdrawn | At::Stopped) => {
                let (at, desk, when) = self.ended.take().expect("it ended");
                self.keep_late(when);
                (self.at, self.desk) = match at {
                    At::Supplement | At::Payment => self.back.take().expect("from somewhere"),
                    _ => (at, desk),
                };
                (self.stopped, self.waits_for, self.answer_by) = (None, None, None);
                if self.received.is_some() {
                    self.restart(now);
                }
            }
            Do::Correct if matches!(self.at, At::Done | At::Returned) => {
                (self.at, self.desk) = (At::InProgress, Desk::Specialist);
                self.restart(now);
            }
            Do::RequestPayment if matches!(self.at, At::New | At::Received | At::InProgress) => {
                self.keep_late(now);
                self.back = Some((self.at, self.desk));
                self.stopped = Some(([self.due.take(), self.first], now));
                self.fees.push(Owed::Asked);
                self.waits_for = Some(self.fees.len() - 1);
                self.at = At::Payment;
            }
            Do::ConfirmPayment if self.at == At::Payment => {
                if let Some(fee) = self.waits_for.and_then(|n| self.fees.get_mut(n)) {
                    *fee = Owed::Paid;
                }
                self.go_on(now);
            }
            Do::Stop
                if matches!(
                    self.at,
                    At::Received | At::InProgress | At::Supplement | At::Payment
                ) =>
            {
                self.end(At::Stopped, now);
            }
            Do::HandOver if self.at == At::Done => self.at = At::Returned,
            Do::AskFee if !self.ended() => self.fees.push(Owed::Asked),
            Do::PayFee(n) | Do::ExemptFee(n) | Do::RefundFee(n) => {
                let (from, to) = match what {
                    Do::PayFee(_) => (Owed::Asked, Owed::Paid),
                    Do::ExemptFee(_) => (Owed::Asked, Owed::Exempt),
                    _ => (Owed::Paid, Owed::Refunded),
                };
                match self.fees.get_mut(n) {
                    None => return Must::NoSuchFee,
                    Some(fee) if *fee != from => return Must::FeeState,
                    Some(fee) => *fee = to,
                }
                if self.at == At::Payment && self.waits_for == Some(n) {
                    self.go_on(now);
                }
            }
            Do::Write => self.messages += 1,
            _ => return Must::Closed,
        }
        Must::Happen
    }

    /// The term runs from `now`, from zero.
    fn restart(&mut self, now: DateTime<Utc>) {
        self.due = Some(self.term(now, 2));
        self.first = self.due;
    }

    /// What is overdue stays late whatever sets the clock anew.
    fn keep_late(&mut self, now: DateTime<Utc>) {
        let first = self.due.and(self.first);
        for (solved, due) in self.solved.iter_mut().zip([self.due, first]) {
            if due.is_some() && Solved::by(due, now) == Solved::Late {
                *solved = Some(Solved::Late);
            }
        }
    }

    fn end(&mut self, at: At, now: DateTime<Utc>) {
        self.ended = Some((self.at, self.desk, now));
        self.at = at;
    }

    fn come_back(&mut self) {
        if let Some((at, desk)) = self.back.take() {
            self.at = at;
            self.desk = desk;
        }
    }

    /// The money is there: as much working time is left as when the clock stopped.
    fn go_on(&mut self, now: DateTime<Utc>) {
        self.come_back();
        if let Some((both, at)) = self.stopped.take() {
            let moved = |due: DateTime<Utc>| {
                if due <= at {
                    return due;
                }
                let left = worktime::working_minutes_between(at, due, &self.calendar);
                worktime::add_working_minutes(now, left, &self.calendar).expect("a date")
            };
            [self.due, self.first] = both.map(|due| due.map(moved));
        }
        self.waits_for = None;
    }

    /// Time has passed: what nobody answered is stopped.
    fn time_passes(&mut self, now: DateTime<Utc>) -> bool {
        let over = self.at == At::Supplement && self.answer_by.is_some_and(|by| by <= now);
        if over {
            self.end(At::Stopped, self.answer_by.unwrap_or(now));
        }
        over
    }
}

fn key(at: At) -> &'static str {
    match at {
        At::New => "new",
        At::Received => "received",
        At::NotReceived => "notReceived",
        At::InProgress => "inProgress",
        At::Supplement => "supplementRequested",
        At::Payment => "paymentRequested",
        At::Withdrawn => "withdrawn",
        At::Stopped => "stopped",
        At::Done => "done",
        At::Returned => "returned",
    }
}

/// `SplitMix64`: the same seed, the same story.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((z ^ (z >> 31)) % u64::try_from(sides).expect("sides")).expect("small")
    }

    fn what(&mut self, fees: usize, now: DateTime<Utc>) -> Do {
        let fee = self.roll(fees + 1);
        match self.roll(36) {
            0 | 1 => Do::Receive,
            2 | 3 => Do::Ask {
                basis: self.roll(2) == 0,
            },
            4..=6 => Do::Answer,
            7 => Do::Refuse,
            8 => Do::Withdraw,
            9..=11 => Do::Start,
            12..=14 => Do::Propose,
            15 => Do::SendBack,
            16 | 17 => Do::Approve,
            18 | 19 => Do::RequestPayment,
            20 | 21 => Do::ConfirmPayment,
            22 => Do::Stop,
            23 => Do::HandOver,
            24 => Do::AskFee,
            25 | 26 => Do::PayFee(fee),
            27 => Do::ExemptFee(fee),
            28 => Do::RefundFee(fee),
            29 | 30 => {
                let ahead = i64::try_from(self.roll(16)).expect("small");
                Do::Apologise(local_date(now) + Duration::days(ahead))
            }
            31..=33 => Do::Reopen,
            34 => Do::Correct,
            _ => Do::Write,
        }
    }

    /// Mostly one who may, sometimes anybody.
    fn who(&mut self, what: Do) -> Who {
        let all = [Who::Citizen, Who::Officer, Who::Specialist, Who::Leader];
        if self.roll(6) == 0 {
            return all[self.roll(4)];
        }
        let may: Vec<Who> = all.into_iter().filter(|who| who.may(what)).collect();
        may[self.roll(may.len())]
    }
}

async fn request(w: &World, who: Who, what: Do) -> (String, Value) {
    let file = async |name: &str| w.upload(&who.actor(), name).await;
    let (path, body) = match what {
        Do::Receive => ("receive", json!({})),
        Do::Ask { basis } => {
            let mut body = json!({"reason": "Thiếu", "items": [{"content": "Bổ sung"}]});
            if basis {
                body["legalBasis"] = json!("Điều 19 khoản 4");
            }
            ("request-supplement", body)
        }
        Do::Answer => ("supplement", json!({"note": "Xin bổ sung"})),
        Do::Refuse => ("refuse", json!({"reason": "Không đúng thẩm quyền"})),
        Do::Withdraw => ("withdraw", json!({})),
        Do::Start => ("start-handling", json!({})),
        Do::Propose => {
            let id = if who == Who::Specialist {
                file("ket-qua.pdf").await
            } else {
                "019a8c1e-0000-7000-8000-000000000001".to_owned()
            };
            ("propose", json!({"resultFileId": id}))
        }
        Do::SendBack => ("send-back", json!({"reason": "Xem lại"})),
        Do::Approve => ("approve", json!({})),
        Do::RequestPayment => (
            "request-payment",
            json!({"amount": 1000, "reason": "Lệ phí"}),
        ),
        Do::ConfirmPayment => ("confirm-payment", json!({"note": "BL-1"})),
        Do::Stop => ("stop", json!({"reason": "Theo đề nghị"})),
        Do::HandOver => ("hand-over", json!({"receiverName": "Nguyễn Văn An"})),
        Do::Apologise(day) => ("apologise", json!({"reason": "Chờ ý kiến", "dueOn": day})),
        Do::Reopen => {
            let body = json!({"reason": "Theo kết luận", "legalBasis": "Điều 19"});
            ("reopen", body)
        }
        Do::Correct => ("correct", json!({"reason": "Sai họ tên"})),
        Do::AskFee => ("fees", json!({"amount": 1000, "reason": "Phí"})),
        Do::PayFee(n) => {
            let body = json!({"way": "cash", "receipt": "BL-2"});
            return (format!("fees/{}/pay", n + 1), body);
        }
        Do::ExemptFee(n) => {
            let body = json!({"reason": "Hộ nghèo", "legalBasis": "Điều 10"});
            return (format!("fees/{}/exempt", n + 1), body);
        }
        Do::RefundFee(n) => return (format!("fees/{}/refund", n + 1), json!({"reason": "Thừa"})),
        Do::Write => ("messages", json!({"text": "xin chào"})),
    };
    (path.to_owned(), body)
}

/// The dossier is what the model says.
async fn compare(w: &World, id: &str, model: &Model, story: &[String]) -> Value {
    let d = w
        .app
        .as_(&actors::officer())
        .get(&format!("/api/v1/dossiers/{id}"))
        .await
        .expect(200)
        .json();
    let due = d["dueAt"]
        .as_str()
        .map(|at| at.parse::<DateTime<Utc>>().expect("a time"));
    let told = story.join("\n");
    assert_eq!(d["status"]["key"], key(model.at), "{told}");
    if !model.ended() && !matches!(model.at, At::Done) {
        assert_eq!(due, model.due, "{told}");
    }
    let [solved, _by_the_first_date] = model.solved;
    assert_eq!(d["outcome"].as_str(), solved.map(Solved::name), "{told}");
    d
}

async fn story(seed: u64, steps: usize) {
    let w = World::new().await;
    let filed = w.file().await;
    let id = text(&filed["id"]);
    let (mut dice, mut model) = (Dice(seed), Model::new());
    let mut told = vec![format!("seed {seed}")];
    let mut happened = 1_usize;
    for _ in 0..steps {
        // From minutes to two weeks; mostly short.
        let minutes = match dice.roll(8) {
            0 => 60 * 24 * dice.roll(14),
            1 | 2 => 60 * dice.roll(24),
            _ => dice.roll(50),
        };
        w.rt.clock
            .advance(Duration::minutes(i64::try_from(minutes).expect("small")));
        let now = w.rt.clock.now();
        if model.time_passes(now) {
            told.push(format!("{now} the answer did not come"));
            wait_for("the dossier is stopped", || async {
                let d = w.get(&actors::officer(), &filed).await;
                (d["status"]["key"] == "stopped").then_some(())
            })
            .await;
            happened += 1;
        }
        let what = dice.what(model.fees.len(), now);
        let who = dice.who(what);
        let before = compare(&w, &id, &model, &told).await;
        let version = before["version"].as_i64().expect("a version");
        let waited = model.at == At::Payment;
        let must = model.does(who, what, now);
        told.push(format!("{now} {who:?} {what:?} must {must:?}"));
        let (path, body) = request(&w, who, what).await;
        let reply = w
            .app
            .as_(&who.actor())
            .if_match(version)
            .post(&format!("/api/v1/dossiers/{id}/{path}"), &body)
            .await;
        let said = format!("{}\n{}", told.join("\n"), reply.text());
        let problem = || reply.json()["code"].as_str().unwrap_or_default().to_owned();
        match must {
            Must::Happen => assert!(matches!(reply.status, 200 | 201), "{said}"),
            Must::Forbidden => assert_eq!(reply.status, 403, "{said}"),
            Must::Closed => {
                assert_eq!(reply.status, 409, "{said}");
                // It names the state.
                assert_eq!(reply.json()["state"], key(model.at), "{said}");
            }
            Must::SecondRequest => assert_eq!(problem(), "supplement.already-requested", "{said}"),
            Must::SecondApology => assert_eq!(problem(), "apology.already-given", "{said}"),
            Must::LateApology => assert_eq!(problem(), "apology.too-late", "{said}"),
            Must::NoNewDate => assert_eq!(problem(), "body.invalid", "{said}"),
            Must::LateRequest => assert_eq!(problem(), "supplement.too-late", "{said}"),
            Must::NoSuchFee => assert_eq!(problem(), "fee.not-found", "{said}"),
            Must::FeeState => assert_eq!(problem(), "fee.wrong-state", "{said}"),
        }
        let after = compare(&w, &id, &model, &told).await;
        if must == Must::Happen {
            // A fee that was waited for moves the dossier, too.
            let fee = matches!(what, Do::PayFee(_) | Do::ExemptFee(_));
            happened += if fee && waited && model.at != At::Payment {
                2
            } else {
                1
            };
        } else {
            assert_eq!(
                after["version"], version,
                "refused, and yet something changed\n{said}"
            );
        }
        assert_eq!(
            after["history"].as_array().map(Vec::len),
            Some(happened),
            "{said}"
        );
    }
    let fees = w
        .app
        .as_(&actors::citizen())
        .get(&format!("/api/v1/dossiers/{id}/fees"))
        .await
        .expect(200)
        .json();
    let states: Vec<String> = fees["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|f| text(&f["state"]))
        .collect();
    let wanted: Vec<&str> = model
        .fees
        .iter()
        .map(|f| match f {
            Owed::Asked => "asked",
            Owed::Paid => "paid",
            Owed::Exempt => "exempt",
            Owed::Refunded => "refunded",
        })
        .collect();
    assert_eq!(states, wanted, "{}", told.join("\n"));
    let messages = w
        .app
        .as_(&actors::citizen())
        .get(&format!("/api/v1/dossiers/{id}/messages?limit=100"))
        .await
        .expect(200)
        .json();
    assert_eq!(
        messages["items"].as_array().map(Vec::len),
        Some(model.messages)
    );
    assert_eq!(dossier::verify(w.db()).await.expect("database"), []);
}

/// Several stories at once, each in a database of its own.
async fn stories(seeds: std::ops::Range<u64>) {
    futures_util::future::join_all(seeds.map(|seed| story(seed, 40))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_stories_are_as_the_model_tells_them_1() {
    stories(0..6).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_stories_are_as_the_model_tells_them_2() {
    stories(6..12).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_stories_are_as_the_model_tells_them_3() {
    stories(12..18).await;
}
