use super::*;
use contracts::DossierStatus;
use contracts::events::{AlarmKind, DossierAlarm, DossierChanged};
use notifications::domain::plan::{self, Notice, Preferences};
use serde_json::json;
use uuid::Uuid;

fn status(name: &str) -> DossierStatus {
    serde_json::from_value(json!(name)).expect("a status")
}

const STATUSES: [&str; 10] = [
    "new",
    "received",
    "notReceived",
    "inProgress",
    "supplementRequested",
    "paymentRequested",
    "withdrawn",
    "stopped",
    "done",
    "returned",
];

/// A transition as the dossier service writes it.
fn transition(command: &str, from: Option<&str>, to: &str) -> Value {
    json!({
        "dossierId": Uuid::from_u128(7), "version": 3, "number": "H05.21-261116-0001", "command": command, "from": from,
        "status": to, "step": "any", "at": "2026-11-16T02:00:00Z", "dueAt": "2026-11-20T10:00:00Z", "reason": "Lý do",
        "owner": Uuid::from_u128(9),
        "contact": { "name": "Nguyễn Văn An", "phone": "+84912345678", "email": "an@example.vn", "language": "vi" },
        "agencyCode": "H05.21", "agencyName": "Trung tâm", "procedureCode": "1.001193", "procedureName": "Đăng ký khai sinh",
        "returnWay": { "method": "counter" },
    })
}

fn given(notices: &[Notice]) -> BTreeSet<Told> {
    let told: Vec<Told> = notices
        .iter()
        .map(|n| (n.recipient.key(), n.channel.as_str()))
        .collect();
    let set: BTreeSet<Told> = told.iter().cloned().collect();
    assert_eq!(set.len(), told.len(), "nobody is told twice: {told:?}");
    set
}

/// Everything that moves a dossier or is written into its journal, from every state to every state, for who has an account and who has
/// not, with and without a phone: the two tell the same.
#[test]
fn what_is_expected_is_what_is_given() {
    let mut looked = 0;
    for command in dossier::commands() {
        for from in STATUSES.iter().copied().map(Some).chain([None]) {
            for to in STATUSES {
                for variant in 0..16 {
                    let mut data = transition(command, from, to);
                    if variant & 1 > 0 {
                        data["owner"] = json!(Uuid::nil());
                    }
                    if variant & 2 > 0 {
                        data["contact"]["phone"] = Value::Null;
                        data["contact"]["email"] = Value::Null;
                    }
                    if variant & 4 > 0 {
                        data["earlierDueAt"] = json!("2026-11-18T10:00:00Z");
                        data["refusal"] = json!(true);
                    }
                    if variant & 8 > 0 {
                        data["restricted"] = json!(true);
                    }
                    let event: DossierChanged =
                        serde_json::from_value(data.clone()).expect("an event");
                    assert_eq!(event.status, status(to));
                    let given = given(&plan::dossier(&event, &Preferences::default()));
                    assert_eq!(of_dossier(&data), given, "{data}");
                    looked += 1;
                }
            }
        }
    }
    assert!(looked > 50_000, "{looked}");
}

#[test]
fn alarms_are_expected_as_they_are_given() {
    for kind in AlarmKind::ALL {
        for (owner, restricted) in [
            (Uuid::nil(), false),
            (Uuid::from_u128(9), false),
            (Uuid::from_u128(9), true),
        ] {
            let mut data = transition("any", None, "inProgress");
            data["restricted"] = json!(restricted);
            data["kind"] = json!(kind);
            data["owner"] = json!(owner);
            let event: DossierAlarm = serde_json::from_value(data.clone()).expect("an event");
            let given = given(&plan::alarm(&event, &Preferences::default()));
            assert_eq!(of_alarm(&data), given, "{kind:?}");
            assert!(!given.is_empty(), "{kind:?} is told to somebody");
        }
    }
}

/// By hand, from the rules: nobody hears of a restricted dossier by belonging to a desk.
#[test]
fn of_a_restricted_dossier_no_desk_is_told() {
    let desks = |told: BTreeSet<Told>| -> Vec<String> {
        let roles = told.into_iter().map(|(who, _)| who);
        roles.filter(|who| who.starts_with("role:")).collect()
    };
    let may = ["role:leader:H05.21", "role:restricted_officer:H05.21"];
    let mut data = transition("file", None, "new");
    data["restricted"] = json!(true);
    assert_eq!(desks(of_dossier(&data)), may);
    data["kind"] = json!("overdue");
    assert_eq!(desks(of_alarm(&data)), may);
    let mut lost = transition("any", None, "done");
    lost["state"] = json!("lost");
    assert_eq!(desks(of_shipment(&lost, true)), may);
    let desk = "role:one_stop_officer:H05.21";
    assert_eq!(desks(of_shipment(&lost, false)), [desk]);
}

/// By hand, from the rules: who hears of an apology, a reopening and a correction.
#[test]
fn apology_reopening_and_correction_are_told() {
    let owner = format!("account:{}", Uuid::from_u128(9));
    let told = |data: &Value| -> Vec<String> {
        of_dossier(data)
            .into_iter()
            .map(|(who, how)| format!("{} {how}", who.replace(&owner, "owner")))
            .collect()
    };
    let apology = transition("apologise", Some("inProgress"), "inProgress");
    assert_eq!(told(&apology), ["owner email", "owner inbox", "owner sms"]);
    let specialist = "role:specialist:H05.21 inbox";
    for (command, from) in [("reopen", "stopped"), ("correct", "returned")] {
        let data = transition(command, Some(from), "inProgress");
        assert_eq!(told(&data), ["owner email", "owner inbox", specialist]);
    }
    let unreceived = transition("reopen", Some("notReceived"), "new");
    let desk = "role:one_stop_officer:H05.21 inbox";
    assert_eq!(told(&unreceived), ["owner email", "owner inbox", desk]);
    let quiet = transition("give-time-back", Some("new"), "new");
    assert!(told(&quiet).is_empty(), "no date was promised");
}
