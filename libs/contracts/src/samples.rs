//! One sample of every event, every field of it filled: for the documents, and for the test that fails when a field is renamed.

use crate::event::{CloudEvent, Event};
use crate::events::{
    AgencyChanged, AlarmKind, CommuneFact, DossierAlarm, DossierChanged, ProcedureChanged,
    ProcedureComponent, ProcedureMethod, ShipmentChanged, ShipmentState, UnitsChanged,
};
use crate::ids::{AccountId, DossierId, ProcedureId, ShipmentId};
use crate::types::{
    Address, Channel, Contact, DossierStatus, Fee, Language, ReturnMethod, ReturnWay,
};
use chrono::{DateTime, NaiveDate, Utc};
use serde_json::json;
use uuid::Uuid;

/// All of them in their envelopes, in the order of [`crate::events::TYPES`], not sealed.
///
/// # Errors
/// When one cannot be written as JSON.
pub fn all() -> serde_json::Result<Vec<CloudEvent>> {
    Ok(vec![
        wrapped(1, &procedure_changed()?)?,
        wrapped(2, &agency_changed()?)?,
        wrapped(3, &units_changed())?,
        wrapped(4, &dossier_changed())?,
        wrapped(5, &dossier_alarm())?,
        wrapped(6, &shipment_changed())?,
    ])
}

fn wrapped<E: Event>(n: u128, event: &E) -> serde_json::Result<CloudEvent> {
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned();
    CloudEvent::wrap(event, id(0xe000 + n), at(), Some(trace))
}

/// `019d2bfd-3fe0-7000-8000-…`.
fn id(n: u128) -> Uuid {
    Uuid::from_u128(0x019d_2bfd_3fe0_7000_8000_0000_0000_0000 + n)
}

/// 2026-11-24 09:00 in Vietnam.
fn at() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_485_600, 0).unwrap_or_default()
}

fn contact() -> Contact {
    Contact {
        name: "Nguyễn Văn An".to_owned(),
        phone: Some("+84912345678".to_owned()),
        email: Some("an@example.vn".to_owned()),
        language: Language::Vi,
    }
}

fn procedure_changed() -> serde_json::Result<ProcedureChanged> {
    Ok(ProcedureChanged {
        procedure_id: ProcedureId(id(1)),
        version: 3,
        code: "1.001193".to_owned(),
        name: "Thủ tục đăng ký khai sinh".to_owned(),
        field: "Hộ tịch".to_owned(),
        active: true,
        accepted_at: Some(vec!["commune".to_owned()]),
        non_territorial: true,
        restricted: true,
        methods: vec![ProcedureMethod {
            channel: Channel::Online,
            term: Some(serde_json::from_value(
                json!({ "value": 1.5, "unit": "workingDay" }),
            )?),
            // Not with a term at once in life; here for the sake of its names.
            sequence: serde_json::from_value(
                json!([{ "value": 6, "unit": "workingDay" }, { "value": 30, "unit": "day" }]),
            )?,
            cut_off: Some(serde_json::from_value(json!("15:00"))?),
            term_text: "01 ngày rưỡi làm việc".to_owned(),
            fees: vec![Fee {
                amount: Some(10_000),
                currency: "VND".to_owned(),
                text: "10.000 đồng/lần đăng ký".to_owned(),
                suspicious: false,
            }],
        }],
        components: vec![ProcedureComponent {
            id: "giay-chung-sinh".to_owned(),
            name: "Giấy chứng sinh".to_owned(),
            originals: 1,
            copies: 0,
            note: false,
            required: true,
        }],
    })
}

fn agency_changed() -> serde_json::Result<AgencyChanged> {
    Ok(AgencyChanged {
        code: "H05.21".to_owned(),
        version: 2,
        name: "Trung tâm Phục vụ hành chính công xã Yên Thế".to_owned(),
        parent_name: "Ủy ban nhân dân xã Yên Thế".to_owned(),
        parent_code: Some("H05".to_owned()),
        address: "Thôn Trung, xã Yên Thế, tỉnh Bắc Ninh".to_owned(),
        phone: "02043876123".to_owned(),
        desk: Some("commune".to_owned()),
        calendar: serde_json::from_value(json!({
            "cutOff": "16:00",
            "cutOffs": { "online": "24:00" },
            "week": { "saturday": [{ "from": "07:30", "to": "11:30" }] },
            "makeUpShifts": [{ "from": "07:30", "to": "11:30" }],
            "days": [
                { "date": "2026-12-24", "use": "off", "name": "Mất điện" },
                { "date": "2026-12-26", "use": "work", "name": "Làm bù", "shifts": [{ "from": "07:30", "to": "11:30" }] },
            ],
        }))?,
        active: true,
    })
}

fn units_changed() -> UnitsChanged {
    UnitsChanged {
        province_code: "24".to_owned(),
        province_name: "Tỉnh Bắc Ninh".to_owned(),
        version: 4,
        communes: vec![CommuneFact {
            code: "07288".to_owned(),
            name: "Xã Yên Thế".to_owned(),
            valid_from: NaiveDate::from_ymd_opt(2025, 7, 1),
            valid_to: NaiveDate::from_ymd_opt(2030, 12, 31),
        }],
    }
}

fn dossier_changed() -> DossierChanged {
    DossierChanged {
        dossier_id: DossierId(id(4)),
        version: 2,
        number: Some("H05.21-261124-0001".to_owned()),
        command: "receive".to_owned(),
        from: Some(DossierStatus::New),
        status: DossierStatus::Received,
        step: "assignment".to_owned(),
        at: at(),
        due_at: DateTime::from_timestamp(1_795_744_800, 0),
        reason: Some("Đã kiểm tra giấy tờ".to_owned()),
        owner: AccountId(id(5)),
        contact: contact(),
        agency_code: "H05.21".to_owned(),
        agency_name: "Trung tâm Phục vụ hành chính công xã Yên Thế".to_owned(),
        procedure_code: "1.001193".to_owned(),
        procedure_name: "Thủ tục đăng ký khai sinh".to_owned(),
        return_way: ReturnWay {
            method: ReturnMethod::Post,
            receiver_name: Some("Nguyễn Văn An".to_owned()),
            receiver_phone: Some("+84912345678".to_owned()),
            address: Some(Address {
                province_code: "24".to_owned(),
                commune_code: "07288".to_owned(),
                street: "Số 12, thôn Trung".to_owned(),
            }),
        },
        earlier_due_at: DateTime::from_timestamp(1_795_658_400, 0),
        refusal: false,
        restricted: true,
    }
}

fn dossier_alarm() -> DossierAlarm {
    DossierAlarm {
        dossier_id: DossierId(id(4)),
        version: 2,
        number: Some("H05.21-261124-0001".to_owned()),
        kind: AlarmKind::DueSoon,
        at: at(),
        status: DossierStatus::InProgress,
        due_at: DateTime::from_timestamp(1_795_744_800, 0),
        owner: AccountId(id(5)),
        contact: contact(),
        agency_code: "H05.21".to_owned(),
        agency_name: "Trung tâm Phục vụ hành chính công xã Yên Thế".to_owned(),
        procedure_name: "Thủ tục đăng ký khai sinh".to_owned(),
        restricted: true,
    }
}

fn shipment_changed() -> ShipmentChanged {
    ShipmentChanged {
        shipment_id: ShipmentId(id(6)),
        version: 5,
        dossier_id: DossierId(id(4)),
        dossier_number: "H05.21-261124-0001".to_owned(),
        state: ShipmentState::Delivered,
        at: at(),
        item_number: Some("EB123456785VN".to_owned()),
        receiver_name: Some("Nguyễn Văn An".to_owned()),
        owner: AccountId(id(5)),
        contact: contact(),
        agency_code: "H05.21".to_owned(),
        invitations: 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::TYPES;
    use crate::tolerant;
    use serde_json::Value;

    /// The promise to every consumer of every release: a field that is renamed, lost or of another type is not what the file has.
    #[test]
    fn a_sample_of_every_event_is_kept() {
        let samples = all().expect("JSON");
        let types: Vec<&str> = samples.iter().map(|s| s.event_type.as_str()).collect();
        assert_eq!(types, TYPES, "a sample of each");
        let kept: Value = serde_json::from_str(include_str!("samples.json")).expect("JSON");
        let now = serde_json::to_value(&samples).expect("JSON");
        let told = serde_json::to_string_pretty(&now).expect("JSON");
        assert_eq!(now, kept, "samples.json should be: {told}");
    }

    /// What the next release adds, wherever it adds it. The keys of `cutOffs` are no fields.
    fn grown(value: Value) -> Value {
        match value {
            Value::Object(all) => {
                let mut all: serde_json::Map<String, Value> = all
                    .into_iter()
                    .map(|(name, inner)| {
                        let inner = if name == "cutOffs" {
                            inner
                        } else {
                            grown(inner)
                        };
                        (name, inner)
                    })
                    .collect();
                all.insert("ofTheNextRelease".to_owned(), json!({ "any": ["thing"] }));
                Value::Object(all)
            }
            Value::Array(all) => all.into_iter().map(grown).collect(),
            plain => plain,
        }
    }

    fn reads_a_newer_one<E: Event>(sample: &CloudEvent) {
        let newer = grown(sample.data.clone());
        assert_ne!(newer, sample.data);
        let read: E = tolerant::from_value(newer).expect(E::TYPE);
        let back = serde_json::to_value(&read).expect("JSON");
        assert_eq!(back, sample.data, "all that is known is there");
    }

    #[test]
    fn fields_of_the_next_release_are_passed_over_wherever_they_stand() {
        let all = all().expect("JSON");
        reads_a_newer_one::<ProcedureChanged>(&all[0]);
        reads_a_newer_one::<AgencyChanged>(&all[1]);
        reads_a_newer_one::<UnitsChanged>(&all[2]);
        reads_a_newer_one::<DossierChanged>(&all[3]);
        reads_a_newer_one::<DossierAlarm>(&all[4]);
        reads_a_newer_one::<ShipmentChanged>(&all[5]);
        let mut envelope = serde_json::to_value(&all[3]).expect("JSON");
        envelope["extension"] = "of somebody".into();
        let read: CloudEvent = serde_json::from_value(envelope).expect("an envelope");
        assert_eq!(read, all[3]);
    }

    #[test]
    fn what_is_missing_or_of_another_type_is_not_read() {
        let sample = all().expect("JSON").remove(3).data;
        for change in [
            |data: &mut Value| drop(data.as_object_mut().expect("fields").remove("status")),
            |data: &mut Value| data["status"] = "unheardOf".into(),
            |data: &mut Value| data["contact"] = "a text".into(),
            |data: &mut Value| *data = json!([]),
        ] {
            let mut changed = sample.clone();
            change(&mut changed);
            assert!(tolerant::from_value::<DossierChanged>(changed).is_err());
        }
    }
}
