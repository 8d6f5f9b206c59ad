//! What the operations answer with.

use crate::domain::content::{
    Agencies, ComponentCase, Decision, Level, Method, Named, ReturnMethods, ServiceLevel, Step,
};
use crate::domain::quality::Warning;
use chrono::{DateTime, NaiveDate, Utc};
use contracts::{Channel, ProcedureId};
use serde::Serialize;
use utoipa::ToSchema;
use vn::worktime::CalendarSpec;

/// A procedure in a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProcedureItem {
    /// The national portal's id.
    pub id: ProcedureId,
    /// Code; not unique.
    #[schema(example = "1.001193")]
    pub code: String,
    /// Name.
    #[schema(example = "Thủ tục đăng ký khai sinh")]
    pub name: String,
    /// Field (lĩnh vực).
    pub field: Named,
    /// Tiers that execute it (cấp thực hiện).
    pub levels: Vec<Level>,
    /// How far it goes online.
    pub service_level: ServiceLevel,
    /// Channels that it can be filed through.
    pub channels: Vec<Channel>,
    /// Between agencies only; nobody files it.
    pub internal: bool,
}

/// A procedure with the eleven published items.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Procedure {
    /// The national portal's id.
    pub id: ProcedureId,
    /// Code; not unique.
    #[schema(example = "1.001193")]
    pub code: String,
    /// Version, from 1.
    pub version: i64,
    /// False when withdrawn.
    pub active: bool,
    /// 1. Tên thủ tục.
    #[schema(example = "Thủ tục đăng ký khai sinh")]
    pub name: String,
    /// Lĩnh vực.
    pub field: Named,
    /// Cấp thực hiện.
    pub levels: Vec<Level>,
    /// Mức độ dịch vụ công trực tuyến.
    pub service_level: ServiceLevel,
    /// Channels that it can be filed through.
    pub channels: Vec<Channel>,
    /// 2. Trình tự thực hiện.
    pub steps: Vec<Step>,
    /// 3, 5, 9, 10. Cách thức thực hiện, each with thời hạn and phí, lệ phí.
    pub methods: Vec<Method>,
    /// 4. Thành phần, số lượng hồ sơ, by case.
    pub components: Vec<ComponentCase>,
    /// 6. Đối tượng thực hiện.
    pub subjects: Vec<Named>,
    /// 7. Cơ quan thực hiện, có thẩm quyền, ủy quyền, phối hợp.
    pub agencies: Agencies,
    /// 8. Kết quả thực hiện.
    pub results: Vec<Named>,
    /// 9. Yêu cầu, điều kiện; empty when none.
    pub conditions: String,
    /// 11. Căn cứ pháp lý.
    pub legal_basis: Vec<Named>,
    /// 11. Quyết định công bố.
    pub decision: Decision,
    /// Hình thức trả kết quả.
    pub return_methods: Vec<ReturnMethods>,
    /// Thủ tục nội bộ.
    pub internal: bool,
    /// Tiếp nhận phi địa giới hành chính.
    pub non_territorial: bool,
    /// Groups by life event.
    pub groups: Vec<String>,
    /// Publisher's note.
    pub note: String,
    /// First day of this version, where the publisher says it.
    pub effective_from: Option<NaiveDate>,
    /// `nationalPortal` or `own`.
    #[schema(example = "nationalPortal")]
    pub source: String,
    /// When this version came into the catalogue.
    pub updated_at: DateTime<Utc>,
    /// What in the published data is doubtful or contradicts itself.
    pub warnings: Vec<Warning>,
}

/// One version of a procedure, without its content.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProcedureVersion {
    /// Version, from 1.
    pub version: i64,
    /// Quyết định công bố.
    pub decision: Decision,
    /// First day, where the publisher says it.
    pub effective_from: Option<NaiveDate>,
    /// `nationalPortal` or `own`.
    pub source: String,
    /// SHA-256 of the cleaned content, in hex.
    pub content_hash: String,
    /// Parts that differ from the version before; empty for the first.
    #[schema(example = json!(["methods", "decision"]))]
    pub changed: Vec<String>,
    /// When it came into the catalogue.
    pub created_at: DateTime<Utc>,
}

/// A field (lĩnh vực) with the number of its active procedures.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Field {
    /// Code, as for the filter `field`.
    #[schema(example = "G15-TP07")]
    pub code: String,
    /// Name.
    #[schema(example = "Hộ tịch")]
    pub name: String,
    /// Active procedures.
    pub procedures: u64,
}

/// An agency (cơ quan, trung tâm phục vụ hành chính công).
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Agency {
    /// Code by QĐ 20/2020/QĐ-TTg.
    #[schema(example = "H05.21")]
    pub code: String,
    /// Code by QCVN 102:2016/BTTTT.
    #[schema(example = "000.00.21.H05")]
    pub long_code: Option<String>,
    /// Name.
    #[schema(example = "Trung tâm Phục vụ hành chính công xã Yên Thế")]
    pub name: String,
    /// Tier.
    pub level: Level,
    /// Has a one-stop desk that receives dossiers.
    pub reception: bool,
    /// Code of the body above.
    #[schema(example = "H05")]
    pub parent_code: Option<String>,
    /// Name of the body above, for the head of forms.
    #[schema(example = "Ủy ban nhân dân xã Yên Thế")]
    pub parent_name: String,
    /// Province code.
    #[schema(example = "24")]
    pub province_code: String,
    /// Commune code, for a commune's agency.
    #[schema(example = "07210")]
    pub commune_code: Option<String>,
    /// Address in one line.
    pub address: String,
    /// Phone of the desk.
    pub phone: String,
    /// Own working time, merged on the national calendar.
    #[schema(value_type = Object)]
    pub calendar: CalendarSpec,
    /// First day.
    pub valid_from: Option<NaiveDate>,
    /// Last day.
    pub valid_to: Option<NaiveDate>,
    /// Version, from 1.
    pub version: i64,
}

/// A province in one period.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Province {
    /// Two digits.
    #[schema(example = "24")]
    pub code: String,
    /// Full name.
    #[schema(example = "Tỉnh Bắc Ninh")]
    pub name: String,
    /// Agency root, e.g. `H05`.
    #[schema(example = "H05")]
    pub agency_code: Option<String>,
    /// First day.
    pub valid_from: Option<NaiveDate>,
    /// Last day.
    pub valid_to: Option<NaiveDate>,
}

/// A commune (xã, phường, đặc khu) in one period.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Commune {
    /// Five digits; a code means nothing without a date.
    #[schema(example = "07210")]
    pub code: String,
    /// Full name.
    #[schema(example = "Xã Yên Thế")]
    pub name: String,
    /// Province code in that period.
    #[schema(example = "24")]
    pub province_code: String,
    /// First day.
    pub valid_from: Option<NaiveDate>,
    /// Last day.
    pub valid_to: Option<NaiveDate>,
    /// Codes of the communes that it went into, for one that has ended.
    pub successors: Vec<String>,
}
