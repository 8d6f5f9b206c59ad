//! The few types that two services share.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The language of a person or a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Tiếng Việt.
    #[default]
    Vi,
    /// English.
    En,
}

/// How a dossier comes in (kênh thực hiện; NĐ 118/2025 art. 15).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum Channel {
    /// Trực tuyến.
    Online,
    /// Trực tiếp.
    Direct,
    /// Bưu chính công ích.
    Postal,
}

/// The ten public states of a dossier (`TrangThaiHoSo` 1–10 of the national portal's interface).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum DossierStatus {
    /// 1 Mới đăng ký: sent, not yet checked.
    New,
    /// 2 Được tiếp nhận: receipt issued.
    Received,
    /// 3 Không được tiếp nhận: refused at the desk (form 03).
    NotReceived,
    /// 4 Đang xử lý.
    InProgress,
    /// 5 Yêu cầu bổ sung giấy tờ (form 02).
    SupplementRequested,
    /// 6 Yêu cầu thực hiện nghĩa vụ tài chính.
    PaymentRequested,
    /// 7 Công dân yêu cầu rút hồ sơ.
    Withdrawn,
    /// 8 Dừng xử lý (form 05).
    Stopped,
    /// 9 Đã xử lý xong: the result is ready.
    Done,
    /// 10 Đã trả kết quả.
    Returned,
}

impl DossierStatus {
    /// All ten, in the order of their codes.
    pub const ALL: &'static [DossierStatus] = &[
        DossierStatus::New,
        DossierStatus::Received,
        DossierStatus::NotReceived,
        DossierStatus::InProgress,
        DossierStatus::SupplementRequested,
        DossierStatus::PaymentRequested,
        DossierStatus::Withdrawn,
        DossierStatus::Stopped,
        DossierStatus::Done,
        DossierStatus::Returned,
    ];

    /// The national code, 1–10.
    pub fn code(self) -> u8 {
        match self {
            DossierStatus::New => 1,
            DossierStatus::Received => 2,
            DossierStatus::NotReceived => 3,
            DossierStatus::InProgress => 4,
            DossierStatus::SupplementRequested => 5,
            DossierStatus::PaymentRequested => 6,
            DossierStatus::Withdrawn => 7,
            DossierStatus::Stopped => 8,
            DossierStatus::Done => 9,
            DossierStatus::Returned => 10,
        }
    }

    /// The stable name as in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            DossierStatus::New => "new",
            DossierStatus::Received => "received",
            DossierStatus::NotReceived => "notReceived",
            DossierStatus::InProgress => "inProgress",
            DossierStatus::SupplementRequested => "supplementRequested",
            DossierStatus::PaymentRequested => "paymentRequested",
            DossierStatus::Withdrawn => "withdrawn",
            DossierStatus::Stopped => "stopped",
            DossierStatus::Done => "done",
            DossierStatus::Returned => "returned",
        }
    }

    /// The inverse of [`DossierStatus::as_str`].
    pub fn parse(s: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|x| x.as_str() == s)
    }

    /// The statutory name.
    pub fn title(self, language: Language) -> &'static str {
        let (vi, en) = match self {
            DossierStatus::New => ("Mới đăng ký", "Newly filed"),
            DossierStatus::Received => ("Được tiếp nhận", "Received"),
            DossierStatus::NotReceived => ("Không được tiếp nhận", "Not received"),
            DossierStatus::InProgress => ("Đang xử lý", "In progress"),
            DossierStatus::SupplementRequested => {
                ("Yêu cầu bổ sung giấy tờ", "Supplement requested")
            }
            DossierStatus::PaymentRequested => {
                ("Yêu cầu thực hiện nghĩa vụ tài chính", "Payment requested")
            }
            DossierStatus::Withdrawn => {
                ("Công dân yêu cầu rút hồ sơ", "Withdrawn by the applicant")
            }
            DossierStatus::Stopped => ("Dừng xử lý", "Stopped"),
            DossierStatus::Done => ("Đã xử lý xong", "Result ready"),
            DossierStatus::Returned => ("Đã trả kết quả", "Result returned"),
        };
        match language {
            Language::Vi => vi,
            Language::En => en,
        }
    }
}

/// Who applies (`LoaiDoiTuong`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum SubjectKind {
    /// 1 Công dân.
    Citizen,
    /// 2 Doanh nghiệp, hộ kinh doanh.
    Business,
    /// 4 Tổ chức khác.
    Organisation,
}

/// A two-tier address (địa chỉ hai cấp, since 2025-07-01).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Address {
    /// Province code, two digits, e.g. `24`.
    #[schema(example = "24")]
    pub province_code: String,
    /// Commune code, five digits, valid on the day of filing.
    #[schema(example = "07210")]
    pub commune_code: String,
    /// House number, street, hamlet (at most 200 characters).
    #[schema(example = "Số 12, thôn Trung")]
    pub street: String,
}

/// The person or organisation a dossier is for (chủ hồ sơ).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Applicant {
    /// Person or organisation.
    pub kind: SubjectKind,
    /// Full name (at most 200 characters).
    #[schema(example = "Nguyễn Văn An")]
    pub name: String,
    /// 12-digit personal identity number (số định danh cá nhân); required for a citizen.
    #[schema(example = "024090000011")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity_number: Option<String>,
    /// Tax code (mã số thuế); required for a business or organisation.
    #[schema(example = "0100109106")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_code: Option<String>,
    /// Phone number, any usual spelling; stored as E.164.
    #[schema(example = "0912345678")]
    pub phone: String,
    /// E-mail address.
    #[schema(example = "an@example.vn")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Where the applicant lives or is seated.
    pub address: Address,
}

/// The way of getting the result back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum ReturnMethod {
    /// Tại quầy (`HinhThuc` 0).
    Counter,
    /// Qua dịch vụ bưu chính công ích (`HinhThuc` 1).
    Post,
}

/// Where the result goes (hình thức trả kết quả).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReturnWay {
    /// Counter or post.
    pub method: ReturnMethod,
    /// Receiver's name, for post; the applicant when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receiver_name: Option<String>,
    /// Receiver's phone, for post; the applicant's when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receiver_phone: Option<String>,
    /// Receiver's address; required for post.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
}

/// How to reach a person about one dossier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Contact {
    /// Name to address the person by.
    pub name: String,
    /// E.164 phone.
    pub phone: Option<String>,
    /// E-mail.
    pub email: Option<String>,
    /// Preferred language.
    pub language: Language,
}

/// A published fee (phí, lệ phí).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Fee {
    /// Amount in VND; `None` where only the text says it.
    #[schema(example = 10000)]
    pub amount: Option<i64>,
    /// Currency, ISO 4217.
    #[schema(example = "VND")]
    pub currency: String,
    /// What the publisher wrote.
    #[schema(example = "10.000 đồng/lần đăng ký")]
    pub text: String,
    /// Whether the figure looks wrong or contradicts its text; such a fee is never shown as "miễn phí".
    pub suspicious: bool,
}
