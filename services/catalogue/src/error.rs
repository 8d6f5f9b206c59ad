//! What the catalogue refuses, on one screen.

use contracts::codes;
use contracts::problem::shared;
use kit::Problem;
use sea_orm::DbErr;

/// What is not the caller's fault: 503 while the database is away, else a constant 500 whose cause is logged once.
pub(crate) fn failed(error: impl Into<anyhow::Error>) -> Problem {
    let error: anyhow::Error = error.into();
    if error
        .downcast_ref::<DbErr>()
        .is_some_and(durable::is_unavailable)
    {
        tracing::warn!(error = format!("{error:#}"), "the database is away");
        return Problem::new(shared::UNAVAILABLE).retry_after(2);
    }
    Problem::internal(error)
}

codes! {
    /// No procedure has this id.
    PROCEDURE_UNKNOWN = "procedure.unknown", 404, "Không có thủ tục này", "There is no such procedure";
    /// No agency has this code.
    AGENCY_UNKNOWN = "agency.unknown", 404, "Không có cơ quan này", "There is no such agency";
    /// No province has or had this code.
    PROVINCE_UNKNOWN = "province.unknown", 404, "Không có tỉnh, thành phố này", "There is no such province";
    /// A search text is too long.
    QUERY_TOO_LONG = "procedure.query-too-long", 422, "Nội dung tìm kiếm quá dài", "The search text is too long";
    /// No procedure has this field.
    FIELD_UNKNOWN = "procedure.field-unknown", 422, "Không có lĩnh vực này", "There is no such field";
    /// Not a tier of government.
    LEVEL_UNKNOWN = "procedure.level-unknown", 422, "Không có cấp thực hiện này", "There is no such level";
    /// Not a level of online service.
    SERVICE_LEVEL_UNKNOWN = "procedure.service-level-unknown", 422, "Không có mức độ dịch vụ này", "There is no such service level";
    /// A file to import without any line.
    IMPORT_EMPTY = "import.empty", 422, "Tệp không có dòng nào", "The file has no lines";
    /// A file to import that could not be taken in whole.
    IMPORT_INTERRUPTED = "import.interrupted", 400, "Tệp gửi lên bị ngắt giữa chừng", "The upload was interrupted";
}
