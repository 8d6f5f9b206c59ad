//! What an event must bring about, told a second time: from the notice rules of the law (NĐ 224/2026 art. 15(1)(g)) and not from the
//! code of the notification service, so that the two can disagree.

use serde_json::Value;
use std::collections::BTreeSet;

/// One notice: who is told, and over which channel.
pub(super) type Told = (String, &'static str);

fn text<'a>(event: &'a Value, pointer: &str) -> &'a str {
    event.pointer(pointer).and_then(Value::as_str).unwrap_or("")
}

/// The notices of a dossier's transition (the event's data).
pub(super) fn of_dossier(data: &Value) -> BTreeSet<Told> {
    let (command, status) = (text(data, "/command"), text(data, "/status"));
    let moved = text(data, "/from") != status;
    let mut out = BTreeSet::new();
    // Answers to what the applicant did, money, and what the agency wrote: told though the state has not changed.
    let told = [
        "supplement",
        "confirm-payment",
        "ask-fee",
        "pay-fee",
        "exempt-fee",
        "refund-fee",
        "message-applicant",
    ];
    if moved || told.contains(&command) {
        let by_text_message = !told.contains(&command)
            && matches!(
                status,
                "received" | "supplementRequested" | "notReceived" | "done" | "returned"
            );
        applicant(data, by_text_message, &mut out);
    }
    let desk = match command {
        "file" | "withdraw" => Some("one_stop_officer"),
        "supplement" | "message-agency" if status == "inProgress" => Some("specialist"),
        "supplement" | "message-agency" => Some("one_stop_officer"),
        "receive" | "send-back" | "confirm-payment" => Some("specialist"),
        "propose" => Some("leader"),
        _ => None,
    };
    let finished = (moved && status == "done").then_some("one_stop_officer");
    for role in desk.into_iter().chain(finished) {
        out.insert((
            format!("role:{role}:{}", text(data, "/agencyCode")),
            "inbox",
        ));
    }
    out
}

/// The notices of a shipment's change (the event's data).
pub(super) fn of_shipment(data: &Value) -> BTreeSet<Told> {
    let state = text(data, "/state");
    let mut out = BTreeSet::new();
    if matches!(state, "ready" | "inTransit" | "cancelled") {
        return out;
    }
    applicant(data, matches!(state, "invited" | "delivered"), &mut out);
    if matches!(state, "returnedToAgency" | "lost" | "damaged") {
        out.insert((
            format!("role:one_stop_officer:{}", text(data, "/agencyCode")),
            "inbox",
        ));
    }
    out
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
