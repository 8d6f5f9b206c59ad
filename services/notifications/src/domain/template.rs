//! The templates, by name. The files lie in `templates/{vi,en}/` and are part of the program.

use contracts::Language;

macro_rules! templates {
    ($($(#[$doc:meta])* $variant:ident = $name:literal),+ $(,)?) => {
        /// One message, in both languages.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Template { $($(#[$doc])* $variant),+ }

        impl Template {
            /// Every template.
            pub const ALL: &'static [Template] = &[$(Template::$variant),+];

            /// The name of the file without its ending.
            pub fn name(self) -> &'static str {
                match self { $(Template::$variant => $name),+ }
            }

            /// The text of the file.
            pub fn source(self, language: Language) -> &'static str {
                match (self, language) {
                    $(
                        (Template::$variant, Language::Vi) => include_str!(concat!("../../templates/vi/", $name, ".txt")),
                        (Template::$variant, Language::En) => include_str!(concat!("../../templates/en/", $name, ".txt")),
                    )+
                }
            }
        }
    };
}

templates! {
    /// Xác nhận tự động việc gửi hồ sơ.
    Filed = "filed",
    /// Được tiếp nhận.
    Received = "received",
    /// Yêu cầu bổ sung giấy tờ.
    SupplementRequested = "supplement-requested",
    /// Xác nhận đã nhận giấy tờ bổ sung.
    Supplemented = "supplemented",
    /// Không được tiếp nhận.
    NotReceived = "not-received",
    /// Đang xử lý.
    InProgress = "in-progress",
    /// Yêu cầu thực hiện nghĩa vụ tài chính.
    PaymentRequested = "payment-requested",
    /// Đã xác nhận nộp tiền.
    PaymentConfirmed = "payment-confirmed",
    /// Có khoản phí cần nộp, thời hạn vẫn tính.
    FeeAsked = "fee-asked",
    /// Được miễn phí, lệ phí.
    FeeExempt = "fee-exempt",
    /// Hoàn trả phí, lệ phí.
    FeeRefunded = "fee-refunded",
    /// Cơ quan nhắn người nộp.
    Message = "message",
    /// Xác nhận rút hồ sơ.
    Withdrawn = "withdrawn",
    /// Dừng xử lý.
    Stopped = "stopped",
    /// Đã xử lý xong.
    Done = "done",
    /// Đã trả kết quả.
    Returned = "returned",
    /// Đã giao cho bưu điện.
    ShipmentHandedOver = "shipment-handed-over",
    /// Bưu điện mời nhận.
    ShipmentInvited = "shipment-invited",
    /// Bưu điện đã phát.
    ShipmentDelivered = "shipment-delivered",
    /// Chuyển hoàn.
    ShipmentReturned = "shipment-returned",
    /// Thất lạc.
    ShipmentLost = "shipment-lost",
    /// Hư hỏng.
    ShipmentDamaged = "shipment-damaged",
    /// Từ chối giải quyết sau thẩm định.
    Refused = "refused",
    /// Xin lỗi và hẹn lại.
    Apology = "apology",
    /// Thời gian sự cố được bù.
    TimeGivenBack = "time-given-back",
    /// Mở lại hồ sơ.
    Reopened = "reopened",
    /// Cơ quan đính chính sai sót.
    Corrected = "corrected",
    /// Nhắc bổ sung.
    SupplementReminder = "supplement-reminder",
    /// Nhắc nộp phí, lệ phí.
    PaymentReminder = "payment-reminder",
    /// Nhắc nhận kết quả.
    ResultReminder = "result-reminder",
    /// Nhắc nhận lại bản chính.
    OriginalsReminder = "originals-reminder",
    /// Leader, desk: the check is late.
    OfficerCheckLate = "officer-check-late",
    /// Leader, desk: a linked dossier was not acknowledged.
    OfficerAcknowledgeLate = "officer-acknowledge-late",
    /// Leader, desk, specialist: the last day for an apology.
    OfficerApologyDue = "officer-apology-due",
    /// Leader, desk, specialist: due within 24 hours.
    OfficerDueSoon = "officer-due-soon",
    /// Leader, desk, specialist: due now.
    OfficerDue = "officer-due",
    /// Leader, desk, specialist: overdue.
    OfficerOverdue = "officer-overdue",
    /// Desk: a payment is open.
    OfficerPaymentOpen = "officer-payment-open",
    /// Desk: a result waits.
    OfficerResultWaiting = "officer-result-waiting",
    /// Desk: originals are still with the agency.
    OfficerOriginalsKept = "officer-originals-kept",
    /// Leader, desk: it ended without a result, and what was paid has not gone back.
    OfficerFeesPaid = "officer-fees-paid",
    /// Leader, desk, specialist: the result of the linked dossier before was taken back or refused.
    OfficerPredecessorRevoked = "officer-predecessor-revoked",
    /// Leader, desk: nothing has happened for a month.
    OfficerIdle = "officer-idle",
    /// One-stop desk: a new dossier.
    OfficerNew = "officer-new",
    /// Desk or specialist: supplemented.
    OfficerSupplemented = "officer-supplemented",
    /// Desk: withdrawn.
    OfficerWithdrawn = "officer-withdrawn",
    /// Specialist: to examine.
    OfficerHandle = "officer-handle",
    /// Specialist: sent back by the leader.
    OfficerSentBack = "officer-sent-back",
    /// Specialist: paid.
    OfficerPaid = "officer-paid",
    /// Desk or specialist: the applicant has written.
    OfficerMessage = "officer-message",
    /// Leader: to approve.
    OfficerApprove = "officer-approve",
    /// Desk: result to hand to the post.
    OfficerDonePost = "officer-done-post",
    /// Desk: result to hand over at the counter.
    OfficerDoneCounter = "officer-done-counter",
    /// Desk: a result came back.
    OfficerShipmentReturned = "officer-shipment-returned",
    /// Desk: a result was lost or damaged.
    OfficerShipmentHarmed = "officer-shipment-harmed",
}

impl Template {
    /// Whether the message is important enough for a text message: the applicant must act, or it is the end.
    pub fn has_sms(self) -> bool {
        matches!(
            self,
            Template::Received
                | Template::SupplementRequested
                | Template::NotReceived
                | Template::Done
                | Template::Returned
                | Template::Refused
                | Template::Apology
                | Template::SupplementReminder
                | Template::ShipmentInvited
                | Template::ShipmentDelivered
        )
    }
}
