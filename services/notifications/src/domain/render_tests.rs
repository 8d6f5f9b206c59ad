use super::*;
use crate::domain::plan::{Channel, Recipient};
use chrono::{TimeDelta, TimeZone, Utc};
use contracts::{AccountId, DossierId, DossierStatus};
use uuid::Uuid;

fn notice(template: Template, language: Language) -> Notice {
    let at = Utc.with_ymd_and_hms(2026, 11, 16, 2, 0, 0).unwrap();
    Notice {
        recipient: Recipient::Account(AccountId(Uuid::nil())),
        channel: Channel::Email,
        address: None,
        language,
        kind: "any".to_owned(),
        template,
        params: Params {
            dossier_id: DossierId(Uuid::nil()),
            dossier_number: Some("H05.21-261116-0001".to_owned()),
            procedure_name: "Đăng ký khai sinh".to_owned(),
            agency_name: "Trung tâm Phục vụ hành chính công xã Yên Thế".to_owned(),
            status: Some(DossierStatus::InProgress),
            desk: Some(Role::Specialist),
            at,
            due_at: Some(at + TimeDelta::days(4)),
            earlier_due_at: Some(at + TimeDelta::days(2)),
            early: true,
            reason: Some("Giấy chứng sinh không đọc được".to_owned()),
            by_post: true,
            item_number: Some("RV000000016VN".to_owned()),
            receiver_name: Some("Nguyễn Văn An".to_owned()),
            invitations: 1,
            name: "Nguyễn Văn An".to_owned(),
        },
    }
}

fn renderer() -> Renderer {
    Renderer::new("https://dichvucong.bacninh.example/", true).unwrap()
}

#[test]
fn every_template_renders_in_both_languages_whatever_is_missing() {
    let renderer = renderer();
    for language in [Language::Vi, Language::En] {
        for template in Template::ALL.iter().copied() {
            let full = notice(template, language);
            let mut bare = full.clone();
            bare.params.dossier_number = None;
            bare.params.due_at = None;
            bare.params.earlier_due_at = None;
            bare.params.early = false;
            bare.params.reason = None;
            bare.params.by_post = false;
            bare.params.item_number = None;
            bare.params.receiver_name = None;
            bare.params.status = None;
            bare.params.desk = None;
            bare.params.procedure_name = String::new();
            for n in [full, bare] {
                let message = renderer.inbox(&n).unwrap();
                assert!(!message.title.is_empty() && !message.title.contains('\n'));
                assert!(
                    message.body.contains("16/11/2026 09:00"),
                    "{}",
                    message.body
                );
                assert!(message.body.contains("Trung tâm"), "{}", message.body);
                let mail = renderer.mail(&n).unwrap();
                assert!(mail.html.contains("<table") && mail.text.contains("Trung tâm"));
                let sms = renderer.sms(&n).unwrap();
                assert_eq!(sms.is_some(), template.has_sms());
                for leftover in ["{{", "{%", "none", "undefined"] {
                    assert!(
                        !message.body.contains(leftover),
                        "{template:?}: {}",
                        message.body
                    );
                    assert!(!mail.html.contains(leftover), "{template:?}: {}", mail.html);
                }
            }
        }
    }
}

#[test]
fn text_messages_fit_one_message_and_name_the_dossier() {
    let renderer = renderer();
    for language in [Language::Vi, Language::En] {
        for template in Template::ALL.iter().copied().filter(|t| t.has_sms()) {
            let mut n = notice(template, language);
            n.params.agency_name = "Ủy ban nhân dân ".repeat(20);
            let text = renderer.sms(&n).unwrap().unwrap();
            assert!(text.is_ascii() && text.len() <= 160, "{text}");
            assert!(text.contains("H05.21-261116-0001"), "{text}");
        }
    }
}

#[test]
fn a_text_message_with_marks_is_an_option() {
    let marks = Renderer::new("https://x.example", false).unwrap();
    let text = marks
        .sms(&notice(Template::Done, Language::Vi))
        .unwrap()
        .unwrap();
    assert!(text.contains("Trung tâm"), "{text}");
}

#[test]
fn what_people_typed_cannot_break_out_of_the_letter() {
    let mut n = notice(Template::SupplementRequested, Language::Vi);
    n.params.reason = Some("<script>alert('x')</script> & \"thiếu\"".to_owned());
    n.params.name = "<b>An</b>".to_owned();
    n.params.procedure_name = "{{ 7 * 7 }} <i>".to_owned();
    let mail = renderer().mail(&n).unwrap();
    assert!(!mail.html.contains("<script>") && !mail.html.contains("<b>An"));
    assert!(mail.html.contains("&lt;script&gt;"));
    assert!(!mail.html.contains("49"), "data is never a template");
    assert!(
        mail.text
            .contains("<script>alert('x')</script> & \"thiếu\"")
    );
}

#[test]
fn no_identity_number_leaves_in_any_channel() {
    let mut n = notice(Template::NotReceived, Language::Vi);
    n.params.reason = Some("Số 024090000011 không khớp".to_owned());
    let renderer = renderer();
    let mail = renderer.mail(&n).unwrap();
    for text in [renderer.inbox(&n).unwrap().body, mail.text, mail.html] {
        assert!(!text.contains("024090000011"), "{text}");
        assert!(text.contains("*********011"), "{text}");
    }
}

#[test]
fn the_letter_reads_like_one() {
    let mail = renderer()
        .mail(&notice(Template::Received, Language::Vi))
        .unwrap();
    insta::assert_snapshot!("received_vi", format!("{}\n\n{}", mail.subject, mail.text));
    let mail = renderer()
        .mail(&notice(Template::ShipmentDelivered, Language::En))
        .unwrap();
    insta::assert_snapshot!("delivered_en", format!("{}\n\n{}", mail.subject, mail.text));
}
