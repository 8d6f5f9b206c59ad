//! Every event of the suite. Structs only grow; a new meaning is a new version beside the old one.

use crate::event::Event;
use crate::ids::{AccountId, DossierId, ProcedureId, ShipmentId};
use crate::types::{Channel, Contact, DossierStatus, Fee, ReturnWay};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vn::worktime::{CalendarSpec, MinuteOfDay, Term};

/// Says of each struct what its envelope says, and keeps the list of them all.
macro_rules! events {
    ($($name:ident, $source:literal, $ty:literal, $subject:ident;)+) => {
        $(impl Event for $name {
            const TYPE: &'static str = $ty;
            const SOURCE: &'static str = $source;
            fn subject(&self) -> String {
                self.$subject.to_string()
            }
            fn version(&self) -> i64 {
                self.version
            }
        })+

        /// Types of all events.
        pub const TYPES: &[&str] = &[$($ty),+];
    };
}

events! {
    ProcedureChanged, "catalogue", "catalogue.procedure-changed.v1", procedure_id;
    AgencyChanged, "catalogue", "catalogue.agency-changed.v1", code;
    UnitsChanged, "catalogue", "catalogue.units-changed.v1", province_code;
    DossierChanged, "dossier", "dossier.dossier-changed.v1", dossier_id;
    DossierAlarm, "dossier", "dossier.dossier-alarm.v1", dossier_id;
    ShipmentChanged, "postal", "postal.shipment-changed.v1", shipment_id;
}

/// A procedure version was published, changed or withdrawn. Carries what the dossier service must know to receive under it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProcedureChanged {
    /// The portal's id.
    pub procedure_id: ProcedureId,
    /// Version, from 1.
    pub version: i64,
    /// Code, e.g. `1.001193`. Not unique.
    pub code: String,
    /// Name.
    pub name: String,
    /// Field name (lĩnh vực).
    pub field: String,
    /// False when withdrawn.
    pub active: bool,
    /// The tiers whose desks accept it (`commune`, `province` …); empty for a procedure between agencies. `None`: not known
    /// (the event of an earlier release), so nobody is refused for it.
    #[serde(default)]
    pub accepted_at: Option<Vec<String>>,
    /// Any desk of the country may take it for the competent agency (phi địa giới).
    #[serde(default)]
    pub non_territorial: bool,
    /// Its dossiers are of restricted access (hồ sơ hạn chế tiếp cận).
    #[serde(default)]
    pub restricted: bool,
    /// Channels with term and fees.
    pub methods: Vec<ProcedureMethod>,
    /// Dossier components (thành phần hồ sơ) of all cases.
    pub components: Vec<ProcedureComponent>,
}

/// One way of filing (cách thức thực hiện).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProcedureMethod {
    /// The channel.
    pub channel: Channel,
    /// The term; `None` where it cannot be computed ("no date by rule").
    #[schema(value_type = Option<Object>, example = json!({ "value": 3, "unit": "workingDay" }))]
    pub term: Option<Term>,
    /// Terms that follow each other, each from the end of the one before it ("06 ngày làm việc và 30 ngày"); `term` is `None` then.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<Object>, example = json!([{ "value": 6, "unit": "workingDay" }, { "value": 30, "unit": "day" }]))]
    pub sequence: Vec<Term>,
    /// What is received after this hour counts from the next working day, where the procedure itself says so; it wins over the
    /// calendar of the agency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "15:00")]
    pub cut_off: Option<MinuteOfDay>,
    /// The term as published.
    pub term_text: String,
    /// Fees.
    pub fees: Vec<Fee>,
}

/// One paper of the dossier.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProcedureComponent {
    /// Stable within the procedure.
    pub id: String,
    /// Name.
    pub name: String,
    /// Originals asked for.
    pub originals: u32,
    /// Copies asked for.
    pub copies: u32,
    /// A note, not a paper (no originals, no copies).
    pub note: bool,
    /// Must be attached when filing online.
    pub required: bool,
}

/// An agency (cơ quan, bộ phận một cửa) was created or changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgencyChanged {
    /// Code by QĐ 20/2020, e.g. `H05.21`.
    pub code: String,
    /// Version, from 1.
    pub version: i64,
    /// Name of the unit.
    pub name: String,
    /// Name of the body above, for the head of the forms.
    pub parent_name: String,
    /// Code of the body above.
    pub parent_code: Option<String>,
    /// Postal address in one line.
    pub address: String,
    /// Phone of the desk.
    pub phone: String,
    /// The tier of its one-stop desk (`commune`, `province` …); empty text when it has no desk. `None`: not known (the event of
    /// an earlier release), so nobody is refused for it.
    #[serde(default)]
    pub desk: Option<String>,
    /// Own working time, merged on the national calendar.
    #[schema(value_type = Object, example = json!({ "days": [{ "date": "2026-12-24", "use": "off", "name": "Mất điện" }] }))]
    pub calendar: CalendarSpec,
    /// False when closed or merged.
    pub active: bool,
}

/// The communes of one province, all of them, each with its validity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UnitsChanged {
    /// Province code.
    pub province_code: String,
    /// Province name.
    pub province_name: String,
    /// Version, from 1.
    pub version: i64,
    /// Communes, also ended ones.
    pub communes: Vec<CommuneFact>,
}

/// One commune in one period: a code means nothing without a date.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CommuneFact {
    /// Five digits.
    pub code: String,
    /// Full name, e.g. `Xã Yên Thế`.
    pub name: String,
    /// First day.
    pub valid_from: Option<NaiveDate>,
    /// Last day.
    pub valid_to: Option<NaiveDate>,
}

/// A dossier took a transition. Exactly one per transition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DossierChanged {
    /// The dossier.
    pub dossier_id: DossierId,
    /// Version after the transition, from 1 (filed).
    pub version: i64,
    /// The statutory number, once received.
    pub number: Option<String>,
    /// The command, e.g. `file`, `receive`, `approve`.
    pub command: String,
    /// State before; `None` for `file`.
    pub from: Option<DossierStatus>,
    /// State after.
    pub status: DossierStatus,
    /// Internal step after, e.g. `handling`.
    pub step: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Due instant, if any.
    pub due_at: Option<DateTime<Utc>>,
    /// Reason given with the command (supplement, refusal, stop).
    pub reason: Option<String>,
    /// The owner's account.
    pub owner: AccountId,
    /// How to reach the applicant.
    pub contact: Contact,
    /// The handling agency's code.
    pub agency_code: String,
    /// The handling agency's name.
    pub agency_name: String,
    /// Procedure code.
    pub procedure_code: String,
    /// Procedure name.
    pub procedure_name: String,
    /// Way of return.
    pub return_way: ReturnWay,
    /// The date that was promised before, when the transition moved it (hẹn lại, sự cố).
    #[serde(default)]
    pub earlier_due_at: Option<DateTime<Utc>>,
    /// The result is a refusal after examination (từ chối giải quyết, form 03); `reason` is the legal reason.
    #[serde(default)]
    pub refusal: bool,
    /// The dossier is of restricted access (hồ sơ hạn chế tiếp cận): only who may see those is told of it.
    #[serde(default)]
    pub restricted: bool,
}

impl DossierChanged {
    /// The command that ends a dossier's retention: its persons are made unknowable (ADR 67), and what others keep of them goes.
    pub const PSEUDONYMISE: &'static str = "pseudonymise";
}

/// A clock of a dossier has come to a point that people must know of. The dossier itself has not changed: `version` is the one it
/// has, and there may be several alarms at one version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DossierAlarm {
    /// The dossier.
    pub dossier_id: DossierId,
    /// Its version.
    pub version: i64,
    /// The statutory number, once received.
    pub number: Option<String>,
    /// Which point.
    pub kind: AlarmKind,
    /// When the clock came there; the alarm itself may be raised later.
    pub at: DateTime<Utc>,
    /// State.
    pub status: DossierStatus,
    /// What the clock runs to, if it has an end.
    pub due_at: Option<DateTime<Utc>>,
    /// The owner's account.
    pub owner: AccountId,
    /// How to reach the applicant.
    pub contact: Contact,
    /// The handling agency's code.
    pub agency_code: String,
    /// The handling agency's name.
    pub agency_name: String,
    /// Procedure name.
    pub procedure_name: String,
    /// As in [`DossierChanged::restricted`].
    #[serde(default)]
    pub restricted: bool,
}

/// The points of a dossier's clocks. Every state in which somebody waits has one, so that nothing waits without a person knowing.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum AlarmKind {
    /// Kết quả hồ sơ liên thông trước không còn: what a linked dossier was handed on for was taken back, or solved anew as a refusal.
    PredecessorRevoked,
    /// Phí đã nộp mà hồ sơ không được giải quyết: a dossier ended without a result, and what was paid for it has not gone back.
    FeesPaid,
    /// Quá 8 giờ làm việc chưa kiểm tra: the desk has not checked what was filed in time.
    CheckLate,
    /// Quá 2 giờ làm việc chưa xác nhận: a linked dossier was not acknowledged in time.
    AcknowledgeLate,
    /// Hạn gửi văn bản xin lỗi: the last day for an apology and a new date, if the result will be late.
    ApologyDue,
    /// Sắp đến hạn: due within 24 hours.
    DueSoon,
    /// Đến hạn: the instant has come.
    Due,
    /// Quá hạn: a day late; again every week.
    Overdue,
    /// The applicant has a day left to supplement.
    SupplementDue,
    /// A payment asked for a week ago has not come; again every week.
    PaymentOpen,
    /// A result has waited a month to be collected; again every month.
    ResultWaiting,
    /// Bản chính chưa trả: a dossier ended a week ago and its originals are still with the agency; again every month.
    OriginalsKept,
    /// Nothing has happened for a month to a dossier without a date by rule; again every month.
    Idle,
}

impl AlarmKind {
    /// Every kind.
    pub const ALL: &'static [AlarmKind] = &[
        AlarmKind::PredecessorRevoked,
        AlarmKind::FeesPaid,
        AlarmKind::CheckLate,
        AlarmKind::AcknowledgeLate,
        AlarmKind::ApologyDue,
        AlarmKind::DueSoon,
        AlarmKind::Due,
        AlarmKind::Overdue,
        AlarmKind::SupplementDue,
        AlarmKind::PaymentOpen,
        AlarmKind::ResultWaiting,
        AlarmKind::OriginalsKept,
        AlarmKind::Idle,
    ];

    /// The stable name as in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            AlarmKind::PredecessorRevoked => "predecessorRevoked",
            AlarmKind::FeesPaid => "feesPaid",
            AlarmKind::CheckLate => "checkLate",
            AlarmKind::AcknowledgeLate => "acknowledgeLate",
            AlarmKind::ApologyDue => "apologyDue",
            AlarmKind::DueSoon => "dueSoon",
            AlarmKind::Due => "due",
            AlarmKind::Overdue => "overdue",
            AlarmKind::SupplementDue => "supplementDue",
            AlarmKind::PaymentOpen => "paymentOpen",
            AlarmKind::ResultWaiting => "resultWaiting",
            AlarmKind::OriginalsKept => "originalsKept",
            AlarmKind::Idle => "idle",
        }
    }

    /// The inverse of [`AlarmKind::as_str`].
    pub fn parse(s: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|x| x.as_str() == s)
    }
}

/// A shipment took a transition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ShipmentChanged {
    /// The shipment.
    pub shipment_id: ShipmentId,
    /// Version after the change, from 1.
    pub version: i64,
    /// The dossier whose result is carried.
    pub dossier_id: DossierId,
    /// Its number.
    pub dossier_number: String,
    /// State after.
    pub state: ShipmentState,
    /// When it happened, as reported.
    pub at: DateTime<Utc>,
    /// Postal item number (UPU S10 or the operator's own).
    pub item_number: Option<String>,
    /// Who took it, for `delivered`.
    pub receiver_name: Option<String>,
    /// The owner's account.
    pub owner: AccountId,
    /// How to reach the receiver.
    pub contact: Contact,
    /// The agency that sends.
    pub agency_code: String,
    /// Number of failed delivery attempts / invitations so far.
    pub invitations: u32,
}

/// States of a result's shipment (QĐ 45/2016 art. 9–10, TT 17/2017 art. 5).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum ShipmentState {
    /// Sẵn sàng bàn giao.
    Ready,
    /// Đã bàn giao cho bưu điện (phiếu gửi đã ký).
    HandedToPost,
    /// Đang vận chuyển.
    InTransit,
    /// Phát không thành, đã mời nhận.
    Invited,
    /// Đã phát (có ký nhận, đã kiểm tra giấy tờ).
    Delivered,
    /// Chuyển hoàn về cơ quan.
    ReturnedToAgency,
    /// Thất lạc.
    Lost,
    /// Hư hỏng.
    Damaged,
    /// Đã hủy.
    Cancelled,
}

/// Who listens to what. Each publisher makes all of these queues before it sends anything, so that no event is lost to a service
/// that has not been started yet. Keep it in step with the `Worker::on` of the services.
pub const CONSUMERS: &[(&str, &[&str])] = &[
    (
        "dossier",
        &[
            ProcedureChanged::TYPE,
            AgencyChanged::TYPE,
            UnitsChanged::TYPE,
            ShipmentChanged::TYPE,
        ],
    ),
    (
        "notifications",
        &[
            DossierChanged::TYPE,
            DossierAlarm::TYPE,
            ShipmentChanged::TYPE,
        ],
    ),
    ("postal", &[DossierChanged::TYPE, UnitsChanged::TYPE]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_is_sent_by_one_service_and_taken_by_another() {
        for ty in TYPES {
            let (source, rest) = ty.split_once('.').expect("a source");
            assert!(rest.ends_with(".v1"), "{ty}");
            assert!(
                CONSUMERS
                    .iter()
                    .any(|(consumer, types)| *consumer != source && types.contains(ty)),
                "nobody listens to {ty}"
            );
        }
        for ty in CONSUMERS.iter().flat_map(|(_, types)| *types) {
            assert!(TYPES.contains(ty), "{ty} is not sent");
        }
    }

    #[test]
    fn what_an_earlier_release_did_not_say_is_not_known() {
        let procedure = serde_json::json!({
            "procedureId": "019d2bfd-3fe0-70ac-b9d6-5e9e20d6eef7", "version": 1, "code": "1.001193", "name": "Khai sinh",
            "field": "Hộ tịch", "active": true, "methods": [], "components": [],
        });
        let procedure: ProcedureChanged = serde_json::from_value(procedure).expect("a procedure");
        assert_eq!(procedure.accepted_at, None);
        let agency = serde_json::json!({
            "code": "H05.21", "version": 1, "name": "Trung tâm", "parentName": "UBND xã", "parentCode": null,
            "address": "Thôn Trung", "phone": "", "calendar": CalendarSpec::default(), "active": true,
        });
        let agency: AgencyChanged = serde_json::from_value(agency).expect("an agency");
        assert_eq!(agency.desk, None);
    }
}
