use super::*;
use serde_json::{Value, json};

const ID: &str = "019d2bfd-3fe0-70ac-b9d6-5e9e20d6eef7";

fn read(detail: Value) -> Parsed {
    let line = json!({"id": ID, "code": "1.000001", "name": "Thủ tục mẫu", "detail": detail});
    parse_line(&line.to_string()).expect("a procedure")
}

fn method(channel: &str, time: Value, unit: &str) -> Value {
    json!({"submissionMethod": channel, "processingTime": time, "processingTimeUnit": unit, "description": "", "fees": []})
}

fn has(parsed: &Parsed, kind: WarningKind) -> bool {
    parsed.warnings.iter().any(|w| w.kind == kind)
}

#[test]
fn codes_of_any_shape_are_kept_and_flagged() {
    for (code, kept, kind) in [
        (" 1.014325", "1.014325", WarningKind::CodeTrimmed),
        ("2.009182739", "2.009182739", WarningKind::CodeShape),
        ("1.0133611", "1.0133611", WarningKind::CodeShape),
        ("1.014955-Xoa", "1.014955-Xoa", WarningKind::CodeSaysDeleted),
        ("", "1.000001", WarningKind::NoMethod),
    ] {
        let p = read(json!({"code": code, "state": "ACTIVE"}));
        assert_eq!(p.content.code, kept);
        assert!(has(&p, kind), "{code}: {:?}", p.warnings);
    }
}

#[test]
fn terms_and_fees_differ_by_channel() {
    let p = read(json!({"executionMethods": [
        {"submissionMethod": "ONLINE", "processingTime": 6, "processingTimeUnit": "HOUR",
         "fees": [{"type": "FEE", "value": 10000, "currencyName": "Việt Nam Đồng", "description": ""}]},
        {"submissionMethod": "DIRECT", "processingTime": 1.5, "processingTimeUnit": "WORKING_DAY",
         "fees": [{"type": "SERVICE_FEE", "value": 20000}]},
        {"submissionMethod": "PIGEON", "processingTime": 1, "processingTimeUnit": "DAY"},
    ]}));
    let m = &p.content.methods;
    assert_eq!(p.content.channels(), [Channel::Online, Channel::Direct]);
    assert_eq!(
        (m[0].term.value, m[0].term.unit),
        (Some(6.0), TermUnit::WorkingHour)
    );
    assert_eq!(
        (m[1].term.value, m[1].term.unit),
        (Some(1.5), TermUnit::WorkingDay)
    );
    assert_eq!(m[0].fees[0].fee.amount, Some(10_000));
    assert_eq!(
        (m[1].fees[0].fee.amount, m[1].fees[0].kind),
        (Some(20_000), FeeKind::Charge)
    );
    assert!(has(&p, WarningKind::TermUnitsDiffer));
    assert_eq!(p.content.service_level, ServiceLevel::Partial);
}

#[test]
fn several_methods_of_a_channel_are_cases() {
    let p = read(json!({"executionMethods": [
        {"submissionMethod": "DIRECT", "processingTime": 15, "processingTimeUnit": "WORKING_DAY", "description": "Xã thông thường"},
        {"submissionMethod": "DIRECT", "processingTime": 22, "processingTimeUnit": "WORKING_DAY", "description": "Xã biên giới"},
        {"submissionMethod": "ONLINE", "processingTime": 15, "processingTimeUnit": "WORKING_DAY", "description": "Mọi xã"},
    ]}));
    let cases: Vec<_> = p
        .content
        .methods
        .iter()
        .map(|m| m.case.as_deref())
        .collect();
    assert_eq!(cases, [Some("Xã thông thường"), Some("Xã biên giới"), None]);
}

#[test]
fn the_default_term_falls_back_to_the_service_list() {
    let listed = |all: &[(Value, &str)]| {
        let cases: Vec<Value> = all
            .iter()
            .map(|(q, t)| json!({"processingDay": {"qty": q, "type": t}}))
            .collect();
        read(json!({"executionMethods": [method("ONLINE", json!(1), "OTHER")], "cases": cases}))
    };
    let p = listed(&[(json!(1), "WORKING_DAY"), (json!(1), "WORKING_DAY")]);
    assert_eq!(p.content.methods[0].term.source, TermSource::ServiceList);
    assert!(has(&p, WarningKind::TermFromServiceList));
    let p = listed(&[(json!(1), "WORKING_DAY"), (json!(15), "WORKING_DAY")]);
    assert_eq!(p.content.methods[0].term.unit, TermUnit::NotComputable);
    let p = listed(&[(json!(1), "WORKING_DAY"), (json!("một"), "WORKING_DAY")]);
    assert_eq!(p.content.methods[0].term.unit, TermUnit::NotComputable);
    assert!(has(&p, WarningKind::TermNotComputable));
}

#[test]
fn notes_among_the_papers_are_never_required() {
    let long = "a".repeat(7_632);
    let p = read(
        json!({"executionCases": [{"name": "* Giấy tờ phải nộp:", "profileComponents": [
        {"profileComponentId": "p1", "originalQty": 1, "copyQty": 0, "required": false, "name": "Giấy chứng sinh",
         "attachments": [{"fileName": "Mẫu số 01.docx", "filePath": "configuring/x"}, null]},
        {"profileComponentId": "p2", "originalQty": 0, "copyQty": 0, "required": true, "name": long},
        {"profileComponentId": "", "originalQty": 0, "copyQty": 2, "required": true, "name": ""},
        {"profileComponentId": "p1", "originalQty": 1, "copyQty": 0, "name": "Giấy chứng sinh"},
    ]}, {"name": "", "profileComponents": null}]}),
    );
    let c = &p.content.components;
    assert_eq!((c.len(), c[0].components.len()), (1, 3));
    assert_eq!(c[0].components[0].forms.len(), 1);
    assert!(!c[0].components[0].note && !c[0].components[0].required);
    assert!(c[0].components[1].note && !c[0].components[1].required);
    assert_eq!(c[0].components[1].name.chars().count(), 7_632);
    assert!(c[0].components[2].required && c[0].components[2].id == "c1-3");
    for kind in [
        WarningKind::ComponentNameEmpty,
        WarningKind::ComponentNameLong,
        WarningKind::ComponentRepeated,
    ] {
        assert!(has(&p, kind), "{kind:?}");
    }
}

#[test]
fn text_is_composed_and_invisible_characters_go() {
    let p = read(json!({
        "name": "Ca\u{301}p la\u{323}i gi\u{1ea5}y\u{200e}\nphe\u{301}p\u{a0}\u{a0}A",
        "executionSteps": [{"name": "", "description": "\u{f0fc} Bước\t1: nộp hồ sơ</p>\n\n\n\nBước 2\n"}],
    }));
    assert_eq!(p.content.name, "Cáp lại giấy phép A");
    let step = &p.content.steps[0].description;
    assert!(
        step.contains("\n\nBước 2") && !step.ends_with('\n'),
        "{step:?}"
    );
    for kind in [
        WarningKind::NameLineBreak,
        WarningKind::TextNotComposed,
        WarningKind::TextInvisible,
        WarningKind::TextMarkup,
    ] {
        assert!(has(&p, kind), "{kind:?} {:?}", p.warnings);
    }
    let p = read(
        json!({"legalBasisesDetails": [{"code": "118/2025/NĐ-C\u{420}", "name": "Nghị định"}]}),
    );
    assert!(has(&p, WarningKind::TextLookAlike));
}

#[test]
fn agencies_come_from_lists_groups_or_words() {
    let p = read(json!({
        "departmentsExecuting": [{"code": "G15", "name": "Bộ Tư pháp"}],
        "unitGroupsExecuting": [{"id": "x", "name": "Ủy ban nhân dân cấp xã"}, null, {"name": "Bộ Tư pháp"}],
        "delegatedAgencies": "Chủ tịch UBND cấp xã",
    }));
    let names: Vec<_> = p
        .content
        .agencies
        .executing
        .iter()
        .map(|n| n.name.as_str())
        .collect();
    assert_eq!(names, ["Bộ Tư pháp", "Ủy ban nhân dân cấp xã"]);
    assert_eq!(p.content.agencies.authority[0].name, "Chủ tịch UBND cấp xã");
    assert!(has(&read(json!({})), WarningKind::NoExecutingAgency));
}

#[test]
fn the_decisions_date_is_the_day_in_vietnam() {
    let p = read(
        json!({"procedureProposal": {"proposalNumber": "4472/QĐ-BTC", "decisionNumber": null, "decisionDate": 1_779_382_800_000_i64}}),
    );
    assert_eq!(p.content.decision.number.as_deref(), Some("4472/QĐ-BTC"));
    assert_eq!(
        p.content.decision.date,
        NaiveDate::from_ymd_opt(2026, 5, 22)
    );
    let p = read(json!({"procedureProposal": {"decisionDate": 99_999_999_999_999_999_i64}}));
    assert!(p.content.decision.date.is_none() && has(&p, WarningKind::ImpossibleDate));
}

#[test]
fn wrong_types_are_survived_and_broken_lines_are_named() {
    let p = read(json!({
        "executionSteps": "none", "executionMethods": {"a": 1}, "executionCases": 7, "legalBasisesDetails": [1, "x", null],
        "isWard": "true", "isProvince": 1, "returningMethods": [{"type": "ONLINE", "value": ["AT_HOME", "MOON"]}], "note": {"x": []},
    }));
    assert_eq!(p.content.levels, [Level::Commune]);
    assert_eq!(p.content.return_methods[0].ways, ["atHome"]);
    for (line, error) in [
        (json!({"id": "7", "name": "x", "detail": {}}), LineError::Id),
        (json!({"id": ID, "name": "x"}), LineError::Detail),
        (
            json!({"id": ID, "name": "x", "detail": null}),
            LineError::Detail,
        ),
        (
            json!({"id": ID, "name": "  ", "detail": {}}),
            LineError::Name,
        ),
        (
            json!({"id": ID, "name": "x", "detail": {"id": "019d2bfd-3fe0-70ac-b9d6-000000000000"}}),
            LineError::TwoIds,
        ),
    ] {
        assert_eq!(parse_line(&line.to_string()).expect_err("broken"), error);
    }
    assert!(matches!(parse_line("{\"id\":"), Err(LineError::NotJson(_))));
    assert!(parse_line("[]").is_err() && parse_line("7").is_err());
}
