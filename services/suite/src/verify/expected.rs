//! What an event must bring about, told a second time: from the notice rules of the law (NĐ 224/2026 art. 15(1)(g)) and not from the
//! code of the notification service, so that the two can disagree.

use serde_json::Value;
use std::collections::BTreeSet;

/// The role of those appointed for dossiers of restricted access.
pub(super) const APPOINTED: &str = "restricted_officer";

/// One notice: who is told, and over which channel.
pub(super) type Told = (String, &'static str);

fn text<'a>(event: &'a Value, pointer: &str) -> &'a str {
    event.pointer(pointer).and_then(Value::as_str).unwrap_or("")
}

/// Commands and acts that the applicant is told of though the public state may not have changed: the answer to what they did, money,
/// what the agency wrote, and what the agency does to a promise or a result it gave.
const TOLD: [&str; 10] = [
    "supplement",
    "confirm-payment",
    "ask-fee",
    "pay-fee",
    "exempt-fee",
    "refund-fee",
    "message-applicant",
    "apologise",
    "reopen",
    "correct",
];

/// The notices of a dossier's transition (the event's data).
pub(super) fn of_dossier(data: &Value) -> BTreeSet<Told> {
    let (command, status) = (text(data, "/command"), text(data, "/status"));
    let moved = text(data, "/from") != status;
    let mut out = BTreeSet::new();
    let told = match command {
        // The time of an incident is news to whoever was promised a date.
        "give-time-back" => !text(data, "/earlierDueAt").is_empty(),
        _ => moved || TOLD.contains(&command),
    };
    if told {
        let by_text_message = match command {
            // NĐ 61/2018 art. 19(9): the new date is told by message.
            "apologise" => true,
            "give-time-back" => false,
            _ if TOLD.contains(&command) => false,
            _ => matches!(
                status,
                "received" | "supplementRequested" | "notReceived" | "done" | "returned"
            ),
        };
        applicant(data, by_text_message, &mut out);
    }
    let desk = match command {
        "file" | "withdraw" | "hand-on" => Some("one_stop_officer"),
        "supplement" | "message-agency" if status == "inProgress" => Some("specialist"),
        "supplement" | "message-agency" => Some("one_stop_officer"),
        // Opened again before it was received it lies at the desk.
        "reopen" if status == "new" => Some("one_stop_officer"),
        "receive" | "send-back" | "confirm-payment" | "reopen" | "correct" => Some("specialist"),
        "propose" => Some("leader"),
        _ => None,
    };
    let finished = (moved && status == "done").then_some("one_stop_officer");
    for role in desk.into_iter().chain(finished) {
        to_role(data, role, &mut out);
    }
    out
}

/// The notices of a clock that came to a point (the event's data): the heads before, at and after due, the desk for what waits there,
/// the applicant for what is waited for from them.
pub(super) fn of_alarm(data: &Value) -> BTreeSet<Told> {
    let kind = text(data, "/kind");
    let mut out = BTreeSet::new();
    if matches!(
        kind,
        "supplementDue" | "paymentOpen" | "resultWaiting" | "originalsKept"
    ) {
        // Who does not answer in time is stopped, so the last day comes as a text message too.
        applicant(data, kind == "supplementDue", &mut out);
    }
    let roles: &[&str] = match kind {
        "apologyDue" | "dueSoon" | "due" | "overdue" | "predecessorRevoked" => {
            &["leader", "one_stop_officer", "specialist"]
        }
        "checkLate" | "acknowledgeLate" | "feesPaid" | "idle" => &["leader", "one_stop_officer"],
        "paymentOpen" | "resultWaiting" | "originalsKept" => &["one_stop_officer"],
        _ => &[],
    };
    for role in roles {
        to_role(data, role, &mut out);
    }
    out
}

/// The notices of a shipment's change (the event's data), whose dossier was of restricted access then or not: the event does not say.
pub(super) fn of_shipment(data: &Value, restricted: bool) -> BTreeSet<Told> {
    let state = text(data, "/state");
    let mut out = BTreeSet::new();
    if matches!(state, "ready" | "inTransit" | "cancelled") {
        return out;
    }
    applicant(data, matches!(state, "invited" | "delivered"), &mut out);
    if matches!(state, "returnedToAgency" | "lost" | "damaged") {
        let desks: &[&str] = if restricted {
            &[APPOINTED, "leader"]
        } else {
            &["one_stop_officer"]
        };
        for desk in desks {
            to_role(data, desk, &mut out);
        }
    }
    out
}

/// Whether an event says that its dossier is of restricted access (hạn chế tiếp cận).
pub(super) fn restricted(data: &Value) -> bool {
    data.pointer("/restricted").and_then(Value::as_bool) == Some(true)
}

/// Of a dossier of restricted access no desk is told, only who may see it without having handled it.
fn to_role(data: &Value, role: &str, out: &mut BTreeSet<Told>) {
    let agency = text(data, "/agencyCode");
    let roles = if restricted(data) && role != "leader" {
        vec![APPOINTED, "leader"]
    } else {
        vec![role]
    };
    for role in roles {
        out.insert((format!("role:{role}:{agency}"), "inbox"));
    }
}

fn applicant(data: &Value, by_text_message: bool, out: &mut BTreeSet<Told>) {
    let owner: uuid::Uuid = text(data, "/owner").parse().unwrap_or_default();
    let who = if owner.is_nil() {
        format!("contact:{}", text(data, "/dossierId"))
    } else {
        out.insert((format!("account:{owner}"), "inbox"));
        format!("account:{owner}")
    };
    if !text(data, "/contact/email").is_empty() {
        out.insert((who.clone(), "email"));
    }
    if by_text_message && !text(data, "/contact/phone").is_empty() {
        out.insert((who, "sms"));
    }
}

/// The result goes by post: a shipment must be there.
pub(super) fn shipment(data: &Value) -> bool {
    text(data, "/status") == "done"
        && text(data, "/from") != "done"
        && text(data, "/returnWay/method") == "post"
}

#[cfg(test)]
#[path = "expected_tests.rs"]
mod tests;
