//! Stable problem codes (RFC 9457). A code is a promise to integrators: it may be added, never renamed.

/// One problem code: what a client may switch on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    /// The stable name, e.g. `dossier.not-found`.
    pub code: &'static str,
    /// The HTTP status it is answered with.
    pub status: u16,
    /// The title in Vietnamese.
    pub vi: &'static str,
    /// The title in English.
    pub en: &'static str,
}

/// Declares codes as constants and collects them in `ALL`, from which `docs/ERRORS.md` is generated.
#[macro_export]
macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $status:literal, $vi:literal, $en:literal;)+) => {
        $($(#[$doc])* pub const $name: $crate::problem::Code =
            $crate::problem::Code { code: $code, status: $status, vi: $vi, en: $en };)+
        /// Every code declared here.
        pub const ALL: &[$crate::problem::Code] = &[$($name),+];
    };
}

/// Codes that any service may answer.
pub mod shared {
    codes! {
        INTERNAL = "internal", 500, "Hệ thống gặp lỗi, vui lòng thử lại sau", "Internal error, please try again later";
        UNAVAILABLE = "unavailable", 503, "Dịch vụ tạm thời chưa sẵn sàng", "Service temporarily unavailable";
        NOT_FOUND = "not-found", 404, "Không tìm thấy", "Not found";
        METHOD_NOT_ALLOWED = "method-not-allowed", 405, "Phương thức không được hỗ trợ", "Method not allowed";
        BODY_MALFORMED = "body.malformed", 400, "Nội dung gửi lên không đọc được", "The request body cannot be read";
        BODY_INVALID = "body.invalid", 422, "Dữ liệu gửi lên chưa hợp lệ", "The request data is not valid";
        BODY_TOO_LARGE = "body.too-large", 413, "Nội dung gửi lên quá lớn", "The request body is too large";
        MEDIA_TYPE = "body.media-type", 415, "Kiểu nội dung không được hỗ trợ", "Unsupported media type";
        QUERY_INVALID = "query.invalid", 422, "Tham số truy vấn chưa hợp lệ", "A query parameter is not valid";
        CURSOR_INVALID = "query.cursor", 422, "Con trỏ trang không hợp lệ", "The page cursor is not valid";
        TOKEN_MISSING = "auth.missing-token", 401, "Cần đăng nhập", "Sign-in required";
        TOKEN_INVALID = "auth.invalid-token", 401, "Thẻ truy cập không hợp lệ", "The access token is not valid";
        TOKEN_EXPIRED = "auth.expired-token", 401, "Phiên đăng nhập đã hết hạn", "The access token has expired";
        TOKEN_REVOKED = "auth.revoked-token", 401, "Quyền truy cập đã bị thu hồi hoặc thay đổi, vui lòng đăng nhập lại", "The rights were revoked or changed, please sign in again";
        TOKEN_ISSUER = "auth.foreign-issuer", 401, "Thẻ truy cập do bên khác phát hành", "The access token is of another issuer";
        TOKEN_NETWORK = "auth.foreign-network", 401, "Thẻ truy cập không dùng được từ địa chỉ mạng này", "The access token is not good from this network address";
        STEP_UP = "auth.step-up-required", 401, "Cần xác thực lại để thực hiện thao tác này", "Prove again who you are to do this";
        FORBIDDEN = "auth.forbidden", 403, "Không có quyền thực hiện", "Not permitted";
        PRECONDITION_REQUIRED = "precondition.required", 428, "Thiếu điều kiện If-Match", "If-Match is required";
        PRECONDITION_FAILED = "precondition.failed", 412, "Hồ sơ đã thay đổi, vui lòng tải lại", "The resource has changed, reload it";
        CONFLICT = "conflict", 409, "Dữ liệu vừa được người khác thay đổi", "The data was just changed by someone else";
        IDEMPOTENCY_REUSED = "idempotency.key-reused", 422, "Khóa chống gửi trùng đã dùng cho nội dung khác", "The idempotency key was used with another body";
        IDEMPOTENCY_KEY = "idempotency.key-invalid", 422, "Khóa chống gửi trùng không hợp lệ", "The idempotency key is not valid";
        RATE_LIMITED = "rate-limited", 429, "Quá nhiều yêu cầu, vui lòng chờ", "Too many requests, please wait";
        FIELD_REQUIRED = "field.required", 422, "Thiếu thông tin bắt buộc", "A required field is missing";
        FIELD_INVALID = "field.invalid", 422, "Thông tin chưa hợp lệ", "A field is not valid";
        FIELD_TOO_LONG = "field.too-long", 422, "Thông tin quá dài", "A field is too long";
        CCCD_INVALID = "identity-number.invalid", 422, "Số định danh cá nhân (CCCD) không hợp lệ", "The personal identity number is not valid";
        TAX_CODE_INVALID = "tax-code.invalid", 422, "Mã số thuế không hợp lệ", "The tax code is not valid";
        PHONE_INVALID = "phone.invalid", 422, "Số điện thoại không hợp lệ", "The phone number is not valid";
        EMAIL_INVALID = "email.invalid", 422, "Địa chỉ thư điện tử không hợp lệ", "The e-mail address is not valid";
        COMMUNE_UNKNOWN = "commune.unknown", 422, "Không có đơn vị cấp xã với mã này", "There is no commune with this code";
        COMMUNE_ENDED = "commune.ended", 422, "Mã cấp xã này hết hiệu lực từ 01/07/2025", "This commune code is no longer valid since 2025-07-01";
    }
}
