//! The whole grid state × command, and what each transition carries.

mod acting;
mod alarms;
mod clock;
mod special;

use super::alarm;
use super::command::{By, Command, CommandKind};
use super::dossier::{
    AgencyRef, Attachment, Details, Dossier, Group, HandOver, Intake, Link, Personal,
    ProcedureSnapshot, SupplementItem,
};
use super::process::Process;
use super::state::{Context, Refusal, Transition, Why, apply, filed, may};
use super::term::{Calendar, Clocks};
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
        limits: contracts::Limits::default(),
        proof: contracts::Proof::default(),
        mandate: None,
        acting: Vec::new(),
        predecessors: Vec::new(),
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
            calendar: Calendar::of(&CalendarSpec::default(), Clocks::default()),
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
            check_due_at: Some(self.calendar.check(now())),
            check_late: false,
            ended_at: None,
            outcome: None,
            first_outcome: None,
            alarm: None,
            assignee: None,
            restricted: false,
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
                representative: None,
            },
            details: Details {
                procedure: ProcedureSnapshot {
                    id: ProcedureId(Uuid::nil()),
                    version: 1,
                    code: "1.001193".to_owned(),
                    name: "Đăng ký khai sinh".to_owned(),
                    field: "Hộ tịch".to_owned(),
                    term,
                    sequence: Vec::new(),
                    cut_off: None,
                    term_text: "2 ngày làm việc".to_owned(),
                    fees: Vec::new(),
                    components: Vec::new(),
                },
                language: Language::Vi,
                attachments: Vec::new(),
                term_from: None,
                check_from: None,
                pauses: Vec::new(),
                assignee_name: None,
                supplements: 0,
                supplement: None,
                fees: Vec::new(),
                originals: Vec::new(),
                payment: None,
                proposal: None,
                result: None,
                intake: Intake::default(),
                first_due_at: None,
                apology: None,
                ended_in: None,
                withdrawn_results: Vec::new(),
                incidents: Vec::new(),
                group: None,
                pseudonymised_at: None,
            },
        };
        let mut dossier = dossier;
        dossier.alarm = alarm::first(&dossier, &self.calendar, now());
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
            incidents: &[],
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
            | CommandKind::Acknowledge
            | CommandKind::RequestSupplement
            | CommandKind::Refuse
            | CommandKind::RequestPayment
            | CommandKind::ConfirmPayment
            | CommandKind::Stop
            | CommandKind::HandOver => By::Person(&self.officer),
            CommandKind::StartHandling | CommandKind::Propose => By::Person(&self.specialist),
            CommandKind::SendBack
            | CommandKind::Approve
            | CommandKind::Apologise
            | CommandKind::Reopen
            | CommandKind::Correct => By::Person(&self.leader),
            CommandKind::PostDelivered
            | CommandKind::PostReturned
            | CommandKind::GiveTimeBack
            | CommandKind::HandOn
            | CommandKind::StopLinked => By::System,
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
            ("new (linked, to acknowledge)", linked(&new, false)),
            ("new (linked, waiting)", linked(&new, true)),
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

/// One of two that were filed together.
fn linked(new: &Dossier, held: bool) -> Dossier {
    let mut linked = new.clone();
    linked.details.group = Some(Group {
        link: Link {
            group: Uuid::from_u128(3),
            ordinal: 1,
            size: 2,
            after: Some(0),
        },
        held,
        acknowledge_by: (!held).then(now),
        revoked_at: None,
    });
    linked
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
        at: None,
        reused_from: None,
        component_id: None,
        file_id: FileId(Uuid::from_u128(7)),
        name: "ket-qua.pdf".to_owned(),
        size: 1,
        media_type: "application/pdf".to_owned(),
    };
    Command::Propose {
        file,
        note: None,
        refusal: false,
    }
}

fn apologise(due_on: &str) -> Command {
    Command::Apologise {
        reason: "Chờ ý kiến của cơ quan phối hợp".to_owned(),
        due_on: due_on.parse().expect("a date"),
    }
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
    let event = t.dossier.event(&t.entry, None);
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
