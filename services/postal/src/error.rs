//! What can go wrong, and how each of it is answered: the whole table.

use crate::domain::fold::Refusal;
use contracts::Code;
use contracts::problem::shared;
use durable::{IdempotencyConflict, TxError};
use kit::Problem;
use sea_orm::DbErr;

contracts::codes! {
    /// The shipment does not exist, or the caller may not know it.
    SHIPMENT_NOT_FOUND = "shipment.not-found", 404, "Không tìm thấy bưu gửi", "Shipment not found";
    /// Only a shipment that waits at the agency can be collected.
    SHIPMENT_NOT_READY = "shipment.not-ready", 409, "Bưu gửi không ở trạng thái sẵn sàng bàn giao", "The shipment is not ready to be handed over";
    /// The item number is on another shipment.
    ITEM_NUMBER_TAKEN = "shipment.item-number-taken", 409, "Số hiệu bưu gửi đã được dùng", "The item number is in use";
    /// The item number is misread.
    ITEM_NUMBER_INVALID = "shipment.item-number-invalid", 422, "Số hiệu bưu gửi không hợp lệ", "The item number is not valid";
    /// All numbers of the configured prefix are given out.
    ITEM_NUMBERS_EXHAUSTED = "shipment.item-numbers-exhausted", 409, "Đã hết dải số hiệu bưu gửi, vui lòng tự cấp số", "No item numbers are left, send your own";
    /// A manifest names a shipment that the operator does not have.
    MANIFEST_UNKNOWN_SHIPMENT = "manifest.unknown-shipment", 422, "Biên bản có bưu gửi không tồn tại", "The manifest names an unknown shipment";
    /// A hand-over record is between the post and one agency.
    MANIFEST_MIXED_AGENCIES = "manifest.mixed-agencies", 422, "Biên bản chỉ gồm bưu gửi của một cơ quan", "A manifest holds shipments of one agency";
    /// The operator has used this number.
    MANIFEST_NUMBER_TAKEN = "manifest.number-taken", 409, "Số biên bản đã được dùng", "The manifest number is in use";
    /// The event has no code that we know.
    EVENT_CODE_UNKNOWN = "shipment.event-code-unknown", 422, "Mã sự kiện chưa có trong bảng ánh xạ, đã lưu nguyên bản", "The event code is not in the mapping table; kept as sent";
    /// The same event id came with another content.
    EVENT_ID_REUSED = "shipment.event-id-reused", 409, "Mã sự kiện đã dùng cho nội dung khác", "The event id was used with another content";
    /// No signed hand-over record.
    NOT_HANDED_OVER = "shipment.not-handed-over", 409, "Chưa có biên bản giao nhận", "The item has not been handed over to the post";
    /// Earlier than the hand-over.
    BEFORE_HAND_OVER = "shipment.event-before-hand-over", 422, "Thời điểm sự kiện trước khi bàn giao", "The event lies before the hand-over";
    /// Later than we heard of it.
    IN_FUTURE = "shipment.event-in-future", 422, "Thời điểm sự kiện ở tương lai", "The event lies in the future";
    /// The shipment has come to its end.
    CLOSED = "shipment.closed", 409, "Bưu gửi đã kết thúc, chỉ có thể đính chính", "The shipment is closed; only a correction can change it";
    /// Second invitation before two working days.
    INVITATION_TOO_EARLY = "shipment.invitation-too-early", 409, "Hai lần mời nhận phải cách nhau 2 ngày làm việc", "Invitations must be two working days apart";
    /// Returned before two invitations.
    RETURN_TOO_EARLY = "shipment.return-too-early", 409, "Chỉ chuyển hoàn sau ít nhất hai lần mời nhận", "The item goes back only after two invitations";
    /// No name, or neither identity paper nor authorisation.
    PROOF_MISSING = "shipment.delivery-proof-missing", 422, "Thiếu tên người nhận, giấy tờ tùy thân hoặc giấy ủy quyền", "The receiver's name and an identity paper or authorisation are required";
    /// Another person without authorisation.
    AUTHORISATION_MISSING = "shipment.authorisation-missing", 422, "Người nhận thay phải có giấy ủy quyền", "Another person needs an authorisation";
    /// A correction that corrects nothing that can be corrected.
    CORRECTION_INVALID = "shipment.correction-invalid", 422, "Đính chính không hợp lệ", "The correction is not valid";
}

/// The code of a refusal to count an event.
pub fn refusal_code(refusal: Refusal) -> Code {
    match refusal {
        Refusal::NotHandedOver => NOT_HANDED_OVER,
        Refusal::BeforeHandOver => BEFORE_HAND_OVER,
        Refusal::InFuture => IN_FUTURE,
        Refusal::Closed => CLOSED,
        Refusal::InvitationTooEarly { .. } => INVITATION_TOO_EARLY,
        Refusal::ReturnTooEarly { .. } => RETURN_TOO_EARLY,
        Refusal::ProofMissing => PROOF_MISSING,
        Refusal::IdentityInvalid => shared::CCCD_INVALID,
        Refusal::AuthorisationMissing => AUTHORISATION_MISSING,
        Refusal::CorrectionInvalid => CORRECTION_INVALID,
        Refusal::AlreadyHandedOver => SHIPMENT_NOT_READY,
    }
}

/// Why a use-case was refused.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Fields of the request that the rules refuse, each with its JSON Pointer. Never empty.
    #[error("{} field(s) refused", .0.len())]
    Fields(Vec<(String, Code)>),
    /// No item numbers are left.
    #[error("item numbers exhausted")]
    NumbersExhausted,
    /// The idempotency key was used for another request.
    #[error(transparent)]
    Idempotency(#[from] IdempotencyConflict),
    /// The database's.
    #[error(transparent)]
    Db(#[from] DbErr),
}

impl TxError for Error {
    fn db_err(&self) -> Option<&DbErr> {
        match self {
            Error::Db(error) => Some(error),
            Error::Fields(_) | Error::NumbersExhausted | Error::Idempotency(_) => None,
        }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Fields(fields) => {
                let code = fields
                    .first()
                    .map_or(shared::BODY_INVALID, |(_, code)| *code);
                fields
                    .into_iter()
                    .fold(Problem::new(code), |problem, (pointer, code)| {
                        problem.field(pointer, code, code.vi, code.en)
                    })
            }
            Error::NumbersExhausted => Problem::new(ITEM_NUMBERS_EXHAUSTED),
            Error::Idempotency(_) => Problem::new(shared::IDEMPOTENCY_REUSED),
            Error::Db(error) => database(error),
        }
    }
}

/// An error of the database: 503 when it is away for the moment, else a constant 500.
pub fn database(error: DbErr) -> Problem {
    if durable::is_unavailable(&error) {
        Problem::new(shared::UNAVAILABLE).retry_after(2)
    } else {
        Problem::internal(error)
    }
}
