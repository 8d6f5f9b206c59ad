//! All refusals of this service on one screen: problems for the API, RFC 6749 errors for the protocol.

use crate::domain::account::Refusal;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, ResponseError};
use contracts::problem::{Code, shared};
use kit::Problem;
use sea_orm::DbErr;
use std::fmt;

/// Codes of this service.
pub mod codes {
    contracts::codes! {
        ACCOUNT_NOT_FOUND = "account.not-found", 404, "Không tìm thấy tài khoản", "There is no such account";
        CLIENT_NOT_FOUND = "client.not-found", 404, "Không tìm thấy máy khách", "There is no such client";
        CLIENT_HAS_SECRET = "client.has-secret", 422, "Máy khách này xác thực bằng mật khẩu, không bằng khóa", "This client has a secret, not keys";
        KEY_SECRET = "client.key-secret", 422, "Chỉ gửi khóa công khai; khóa bí mật này đã lộ, hãy tạo khóa mới", "Send public keys only; this secret one was shown, make a new one";
        KEY_UNSUPPORTED = "client.key-unsupported", 422, "Khóa phải thuộc loại P-256 (ES256) dùng để ký", "The key must be one of P-256 (ES256), for signatures";
        KEY_ID_TAKEN = "client.key-id-taken", 422, "Hai khóa có cùng kid", "Two keys have the same kid";
        LOGIN_TAKEN = "account.login-taken", 409, "Tên đăng nhập đã có người dùng", "The login is taken";
        LOGIN_INVALID = "account.login-invalid", 422, "Tên đăng nhập chưa hợp lệ", "The login is not valid";
        PASSWORD_WEAK = "account.password-weak", 422, "Mật khẩu quá yếu", "The password is too weak";
        PASSWORD_BREACHED = "account.password-breached", 422, "Mật khẩu này có trong danh sách mật khẩu đã bị lộ", "The password is in a list of leaked passwords";
        ROLES_INVALID = "account.roles-invalid", 422, "Vai trò chưa hợp lệ", "The roles are not valid";
        AGENCY_INVALID = "account.agency-invalid", 422, "Mã cơ quan chưa hợp lệ", "The agency is not valid";
        ROLE_NOT_ALLOWED = "account.role-not-allowed", 403, "Không được cấp hoặc thay đổi vai trò này", "This role may not be granted or changed by you";
        AGENCY_NOT_ALLOWED = "account.agency-not-allowed", 403, "Không được quản lý tài khoản của cơ quan này", "Accounts of this agency are not yours to manage";
        PASSWORD_WRONG = "account.password-wrong", 422, "Mật khẩu không đúng", "The password is wrong";
        SECOND_FACTOR_ON = "second-factor.on", 409, "Tài khoản đã bật xác thực hai lớp", "The account has a second factor already";
        SECOND_FACTOR_OFF = "second-factor.off", 409, "Tài khoản chưa bật xác thực hai lớp", "The account has no second factor";
        CODE_WRONG = "second-factor.code-wrong", 422, "Mã xác thực không đúng hoặc đã dùng", "The code is wrong or was used";
        MANDATE_NOT_FOUND = "mandate.not-found", 404, "Không tìm thấy ủy quyền", "There is no such mandate";
        PERMISSION_NOT_LENT = "mandate.permission", 422, "Quyền này không thể ủy quyền", "This permission cannot be lent";
        PERIOD_INVALID = "mandate.period", 422, "Thời hạn ủy quyền chưa hợp lệ", "The period of the mandate is not valid";
        SESSION_NOT_FOUND = "session.not-found", 404, "Không tìm thấy phiên đăng nhập", "There is no such session";
        DATA_REQUEST_NOT_FOUND = "data-request.not-found", 404, "Không tìm thấy yêu cầu", "There is no such request";
        DATA_REQUEST_STATE = "data-request.not-open", 409, "Yêu cầu không còn ở bước này", "The request is not at this step";
        DATA_REQUEST_OPEN = "data-request.already-open", 409, "Đang có yêu cầu cùng loại chưa giải quyết xong", "A request of this kind is open already";
        DATA_REQUEST_OWN = "data-request.own", 409, "Không tự giải quyết yêu cầu của chính mình", "Nobody decides the own request";
        DATA_REQUEST_OFFICER = "data-request.officer-account", 409, "Tài khoản cán bộ được khóa, không xóa: việc đã làm phải truy được người làm", "The account of an officer is closed, not erased: what was done stays attributable";
        DATA_REQUEST_PERSON = "data-request.person-only", 403, "Chỉ cá nhân, tổ chức mới có quyền này", "Only people have this right";
        ASSIGNMENT_NOT_FOUND = "assignment.not-found", 404, "Không tìm thấy việc giao quyền", "There is no such assignment";
        ASSIGNMENT_NOT_HELD = "assignment.not-held", 403, "Chỉ ủy quyền vai trò của chính mình; không ủy quyền lại", "Only a role of one's own is delegated, and no further";
        ASSIGNMENT_ROLE = "assignment.role", 422, "Vai trò này không giao có thời hạn", "This role is not given for a time";
        ASSIGNMENT_SELF = "assignment.self", 409, "Không tự giao quyền cho mình", "Nobody gives a role to himself";
        ASSIGNMENT_HAS_IT = "assignment.has-role", 409, "Người này đã có vai trò đó", "The officer has the role already";
        ASSIGNMENT_PERIOD = "assignment.period", 422, "Thời hạn không hợp lệ, dài nhất một năm", "The period is not valid, or longer than a year";
        SUCCESSION_NOT_FOUND = "succession.not-found", 404, "Không tìm thấy việc kế thừa", "There is no such succession";
        SUCCESSION_THERE = "succession.there", 409, "Việc kế thừa này đã được ghi nhận", "This succession is recorded already";
        SUCCESSION_CIRCLE = "succession.circle", 409, "Cơ quan không thể kế thừa chính mình, kể cả qua cơ quan khác", "No agency takes over itself, not through others either";
        SUCCESSION_TOO_MANY = "succession.too-many", 409, "Cơ quan kế thừa quá nhiều cơ quan", "The agency has taken over too many";
        BREACH_NOT_FOUND = "breach.not-found", 404, "Không tìm thấy hồ sơ vi phạm", "There is no such breach file";
        BREACH_STATE = "breach.not-open", 409, "Hồ sơ vi phạm không còn ở bước này", "The breach file is not at this step";
        OWN_RIGHTS = "account.own-rights", 409, "Không thể tự thay đổi quyền, tự khóa tài khoản hoặc tự cấp mật khẩu tạm cho mình", "Nobody changes the own rights, closes the own account or gives himself a temporary password";
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        use shared::BODY_INVALID as BODY;
        match refusal {
            Refusal::Role(role) => Problem::new(codes::ROLE_NOT_ALLOWED)
                .extra("role", serde_json::to_value(role).unwrap_or_default()),
            Refusal::ClientRole(_) => Problem::new(BODY).field(
                "/roles",
                codes::ROLES_INVALID,
                "Vai trò này chỉ dành cho hệ thống kết nối",
                "This role is for machine clients only",
            ),
            Refusal::Mixed => Problem::new(BODY).field(
                "/roles",
                codes::ROLES_INVALID,
                "Một tài khoản không thể vừa là người dân vừa là cán bộ",
                "One account cannot be a citizen and a civil servant",
            ),
            Refusal::NoRole => Problem::new(BODY).field(
                "/roles",
                codes::ROLES_INVALID,
                "Cần ít nhất một vai trò",
                "At least one role is needed",
            ),
            Refusal::AgencyMissing => Problem::new(BODY).field(
                "/agency",
                shared::FIELD_REQUIRED,
                "Tài khoản cán bộ phải thuộc một cơ quan",
                "An officer belongs to an agency",
            ),
            Refusal::AgencyForApplicant => Problem::new(BODY).field(
                "/agency",
                codes::AGENCY_INVALID,
                "Tài khoản người dân không thuộc cơ quan nào",
                "A citizen belongs to no agency",
            ),
            Refusal::AgencyOutOfReach => Problem::new(codes::AGENCY_NOT_ALLOWED),
            Refusal::Own => Problem::new(codes::OWN_RIGHTS),
        }
    }
}

/// The answer to what was not foreseen: 503 while the database is away, else the constant 500.
pub(crate) fn unforeseen(error: impl Into<anyhow::Error>) -> Problem {
    let error = error.into();
    if is_away(&error) {
        tracing::warn!(error = format!("{error:#}"), "database away");
        return Problem::new(shared::UNAVAILABLE).retry_after(2);
    }
    Problem::internal(error)
}

fn is_away(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<DbErr>())
        .any(durable::is_unavailable)
}

/// What can go wrong in a use-case over accounts.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AccountError {
    #[error("refused: {0:?}")]
    Refused(Refusal),
    #[error("no such account")]
    NotFound,
    #[error("the login is taken")]
    LoginTaken,
    #[error("version {0} is stored")]
    Stale(i64),
    #[error("the key was used with another body")]
    KeyReused,
    #[error(transparent)]
    Database(DbErr),
}

impl From<DbErr> for AccountError {
    fn from(error: DbErr) -> Self {
        match error.sql_err() {
            Some(sea_orm::SqlErr::UniqueConstraintViolation(_)) => Self::LoginTaken,
            _ => Self::Database(error),
        }
    }
}

impl From<Refusal> for AccountError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// What can go wrong in a use-case over people's data requests and breach files.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DataError {
    #[error("{}", .0.en)]
    NotFound(Code),
    #[error("{}", .0.en)]
    Refused(Code),
    #[error("version {0} is stored")]
    Stale(i64),
    #[error("the key was used with another body")]
    KeyReused,
    #[error(transparent)]
    Database(#[from] DbErr),
}

impl DataError {
    /// What we keep ourselves cannot be read.
    pub(crate) fn unreadable(error: impl fmt::Display) -> Self {
        Self::Database(DbErr::Custom(format!("saved answer: {error}")))
    }
}

impl durable::TxError for DataError {
    fn db_err(&self) -> Option<&DbErr> {
        match self {
            Self::Database(error) => Some(error),
            Self::NotFound(_) | Self::Refused(_) | Self::Stale(_) | Self::KeyReused => None,
        }
    }
}

impl From<durable::IdempotencyConflict> for DataError {
    fn from(_: durable::IdempotencyConflict) -> Self {
        Self::KeyReused
    }
}

impl From<DataError> for Problem {
    fn from(error: DataError) -> Self {
        match error {
            DataError::NotFound(code) | DataError::Refused(code) => Problem::new(code),
            DataError::Stale(version) => {
                Problem::new(shared::PRECONDITION_FAILED).extra("version", version)
            }
            DataError::KeyReused => Problem::new(shared::IDEMPOTENCY_REUSED),
            DataError::Database(error) => unforeseen(error),
        }
    }
}

impl durable::TxError for AccountError {
    fn db_err(&self) -> Option<&DbErr> {
        match self {
            Self::Database(error) => Some(error),
            Self::Refused(_)
            | Self::NotFound
            | Self::LoginTaken
            | Self::Stale(_)
            | Self::KeyReused => None,
        }
    }
}

impl From<durable::IdempotencyConflict> for AccountError {
    fn from(_: durable::IdempotencyConflict) -> Self {
        Self::KeyReused
    }
}

impl From<AccountError> for Problem {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::Refused(refusal) => refusal.into(),
            AccountError::NotFound => Problem::new(codes::ACCOUNT_NOT_FOUND),
            AccountError::LoginTaken => Problem::new(codes::LOGIN_TAKEN),
            AccountError::Stale(version) => {
                Problem::new(shared::PRECONDITION_FAILED).extra("version", version)
            }
            AccountError::KeyReused => Problem::new(shared::IDEMPOTENCY_REUSED),
            AccountError::Database(error) => unforeseen(error),
        }
    }
}

/// A refusal of the token endpoints: RFC 6749 §5.2, RFC 7009 §2.2.1. The descriptions are for developers, in English, and say
/// nothing about accounts.
#[derive(Debug)]
pub(crate) struct OauthError {
    status: StatusCode,
    error: &'static str,
    description: &'static str,
    basic: bool,
    retry_after: Option<u64>,
}

impl OauthError {
    fn new(status: StatusCode, error: &'static str, description: &'static str) -> Self {
        Self {
            status,
            error,
            description,
            basic: false,
            retry_after: None,
        }
    }

    pub(crate) fn invalid_request(description: &'static str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request", description)
    }

    pub(crate) fn invalid_grant(description: &'static str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_grant", description)
    }

    /// RFC 6749 §6.
    pub(crate) fn invalid_scope() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "invalid_scope",
            "a renewal may ask for the scopes granted or fewer, never for others",
        )
    }

    /// RFC 7009 §2.2.1.
    pub(crate) fn unsupported_token() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "unsupported_token_type",
            "this access token names no grant and cannot be revoked; it expires within minutes",
        )
    }

    pub(crate) fn unsupported_grant() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "unsupported_grant_type",
            "use authorization_code, refresh_token, client_credentials or the device code grant",
        )
    }

    pub(crate) fn unauthorized_client() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "unauthorized_client",
            "this client may not use this grant",
        )
    }

    /// RFC 8628 §3.5.
    pub(crate) fn authorization_pending() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "authorization_pending",
            "nobody has answered yet",
        )
    }

    /// RFC 8628 §3.5.
    pub(crate) fn slow_down() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "slow_down",
            "wait at least five seconds between two questions",
        )
    }

    /// RFC 8628 §3.5.
    pub(crate) fn access_denied() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "access_denied",
            "the person did not let the device in, or has signed out since",
        )
    }

    /// RFC 8628 §3.5.
    pub(crate) fn expired_token() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "expired_token",
            "the device code has expired",
        )
    }

    pub(crate) fn invalid_client(basic: bool) -> Self {
        Self {
            basic,
            ..Self::new(
                StatusCode::UNAUTHORIZED,
                "invalid_client",
                "client authentication failed",
            )
        }
    }

    pub(crate) fn too_many(seconds: u64) -> Self {
        Self {
            retry_after: Some(seconds),
            ..Self::new(
                StatusCode::TOO_MANY_REQUESTS,
                "temporarily_unavailable",
                "too many failed attempts",
            )
        }
    }

    pub(crate) fn busy() -> Self {
        Self {
            retry_after: Some(2),
            ..Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "temporarily_unavailable",
                "too many sign-ins at once",
            )
        }
    }

    fn internal(error: &anyhow::Error) -> Self {
        if is_away(error) {
            tracing::warn!(error = format!("{error:#}"), "database away");
            return Self {
                retry_after: Some(2),
                ..Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "temporarily_unavailable",
                    "please try again",
                )
            };
        }
        tracing::error!(error = format!("{error:#}"), "internal error");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "server_error",
            "internal error",
        )
    }
}

impl From<DbErr> for OauthError {
    fn from(error: DbErr) -> Self {
        Self::internal(&error.into())
    }
}

impl From<anyhow::Error> for OauthError {
    fn from(error: anyhow::Error) -> Self {
        Self::internal(&error)
    }
}

impl fmt::Display for OauthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.error, self.description)
    }
}

impl ResponseError for OauthError {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        response.insert_header((header::CACHE_CONTROL, "no-store"));
        if self.basic {
            response.insert_header((header::WWW_AUTHENTICATE, "Basic realm=\"motcua\""));
        }
        if let Some(seconds) = self.retry_after {
            response.insert_header((header::RETRY_AFTER, seconds.to_string()));
        }
        response.json(serde_json::json!({
            "error": self.error,
            "error_description": self.description,
        }))
    }
}
