use super::*;
use contracts::{Address, Permission, ReturnWay, ShipmentId};
use uuid::Uuid;

pub(crate) fn dossier_event(
    command: &str,
    from: Option<DossierStatus>,
    status: DossierStatus,
) -> DossierChanged {
    DossierChanged {
        dossier_id: DossierId(Uuid::nil()),
        version: 3,
        number: (status != DossierStatus::New).then(|| "H05.21-261116-0001".to_owned()),
        command: command.to_owned(),
        from,
        status,
        step: "any".to_owned(),
        at: DateTime::UNIX_EPOCH,
        due_at: Some(DateTime::UNIX_EPOCH + chrono::TimeDelta::days(3)),
        reason: Some("Thiếu giấy chứng sinh".to_owned()),
        owner: AccountId(Uuid::max()),
        contact: contact(),
        agency_code: "H05.21".to_owned(),
        agency_name: "Trung tâm Phục vụ hành chính công xã Yên Thế".to_owned(),
        procedure_code: "1.001193".to_owned(),
        procedure_name: "Đăng ký khai sinh".to_owned(),
        return_way: ReturnWay {
            method: ReturnMethod::Post,
            receiver_name: None,
            receiver_phone: None,
            address: Some(Address {
                province_code: "24".to_owned(),
                commune_code: "07210".to_owned(),
                street: "Số 12".to_owned(),
            }),
        },
        earlier_due_at: None,
        refusal: false,
        restricted: false,
    }
}

pub(crate) fn shipment_event(state: ShipmentState) -> ShipmentChanged {
    ShipmentChanged {
        shipment_id: ShipmentId(Uuid::nil()),
        version: 2,
        dossier_id: DossierId(Uuid::nil()),
        dossier_number: "H05.21-261116-0001".to_owned(),
        state,
        at: DateTime::UNIX_EPOCH,
        item_number: Some("RV000000016VN".to_owned()),
        receiver_name: Some("Nguyễn Văn An".to_owned()),
        owner: AccountId(Uuid::max()),
        contact: contact(),
        agency_code: "H05.21".to_owned(),
        invitations: 1,
    }
}

fn contact() -> Contact {
    Contact {
        name: "Nguyễn Văn An".to_owned(),
        phone: Some("+84912345678".to_owned()),
        email: Some("an@example.vn".to_owned()),
        language: Language::Vi,
    }
}

fn seen(notices: &[Notice]) -> Vec<(String, Channel, Template)> {
    notices
        .iter()
        .map(|n| (n.recipient.key(), n.channel, n.template))
        .collect()
}

/// Every (command, from, to) of the main story and its side ways: who hears what, and how.
#[test]
fn the_table_of_notices() {
    use DossierStatus as S;
    let story = [
        ("file", None, S::New),
        ("receive", Some(S::New), S::Received),
        ("request-supplement", Some(S::New), S::SupplementRequested),
        ("supplement", Some(S::SupplementRequested), S::New),
        ("supplement", Some(S::SupplementRequested), S::InProgress),
        (
            "expire-supplement",
            Some(S::SupplementRequested),
            S::Stopped,
        ),
        ("refuse", Some(S::New), S::NotReceived),
        ("withdraw", Some(S::Received), S::Withdrawn),
        ("start-handling", Some(S::Received), S::InProgress),
        ("propose", Some(S::InProgress), S::InProgress),
        ("send-back", Some(S::InProgress), S::InProgress),
        ("request-payment", Some(S::InProgress), S::PaymentRequested),
        ("confirm-payment", Some(S::PaymentRequested), S::InProgress),
        ("ask-fee", Some(S::Received), S::Received),
        ("pay-fee", Some(S::Received), S::Received),
        ("exempt-fee", Some(S::Received), S::Received),
        ("refund-fee", Some(S::Returned), S::Returned),
        ("message-applicant", Some(S::New), S::New),
        ("message-agency", Some(S::New), S::New),
        ("message-agency", Some(S::InProgress), S::InProgress),
        ("keep-original", Some(S::New), S::New),
        ("stop", Some(S::InProgress), S::Stopped),
        ("approve", Some(S::InProgress), S::Done),
        ("hand-over", Some(S::Done), S::Returned),
        ("post-delivered", Some(S::Done), S::Returned),
        ("apologise", Some(S::InProgress), S::InProgress),
        ("give-time-back", Some(S::InProgress), S::InProgress),
        ("reopen", Some(S::Stopped), S::InProgress),
        ("reopen", Some(S::NotReceived), S::New),
        ("correct", Some(S::Returned), S::InProgress),
    ];
    let mut table = String::new();
    for (command, from, to) in story {
        let notices = dossier(&dossier_event(command, from, to), &Preferences::default());
        table.push_str(&format!("{command} → {}\n", to.as_str()));
        for n in &notices {
            assert_eq!(n.kind, command);
            let who = match &n.recipient {
                Recipient::Account(_) | Recipient::Contact(_) => "applicant",
                Recipient::Role { role, .. } => role_name(*role),
            };
            table.push_str(&format!(
                "    {who:17} {:6} {}\n",
                n.channel.as_str(),
                n.template.name()
            ));
        }
    }
    for state in [
        ShipmentState::Ready,
        ShipmentState::HandedToPost,
        ShipmentState::InTransit,
        ShipmentState::Invited,
        ShipmentState::Delivered,
        ShipmentState::ReturnedToAgency,
        ShipmentState::Lost,
        ShipmentState::Damaged,
        ShipmentState::Cancelled,
    ] {
        let notices = shipment(&shipment_event(state), None, &Preferences::default());
        table.push_str(&format!("shipment {state:?}\n"));
        for n in &notices {
            let who = match &n.recipient {
                Recipient::Account(_) | Recipient::Contact(_) => "applicant",
                Recipient::Role { role, .. } => role_name(*role),
            };
            table.push_str(&format!(
                "    {who:17} {:6} {} ({})\n",
                n.channel.as_str(),
                n.template.name(),
                n.kind
            ));
        }
    }
    for kind in AlarmKind::ALL {
        let notices = alarm(&alarm_event(*kind), &Preferences::default());
        table.push_str(&format!("alarm {kind:?}\n"));
        for n in &notices {
            let who = match &n.recipient {
                Recipient::Account(_) | Recipient::Contact(_) => "applicant",
                Recipient::Role { role, .. } => role_name(*role),
            };
            table.push_str(&format!(
                "    {who:17} {:6} {} ({})\n",
                n.channel.as_str(),
                n.template.name(),
                n.kind
            ));
        }
    }
    insta::assert_snapshot!("table", table);
}

fn alarm_event(kind: AlarmKind) -> DossierAlarm {
    let event = dossier_event("any", None, DossierStatus::InProgress);
    DossierAlarm {
        dossier_id: event.dossier_id,
        version: event.version,
        number: event.number,
        kind,
        at: event.at,
        status: event.status,
        due_at: event.due_at,
        owner: event.owner,
        contact: event.contact,
        agency_code: event.agency_code,
        agency_name: event.agency_name,
        procedure_name: event.procedure_name,
        restricted: event.restricted,
    }
}

#[test]
fn leader_and_one_stop_head_hear_before_at_and_after_due() {
    for kind in [AlarmKind::DueSoon, AlarmKind::Due, AlarmKind::Overdue] {
        let told: Vec<_> = alarm(&alarm_event(kind), &Preferences::default())
            .iter()
            .map(|n| n.recipient.key())
            .collect();
        for role in ["role:leader:H05.21", "role:one_stop_officer:H05.21"] {
            assert!(told.contains(&role.to_owned()), "{kind:?}: {told:?}");
        }
    }
}

#[test]
fn of_a_restricted_dossier_only_who_may_see_it_is_told() {
    let chosen = Preferences::default();
    let mut told = Vec::new();
    let mut once = |what: &str, notices: Vec<Notice>| {
        let mut keys: Vec<_> = notices
            .iter()
            .map(|n| (n.recipient.key(), n.channel))
            .collect();
        let all = keys.len();
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), all, "{what}: nobody is told twice");
        told.extend(notices);
    };
    for command in [
        "file",
        "receive",
        "propose",
        "supplement",
        "message-agency",
        "withdraw",
        "hand-on",
        "send-back",
        "confirm-payment",
        "reopen",
        "correct",
        "approve",
        "restrict",
    ] {
        for status in DossierStatus::ALL.iter().copied() {
            let mut event = dossier_event(command, None, status);
            event.restricted = true;
            once(command, dossier(&event, &chosen));
        }
    }
    for kind in AlarmKind::ALL {
        let mut event = alarm_event(*kind);
        event.restricted = true;
        once(kind.as_str(), alarm(&event, &chosen));
    }
    let known = DossierFacts {
        agency_name: String::new(),
        procedure_name: String::new(),
        restricted: true,
    };
    for state in [ShipmentState::ReturnedToAgency, ShipmentState::Lost] {
        let notices = shipment(&shipment_event(state), Some(&known), &chosen);
        once("a shipment", notices);
    }
    let roles: std::collections::BTreeSet<Role> = told
        .iter()
        .filter_map(|n| match n.recipient {
            Recipient::Role { role, .. } => Some(role),
            Recipient::Account(_) | Recipient::Contact(_) => None,
        })
        .collect();
    assert!(!roles.is_empty());
    for role in roles {
        let may = role.permissions().contains(&Permission::DossierRestricted);
        assert!(may, "{role:?}");
    }
}

#[test]
fn a_result_before_the_promised_day_is_announced_as_early() {
    let mut event = dossier_event(
        "approve",
        Some(DossierStatus::InProgress),
        DossierStatus::Done,
    );
    let early = |event: &DossierChanged| {
        let notices = dossier(event, &Preferences::default());
        let mine = notices
            .iter()
            .find(|n| matches!(n.recipient, Recipient::Account(_)));
        mine.map(|n| (n.template, n.params.early))
    };
    assert_eq!(early(&event), Some((Template::Done, true)));
    event.due_at = Some(event.at);
    assert_eq!(early(&event), Some((Template::Done, false)));
    event.refusal = true;
    assert_eq!(early(&event), Some((Template::Refused, false)));
}

#[test]
fn every_change_of_the_public_state_reaches_the_applicant() {
    for from in DossierStatus::ALL.iter().copied() {
        for to in DossierStatus::ALL.iter().copied().filter(|to| *to != from) {
            let notices = dossier(
                &dossier_event("whatever", Some(from), to),
                &Preferences::default(),
            );
            assert!(
                notices
                    .iter()
                    .any(|n| n.channel == Channel::Inbox
                        && matches!(n.recipient, Recipient::Account(_))),
                "{from:?} → {to:?}"
            );
        }
    }
}

#[test]
fn preferences_switch_mail_and_text_messages_off_but_never_the_inbox() {
    let event = dossier_event("receive", Some(DossierStatus::New), DossierStatus::Received);
    let off = Preferences {
        email: false,
        sms: false,
        language: Some(Language::En),
    };
    let notices = dossier(&event, &off);
    assert_eq!(
        seen(&notices),
        [
            (
                "account:ffffffff-ffff-ffff-ffff-ffffffffffff".to_owned(),
                Channel::Inbox,
                Template::Received
            ),
            (
                "role:specialist:H05.21".to_owned(),
                Channel::Inbox,
                Template::OfficerHandle
            ),
        ]
    );
    assert_eq!(notices[0].language, Language::En);
    assert_eq!(notices[1].language, Language::Vi);
}

#[test]
fn who_has_no_address_gets_the_inbox_only() {
    let mut event = dossier_event("receive", Some(DossierStatus::New), DossierStatus::Received);
    event.contact.email = None;
    event.contact.phone = None;
    let channels: Vec<_> = dossier(&event, &Preferences::default())
        .into_iter()
        .filter(|n| matches!(n.recipient, Recipient::Account(_)))
        .map(|n| n.channel)
        .collect();
    assert_eq!(channels, [Channel::Inbox]);
}

#[test]
fn recipient_and_channel_name_a_notice_uniquely() {
    for status in DossierStatus::ALL.iter().copied() {
        for command in [
            "file",
            "receive",
            "supplement",
            "withdraw",
            "propose",
            "send-back",
            "approve",
            "confirm-payment",
            "other",
        ] {
            let notices = dossier(
                &dossier_event(command, None, status),
                &Preferences::default(),
            );
            let mut keys: Vec<_> = notices
                .iter()
                .map(|n| (n.recipient.key(), n.channel))
                .collect();
            let all = keys.len();
            keys.sort();
            keys.dedup();
            assert_eq!(keys.len(), all, "{command} → {status:?}");
        }
    }
}

#[test]
fn who_filed_at_the_counter_without_an_account_gets_mail_and_text_messages_only() {
    let mut event = dossier_event("receive", Some(DossierStatus::New), DossierStatus::Received);
    event.owner = AccountId(Uuid::nil());
    let notices = dossier(&event, &Preferences::default());
    let mine: Vec<_> = notices
        .iter()
        .filter(|n| matches!(n.recipient, Recipient::Contact(_)))
        .map(|n| n.channel)
        .collect();
    assert_eq!(mine, [Channel::Email, Channel::Sms]);
    assert!(
        !notices
            .iter()
            .any(|n| matches!(n.recipient, Recipient::Account(_)))
    );
}
