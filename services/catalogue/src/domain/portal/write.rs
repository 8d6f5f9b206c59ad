//! The way back: a content as a line of the portal's JSON, so that what is exported can be imported again and says the same.

use crate::domain::content::{
    Component, Content, FeeDoubt, FeeKind, Level, Method, MethodFee, Named, PublishedTerm,
    ServiceLevel, TermSource, TermUnit,
};
use contracts::Channel;
use serde_json::{Value, json};
use uuid::Uuid;

/// The line of a procedure.
pub fn to_line(id: Uuid, c: &Content) -> Value {
    let id = id.to_string();
    let online = c.methods.iter().any(|m| m.channel == Channel::Online);
    let mut detail = json!({
        "id": id, "code": c.code, "codeNotation": c.code, "name": c.name, "state": "ACTIVE",
        "categoriesDetails": if c.field.name.is_empty() { json!([]) } else { json!([named(&c.field)]) },
        "executionSteps": c.steps.iter().map(|s| json!({"name": s.name, "description": s.description})).collect::<Vec<_>>(),
        "executionMethods": c.methods.iter().map(method).collect::<Vec<_>>(),
        "cases": listed(c),
        "executionCases": c.components.iter().map(|case| json!({
            "name": case.case,
            "profileComponents": case.components.iter().map(component).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "subjectTypesDetails": all(&c.subjects),
        "resultsDetails": all(&c.results),
        "legalBasisesDetails": all(&c.legal_basis),
        "departmentsExecuting": all(&c.agencies.executing),
        "departmentsAuthority": all(&c.agencies.authority),
        "departmentsAuthorized": all(&c.agencies.authorized),
        "departmentsCoordinating": all(&c.agencies.coordinating),
        "dossierReceivingAddresses": c.agencies.receiving_places,
        "requirementsAndConditions": c.conditions,
        "procedureProposal": {
            "decisionNumber": c.decision.number,
            "decisionDate": c.decision.date.map(midnight),
        },
        "departmentPromulgateCode": c.decision.promulgator.code,
        "departmentPromulgateName": c.decision.promulgator.name,
        "isWard": c.levels.contains(&Level::Commune),
        "isProvince": c.levels.contains(&Level::Province),
        "isMinistry": c.levels.contains(&Level::Ministry),
        "isOtherAgency": c.levels.contains(&Level::Other),
        "isFullProcess": c.service_level == ServiceLevel::Full,
        "isOfflineOnly": c.service_level == ServiceLevel::Information && !online,
        "isInternal": c.internal,
        "isVertical": c.vertical,
        "serviceGroupsDetails": c.groups.iter().map(|g| json!({"name": g})).collect::<Vec<_>>(),
        "keywords": c.keywords,
        "note": c.note,
        "returningMethods": c.return_methods.iter().map(|r| json!({
            "type": if r.filed_online { "ONLINE" } else { "OFFLINE" },
            "value": r.ways.iter().map(|w| match w.as_str() {
                "atHome" => "AT_HOME",
                "online" => "ONLINE",
                _ => "AT_SUBMISSION_PLACE",
            }).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
    });
    // What nobody has said is not there: null would be a word of its own for a reader of the portal's files.
    let said = [
        ("isNonTerritorial", c.non_territorial),
        ("isPostal", c.postal),
        ("isKiosk", c.kiosk),
        ("isImmediateResult", c.immediate_result),
        ("hasFinancialDuty", c.financial_duty),
        ("isRestricted", c.restricted),
    ];
    for (name, value) in said {
        if let (Some(value), Some(detail)) = (value, detail.as_object_mut()) {
            detail.insert(name.to_owned(), json!(value));
        }
    }
    json!({"id": id, "code": c.code, "name": c.name, "detail": detail})
}

fn component(p: &Component) -> Value {
    let mut value = json!({
        "profileComponentId": p.id, "code": p.code, "name": p.name, "originalQty": p.originals, "copyQty": p.copies,
        "required": p.required, "hasElectronicForm": p.electronic_form,
        "attachments": p.forms.iter().map(|f| json!({"fileName": f.name, "filePath": f.path})).collect::<Vec<_>>(),
    });
    if let (Some(database), Some(value)) = (&p.replacing_database, value.as_object_mut()) {
        value.insert("replacingDatabase".to_owned(), named(database));
    }
    value
}

fn named(n: &Named) -> Value {
    json!({"code": n.code, "name": n.name})
}

fn all(list: &[Named]) -> Vec<Value> {
    list.iter().map(named).collect()
}

/// Midnight in Vietnam, milliseconds since 1970.
fn midnight(day: chrono::NaiveDate) -> i64 {
    let utc = day.and_time(chrono::NaiveTime::MIN).and_utc();
    (utc - chrono::TimeDelta::hours(7)).timestamp_millis()
}

fn unit_name(unit: TermUnit) -> &'static str {
    match unit {
        TermUnit::WorkingHour => "HOUR",
        TermUnit::WorkingDay => "WORKING_DAY",
        TermUnit::Day => "DAY",
        TermUnit::Month => "MONTH",
        TermUnit::Year => "YEAR",
        TermUnit::NotComputable => "OTHER",
    }
}

fn method(m: &Method) -> Value {
    let (time, unit) = time(&m.term, &m.description);
    json!({
        "submissionMethod": match m.channel {
            Channel::Online => "ONLINE",
            Channel::Direct => "DIRECT",
            Channel::Postal => "POSTAL",
        },
        "processingTime": time, "processingTimeUnit": unit, "description": m.description,
        "fees": m.fees.iter().map(fee).collect::<Vec<_>>(),
    })
}

/// What the portal calls the time of a method, and its unit.
fn time(term: &PublishedTerm, description: &str) -> (Value, &'static str) {
    match (term.source, term.value) {
        (TermSource::Method, Some(value)) => (json!(value), unit_name(term.unit)),
        // The form's default; the list of services says it.
        (TermSource::ServiceList, _) => (json!(1), "OTHER"),
        _ if term.text == description || term.text == super::super::term::NOT_PUBLISHED => {
            (json!(""), "OTHER")
        }
        _ => match term.text.strip_suffix(super::super::term::NO_UNIT) {
            Some(number) => (json!(number.replace(',', ".")), "OTHER"),
            None => (json!(term.text), "OTHER"),
        },
    }
}

/// The list of services, where a term was taken from it.
fn listed(c: &Content) -> Vec<Value> {
    c.methods
        .iter()
        .find(|m| m.term.source == TermSource::ServiceList)
        .map(|m| json!({"processingDay": {"qty": m.term.value, "type": unit_name(m.term.unit)}}))
        .into_iter()
        .collect()
}

fn fee(f: &MethodFee) -> Value {
    let kind = match f.kind {
        FeeKind::Charge => "SERVICE_FEE",
        FeeKind::Price => "PRICE_LEVEL",
        FeeKind::Fee => "FEE",
    };
    // Nobody chose a currency: that is what makes a bare 0 doubtful.
    let currency = match (f.doubt, f.fee.currency.as_str()) {
        (Some(FeeDoubt::ZeroWithoutText), _) => Value::Null,
        (_, "VND") => json!("Việt Nam Đồng"),
        (_, other) => json!(other),
    };
    json!({"type": kind, "value": f.fee.amount, "currencyName": currency, "description": f.fee.text})
}
