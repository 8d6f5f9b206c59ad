//! What the operations answer with.

use crate::domain::content::{
    Agencies, ComponentCase, Content, Decision, Level, Method, Named, ReturnMethods, ServiceLevel,
    Step,
};
use crate::domain::difference::Difference;
use crate::domain::life_cycle::{DraftState, VersionState};
use crate::domain::quality::Warning;
use chrono::{DateTime, NaiveDate, Utc};
use contracts::{Channel, ProcedureId};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;
use vn::worktime::CalendarSpec;

/// A procedure in a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProcedureItem {
    /// The national portal's id.
    pub(crate) id: ProcedureId,
    /// Code; not unique.
    #[schema(example = "1.001193")]
    pub(crate) code: String,
    /// Name.
    #[schema(example = "Thủ tục đăng ký khai sinh")]
    pub(crate) name: String,
    /// Field (lĩnh vực).
    pub(crate) field: Named,
    /// Tiers that execute it (cấp thực hiện).
    pub(crate) levels: Vec<Level>,
    /// How far it goes online.
    pub(crate) service_level: ServiceLevel,
    /// Channels that it can be filed through.
    pub(crate) channels: Vec<Channel>,
    /// Between agencies only; nobody files it.
    pub(crate) internal: bool,
}

/// A procedure with the eleven published items.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Procedure {
    /// The national portal's id.
    pub(crate) id: ProcedureId,
    /// Code; not unique.
    #[schema(example = "1.001193")]
    pub(crate) code: String,
    /// Version, from 1.
    pub(crate) version: i64,
    /// False when withdrawn.
    pub(crate) active: bool,
    /// 1. Tên thủ tục.
    #[schema(example = "Thủ tục đăng ký khai sinh")]
    pub(crate) name: String,
    /// Lĩnh vực.
    pub(crate) field: Named,
    /// Cấp thực hiện.
    pub(crate) levels: Vec<Level>,
    /// Mức độ dịch vụ công trực tuyến.
    pub(crate) service_level: ServiceLevel,
    /// Channels that it can be filed through.
    pub(crate) channels: Vec<Channel>,
    /// 2. Trình tự thực hiện.
    pub(crate) steps: Vec<Step>,
    /// 3, 5, 9, 10. Cách thức thực hiện, each with thời hạn and phí, lệ phí.
    pub(crate) methods: Vec<Method>,
    /// 4. Thành phần, số lượng hồ sơ, by case.
    pub(crate) components: Vec<ComponentCase>,
    /// 6. Đối tượng thực hiện.
    pub(crate) subjects: Vec<Named>,
    /// 7. Cơ quan thực hiện, có thẩm quyền, ủy quyền, phối hợp.
    pub(crate) agencies: Agencies,
    /// 8. Kết quả thực hiện.
    pub(crate) results: Vec<Named>,
    /// 9. Yêu cầu, điều kiện; empty when none.
    pub(crate) conditions: String,
    /// 11. Căn cứ pháp lý.
    pub(crate) legal_basis: Vec<Named>,
    /// 11. Quyết định công bố.
    pub(crate) decision: Decision,
    /// Hình thức trả kết quả.
    pub(crate) return_methods: Vec<ReturnMethods>,
    /// Thủ tục nội bộ.
    pub(crate) internal: bool,
    /// Tiếp nhận phi địa giới hành chính: any desk of the country takes it. `null`: nobody has said.
    pub(crate) non_territorial: Option<bool>,
    /// Qua dịch vụ bưu chính công ích: as said, else as the ways of filing say. `null`: nobody has said.
    pub(crate) postal: Option<bool>,
    /// Thực hiện được tại ki-ốt thông minh. `null`: nobody has said.
    pub(crate) kiosk: Option<bool>,
    /// Trả kết quả ngay. `null`: nobody has said.
    pub(crate) immediate_result: Option<bool>,
    /// Có nghĩa vụ tài chính (thuế, tiền sử dụng đất …) besides the fees. `null`: nobody has said.
    pub(crate) financial_duty: Option<bool>,
    /// Hồ sơ hạn chế tiếp cận: only the applicant, who handles a dossier and who is appointed for it may know of it. `null`: nobody has said.
    pub(crate) restricted: Option<bool>,
    /// Groups by life event.
    pub(crate) groups: Vec<String>,
    /// Publisher's note.
    pub(crate) note: String,
    /// First day of this version, where the publisher says it.
    pub(crate) effective_from: Option<NaiveDate>,
    /// Its last day, when a later version has taken its place.
    pub(crate) effective_to: Option<NaiveDate>,
    /// `nationalPortal`, `own` (what the product ships) or `editor` (written and published here).
    #[schema(example = "nationalPortal")]
    pub(crate) source: String,
    /// When this version came into the catalogue.
    pub(crate) updated_at: DateTime<Utc>,
    /// What in the published data is doubtful or contradicts itself.
    pub(crate) warnings: Vec<Warning>,
}

/// One version of a procedure, without its content.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProcedureVersion {
    /// Version, from 1.
    pub(crate) version: i64,
    /// Quyết định công bố.
    pub(crate) decision: Decision,
    /// Whether it is in force, superseded, or says that the procedure is withdrawn.
    pub(crate) state: VersionState,
    /// First day, where the publisher says it.
    pub(crate) effective_from: Option<NaiveDate>,
    /// Last day; before the first one when it never was in force.
    pub(crate) effective_to: Option<NaiveDate>,
    /// `nationalPortal`, `own` or `editor`.
    pub(crate) source: String,
    /// Who wrote it, of what was written here.
    pub(crate) written_by: Option<String>,
    /// Who published it, of what was published here.
    pub(crate) published_by: Option<String>,
    /// SHA-256 of the cleaned content, in hex.
    pub(crate) content_hash: String,
    /// Parts that differ from the version before; empty for the first.
    #[schema(example = json!(["methods", "decision"]))]
    pub(crate) changed: Vec<String>,
    /// When it came into the catalogue.
    pub(crate) created_at: DateTime<Utc>,
}

/// A field (lĩnh vực) with the number of its active procedures.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Field {
    /// Code, as for the filter `field`.
    #[schema(example = "G15-TP07")]
    pub(crate) code: String,
    /// Name.
    #[schema(example = "Hộ tịch")]
    pub(crate) name: String,
    /// Active procedures.
    pub(crate) procedures: u64,
    /// First day, of the reference data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) valid_from: Option<NaiveDate>,
    /// Last day, of the reference data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) valid_to: Option<NaiveDate>,
}

/// An agency (cơ quan, trung tâm phục vụ hành chính công).
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Agency {
    /// Code by QĐ 20/2020/QĐ-TTg.
    #[schema(example = "H05.21")]
    pub(crate) code: String,
    /// Code by QCVN 102:2016/BTTTT.
    #[schema(example = "000.00.21.H05")]
    pub(crate) long_code: Option<String>,
    /// Name.
    #[schema(example = "Trung tâm Phục vụ hành chính công xã Yên Thế")]
    pub(crate) name: String,
    /// Tier.
    pub(crate) level: Level,
    /// Has a one-stop desk that receives dossiers.
    pub(crate) reception: bool,
    /// Code of the body above.
    #[schema(example = "H05")]
    pub(crate) parent_code: Option<String>,
    /// Name of the body above, for the head of forms.
    #[schema(example = "Ủy ban nhân dân xã Yên Thế")]
    pub(crate) parent_name: String,
    /// Province code.
    #[schema(example = "24")]
    pub(crate) province_code: String,
    /// Commune code, for a commune's agency.
    #[schema(example = "07210")]
    pub(crate) commune_code: Option<String>,
    /// Address in one line.
    pub(crate) address: String,
    /// Phone of the desk.
    pub(crate) phone: String,
    /// Own working time, merged on the national calendar.
    #[schema(value_type = Object)]
    pub(crate) calendar: CalendarSpec,
    /// First day.
    pub(crate) valid_from: Option<NaiveDate>,
    /// Last day.
    pub(crate) valid_to: Option<NaiveDate>,
    /// Version, from 1.
    pub(crate) version: i64,
}

/// A province in one period.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Province {
    /// Two digits.
    #[schema(example = "24")]
    pub(crate) code: String,
    /// Full name.
    #[schema(example = "Tỉnh Bắc Ninh")]
    pub(crate) name: String,
    /// Agency root, e.g. `H05`.
    #[schema(example = "H05")]
    pub(crate) agency_code: Option<String>,
    /// First day.
    pub(crate) valid_from: Option<NaiveDate>,
    /// Last day.
    pub(crate) valid_to: Option<NaiveDate>,
    /// Code of the province that it went into, for one that has ended.
    #[schema(example = "24")]
    pub(crate) successor: Option<String>,
}

/// A commune (xã, phường, đặc khu) in one period.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Commune {
    /// Five digits; a code means nothing without a date.
    #[schema(example = "07210")]
    pub(crate) code: String,
    /// Full name.
    #[schema(example = "Xã Yên Thế")]
    pub(crate) name: String,
    /// Province code in that period.
    #[schema(example = "24")]
    pub(crate) province_code: String,
    /// First day.
    pub(crate) valid_from: Option<NaiveDate>,
    /// Last day.
    pub(crate) valid_to: Option<NaiveDate>,
    /// Codes of the communes that it went into, for one that has ended.
    pub(crate) successors: Vec<String>,
}

/// A draft in a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DraftItem {
    /// The draft.
    pub(crate) id: Uuid,
    /// The procedure that it changes or makes.
    pub(crate) procedure_id: ProcedureId,
    /// The version it was written upon; 0 for a new procedure.
    #[schema(example = 2)]
    pub(crate) base_version: i64,
    /// Revision, for `If-Match`.
    #[schema(example = 1)]
    pub(crate) revision: i64,
    /// Where it stands.
    pub(crate) state: DraftState,
    /// Code of the procedure.
    #[schema(example = "1.001193")]
    pub(crate) code: String,
    /// Name of the procedure.
    pub(crate) name: String,
    /// What changes and why.
    pub(crate) note: String,
    /// `editor`, or `nationalPortal` for what an import proposes.
    #[schema(example = "editor")]
    pub(crate) source: String,
    /// Agency of who began it.
    pub(crate) agency: Option<String>,
    /// Who wrote it last.
    pub(crate) written_by: String,
    /// The caller is one of its writers and may not publish it.
    pub(crate) own: bool,
    /// Who published it.
    pub(crate) published_by: Option<String>,
    /// First day, of a published or scheduled one.
    pub(crate) effective_from: Option<NaiveDate>,
    /// When it was begun.
    pub(crate) created_at: DateTime<Utc>,
    /// When anything was done with it last.
    pub(crate) updated_at: DateTime<Utc>,
}

/// A draft with what it says.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Draft {
    /// As in the list.
    #[serde(flatten)]
    pub(crate) item: DraftItem,
    /// Where it differs from the version it was written upon.
    pub(crate) differences: Vec<Difference>,
    /// What it lacks to be published.
    pub(crate) missing: Vec<Missing>,
    /// All that the version shall say.
    pub(crate) content: Content,
}

/// Something that a draft lacks.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Missing {
    /// Where, as a JSON Pointer into the draft.
    #[schema(example = "/content/agencies/executing")]
    pub(crate) pointer: String,
    /// What.
    #[schema(example = "procedure.no-executing-agency")]
    pub(crate) code: String,
}

/// A step of the life of a procedure.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProcedureJournalEntry {
    /// The line.
    pub(crate) id: Uuid,
    /// The draft, where it is about one.
    pub(crate) draft_id: Option<Uuid>,
    /// `create`, `write`, `submit`, `sendBack`, `publish`, `takeEffect`, `discard`, `withdraw`, `restore`, `import`, `propose`, `goneAtSource`, `backAtSource`.
    #[schema(example = "publish")]
    pub(crate) action: String,
    /// The state after it: of the draft, or of the procedure.
    #[schema(example = "published")]
    pub(crate) state: String,
    /// The version that came of it.
    pub(crate) version: Option<i64>,
    /// Who.
    pub(crate) by: String,
    /// Reason, or first day.
    pub(crate) note: String,
    /// When.
    pub(crate) at: DateTime<Utc>,
}

/// A procedure in force that its source no longer has.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SourceWithdrawal {
    /// The procedure.
    pub(crate) id: ProcedureId,
    /// Its code.
    #[schema(example = "1.001193")]
    pub(crate) code: String,
    /// Its name.
    pub(crate) name: String,
    /// Its version, for `If-Match` of the withdrawal.
    #[schema(example = 1)]
    pub(crate) version: i64,
    /// Date of the first whole file that lacked it.
    pub(crate) gone_since: Option<NaiveDate>,
}

/// An import that was made.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ImportItem {
    /// The import.
    pub(crate) id: Uuid,
    /// `procedures`, or a kind of reference data.
    #[schema(example = "procedures")]
    pub(crate) kind: String,
    /// The day of which the file told.
    pub(crate) file_date: Option<NaiveDate>,
    /// Who.
    pub(crate) by: String,
    /// When.
    pub(crate) at: DateTime<Utc>,
    /// What it did.
    #[schema(value_type = Object)]
    pub(crate) summary: serde_json::Value,
}

/// A line of the official mapping of communes.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CommuneMapping {
    /// Code until 2025-06-30.
    #[schema(example = "00634")]
    pub(crate) old_code: String,
    /// Code since 2025-07-01.
    #[schema(example = "00637")]
    pub(crate) new_code: String,
    /// `whole`, `part`, `rename`, `type_change` or `unchanged`.
    #[schema(example = "part")]
    pub(crate) relation: String,
    /// The decision's own words.
    #[schema(example = "Nhập một phần")]
    pub(crate) note: String,
    /// The district it belonged to.
    pub(crate) old_district: Option<String>,
}

/// A day that is not like its weekday.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CalendarDay {
    /// The day.
    pub(crate) date: NaiveDate,
    /// `off`, or `work` for a day worked instead of another.
    #[serde(rename = "use")]
    #[schema(example = "off")]
    pub(crate) day_use: String,
    /// What it is called.
    #[schema(example = "Quốc khánh")]
    pub(crate) name: String,
    /// `statutory`, `compensatory`, `swapped`; empty when not said.
    pub(crate) kind: String,
    /// How sure the file is; empty when not said.
    pub(crate) certainty: String,
    /// `product`, or `imported`.
    #[schema(example = "product")]
    pub(crate) source: String,
}

/// A subject (đối tượng) or a result (kết quả) of procedures in one period, as the reference data has it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReferenceItem {
    /// Code.
    #[schema(example = "ĐT1")]
    pub(crate) code: String,
    /// Name.
    #[schema(example = "Công dân Việt Nam")]
    pub(crate) name: String,
    /// First day.
    pub(crate) valid_from: Option<NaiveDate>,
    /// Last day.
    pub(crate) valid_to: Option<NaiveDate>,
}

/// What an agency was in one version.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AgencyVersion {
    /// Since when it was so in the catalogue.
    pub(crate) at: DateTime<Utc>,
    /// The agency.
    #[serde(flatten)]
    pub(crate) agency: Agency,
}
