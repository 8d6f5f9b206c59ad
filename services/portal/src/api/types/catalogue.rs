//! The catalogue's answers.

use super::Named;
use serde::{Deserialize, Serialize};

/// A procedure in a list.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProcedureItem {
    /// The portal's id.
    pub(crate) id: String,
    /// Code, not unique.
    #[serde(default)]
    pub(crate) code: String,
    /// Name (tên thủ tục).
    pub(crate) name: String,
    /// Field (lĩnh vực).
    #[serde(default)]
    pub(crate) field: Option<Named>,
    /// `commune`, `province`, `ministry`, `other`.
    #[serde(default)]
    pub(crate) levels: Vec<String>,
    /// `full`, `partial`, `information`.
    #[serde(default)]
    pub(crate) service_level: Option<String>,
    /// `online`, `direct`, `postal`.
    #[serde(default)]
    pub(crate) channels: Vec<String>,
}

/// A procedure with its published items.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Procedure {
    /// The portal's id.
    pub(crate) id: String,
    /// Code, not unique.
    #[serde(default)]
    pub(crate) code: String,
    /// False when withdrawn.
    #[serde(default = "yes")]
    pub(crate) active: bool,
    /// Name.
    pub(crate) name: String,
    /// Field (lĩnh vực).
    #[serde(default)]
    pub(crate) field: Option<Named>,
    /// Levels that carry it out.
    #[serde(default)]
    pub(crate) levels: Vec<String>,
    /// Level of the online service.
    #[serde(default)]
    pub(crate) service_level: Option<String>,
    /// Channels offered.
    #[serde(default)]
    pub(crate) channels: Vec<String>,
    /// Order (trình tự thực hiện).
    #[serde(default)]
    pub(crate) steps: Vec<ProcedureStep>,
    /// Ways, terms and fees.
    #[serde(default)]
    pub(crate) methods: Vec<Method>,
    /// Papers by case.
    #[serde(default)]
    pub(crate) components: Vec<ComponentCase>,
    /// Who may apply.
    #[serde(default)]
    pub(crate) subjects: Vec<Named>,
    /// Agencies by part played.
    #[serde(default)]
    pub(crate) agencies: Agencies,
    /// Results.
    #[serde(default)]
    pub(crate) results: Vec<Named>,
    /// Conditions (yêu cầu, điều kiện).
    #[serde(default)]
    pub(crate) conditions: Option<String>,
    /// Legal basis.
    #[serde(default)]
    pub(crate) legal_basis: Vec<Named>,
    /// Publishing decision.
    #[serde(default)]
    pub(crate) decision: Option<Decision>,
    /// Ways of getting the result.
    #[serde(default)]
    pub(crate) return_methods: Vec<ReturnMethods>,
    /// Whether any desk of the country takes it (phi địa giới); `None` here and below: nobody has said.
    #[serde(default)]
    pub(crate) non_territorial: Option<bool>,
    /// Whether the post takes it (bưu chính công ích).
    #[serde(default)]
    pub(crate) postal: Option<bool>,
    /// Whether a smart kiosk takes it.
    #[serde(default)]
    pub(crate) kiosk: Option<bool>,
    /// Whether the result is handed out at once (trả kết quả ngay).
    #[serde(default)]
    pub(crate) immediate_result: Option<bool>,
    /// Whether taxes or levies fall due besides the fees (nghĩa vụ tài chính).
    #[serde(default)]
    pub(crate) financial_duty: Option<bool>,
    /// Between agencies only (thủ tục nội bộ).
    #[serde(default)]
    pub(crate) internal: bool,
    /// Version, from 1.
    #[serde(default)]
    pub(crate) version: i64,
    /// `nationalPortal`, `own` or `editor`.
    #[serde(default)]
    pub(crate) source: String,
}

fn yes() -> bool {
    true
}

/// One step of the order.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct ProcedureStep {
    /// Heading, may be empty.
    #[serde(default)]
    pub(crate) name: String,
    /// Text with line breaks.
    #[serde(default)]
    pub(crate) description: String,
}

/// One way of filing with its own term and fees.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Method {
    /// `online`, `direct`, `postal`.
    pub(crate) channel: String,
    /// Case, where a channel has several.
    #[serde(default)]
    pub(crate) case: Option<String>,
    /// Term.
    #[serde(default)]
    pub(crate) term: Option<Term>,
    /// Text with line breaks.
    #[serde(default)]
    pub(crate) description: Option<String>,
    /// Fees; empty = not published.
    #[serde(default)]
    pub(crate) fees: Vec<Fee>,
}

/// A term as published.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Term {
    /// Amount; absent where it cannot be computed.
    #[serde(default)]
    pub(crate) value: Option<f64>,
    /// Unit, e.g. `workingDay`.
    #[serde(default)]
    pub(crate) unit: String,
    /// What the publisher wrote.
    #[serde(default)]
    pub(crate) text: String,
}

/// A fee as published. `free` is the only ground for writing "Miễn phí".
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Fee {
    /// Amount in units of the currency.
    #[serde(default)]
    pub(crate) amount: Option<i64>,
    /// ISO 4217.
    #[serde(default)]
    pub(crate) currency: Option<String>,
    /// What the publisher wrote.
    #[serde(default)]
    pub(crate) text: String,
    /// The figure contradicts its text.
    #[serde(default)]
    pub(crate) suspicious: bool,
    /// Truly free of charge.
    #[serde(default)]
    pub(crate) free: bool,
}

/// The papers of one case.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct ComponentCase {
    /// Heading, may be empty.
    #[serde(default)]
    pub(crate) case: String,
    /// The papers.
    #[serde(default)]
    pub(crate) components: Vec<Component>,
}

/// One paper (thành phần hồ sơ).
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Component {
    /// Stable within the procedure.
    pub(crate) id: String,
    /// Name.
    #[serde(default)]
    pub(crate) name: String,
    /// Originals asked for.
    #[serde(default)]
    pub(crate) originals: u32,
    /// Copies asked for.
    #[serde(default)]
    pub(crate) copies: u32,
    /// A note, not a paper.
    #[serde(default)]
    pub(crate) note: bool,
    /// Must be attached online.
    #[serde(default)]
    pub(crate) required: bool,
    /// The national database whose data takes its place (CSDL thay thế giấy tờ).
    #[serde(default)]
    pub(crate) replacing_database: Option<Named>,
    /// Blank forms.
    #[serde(default)]
    pub(crate) forms: Vec<BlankForm>,
}

/// A blank form of a paper.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct BlankForm {
    /// File name as published.
    #[serde(default)]
    pub(crate) name: String,
}

/// Agencies of a procedure.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Agencies {
    /// Cơ quan thực hiện.
    #[serde(default)]
    pub(crate) executing: Vec<Named>,
    /// Cơ quan có thẩm quyền.
    #[serde(default)]
    pub(crate) authority: Vec<Named>,
    /// Cơ quan được ủy quyền.
    #[serde(default)]
    pub(crate) authorized: Vec<Named>,
    /// Cơ quan phối hợp.
    #[serde(default)]
    pub(crate) coordinating: Vec<Named>,
    /// Địa chỉ tiếp nhận.
    #[serde(default)]
    pub(crate) receiving_places: Option<String>,
}

/// A publishing decision (quyết định công bố).
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Decision {
    /// Number.
    #[serde(default)]
    pub(crate) number: String,
    /// Date, ISO 8601.
    #[serde(default)]
    pub(crate) date: Option<String>,
    /// Who published it.
    #[serde(default)]
    pub(crate) promulgator: Option<Named>,
}

/// Ways of return for one way of filing.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReturnMethods {
    /// When filed online.
    #[serde(default)]
    pub(crate) filed_online: bool,
    /// `atHome`, `online`, `atSubmissionPlace`.
    #[serde(default)]
    pub(crate) ways: Vec<String>,
}

/// A field of procedures.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Field {
    /// Code.
    pub(crate) code: String,
    /// Name.
    pub(crate) name: String,
    /// How many procedures.
    #[serde(default)]
    pub(crate) procedures: u64,
}

/// A desk that receives.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Agency {
    /// Code, e.g. `H05.21`.
    pub(crate) code: String,
    /// Name.
    pub(crate) name: String,
    /// Address in one line.
    #[serde(default)]
    pub(crate) address: Option<String>,
    /// Whether it receives dossiers.
    #[serde(default = "yes")]
    pub(crate) reception: bool,
}
