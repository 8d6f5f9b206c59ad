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
    /// Tiếp nhận phi địa giới hành chính.
    pub(crate) non_territorial: bool,
    /// Groups by life event.
    pub(crate) groups: Vec<String>,
    /// Publisher's note.
    pub(crate) note: String,
    /// First day of this version, where the publisher says it.
    pub(crate) effective_from: Option<NaiveDate>,
    /// `nationalPortal` or `own`.
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
    /// First day, where the publisher says it.
    pub(crate) effective_from: Option<NaiveDate>,
    /// `nationalPortal` or `own`.
    pub(crate) source: String,
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
