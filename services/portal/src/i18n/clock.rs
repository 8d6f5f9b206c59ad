//! Texts about dates that are kept or not: apology, special rights, alarms, counts, incidents; and how a dossier comes in.

use super::Tr;
use contracts::Language;

macro_rules! texts {
    ($($name:ident: $vi:literal, $en:literal;)+) => {
        impl Tr {
            $(pub(crate) fn $name(self) -> &'static str {
                match self.0 { Language::Vi => $vi, Language::En => $en }
            })+
        }

        #[cfg(test)]
        pub(super) const ALL: &[(&str, &str, &str)] = &[$((stringify!($name), $vi, $en)),+];
    };
}

texts! {
    act_apologise: "Xin lỗi, hẹn lại ngày trả", "Apologise, give a new date";
    act_apologise_hint: "Chỉ một lần, chậm nhất một ngày trước khi hết hạn (mẫu 04).", "Once only, at latest one day before expiry (form 04).";
    act_reopen: "Mở lại hồ sơ", "Open again";
    act_reopen_hint: "Quyền đặc biệt: nêu lý do và căn cứ pháp lý, được ghi vào nhật ký.", "A special right: give reason and legal basis, both go into the journal.";
    act_correct: "Đính chính sai sót của cơ quan", "Correct the agency's error";
    act_correct_hint: "Thu hồi kết quả để làm lại, người nộp không chịu thêm chi phí.", "Takes the result back to be made again, at no cost to the applicant.";
    cmd_give_time_back: "Bù thời gian sự cố", "Time of an incident given back";
    new_date_label: "Ngày hẹn mới", "New date";
    legal_basis_required: "Căn cứ pháp lý", "Legal basis";
    decision_label: "Loại kết quả", "Kind of result";
    decision_grant: "Chấp thuận", "Granted";
    decision_refuse: "Từ chối giải quyết (ghi chú là lý do theo quy định)", "Refused (the note is the legal reason)";
    form_apology: "Văn bản xin lỗi và đề nghị gia hạn", "Apology and new date";
    form_apology_draft: "Dự thảo văn bản xin lỗi (mẫu 04)", "Draft of the apology (form 04)";
    form_stop: "Thông báo dừng giải quyết hồ sơ", "Notice of stopping";
    check_due: "Hạn kiểm tra, tiếp nhận", "To be checked by";
    first_due: "Ngày hẹn ban đầu", "First promised date";
    outcome_label: "Kết quả thời hạn", "Kept";
    outcome_early: "Trước hạn", "Early";
    outcome_on_time: "Đúng hạn", "On time";
    outcome_late: "Quá hạn", "Late";
    apology_title: "Cơ quan xin lỗi và hẹn lại", "Apology and new date";
    receiving_label: "Nơi nộp (phi địa giới)", "Handed in at (non-territorial)";
    representative_label: "Người được ủy quyền", "By authorisation";
    minutes_label: "Biên bản giao nhận bưu chính", "Minutes of the post office";
    kiosk_label: "Ki-ốt", "Kiosk";
    support_label: "Cơ quan hỗ trợ nộp hồ sơ", "Agency that helps to file";
    support_none: "– Không có –", "– None –";
    support_hint: "Chỉ chọn khi có cơ quan hướng dẫn, hỗ trợ nộp hồ sơ này.", "Only when an agency helps with this filing.";
    counter_place_hint: "Phi địa giới: chọn cơ quan có thẩm quyền giải quyết; cơ quan của bạn được ghi là nơi tiếp nhận. Thời hạn tính từ khi cơ quan có thẩm quyền nhận hồ sơ.", "Non-territorial: choose the competent agency; yours is noted as where it was handed in. The time counts from when the competent agency receives it.";

    minutes_number_label: "Số biên bản giao nhận (bưu chính)", "Number of the minutes (post)";
    minutes_signed_label: "Thời điểm ký biên bản", "Minutes signed at";
    compared_label: "Bản quét đã đối chiếu với bản chính", "The scans were compared with the originals";
    counter_title: "Hồ sơ tiếp nhận tại quầy", "Taken at the counter";
    counter_hint: "Nộp qua bưu chính: thời điểm nộp là lúc ký biên bản giao nhận.", "By post the filing is the signing of the minutes.";
    representative_title: "Nộp thay theo ủy quyền (nếu có)", "Filed by authorisation (if it is)";
    representative_hint: "Chỉ điền khi người nộp không phải chủ hồ sơ; đính kèm giấy ủy quyền.", "Only when somebody else files; attach the authorisation.";
    representative_name_label: "Họ tên người được ủy quyền", "Name of who is authorised";
    authorisation_label: "Giấy ủy quyền", "Authorisation";
    authorisation_valid_label: "Ủy quyền có giá trị đến ngày", "Authorised until";
    file_at_counter: "Lập hồ sơ tại quầy", "File at the counter";

    clock_title: "Thời hạn giải quyết", "Dates kept";
    clock_lead: "Tính theo ngày, không theo giờ. Hẹn lại không làm mất ngày hẹn ban đầu.", "Counted by the day, not the hour. A new date does not take the first one away.";
    clock_from: "Từ ngày", "From";
    clock_to: "Đến ngày", "To";
    clock_show: "Xem", "Show";
    clock_solved: "Đã giải quyết trong kỳ", "Solved in the period";
    clock_by_last: "Theo ngày hẹn cuối", "By the last promised date";
    clock_by_first: "Theo ngày hẹn ban đầu", "By the first promised date";
    clock_received: "Tiếp nhận trong kỳ", "Received in the period";
    clock_carried: "Kỳ trước chuyển sang", "Carried over";
    clock_online: "Trực tuyến", "Online";
    clock_direct: "Trực tiếp", "At the counter";
    clock_postal: "Bưu chính", "By post";
    clock_open: "Đang giải quyết", "Being handled";
    clock_in_term: "Trong hạn", "In term";
    clock_overdue: "Quá hạn (đang giải quyết)", "Overdue (being handled)";
    clock_waiting_supplement: "Chờ bổ sung", "Waiting for a supplement";
    clock_waiting_payment: "Chờ nộp phí, lệ phí", "Waiting for a payment";
    clock_checked_late: "Kiểm tra, tiếp nhận muộn", "Checked too late";
    clock_not_received: "Từ chối tiếp nhận", "Refused at the desk";
    clock_withdrawn: "Công dân rút", "Withdrawn";
    clock_stopped: "Dừng giải quyết", "Stopped";
    alarms_title: "Cảnh báo", "Alarms";
    alarms_none: "Không có cảnh báo nào.", "There are no alarms.";
    alarm_word: "Nội dung", "What";
    alarm_at: "Thời điểm", "When";
    alarm_check_late: "Quá hạn kiểm tra, tiếp nhận", "Not checked in time";
    act_acknowledge: "Xác nhận nhận hồ sơ liên thông", "Acknowledge the linked dossier";
    act_acknowledge_hint: "Trong 02 giờ làm việc kể từ khi được chuyển đến.", "Within 2 working hours of the hand-on.";
    cmd_hand_on: "Chuyển hồ sơ liên thông", "Linked dossier handed on";
    cmd_stop_linked: "Dừng hồ sơ liên thông", "Linked dossier stopped";
    linked_title: "Nộp hồ sơ liên thông", "File linked dossiers";
    linked_lead: "Nộp một lần cho nhiều thủ tục. Mỗi thủ tục có mã hồ sơ, thời hạn và cơ quan giải quyết riêng; hoặc nộp được tất cả, hoặc không hồ sơ nào được nộp.", "One form for several procedures. Each gets its own number, term and agency; all are filed, or none.";
    linked_chosen: "Thủ tục đã chọn", "Chosen procedures";
    linked_remove: "Bỏ", "Remove";
    linked_add: "Thêm thủ tục", "Add a procedure";
    linked_nothing: "Không tìm thấy thủ tục nào khác.", "No other procedure was found.";
    linked_two: "Chọn ít nhất hai thủ tục, nhiều nhất mười.", "Choose at least two procedures, at most ten.";
    linked_after: "Chờ kết quả của", "Waits for the result of";
    linked_after_none: "– Không chờ, giải quyết ngay –", "– Nothing, handled at once –";
    linked_after_hint: "Hồ sơ được chuyển đi ngay khi có kết quả trước; nếu không có kết quả thì dừng lại.", "It is handed on as soon as that result is there; without one it is stopped.";
    linked_promise: "Người nộp chịu trách nhiệm về thông tin đã khai trong tất cả hồ sơ.", "You answer for what is declared in all of the dossiers.";
    linked_send: "Nộp tất cả hồ sơ", "File all of them";
    linked_also: "Nộp cùng thủ tục khác (liên thông)", "File with another procedure (linked)";
    register_link: "In sổ theo dõi hồ sơ (mẫu 07) của kỳ này", "Print the book of dossiers (form 07) of this period";
    group_title: "Hồ sơ liên thông", "Linked dossiers";
    group_waiting: "Chờ kết quả hồ sơ khác", "Waits for another one";
    alarm_acknowledge_late: "Chưa xác nhận hồ sơ liên thông", "Linked dossier not acknowledged";
    alarm_apology_due: "Ngày cuối để xin lỗi, hẹn lại", "Last day for an apology";
    alarm_due_soon: "Sắp đến hạn (24 giờ)", "Due within 24 hours";
    alarm_due: "Đến hạn", "Due";
    alarm_overdue: "Quá hạn", "Overdue";
    alarm_supplement_due: "Sắp hết hạn bổ sung", "Supplement nearly over";
    alarm_payment_open: "Chưa nộp phí, lệ phí", "Not paid";
    alarm_result_waiting: "Kết quả chưa được nhận", "Result not collected";
    alarm_originals_kept: "Bản chính chưa trả", "Originals not given back";
    alarm_fees_paid: "Phí đã nộp, hồ sơ không có kết quả", "Fees paid, no result";
    alarm_predecessor_revoked: "Hồ sơ liên thông trước không còn kết quả", "The result it follows is gone";
    alarm_idle: "Không có diễn biến", "Nothing has happened";

    retention_title: "Hết thời hạn bảo quản", "End of retention";
    incidents_title: "Sự cố hệ thống", "Incidents";
    incidents_lead: "Trong thời gian sự cố đã công bố, thời hạn giải quyết tạm dừng và được bù khi khắc phục xong.", "While an announced incident lasts the clocks stand; the time is given back when it is over.";
    incidents_none: "Chưa công bố sự cố nào.", "No incident was announced.";
    incident_announce: "Công bố sự cố", "Announce an incident";
    incident_what: "Nội dung", "What has happened";
    incident_started: "Bắt đầu lúc", "Began at";
    incident_ended: "Khắc phục lúc", "Over at";
    incident_open: "Đang diễn ra", "Lasting";
    incident_end: "Kết thúc sự cố", "End the incident";
    incident_agency: "Cơ quan (bỏ trống: toàn tỉnh)", "Agency (empty: all)";
    incident_all: "Toàn tỉnh", "All agencies";
    incident_moved: "Hồ sơ đã bù thời gian", "Dossiers moved";
    incident_done: "Đã công bố sự cố.", "The incident was announced.";
    incident_over: "Đã kết thúc sự cố.", "The incident has ended.";
    time_invalid: "Thời điểm không đọc được, ví dụ 2026-11-16T09:00", "The time cannot be read, e.g. 2026-11-16T09:00";
}

impl Tr {
    /// An alarm by its kind.
    pub(crate) fn alarm(self, kind: &str) -> &'static str {
        match kind {
            "checkLate" => self.alarm_check_late(),
            "acknowledgeLate" => self.alarm_acknowledge_late(),
            "apologyDue" => self.alarm_apology_due(),
            "dueSoon" => self.alarm_due_soon(),
            "due" => self.alarm_due(),
            "overdue" => self.alarm_overdue(),
            "supplementDue" => self.alarm_supplement_due(),
            "paymentOpen" => self.alarm_payment_open(),
            "resultWaiting" => self.alarm_result_waiting(),
            "originalsKept" => self.alarm_originals_kept(),
            "feesPaid" => self.alarm_fees_paid(),
            "predecessorRevoked" => self.alarm_predecessor_revoked(),
            _ => self.alarm_idle(),
        }
    }

    /// How a date was kept.
    pub(crate) fn outcome(self, outcome: &str) -> &'static str {
        match outcome {
            "early" => self.outcome_early(),
            "late" => self.outcome_late(),
            _ => self.outcome_on_time(),
        }
    }
}
