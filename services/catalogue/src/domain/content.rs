//! What a version of a procedure says: the eleven published items (TT 32/2017/TT-BTTTT art. 5.1), structured. Stored as JSON in
//! the version's row and shown as it is in `GET /api/v1/procedures/{id}`.

use contracts::{Channel, Fee};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vn::worktime::Term;

/// A code and a name, as the publisher has them. The code may be empty or home-made.
#[derive(
    Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "camelCase")]
pub struct Named {
    /// Code, e.g. `G15-TP07`.
    #[schema(example = "G15-TP07")]
    pub code: String,
    /// Name, e.g. `Hộ tịch`.
    #[schema(example = "Hộ tịch")]
    pub name: String,
}

/// A tier of government that executes a procedure.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum Level {
    /// Cấp xã.
    Commune,
    /// Cấp tỉnh.
    Province,
    /// Cấp bộ.
    Ministry,
    /// Cơ quan khác.
    Other,
}

impl Level {
    /// All four.
    pub const ALL: &'static [Level] = &[
        Level::Commune,
        Level::Province,
        Level::Ministry,
        Level::Other,
    ];

    /// The stable name as in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Level::Commune => "commune",
            Level::Province => "province",
            Level::Ministry => "ministry",
            Level::Other => "other",
        }
    }

    /// The inverse of [`Level::as_str`].
    pub fn parse(s: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|x| x.as_str() == s)
    }
}

/// How far a procedure goes online (mức độ dịch vụ công trực tuyến).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum ServiceLevel {
    /// Toàn trình.
    Full,
    /// Một phần.
    Partial,
    /// Chỉ cung cấp thông tin.
    Information,
}

impl ServiceLevel {
    /// The stable name as in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            ServiceLevel::Full => "full",
            ServiceLevel::Partial => "partial",
            ServiceLevel::Information => "information",
        }
    }

    /// The inverse of [`ServiceLevel::as_str`].
    pub fn parse(s: &str) -> Option<Self> {
        [Self::Full, Self::Partial, Self::Information]
            .into_iter()
            .find(|x| x.as_str() == s)
    }
}

/// The unit of a term.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum TermUnit {
    /// Giờ làm việc (8 make a working day).
    WorkingHour,
    /// Ngày làm việc.
    WorkingDay,
    /// Ngày (calendar days).
    Day,
    /// Tháng.
    Month,
    /// Năm.
    Year,
    /// No date can be computed from what was published; see the text.
    NotComputable,
}

/// Where a term was taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum TermSource {
    /// The number and unit of the method.
    Method,
    /// The list of services of the procedure, which all agree.
    ServiceList,
    /// A sentence that says one term and nothing else.
    Prose,
    /// Nothing usable.
    None,
}

impl TermUnit {
    /// The term of so many; none for what is not computable, or no term at all.
    pub fn term(self, value: f64) -> Option<Term> {
        let unit = match self {
            Self::WorkingHour => "workingHour",
            Self::WorkingDay => "workingDay",
            Self::Day => "day",
            Self::Month => "month",
            Self::Year => "year",
            Self::NotComputable => return None,
        };
        Term::parse(&value.to_string(), unit).ok()
    }
}

/// A term (thời hạn giải quyết) of one method.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PublishedTerm {
    /// How many units; may be a fraction (1.5 working days). Absent when not computable.
    #[schema(example = 7.0)]
    pub value: Option<f64>,
    /// Unit.
    pub unit: TermUnit,
    /// As one would read it; the publisher's own words where they say more than the number.
    #[schema(example = "7 ngày làm việc")]
    pub text: String,
    /// Where value and unit come from.
    pub source: TermSource,
    /// Received after this hour counts from the next working day, where the procedure says so itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "15:00")]
    pub cut_off: Option<String>,
    /// Several terms one after the other, where the words say that and nothing else; the value is absent then.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sequence: Vec<TermPart>,
    /// A day of the year (month-day) by which it is done, where the words say that and nothing else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "12-15")]
    pub calendar_day: Option<String>,
}

/// One of several terms in sequence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TermPart {
    /// How many units.
    #[schema(example = 6.0)]
    pub value: f64,
    /// Unit.
    pub unit: TermUnit,
}

/// One way of filing (cách thức thực hiện), for one case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Method {
    /// Channel.
    pub channel: Channel,
    /// Which case (trường hợp) it is for; absent when the channel has one method only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<String>,
    /// Term.
    pub term: PublishedTerm,
    /// What the publisher says about this method.
    pub description: String,
    /// Fees (phí, lệ phí); empty means "not published", never "free".
    pub fees: Vec<MethodFee>,
}

/// What a fee is called in law.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum FeeKind {
    /// Phí.
    Fee,
    /// Lệ phí.
    Charge,
    /// Giá dịch vụ.
    Price,
}

/// One fee of a method.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MethodFee {
    /// What it is in law.
    pub kind: FeeKind,
    /// True only where the publisher's figure is 0 and no word contradicts it: may be shown as "miễn phí".
    pub free: bool,
    /// Amount, currency, text and whether the figure is suspicious.
    #[serde(flatten)]
    pub fee: Fee,
    /// Why the figure is suspicious.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doubt: Option<FeeDoubt>,
    /// What the text says plainly: tiers with their conditions. Read from the text, which is the source.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tiers: Vec<FeeTier>,
}

/// One tier of a fee (mức thu), as its text says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FeeTier {
    /// For whom or what; the words before the figure.
    #[schema(example = "Dự án dưới 02 ha")]
    pub condition: String,
    /// Whole units of the currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = 1_500_000)]
    pub amount: Option<i64>,
    /// Currency of the amount.
    #[schema(example = "VND")]
    pub currency: String,
    /// Percent of another amount, which the words name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percent: Option<f64>,
    /// Per what: `hồ sơ`, `giấy`; empty when not said.
    #[schema(example = "hồ sơ")]
    pub per: String,
    /// First day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<chrono::NaiveDate>,
    /// Last day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<chrono::NaiveDate>,
}

/// Why a fee is not believed.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum FeeDoubt {
    /// 0 beside amounts written in the text.
    ZeroBesideTiers,
    /// 0 while the text points to another rule ("theo quy định…").
    ZeroBesideText,
    /// 0 and nothing else: the portal's default value.
    ZeroWithoutText,
    /// A few đồng: 20 for 20.000, or dollars without their currency.
    TooSmall,
    /// The text says another amount.
    OtherAmountInText,
    /// No figure at all.
    NoAmount,
    /// Negative.
    Negative,
}

/// The papers of one case (thành phần hồ sơ theo trường hợp).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ComponentCase {
    /// Name of the case; empty when there is only one.
    #[schema(example = "Giấy tờ phải nộp")]
    pub case: String,
    /// Its papers and notes, in the published order.
    pub components: Vec<Component>,
}

/// One paper, or a note among the papers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Component {
    /// Stable within the procedure.
    #[schema(example = "019d2bb8-71b8-7770-805d-fcb4c953aac7")]
    pub id: String,
    /// Paper code; may be empty.
    #[schema(example = "000.00.00.G15-KQ004389")]
    pub code: String,
    /// Name; real ones run up to 7,632 characters.
    #[schema(example = "Giấy chứng sinh")]
    pub name: String,
    /// Originals (bản chính).
    pub originals: u32,
    /// Copies (bản sao).
    pub copies: u32,
    /// A note, not a paper: neither originals nor copies.
    pub note: bool,
    /// Must be attached when filing online.
    pub required: bool,
    /// There is an electronic form for it.
    pub electronic_form: bool,
    /// The national database whose data takes its place (CSDL thay thế giấy tờ): who files need not send it, the agency reads it
    /// there (NĐ 309/2026/NĐ-CP art. 2.1). Absent: nothing was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replacing_database: Option<Named>,
    /// Form files (mẫu đơn, tờ khai).
    pub forms: Vec<FormFile>,
}

/// A form to fill in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FormFile {
    /// File name.
    #[schema(example = "Mẫu số 01.docx")]
    pub name: String,
    /// Where the publisher keeps it: a path in the national portal's store, not a web address.
    pub path: String,
}

/// One step of the order of execution (trình tự thực hiện).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// Heading; may be empty.
    #[schema(example = "Bước 1")]
    pub name: String,
    /// What happens; may have several lines.
    pub description: String,
}

/// The agencies of a procedure.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Agencies {
    /// Cơ quan thực hiện.
    pub executing: Vec<Named>,
    /// Cơ quan có thẩm quyền quyết định.
    pub authority: Vec<Named>,
    /// Cơ quan được ủy quyền.
    pub authorized: Vec<Named>,
    /// Cơ quan phối hợp.
    pub coordinating: Vec<Named>,
    /// Where to file, in words (địa chỉ tiếp nhận hồ sơ).
    pub receiving_places: String,
}

/// Which law a procedure rests on and who published it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Decision {
    /// Number of the publishing decision (quyết định công bố).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "1813/QĐ-BTP")]
    pub number: Option<String>,
    /// Its date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<chrono::NaiveDate>,
    /// The promulgating body.
    pub promulgator: Named,
}

/// How the result comes back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReturnMethods {
    /// For dossiers filed online (true) or on paper (false).
    pub filed_online: bool,
    /// `atSubmissionPlace`, `atHome` or `online`.
    pub ways: Vec<String>,
}

/// Everything a version says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Content {
    /// Code, trimmed. Not unique.
    pub code: String,
    /// Name.
    pub name: String,
    /// Field (lĩnh vực).
    pub field: Named,
    /// Trình tự thực hiện.
    pub steps: Vec<Step>,
    /// Cách thức thực hiện, thời hạn, phí, lệ phí.
    pub methods: Vec<Method>,
    /// Thành phần hồ sơ.
    pub components: Vec<ComponentCase>,
    /// Đối tượng thực hiện.
    pub subjects: Vec<Named>,
    /// Cơ quan thực hiện, có thẩm quyền, phối hợp.
    pub agencies: Agencies,
    /// Kết quả thực hiện.
    pub results: Vec<Named>,
    /// Căn cứ pháp lý.
    pub legal_basis: Vec<Named>,
    /// Yêu cầu, điều kiện thực hiện.
    pub conditions: String,
    /// Quyết định công bố.
    pub decision: Decision,
    /// Cấp thực hiện.
    pub levels: Vec<Level>,
    /// Mức độ dịch vụ.
    pub service_level: ServiceLevel,
    /// Thủ tục nội bộ giữa cơ quan nhà nước.
    pub internal: bool,
    /// Phi địa giới: any desk of the country takes it. Absent: nobody has said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub non_territorial: Option<bool>,
    /// Ngành dọc.
    pub vertical: bool,
    /// Tiếp nhận, trả kết quả qua dịch vụ bưu chính công ích, where it is said apart from the ways of filing: see [`Content::by_post`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postal: Option<bool>,
    /// Thực hiện được tại ki-ốt thông minh. Absent: nobody has said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kiosk: Option<bool>,
    /// Trả kết quả ngay: handed out while the applicant waits, without a receipt unless asked for (NĐ 61/2018 art. 17.4, kept by
    /// NĐ 118/2025). Absent: nobody has said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub immediate_result: Option<bool>,
    /// Có nghĩa vụ tài chính besides the fees: a tax or a land-use levy that falls due before the result. Absent: nobody has said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub financial_duty: Option<bool>,
    /// Hồ sơ hạn chế tiếp cận: of its dossiers only the applicant, who handles them and who is appointed for it may know (adoption,
    /// protection of witnesses, secret petitions). Absent: nobody has said, so they are as all others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restricted: Option<bool>,
    /// Groups by life event (sự kiện đời người, vòng đời doanh nghiệp).
    pub groups: Vec<String>,
    /// Publisher's keywords.
    pub keywords: String,
    /// Publisher's note.
    pub note: String,
    /// Hình thức trả kết quả.
    pub return_methods: Vec<ReturnMethods>,
}

impl Content {
    /// The channels with a method, in a fixed order, each once.
    pub fn channels(&self) -> Vec<Channel> {
        [Channel::Online, Channel::Direct, Channel::Postal]
            .into_iter()
            .filter(|c| self.methods.iter().any(|m| m.channel == *c))
            .collect()
    }

    /// Whether it can be filed by post: as said; else as the published ways of filing, which are the whole list, say; else not known.
    pub fn by_post(&self) -> Option<bool> {
        self.postal.or_else(|| self.listed_by_post())
    }

    /// What the ways of filing alone say of the post.
    pub fn listed_by_post(&self) -> Option<bool> {
        (!self.methods.is_empty())
            .then(|| self.methods.iter().any(|m| m.channel == Channel::Postal))
    }
}
