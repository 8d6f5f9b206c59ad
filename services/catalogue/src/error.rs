//! What the catalogue refuses, on one screen.

use crate::domain::check::{Fault, Found};
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

/// What a fault is called.
fn code_of(fault: Fault) -> contracts::Code {
    match fault {
        Fault::Empty => shared::FIELD_REQUIRED,
        Fault::TooLong => shared::FIELD_TOO_LONG,
        Fault::Markup => MARKUP,
        Fault::Code | Fault::Term | Fault::Amount | Fault::Currency | Fault::Repeated => {
            shared::FIELD_INVALID
        }
        Fault::PostalDenied => POSTAL_DENIED,
        Fault::Date => IMPOSSIBLE_DATE,
        Fault::NoExecutingAgency => NO_EXECUTING_AGENCY,
        Fault::NoLevel => NO_LEVEL,
        Fault::NoMethod => NO_METHOD,
        Fault::NoDecision => NO_DECISION,
    }
}

/// Wrong parts of a content in a body, under a pointer.
pub(crate) fn wrong(under: &str, found: &[Found]) -> Problem {
    with_faults(Problem::new(shared::BODY_INVALID), under, found)
}

/// What a draft lacks to be published.
pub(crate) fn incomplete(found: &[Found]) -> Problem {
    with_faults(Problem::new(DRAFT_INCOMPLETE), "/content", found)
}

fn with_faults(problem: Problem, under: &str, found: &[Found]) -> Problem {
    found.iter().fold(problem, |problem, (at, fault)| {
        let code = code_of(*fault);
        problem.field(format!("{under}{at}"), code, code.vi, code.en)
    })
}

codes! {
    /// No procedure has this id.
    PROCEDURE_UNKNOWN = "procedure.unknown", 404, "Không có thủ tục này", "There is no such procedure";
    /// No agency has this code.
    AGENCY_UNKNOWN = "agency.unknown", 404, "Không có cơ quan này", "There is no such agency";
    /// A calendar on which nobody ever works.
    CALENDAR_NO_WORKING_DAY = "calendar.no-working-day", 422, "Lịch làm việc không có ngày làm việc nào", "The calendar has no working day";
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
    /// No subject of this code.
    SUBJECT_UNKNOWN = "procedure.subject-unknown", 422, "Không có đối tượng thực hiện này", "There is no such subject";
    /// No life event of this name.
    LIFE_EVENT_UNKNOWN = "procedure.life-event-unknown", 422, "Không có sự kiện này", "There is no such life event";
    /// Nothing was published by a body of this code.
    PUBLISHER_UNKNOWN = "procedure.agency-unknown", 422, "Không có cơ quan công bố này", "There is no such publishing body";
    /// A facet that there is not.
    FACET_UNKNOWN = "procedure.facet-unknown", 422, "Không có bộ lọc này", "There is no such facet";
    /// The procedure had no version in force on that day.
    NOT_IN_FORCE = "procedure.not-in-force", 404, "Thủ tục chưa hoặc không còn hiệu lực vào ngày này", "The procedure was not in force on that day";
    /// No version of this number.
    VERSION_UNKNOWN = "procedure.version-unknown", 404, "Không có phiên bản này", "There is no such version";
    /// Nothing is kept of the source of this version.
    SOURCE_NOT_KEPT = "procedure.source-not-kept", 404, "Không lưu bản gốc của phiên bản này", "The source of this version is not kept";
    /// It is in force already.
    PROCEDURE_IN_FORCE = "procedure.in-force", 409, "Thủ tục đang có hiệu lực", "The procedure is in force";
    /// It is withdrawn already.
    PROCEDURE_WITHDRAWN = "procedure.withdrawn", 409, "Thủ tục đã bị bãi bỏ", "The procedure is withdrawn already";
    /// No draft of this id within reach.
    DRAFT_UNKNOWN = "draft.unknown", 404, "Không có bản nháp này", "There is no such draft";
    /// Not a state of drafts.
    DRAFT_STATE_UNKNOWN = "draft.state-unknown", 422, "Không có trạng thái bản nháp này", "There is no such state of drafts";
    /// The step is not open in this state.
    DRAFT_NOT_OPEN = "draft.step-not-open", 409, "Thao tác không thực hiện được ở trạng thái này", "The step is not open in this state";
    /// Who wrote a draft may not publish it.
    OWN_DRAFT = "draft.own", 409, "Người soạn thảo không được tự công bố", "Who wrote a draft may not publish it";
    /// The procedure has got another version since.
    DRAFT_OUTDATED = "draft.outdated", 409, "Thủ tục đã có phiên bản mới hơn bản nháp", "The procedure has a version newer than the draft";
    /// The draft lacks what must be published.
    DRAFT_INCOMPLETE = "draft.incomplete", 422, "Bản nháp còn thiếu nội dung bắt buộc công bố", "The draft lacks parts that must be published";
    /// Markup in a text.
    MARKUP = "text.markup", 422, "Không được chứa thẻ HTML", "HTML is not allowed in texts";
    /// A date that cannot be.
    IMPOSSIBLE_DATE = "date.impossible", 422, "Ngày không hợp lý", "The date cannot be";
    /// Said not to be taken by post, beside a way of filing by post.
    POSTAL_DENIED = "procedure.postal-denied", 422, "Đã có cách thức nộp qua bưu chính nên không thể ghi là không nhận qua bưu chính", "There is a way of filing by post: it cannot be said not to be taken by post";
    /// No executing agency.
    NO_EXECUTING_AGENCY = "procedure.no-executing-agency", 422, "Thiếu cơ quan thực hiện", "There is no executing agency";
    /// No tier of government.
    NO_LEVEL = "procedure.no-level", 422, "Thiếu cấp thực hiện", "There is no level";
    /// No way of filing.
    NO_METHOD = "procedure.no-method", 422, "Thiếu cách thức thực hiện", "There is no way of filing";
    /// No publishing decision.
    NO_DECISION = "procedure.no-decision", 422, "Thiếu số và ngày quyết định công bố", "Number and date of the publishing decision are missing";
    /// A file older than one that was taken before.
    IMPORT_OLDER = "import.older", 409, "Tệp cũ hơn tệp đã nhập trước đó", "The file is older than one that was imported before";
    /// Not a kind of reference data.
    IMPORT_KIND_UNKNOWN = "import.kind-unknown", 404, "Không có loại danh mục này", "There is no such kind of reference data";
    /// A table that cannot be read.
    IMPORT_UNREADABLE = "import.unreadable", 422, "Không đọc được tệp CSV", "The CSV file cannot be read";
    /// A file to import without any line.
    IMPORT_EMPTY = "import.empty", 422, "Tệp không có dòng nào", "The file has no lines";
    /// A file to import that could not be taken in whole.
    IMPORT_INTERRUPTED = "import.interrupted", 400, "Tệp gửi lên bị ngắt giữa chừng", "The upload was interrupted";
}
