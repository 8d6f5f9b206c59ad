//! What can go wrong, and how it is answered: the whole table on one screen.

use crate::domain::act::Act;
use crate::domain::fee::NoFee;
use crate::domain::{CommandKind, Refusal, Why};
use contracts::DossierStatus;
use contracts::problem::shared;
use durable::{IdempotencyConflict, TxError};
use kit::{FieldError, Problem};
use sea_orm::DbErr;

/// Codes of this service.
pub mod code {
    contracts::codes! {
        /// No such dossier, or not one that the caller may know of.
        DOSSIER_NOT_FOUND = "dossier.not-found", 404, "Không tìm thấy hồ sơ", "No such dossier";
        /// The command is not open at this state and step.
        ACTION_NOT_OPEN = "dossier.action-not-open", 409, "Thao tác không thực hiện được ở bước này", "The action is not open at this step";
        /// Four eyes.
        SAME_PERSON = "dossier.same-person", 409, "Người trình không được tự phê duyệt", "Who proposed the result may not approve it";
        /// Only one supplement request without a legal basis.
        SUPPLEMENT_ASKED = "supplement.already-requested", 422, "Chỉ được yêu cầu bổ sung một lần", "A supplement may be asked for only once";
        /// A supplement is asked for within the first days after reception.
        SUPPLEMENT_LATE = "supplement.too-late", 422, "Đã quá hạn yêu cầu bổ sung kể từ ngày tiếp nhận", "The days after reception for asking for a supplement have passed";
        /// A dossier is moved to a new date once.
        APOLOGY_GIVEN = "apology.already-given", 409, "Chỉ được hẹn lại một lần", "A new date is given only once";
        /// The last day before expiry has passed.
        APOLOGY_TOO_LATE = "apology.too-late", 409, "Đã quá thời điểm gửi văn bản xin lỗi: chậm nhất 01 ngày trước khi hết hạn", "Too late for an apology: at latest one day before expiry";
        /// The new date cannot be promised.
        APOLOGY_DATE = "apology.date-invalid", 422, "Ngày hẹn lại phải là ngày làm việc sau ngày hẹn cũ, trong vòng một năm", "The new date must be a working day after the old one, within a year";
        /// A refusal needs its legal reason.
        REFUSAL_REASON = "refusal.reason-missing", 422, "Từ chối giải quyết phải nêu rõ lý do theo quy định", "A refusal needs its legal reason";
        /// No such incident, or not one that the caller may change.
        INCIDENT_NOT_FOUND = "incident.not-found", 404, "Không tìm thấy sự cố", "No such incident";
        /// It has ended.
        INCIDENT_ENDED = "incident.ended", 409, "Sự cố đã được khắc phục", "The incident has ended";
        /// Another one covers the same time.
        INCIDENT_OVERLAPS = "incident.overlaps", 409, "Đã có sự cố được công bố trong khoảng thời gian này", "An announced incident covers this time";
        /// Start or end cannot be.
        INCIDENT_TIME = "incident.time-invalid", 422, "Thời điểm không hợp lệ", "The time is not valid";
        /// The retention of the dossier has ended; its personal data is gone.
        PSEUDONYMISED = "dossier.pseudonymised", 409, "Hồ sơ đã hết thời hạn bảo quản và được ẩn danh", "The retention of the dossier has ended, and it was pseudonymised";
        /// Nothing holds the dossier back.
        NOT_HELD = "retention.not-held", 409, "Hồ sơ không đang được giữ lại quá thời hạn bảo quản", "The dossier is not held back";
        /// It is held back already.
        HELD = "retention.held", 409, "Hồ sơ đang được giữ lại quá thời hạn bảo quản", "The dossier is held back already";
        /// No such dossier number.
        TRACKING_NOT_FOUND = "tracking.not-found", 404, "Không có hồ sơ với mã này", "No dossier has this number";
        /// The dossier has no such form yet.
        FORM_NOT_AVAILABLE = "form.not-available", 404, "Hồ sơ chưa có biểu mẫu này", "The dossier has no such form";
        /// The act is not open in this state.
        ACT_NOT_OPEN = "dossier.act-not-open", 409, "Không thực hiện được khi hồ sơ ở trạng thái này", "This cannot be done in the state of the dossier";
        /// No such obligation.
        FEE_NOT_FOUND = "fee.not-found", 404, "Hồ sơ không có khoản phí này", "The dossier has no such fee";
        /// The obligation is not in the state that the act needs.
        FEE_STATE = "fee.wrong-state", 409, "Khoản phí không ở trạng thái cho phép thao tác này", "The fee is not in a state that allows this";
        /// The published tier has no amount to rely on.
        FEE_UNCLEAR = "fee.tier-unclear", 422, "Mức phí công bố không rõ; hãy ghi số tiền và lý do", "The published fee is not certain; state amount and reason";
        /// No such published tier.
        FEE_TIER_UNKNOWN = "fee.tier-unknown", 422, "Thủ tục không công bố mức phí này", "The procedure has no such published fee";
        /// More would go back than was paid and has not gone back.
        REFUND_TOO_MUCH = "fee.refund-too-much", 422, "Số tiền hoàn trả lớn hơn số tiền đã nộp còn lại", "More than is left of what was paid cannot be refunded";
        /// As many as a dossier may have.
        FEE_TOO_MANY = "fee.too-many", 422, "Hồ sơ đã có quá nhiều khoản phí", "The dossier has too many fees";
        /// The call-back is not signed by the payment platform.
        PAYMENT_SIGNATURE = "payment.signature-invalid", 403, "Mã xác thực của bản tin thanh toán không đúng", "The payment message is not signed as agreed";
        /// The same transaction with another content.
        PAYMENT_REUSED = "payment.transaction-reused", 409, "Mã giao dịch đã được báo với nội dung khác", "The transaction was reported with another content";
        /// Originals that are not kept.
        ORIGINAL_NOT_KEPT = "original.not-kept", 409, "Bản chính này không đang được giữ", "These originals are not kept";
        /// As many messages as a dossier may have.
        MESSAGE_TOO_MANY = "message.too-many", 422, "Hồ sơ đã có quá nhiều tin nhắn", "The dossier has too many messages";
        /// Uploads that belong to nothing pile up.
        FILE_TOO_MANY = "file.too-many", 429, "Quá nhiều tệp chưa gắn vào hồ sơ nào; hãy nộp hồ sơ hoặc chờ", "Too many uploads that belong to no dossier yet; file them, or wait";
        /// A file made to fill disks or memory when opened.
        FILE_BOMB = "file.bomb", 422, "Tệp bung ra quá lớn", "The file unfolds to too much";
        /// The package is damaged or carries programs.
        FILE_PACKAGE = "file.package-invalid", 422, "Tệp nén bên trong bị hỏng hoặc có chương trình kèm theo", "The package inside is damaged or carries programs";
        /// A name shows something else than it is.
        NAME_DECEPTIVE = "name.deceptive", 422, "Tên có ký tự dễ gây nhầm lẫn (chữ của hệ chữ khác hoặc ký tự ẩn)", "The name has characters that deceive: of another script, or hidden";
        /// Unknown or withdrawn procedure.
        PROCEDURE_UNKNOWN = "procedure.unknown", 422, "Không có thủ tục này hoặc thủ tục đã hết hiệu lực", "There is no such procedure in force";
        /// The procedure does not take this channel.
        CHANNEL_NOT_OFFERED = "procedure.channel-not-offered", 422, "Thủ tục không nhận hồ sơ theo kênh này", "The procedure does not take this channel";
        /// The agency has no desk of a tier that accepts the procedure.
        AGENCY_NOT_COMPETENT = "agency.not-competent", 422, "Bộ phận một cửa này không tiếp nhận thủ tục đã chọn", "This desk does not accept the chosen procedure";
        /// Only a procedure that any desk may take is filed for another agency.
        NOT_ANYWHERE = "procedure.not-anywhere", 422, "Thủ tục này không tiếp nhận phi địa giới", "Only the competent desk takes this procedure";
        /// The minutes were signed in the future or too long ago.
        MINUTES_TIME = "minutes.time-invalid", 422, "Thời điểm ký biên bản giao nhận không hợp lệ", "The minutes cannot have been signed then";
        /// Scans must be compared with the originals.
        NOT_COMPARED = "scan.not-compared", 422, "Bản quét phải được đối chiếu với bản chính", "Scans must be compared with the originals";
        /// The authorisation has ended.
        AUTHORISATION_ENDED = "authorisation.ended", 422, "Giấy ủy quyền đã hết hiệu lực", "The authorisation has ended";
        /// Unknown or closed agency.
        AGENCY_UNKNOWN = "agency.unknown", 422, "Không có cơ quan tiếp nhận này", "There is no such receiving agency";
        /// The procedure has no such component.
        COMPONENT_UNKNOWN = "component.unknown", 422, "Thành phần hồ sơ không thuộc thủ tục này", "The procedure has no such component";
        /// A required component has no file.
        COMPONENT_MISSING = "component.missing", 422, "Thiếu thành phần hồ sơ bắt buộc", "A required component is missing";
        /// The file to attach is not one the caller uploaded.
        FILE_UNKNOWN = "file.unknown", 422, "Không có tệp này trong các tệp bạn đã tải lên", "You have not uploaded such a file";
        /// No such file, or not one that the caller may know of.
        FILE_NOT_FOUND = "file.not-found", 404, "Không tìm thấy tệp", "No such file";
        /// Its retention has ended.
        FILE_REMOVED = "file.removed", 410, "Tệp đã được tiêu hủy vì hết thời hạn bảo quản", "The file was destroyed when its retention ended";
        /// The multipart body has no field `file`.
        FILE_MISSING = "file.missing", 422, "Thiếu tệp trong trường \"file\"", "There is no file in the field \"file\"";
        /// No bytes.
        FILE_EMPTY = "file.empty", 422, "Tệp rỗng", "The file is empty";
        /// More bytes than allowed.
        FILE_TOO_LARGE = "file.too-large", 413, "Tệp quá lớn", "The file is too large";
        /// A type that is not taken.
        FILE_TYPE = "file.type-not-allowed", 422, "Loại tệp không được chấp nhận", "This type of file is not taken";
        /// The content is of another type than name or declaration say.
        FILE_MISMATCH = "file.type-mismatch", 422, "Nội dung tệp không đúng loại đã khai", "The content is of another type than claimed";
        /// The name cannot be kept.
        FILE_NAME = "file.name-invalid", 422, "Tên tệp không hợp lệ", "The file name is not valid";
    }
}

/// What a use-case may fail with.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The database's.
    #[error("database")]
    Db(#[from] DbErr),
    /// A file could not be written or read.
    #[error("object store")]
    Io(#[from] std::io::Error),
    /// No such dossier within the caller's scope.
    #[error("no such dossier")]
    NotFound,
    /// The caller's version is not the present one.
    #[error("the dossier has version {version}")]
    Stale {
        /// The present one.
        version: i64,
        /// State of the dossier, if it is one.
        state: Option<contracts::DossierStatus>,
        /// Its step.
        step: String,
    },
    /// The domain refuses.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// An act is not open to this person.
    #[error("the person may not do it")]
    ActPerson(Act),
    /// An act is not open in this state, which is that of this version.
    #[error("the act is not open in this state")]
    ActState(Act, DossierStatus, i64),
    /// An obligation does not become what was asked for.
    #[error(transparent)]
    Fee(#[from] NoFee),
    /// The key was used for another request.
    #[error(transparent)]
    Key(#[from] IdempotencyConflict),
    /// Bad input, with its fields.
    #[error("{0}")]
    Input(Problem),
}

impl TxError for Error {
    fn db_err(&self) -> Option<&DbErr> {
        match self {
            Self::Db(error) => Some(error),
            Self::Io(_)
            | Self::NotFound
            | Self::Stale { .. }
            | Self::Refused(_)
            | Self::ActPerson(_)
            | Self::ActState(..)
            | Self::Fee(_)
            | Self::Key(_)
            | Self::Input(_) => None,
        }
    }
}

impl Error {
    /// The newer state, for whoever acted on an older one.
    pub(crate) fn stale(now: &crate::domain::Dossier) -> Self {
        Self::Stale {
            version: now.version,
            state: Some(now.status),
            step: now.step.clone(),
        }
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::Input(problem)
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Db(error) if durable::is_unavailable(&error) => {
                Problem::new(shared::UNAVAILABLE).retry_after(2)
            }
            Error::Db(error) => Problem::internal(error),
            // Room can be made; the same request may then be sent again.
            Error::Io(error)
                if matches!(
                    error.kind(),
                    std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded
                ) =>
            {
                tracing::error!(%error, "the object store is full");
                Problem::new(shared::UNAVAILABLE).retry_after(30)
            }
            Error::Io(error) if error.kind() == std::io::ErrorKind::NotConnected => {
                tracing::error!(%error, "the object store is away, or refuses");
                Problem::new(shared::UNAVAILABLE).retry_after(5)
            }
            Error::Io(error) => Problem::internal(error),
            Error::NotFound => Problem::new(code::DOSSIER_NOT_FOUND),
            Error::Stale {
                version,
                state,
                step,
            } => {
                let problem = Problem::new(shared::PRECONDITION_FAILED).extra("version", version);
                match state {
                    Some(state) => problem.extra("state", state.as_str()).extra("step", step),
                    None => problem,
                }
            }
            Error::Refused(refusal) => refused(&refusal),
            Error::ActPerson(act) => Problem::new(shared::FORBIDDEN).extra("command", act.name()),
            Error::ActState(act, state, version) => Problem::new(code::ACT_NOT_OPEN)
                .detail(
                    format!(
                        "Không thể \"{}\" khi hồ sơ ở trạng thái \"{}\"",
                        act.title_vi(),
                        state.title(contracts::Language::Vi)
                    ),
                    format!(
                        "\"{}\" is not open in state \"{}\"",
                        act.name(),
                        state.as_str()
                    ),
                )
                .extra("state", state.as_str())
                .extra("version", version)
                .extra("command", act.name()),
            Error::Fee(no) => no_fee(no),
            Error::Key(_) => Problem::new(shared::IDEMPOTENCY_REUSED),
            Error::Input(problem) => problem,
        }
    }
}

fn no_fee(no: NoFee) -> Problem {
    match no {
        NoFee::Unknown => Problem::new(code::FEE_NOT_FOUND),
        NoFee::State(state) => Problem::new(code::FEE_STATE).extra("state", state),
        NoFee::Unclear => Problem::invalid(vec![FieldError::of("/tier", code::FEE_UNCLEAR)]),
        NoFee::RefundTooMuch(left) => {
            Problem::invalid(vec![FieldError::of("/amount", code::REFUND_TOO_MUCH)])
                .extra("left", left)
        }
        NoFee::TooMany => Problem::new(code::FEE_TOO_MANY),
        NoFee::Amount => Problem::invalid(vec![FieldError::of("/amount", shared::FIELD_INVALID)]),
    }
}

fn refused(refusal: &Refusal) -> Problem {
    let problem = match refusal.why {
        Why::Person => {
            return Problem::new(shared::FORBIDDEN).extra("command", refusal.command.name());
        }
        Why::AskedBefore => {
            return Problem::new(code::SUPPLEMENT_ASKED).field(
                "/legalBasis",
                code::SUPPLEMENT_ASKED,
                "Đã yêu cầu bổ sung một lần; lần nữa phải nêu căn cứ pháp lý",
                "A supplement was asked for once; a second time needs its legal basis",
            );
        }
        Why::AskedLate => {
            return Problem::new(code::SUPPLEMENT_LATE).field(
                "/legalBasis",
                code::SUPPLEMENT_LATE,
                "Đã quá hạn yêu cầu bổ sung kể từ ngày tiếp nhận; yêu cầu muộn phải nêu căn cứ pháp lý",
                "The days after reception for asking have passed; a late request needs its legal basis",
            );
        }
        Why::SamePerson => Problem::new(code::SAME_PERSON),
        Why::ByPost => Problem::new(code::ACTION_NOT_OPEN)
            .detail("Kết quả được trả qua bưu chính", "The result goes by post"),
        Why::TooManyFees => return Problem::new(code::FEE_TOO_MANY),
        Why::MovedBefore => Problem::new(code::APOLOGY_GIVEN),
        Why::TooLate => Problem::new(code::APOLOGY_TOO_LATE),
        Why::NewDate => {
            return Problem::invalid(vec![kit::FieldError::of("/dueOn", code::APOLOGY_DATE)]);
        }
        Why::NoReason => {
            return Problem::invalid(vec![kit::FieldError::of("/note", code::REFUSAL_REASON)]);
        }
        Why::NoDate => Problem::new(code::ACTION_NOT_OPEN).detail(
            "Hồ sơ không có ngày hẹn trả kết quả theo quy định",
            "The dossier has no due date by rule",
        ),
        Why::Held => Problem::new(code::ACTION_NOT_OPEN).detail(
            "Hồ sơ liên thông đang chờ kết quả của hồ sơ khác",
            "The linked dossier waits for the result of another one",
        ),
        Why::State | Why::Desk | Why::NotByPost | Why::NotYet | Why::GivenBack | Why::Number => {
            Problem::new(code::ACTION_NOT_OPEN).detail(
                format!(
                    "Không thể \"{}\" khi hồ sơ ở trạng thái \"{}\"",
                    refusal.command.title_vi(),
                    refusal.state.title(contracts::Language::Vi)
                ),
                format!(
                    "\"{}\" is not open in state \"{}\" at step \"{}\"",
                    refusal.command.name(),
                    refusal.state.as_str(),
                    refusal.step
                ),
            )
        }
    };
    problem
        .extra("state", refusal.state.as_str())
        .extra("step", refusal.step.as_str())
        .extra("version", refusal.version)
        .extra("command", refusal.command.name())
}

/// Demands one of a command's rights; which dossiers it reaches is the query's business.
///
/// # Errors
/// `auth.forbidden`.
pub(crate) fn permit(actor: &contracts::Actor, kind: CommandKind) -> Result<(), Problem> {
    if kind.rights().iter().any(|right| actor.can(*right)) {
        Ok(())
    } else {
        Err(Problem::new(shared::FORBIDDEN).extra(
            "permission",
            kind.rights().first().map_or("", |right| right.name()),
        ))
    }
}
