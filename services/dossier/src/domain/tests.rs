//! The whole grid state × command, and what each transition carries.

use super::command::{By, Command, CommandKind};
use super::dossier::{
    AgencyRef, Attachment, Details, Dossier, HandOver, Personal, ProcedureSnapshot, SupplementItem,
};
use super::process::Process;
use super::state::{Context, Refusal, Transition, Why, apply, filed, may};
use super::term::Calendar;
use chrono::{DateTime, Utc};
use contracts::{
    AccountId, Actor, ActorKind, Address, Applicant, Channel, DossierId, DossierStatus, FileId,
    Language, ProcedureId, ReturnMethod, ReturnWay, Role, SubjectKind,
};
use serde_json::Map;
use std::fmt::Write as _;
use uuid::Uuid;
use vn::worktime::{CalendarSpec, Term, Unit};

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}

/// Monday 2026-11-16 09:00 in Việt Nam.
fn now() -> DateTime<Utc> {
    at("2026-11-16T02:00:00Z")
}

fn person(n: u128, role: Role) -> Actor {
    let officer = !matches!(role, Role::Citizen);
    Actor {
        subject: AccountId(Uuid::from_u128(n)),
        name: format!("{role:?} {n}"),
        kind: if officer {
            ActorKind::Officer
        } else {
            ActorKind::Applicant
        },
        roles: vec![role],
        agency: officer.then(|| "H05.21".to_owned()),
        client: None,
    }
}

struct World {
    process: Process,
    calendar: Calendar,
    citizen: Actor,
    officer: Actor,
    specialist: Actor,
    leader: Actor,
}

impl World {
    fn new() -> Self {
        Self {
            process: Process::read("default", 1, Process::DEFAULT_V1).expect("fit"),
            calendar: Calendar::of(&CalendarSpec::default()),
            citizen: person(1, Role::Citizen),
            officer: person(2, Role::OneStopOfficer),
            specialist: person(3, Role::Specialist),
            leader: person(4, Role::Leader),
        }
    }

    fn filed(&self, term: Option<Term>) -> Transition {
        let address = Address {
            province_code: "24".to_owned(),
            commune_code: "07288".to_owned(),
            street: "Số 12".to_owned(),
        };
        let dossier = Dossier {
            id: DossierId(Uuid::from_u128(9)),
            owner: Some(self.citizen.subject),
            version: 1,
            number: None,
            status: DossierStatus::New,
            step: "intake".to_owned(),
            process: self.process.reference.clone(),
            agency: AgencyRef {
                code: "H05.21".to_owned(),
                name: "Trung tâm".to_owned(),
            },
            channel: Channel::Online,
            submitted_at: now(),
            received_at: None,
            due_at: None,
            assignee: None,
            personal: Personal {
                applicant: Applicant {
                    kind: SubjectKind::Citizen,
                    name: "Nguyễn Văn An".to_owned(),
                    identity_number: Some("001090000001".to_owned()),
                    tax_code: None,
                    phone: "+84912345678".to_owned(),
                    email: None,
                    address: address.clone(),
                },
                answers: Map::new(),
                return_way: ReturnWay {
                    method: ReturnMethod::Counter,
                    receiver_name: None,
                    receiver_phone: None,
                    address: Some(address),
                },
                hand_over: None,
            },
            details: Details {
                procedure: ProcedureSnapshot {
                    id: ProcedureId(Uuid::nil()),
                    version: 1,
                    code: "1.001193".to_owned(),
                    name: "Đăng ký khai sinh".to_owned(),
                    field: "Hộ tịch".to_owned(),
                    term,
                    term_text: "2 ngày làm việc".to_owned(),
                    components: Vec::new(),
                },
                language: Language::Vi,
                attachments: Vec::new(),
                term_from: None,
                assignee_name: None,
                supplements: 0,
                supplement: None,
                payment: None,
                proposal: None,
                result: None,
            },
        };
        filed(dossier, By::Person(&self.citizen), now())
    }

    fn new_dossier(&self) -> Dossier {
        self.filed(Some(days(2))).dossier
    }

    fn try_at(
        &self,
        d: &Dossier,
        command: Command,
        by: By<'_>,
        when: DateTime<Utc>,
    ) -> Result<Transition, Refusal> {
        let context = Context {
            process: &self.process,
            calendar: &self.calendar,
            number: Some("H05.21-261116-0001"),
        };
        apply(d, command, by, when, context)
    }

    /// The one whose command it is gives it now.
    fn done(&self, d: &Dossier, command: Command) -> Dossier {
        let by = self.whose(command.kind());
        self.try_at(d, command, by, now()).expect("open").dossier
    }

    fn whose(&self, kind: CommandKind) -> By<'_> {
        match kind {
            CommandKind::File | CommandKind::Supplement | CommandKind::Withdraw => {
                By::Person(&self.citizen)
            }
            CommandKind::Receive
            | CommandKind::RequestSupplement
            | CommandKind::Refuse
            | CommandKind::RequestPayment
            | CommandKind::ConfirmPayment
            | CommandKind::Stop
            | CommandKind::HandOver => By::Person(&self.officer),
            CommandKind::StartHandling | CommandKind::Propose => By::Person(&self.specialist),
            CommandKind::SendBack | CommandKind::Approve => By::Person(&self.leader),
            CommandKind::PostDelivered | CommandKind::PostReturned => By::System,
        }
    }

    /// A dossier in each place that the grid knows, reached by commands.
    fn places(&self) -> Vec<(&'static str, Dossier)> {
        let new = self.new_dossier();
        let received = self.done(&new, Command::Receive);
        let handling = self.done(&received, Command::StartHandling);
        let approval = self.done(&handling, propose());
        let done = self.done(&approval, Command::Approve { note: None });
        let mut by_post = done.clone();
        by_post.personal.return_way.method = ReturnMethod::Post;
        let returned = self.done(&done, hand_over());
        vec![
            ("supplementRequested (new)", self.done(&new, ask(None))),
            (
                "supplementRequested (handling)",
                self.done(&handling, ask(None)),
            ),
            ("paymentRequested (received)", self.done(&received, pay())),
            (
                "notReceived",
                self.done(
                    &new,
                    Command::Refuse {
                        reason: "r".to_owned(),
                    },
                ),
            ),
            (
                "withdrawn",
                self.done(&handling, Command::Withdraw { reason: None }),
            ),
            (
                "stopped",
                self.done(
                    &handling,
                    Command::Stop {
                        reason: "r".to_owned(),
                    },
                ),
            ),
            ("new", new),
            ("received", received),
            ("inProgress (handling)", handling),
            ("inProgress (approval)", approval),
            ("done (counter)", done),
            ("done (post)", by_post),
            ("returned", returned),
        ]
    }
}

fn days(n: i64) -> Term {
    Term::whole(n, Unit::WorkingDay).expect("a term")
}

fn ask(legal_basis: Option<&str>) -> Command {
    let item = SupplementItem {
        component_id: None,
        content: "Giấy chứng sinh".to_owned(),
        guidance: None,
    };
    Command::RequestSupplement {
        items: vec![item],
        reason: "Thiếu".to_owned(),
        legal_basis: legal_basis.map(str::to_owned),
    }
}

fn answer() -> Command {
    Command::Supplement {
        attachments: vec![],
        answers: None,
        note: Some("đã bổ sung".to_owned()),
    }
}

fn pay() -> Command {
    Command::RequestPayment {
        amount: 10_000,
        reason: "Lệ phí".to_owned(),
    }
}

fn propose() -> Command {
    let file = Attachment {
        component_id: None,
        file_id: FileId(Uuid::from_u128(7)),
        name: "ket-qua.pdf".to_owned(),
        size: 1,
        media_type: "application/pdf".to_owned(),
    };
    Command::Propose { file, note: None }
}

fn hand_over() -> Command {
    Command::HandOver {
        receiver: HandOver {
            receiver_name: "Nguyễn Văn An".to_owned(),
            receiver_identity_number: Some("001090000001".to_owned()),
            note: None,
        },
    }
}

#[test]
fn the_grid_of_states_and_commands() {
    let world = World::new();
    let mut grid = String::new();
    for (name, dossier) in world.places() {
        writeln!(grid, "{name}").expect("text");
        for kind in CommandKind::ALL.iter().filter(|k| **k != CommandKind::File) {
            let cell = match may(&dossier, *kind, world.whose(*kind), &world.process) {
                Ok(place) => format!("→ {} at {}", place.status.as_str(), place.step),
                Err(Why::State) => continue,
                Err(why) => format!("✗ {why}"),
            };
            writeln!(grid, "    {:<18} {cell}", kind.name()).expect("text");
        }
    }
    insta::assert_snapshot!(grid);
}

#[test]
fn every_state_is_in_the_grid_and_reached_by_commands() {
    let world = World::new();
    let places = world.places();
    for status in DossierStatus::ALL {
        assert!(
            places.iter().any(|(_, d)| d.status == *status),
            "{status:?}"
        );
    }
}

#[test]
fn nobody_gives_a_command_that_is_not_theirs() {
    let world = World::new();
    let other = Actor {
        agency: Some("H05.22".to_owned()),
        ..world.officer.clone()
    };
    let stranger = person(77, Role::Citizen);
    let people = [
        &world.citizen,
        &world.officer,
        &world.specialist,
        &world.leader,
    ];
    for (name, dossier) in world.places() {
        for kind in CommandKind::ALL {
            for outsider in [&other, &stranger] {
                let outcome = may(&dossier, *kind, By::Person(outsider), &world.process);
                assert_eq!(outcome.err(), Some(Why::Person), "{name} {kind:?}");
            }
            for actor in people {
                if !kind.rights().iter().any(|r| actor.can(*r)) {
                    let outcome = may(&dossier, *kind, By::Person(actor), &world.process);
                    assert_eq!(
                        outcome.err(),
                        Some(Why::Person),
                        "{name} {kind:?} {}",
                        actor.name
                    );
                }
            }
        }
    }
}

#[test]
fn a_refusal_names_state_step_and_command_and_changes_nothing() {
    let world = World::new();
    let new = world.new_dossier();
    let refusal = world
        .try_at(
            &new,
            Command::StartHandling,
            By::Person(&world.specialist),
            now(),
        )
        .expect_err("not open");
    assert_eq!(
        refusal.to_string(),
        "start-handling is not open in state new at step intake: the state does not allow it"
    );
    assert_eq!((new.version, new.status), (1, DossierStatus::New));
}

#[test]
fn who_proposed_may_not_approve() {
    let world = World::new();
    let both = Actor {
        roles: vec![Role::Specialist, Role::Leader],
        ..world.specialist.clone()
    };
    let received = world.done(&world.new_dossier(), Command::Receive);
    let handling = world.done(&received, Command::StartHandling);
    let proposed = world
        .try_at(&handling, propose(), By::Person(&both), now())
        .expect("open")
        .dossier;
    let approve = Command::Approve { note: None };
    let refusal = world
        .try_at(&proposed, approve.clone(), By::Person(&both), now())
        .expect_err("four eyes");
    assert_eq!(refusal.why, Why::SamePerson);
    let done = world
        .try_at(&proposed, approve, By::Person(&world.leader), now())
        .expect("open");
    assert_eq!(done.dossier.status, DossierStatus::Done);
    assert_eq!(
        done.dossier.details.result.map(|r| r.file.name).as_deref(),
        Some("ket-qua.pdf")
    );
}

#[test]
fn a_leader_sends_back_and_the_proposal_is_dropped() {
    let world = World::new();
    let received = world.done(&world.new_dossier(), Command::Receive);
    let handling = world.done(&received, Command::StartHandling);
    let proposed = world.done(&handling, propose());
    let back = world.done(
        &proposed,
        Command::SendBack {
            reason: "Thiếu chữ ký".to_owned(),
        },
    );
    assert_eq!(
        (back.status, back.step.as_str()),
        (DossierStatus::InProgress, "handling")
    );
    assert!(back.details.proposal.is_none());
}

#[test]
fn two_leaders_sign_one_after_the_other() {
    let mut world = World::new();
    world.process = Process::read(
        "two",
        1,
        r#"{"steps":[
        {"id":"a","nameVi":"","nameEn":"","role":"one_stop_officer","next":"b"},
        {"id":"b","nameVi":"","nameEn":"","role":"specialist","next":"c"},
        {"id":"c","nameVi":"","nameEn":"","role":"leader","next":"d"},
        {"id":"d","nameVi":"","nameEn":"","role":"leader","next":"e"},
        {"id":"e","nameVi":"","nameEn":"","role":"one_stop_officer","next":null}]}"#,
    )
    .expect("fit");
    let mut new = world.new_dossier();
    new.step = "a".to_owned();
    let handling = world.done(&world.done(&new, Command::Receive), Command::StartHandling);
    let once = world.done(
        &world.done(&handling, propose()),
        Command::Approve { note: None },
    );
    assert_eq!(
        (once.status, once.step.as_str()),
        (DossierStatus::InProgress, "d")
    );
    let twice = world.done(&once, Command::Approve { note: None });
    assert_eq!(
        (twice.status, twice.step.as_str()),
        (DossierStatus::Done, "e")
    );
}

#[test]
fn reception_gives_number_and_due_date() {
    let world = World::new();
    let received = world.done(&world.new_dossier(), Command::Receive);
    assert_eq!(received.number.as_deref(), Some("H05.21-261116-0001"));
    assert_eq!(received.received_at, Some(now()));
    // Two working days from Monday 09:00: Wednesday 17:00.
    assert_eq!(received.due_at, Some(at("2026-11-18T10:00:00Z")));
    let no_term = world.done(&world.filed(None).dossier, Command::Receive);
    assert_eq!(no_term.due_at, None, "no date by rule");
}

#[test]
fn after_the_cut_off_it_counts_from_the_next_working_day() {
    let world = World::new();
    let officer = By::Person(&world.officer);
    // Friday 15:01 counts as Monday; Tuesday 24 November is a public holiday: Thursday.
    let late = world.try_at(
        &world.new_dossier(),
        Command::Receive,
        officer,
        at("2026-11-20T08:01:00Z"),
    );
    assert_eq!(
        late.expect("open").dossier.due_at,
        Some(at("2026-11-26T10:00:00Z"))
    );
}

#[test]
fn a_supplement_stops_the_clock_and_the_time_restarts_from_zero() {
    let world = World::new();
    let received = world.done(&world.new_dossier(), Command::Receive);
    let handling = world.done(&received, Command::StartHandling);
    let asked = world.done(&handling, ask(None));
    assert_eq!(asked.due_at, None);
    let supplement = asked.details.supplement.as_ref().expect("asked");
    assert_eq!(supplement.suspended_due_at, received.due_at);
    // Seven working days, 24 November being a public holiday: Thursday of the week after, 17:00.
    assert_eq!(supplement.due_at, at("2026-11-26T10:00:00Z"));
    let when = at("2026-11-23T02:00:00Z");
    let answered = world
        .try_at(&asked, answer(), By::Person(&world.citizen), when)
        .expect("open")
        .dossier;
    assert_eq!(
        (answered.status, answered.step.as_str()),
        (DossierStatus::InProgress, "handling")
    );
    assert_eq!(answered.due_at, Some(at("2026-11-26T10:00:00Z")));
    assert_eq!(answered.received_at, Some(now()), "received once");

    let refusal = world
        .try_at(&answered, ask(None), By::Person(&world.specialist), when)
        .expect_err("only once");
    assert_eq!(refusal.why, Why::AskedBefore);
    let again = world.try_at(
        &answered,
        ask(Some("Luật X, điều 1")),
        By::Person(&world.specialist),
        when,
    );
    assert_eq!(
        again
            .expect("with a legal basis")
            .dossier
            .details
            .supplements,
        2
    );
}

#[test]
fn a_supplement_before_reception_leads_back_to_the_desk_without_a_date() {
    let world = World::new();
    let asked = world.done(&world.new_dossier(), ask(None));
    let answered = world.done(&asked, answer());
    assert_eq!(
        (answered.status, answered.due_at),
        (DossierStatus::New, None)
    );
    assert_eq!(
        world.done(&answered, Command::Receive).due_at,
        Some(at("2026-11-18T10:00:00Z"))
    );
}

#[test]
fn a_payment_pauses_and_the_rest_of_the_time_goes_on() {
    let world = World::new();
    let received = world.done(&world.new_dossier(), Command::Receive);
    let asked = world.done(&received, pay());
    assert_eq!(
        (asked.status, asked.due_at),
        (DossierStatus::PaymentRequested, None)
    );
    let confirm = Command::ConfirmPayment { note: None };
    // A week later at the same hour the same working time is left; 24 November is a public holiday.
    let paid = world
        .try_at(
            &asked,
            confirm,
            By::Person(&world.officer),
            at("2026-11-23T02:00:00Z"),
        )
        .expect("open")
        .dossier;
    assert_eq!(
        (paid.status, paid.due_at),
        (DossierStatus::Received, Some(at("2026-11-26T10:00:00Z")))
    );
}

#[test]
fn the_suite_stops_what_was_not_answered_but_not_before() {
    let world = World::new();
    let asked = world.done(&world.new_dossier(), ask(None));
    let stop = || Command::Stop {
        reason: "hết hạn".to_owned(),
    };
    let due = asked.details.supplement.as_ref().expect("asked").due_at;
    let early = due - chrono::Duration::microseconds(1);
    let refusal = world
        .try_at(&asked, stop(), By::System, early)
        .expect_err("too early");
    assert_eq!(refusal.why, Why::NotYet);
    let stopped = world.try_at(&asked, stop(), By::System, due).expect("due");
    assert_eq!(stopped.dossier.status, DossierStatus::Stopped);
    assert_eq!(stopped.entry.actor_role, "system");
    assert_eq!(stopped.entry.actor_id, None);
}

#[test]
fn the_suite_does_not_stop_what_was_answered_even_late() {
    let world = World::new();
    let received = world.done(&world.new_dossier(), Command::Receive);
    let asked = world.done(&received, ask(None));
    let due = asked.details.supplement.as_ref().expect("asked").due_at;
    let late = due + chrono::Duration::days(1);
    let answered = world
        .try_at(&asked, answer(), By::Person(&world.citizen), late)
        .expect("open")
        .dossier;
    let stop = || Command::Stop {
        reason: "hết hạn".to_owned(),
    };
    let refusal = world
        .try_at(&answered, stop(), By::System, late)
        .expect_err("answered");
    assert_eq!(refusal.why, Why::State);
    let handling = world.done(&answered, Command::StartHandling);
    assert_eq!(handling.status, DossierStatus::InProgress);
    // Nor what was never asked anything, nor what waits for something else.
    for (name, dossier) in world.places() {
        if dossier.status != DossierStatus::SupplementRequested {
            let refusal = world.try_at(&dossier, stop(), By::System, late);
            assert_eq!(refusal.expect_err("not open").why, Why::State, "{name}");
        }
    }
    let mut unknown = asked;
    unknown.details.supplement = None;
    let refusal = world
        .try_at(&unknown, stop(), By::System, late)
        .expect_err("no due date");
    assert_eq!(refusal.why, Why::NotYet);
    // The desk may still stop it, with its reason.
    let by = By::Person(&world.officer);
    assert!(world.try_at(&answered, stop(), by, late).is_ok());
}

#[test]
fn only_the_desk_asks_for_a_supplement_before_reception() {
    let world = World::new();
    let new = world.new_dossier();
    let specialist = By::Person(&world.specialist);
    let refusal = world
        .try_at(&new, ask(None), specialist, now())
        .expect_err("not received");
    assert_eq!(refusal.why, Why::Desk);
    let received = world.done(&new, Command::Receive);
    assert!(
        world
            .try_at(&received, ask(None), specialist, now())
            .is_ok()
    );
}

#[test]
fn the_post_returns_a_result_to_the_counter() {
    let world = World::new();
    let (_, by_post) = world
        .places()
        .into_iter()
        .find(|(n, _)| *n == "done (post)")
        .expect("place");
    let refusal = world
        .try_at(&by_post, hand_over(), By::Person(&world.officer), now())
        .expect_err("goes by post");
    assert_eq!(refusal.why, Why::ByPost);
    let back = world.done(&by_post, Command::PostReturned);
    assert_eq!(
        (back.status, back.personal.return_way.method),
        (DossierStatus::Done, ReturnMethod::Counter)
    );
    assert_eq!(back.version, by_post.version + 1);
    assert_eq!(
        world.done(&back, hand_over()).status,
        DossierStatus::Returned
    );
}

#[test]
fn the_counter_acts_for_who_has_no_account() {
    let world = World::new();
    let mut dossier = world.new_dossier();
    dossier.owner = None;
    let officer = By::Person(&world.officer);
    assert!(may(&dossier, CommandKind::Withdraw, officer, &world.process).is_ok());
    assert_eq!(
        may(
            &world.new_dossier(),
            CommandKind::Withdraw,
            officer,
            &world.process
        )
        .err(),
        Some(Why::Person),
        "never for who has one"
    );
}

#[test]
fn journal_data_hold_no_identity_number_and_event_and_entry_agree() {
    let world = World::new();
    let (_, done) = world
        .places()
        .into_iter()
        .find(|(n, _)| *n == "done (counter)")
        .expect("place");
    let t = world
        .try_at(&done, hand_over(), By::Person(&world.officer), now())
        .expect("open");
    assert!(!t.entry.data.contains("001090000001"));
    let event = t.dossier.event(&t.entry);
    assert_eq!(
        (event.version, event.command.as_str()),
        (t.entry.seq, "hand-over")
    );
    assert_eq!(
        (event.from, event.status),
        (Some(DossierStatus::Done), DossierStatus::Returned)
    );
    assert_eq!(t.entry.actor_role, "one_stop_officer");
}

#[test]
fn names_of_commands_are_stable() {
    let names: Vec<_> = CommandKind::ALL.iter().map(|k| k.name()).collect();
    insta::assert_snapshot!(names.join(" "));
    for kind in CommandKind::ALL {
        assert_eq!(CommandKind::parse(kind.name()), Some(*kind));
    }
}
