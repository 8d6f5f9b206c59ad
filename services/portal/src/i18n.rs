//! Every text of the pages, in both languages. A text cannot be declared in one language only, and one that no page uses is
//! reported by the compiler.

mod accounts;
mod acts;
mod clock;
mod words;

use contracts::Language;

/// Texts in one language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tr(pub(crate) Language);

macro_rules! texts {
    ($($name:ident: $vi:literal, $en:literal;)+) => {
        impl Tr {
            $(pub(crate) fn $name(self) -> &'static str {
                match self.0 { Language::Vi => $vi, Language::En => $en }
            })+
        }

        #[cfg(test)]
        const ALL: &[(&str, &str, &str)] = &[$((stringify!($name), $vi, $en)),+];
    };
}

texts! {
    // Frame
    tag: "vi", "en";
    other_tag: "en", "vi";
    other_language: "English", "Tiếng Việt";
    site: "Một Cửa", "Một Cửa (One-stop)";
    site_line: "Cổng dịch vụ công trực tuyến", "Online public services";
    skip: "Đến nội dung chính", "Skip to main content";
    nav: "Điều hướng chính", "Main navigation";
    nav_procedures: "Thủ tục", "Procedures";
    nav_tracking: "Tra cứu", "Look-up";
    nav_mine: "Hồ sơ của tôi", "My dossiers";
    nav_inbox: "Hộp thư", "Inbox";
    nav_work: "Hồ sơ cần xử lý", "Worklist";
    nav_post: "Bưu chính", "Post";
    sign_in: "Đăng nhập", "Sign in";
    sign_out: "Đăng xuất", "Sign out";
    passkeys: "Khóa truy cập để đăng nhập", "Passkeys to sign in with";
    account: "Tài khoản của tôi", "My account";
    acting: "Làm việc thay mặt người khác", "Acting for somebody else";
    foot: "Cần giúp đỡ? Hãy đến hoặc gọi Trung tâm Phục vụ hành chính công nơi nộp hồ sơ.", "Need help? Visit or call the public service centre where you file.";
    next_page: "Trang sau", "Next page";
    first_page: "Về trang đầu", "Back to the first page";
    error_word: "Lỗi", "Error";
    required_word: "bắt buộc", "required";

    // Home
    home_title: "Bạn cần làm thủ tục gì?", "What do you need to do?";
    home_lead: "Tìm thủ tục, nộp hồ sơ và theo dõi kết quả tại một nơi.", "Find a procedure, file your dossier and follow it in one place.";
    home_used: "Thủ tục hay dùng", "Often used procedures";
    home_all: "Xem tất cả thủ tục", "See all procedures";
    search_label: "Tên hoặc mã thủ tục", "Name or code of the procedure";
    search_example: "ví dụ: dang ky khai sinh", "e.g. dang ky khai sinh";
    search: "Tìm", "Search";
    list_away: "Tạm thời chưa lấy được danh sách thủ tục. Vui lòng thử lại sau ít phút.", "The list of procedures is not available right now. Please try again in a few minutes.";
    how_title: "Nộp hồ sơ trong bốn bước", "Filing in four steps";
    how_1: "Tìm thủ tục và đọc kỹ giấy tờ cần có.", "Find the procedure and read which papers it needs.";
    how_2: "Đăng nhập, điền thông tin và đính kèm giấy tờ.", "Sign in, fill in the form and attach the papers.";
    how_3: "Nhận giấy tiếp nhận và ngày hẹn trả kết quả.", "Get your receipt and the due date.";
    how_4: "Nhận kết quả tại quầy hoặc qua bưu chính.", "Get the result at the counter or by post.";

    // Procedures
    procedures_title: "Thủ tục hành chính", "Administrative procedures";
    field: "Lĩnh vực", "Field";
    all_fields: "Tất cả lĩnh vực", "All fields";
    level: "Cấp thực hiện", "Level";
    all_levels: "Tất cả các cấp", "All levels";
    level_commune: "Cấp xã", "Commune";
    level_province: "Cấp tỉnh", "Province";
    level_ministry: "Cấp bộ", "Ministry";
    level_other: "Cơ quan khác", "Other body";
    service_full: "Dịch vụ công toàn trình", "Fully online service";
    service_partial: "Dịch vụ công một phần", "Partly online service";
    service_information: "Cung cấp thông tin", "Information only";
    channel_online: "Trực tuyến", "Online";
    channel_direct: "Trực tiếp tại quầy", "At the counter";
    channel_postal: "Qua bưu chính công ích", "By public post";
    found_none: "Không tìm thấy thủ tục nào. Hãy thử ít từ hơn.", "No procedure found. Try fewer words.";
    code: "Mã thủ tục", "Code";
    non_territorial: "Nộp được tại mọi nơi (phi địa giới)", "May be filed anywhere in the country";
    internal_procedure: "Thủ tục nội bộ giữa cơ quan nhà nước", "Between state agencies only";
    flag_postal: "Nộp hồ sơ qua bưu chính công ích", "By public post";
    flag_non_territorial: "Phi địa giới hành chính", "At any desk of the country";
    flag_kiosk: "Tại ki-ốt thông minh", "At a smart kiosk";
    flag_immediate: "Trả kết quả ngay", "Result at once";
    flag_duty: "Có nghĩa vụ tài chính (thuế, tiền sử dụng đất …)", "Taxes or levies fall due";
    said_yes: "Có", "Yes";
    said_no: "Không", "No";
    replaced_by: "Được thay thế bằng dữ liệu của", "Taken from the data of";
    as_published: "Xem nguyên văn do Cổng Dịch vụ công quốc gia công bố (JSON)", "See it as the national portal published it (JSON)";
    procedure_withdrawn: "Thủ tục này đã hết hiệu lực.", "This procedure is no longer in force.";
    not_online: "Thủ tục này chưa nộp được trực tuyến. Vui lòng nộp theo cách thức nêu dưới đây.", "This procedure cannot be filed online yet. Please use one of the ways below.";
    file_now: "Nộp hồ sơ", "File a dossier";
    not_published: "Chưa công bố.", "Not published.";
    item_name: "Tên thủ tục", "Name";
    item_order: "Trình tự thực hiện", "Order of steps";
    item_way: "Cách thức thực hiện", "Ways of filing";
    item_components: "Thành phần, số lượng hồ sơ", "Papers and their number";
    item_term: "Thời hạn giải quyết, phí, lệ phí theo cách thức nộp", "Terms and fees by way of filing";
    item_subjects: "Đối tượng thực hiện", "Who may apply";
    item_agency: "Cơ quan thực hiện", "Agencies";
    item_result: "Kết quả thực hiện", "Results";
    item_conditions: "Yêu cầu, điều kiện", "Requirements and conditions";
    item_return: "Cách nhận kết quả", "Ways of getting the result";
    item_law: "Căn cứ pháp lý, quyết định công bố", "Legal basis and publishing decision";
    paper: "Giấy tờ", "Paper";
    paper_unnamed: "(chưa ghi tên)", "(no name given)";
    paper_note: "Lưu ý", "Note";
    quantity: "Số lượng", "Number";
    blank_form: "Mẫu đơn, tờ khai", "Blank form";
    terms_caption: "Thời hạn và phí, lệ phí theo từng cách thức", "Term and fees for each way of filing";
    channel_word: "Cách thức", "Way";
    term_word: "Thời hạn", "Term";
    term_none: "Không xác định trước theo quy định", "No fixed term by rule";
    fee_word: "Phí, lệ phí", "Fees";
    fee_free: "Miễn phí", "Free of charge";
    fee_unclear: "Theo quy định, vui lòng hỏi nơi tiếp nhận", "By regulation, please ask the desk";
    fee_not_published: "Không công bố", "Not published";
    fee_doubt: "số liệu công bố chưa rõ, vui lòng hỏi nơi tiếp nhận", "published figure unclear, please ask the desk";
    explanation: "Diễn giải", "Explanation";
    unit_working_hour: "giờ làm việc", "working hours";
    unit_working_day: "ngày làm việc", "working days";
    unit_day: "ngày", "days";
    unit_month: "tháng", "months";
    unit_year: "năm", "years";
    agency_executing: "Cơ quan thực hiện", "Carried out by";
    agency_authority: "Cơ quan có thẩm quyền", "Competent authority";
    agency_authorized: "Cơ quan được ủy quyền", "Delegated to";
    agency_coordinating: "Cơ quan phối hợp", "Together with";
    agency_places: "Địa chỉ tiếp nhận", "Where to file";
    no_conditions: "Không có.", "None.";
    return_default: "Tại quầy nơi nộp, hoặc qua bưu chính nếu chọn khi nộp.", "At the desk, or by post if chosen when filing.";
    return_online_filed: "Khi nộp trực tuyến", "When filed online";
    return_paper_filed: "Khi nộp giấy", "When filed on paper";
    way_home: "tại nhà qua bưu chính", "at home by post";
    way_online: "trực tuyến", "online";
    way_place: "tại nơi nộp", "where it was filed";
    decision: "Quyết định công bố", "Published by decision";

    // Filing
    filing_title: "Nộp hồ sơ trực tuyến", "File a dossier online";
    filing_agency: "Nơi nộp hồ sơ", "Where to file";
    filing_applicant: "Người nộp (chủ hồ sơ)", "Applicant";
    filing_answers: "Nội dung đề nghị", "Your request";
    filing_papers: "Giấy tờ kèm theo", "Papers attached";
    filing_return: "Nhận kết quả", "Getting the result";
    filing_promise: "Tôi chịu trách nhiệm về tính chính xác của thông tin đã khai.", "I answer for the correctness of what I have stated.";
    filing_send: "Nộp hồ sơ", "Send the dossier";
    errors_title: "Chưa gửi được. Vui lòng xem lại:", "Not sent yet. Please check:";
    must_hint: "Ô có dấu * là bắt buộc.", "Fields with * are required.";
    no_agency: "Hiện chưa có nơi nào tiếp nhận thủ tục này trực tuyến.", "No desk accepts this procedure online at present.";
    agencies_away: "Chưa lấy được danh sách cơ quan tiếp nhận, nên chưa chọn được nơi nộp. Vui lòng tải lại trang sau ít phút.", "The list of receiving desks could not be loaded, so none can be chosen yet. Please reload the page in a few minutes.";
    agency_label: "Cơ quan tiếp nhận", "Receiving desk";
    choose: "– Chọn –", "– Choose –";
    kind_label: "Nộp với tư cách", "Applying as";
    kind_citizen: "Công dân", "Citizen";
    kind_business: "Doanh nghiệp, hộ kinh doanh", "Business";
    kind_organisation: "Tổ chức khác", "Other organisation";
    name_label: "Họ và tên, hoặc tên tổ chức", "Full name, or name of the organisation";
    identity_label: "Số định danh cá nhân (CCCD)", "Personal identity number (CCCD)";
    identity_hint: "12 chữ số; bắt buộc với công dân", "12 digits; required for citizens";
    tax_label: "Mã số thuế", "Tax code";
    tax_hint: "Bắt buộc với doanh nghiệp, tổ chức", "Required for businesses and organisations";
    phone_label: "Số điện thoại", "Phone";
    email_label: "Thư điện tử", "E-mail";
    email_hint: "Không bắt buộc; để nhận thông báo", "Optional; for notices";
    province_label: "Tỉnh, thành phố", "Province";
    commune_label: "Xã, phường, đặc khu", "Commune";
    street_label: "Số nhà, đường, thôn", "House number, street, hamlet";
    load_communes: "Tải danh sách xã của tỉnh đã chọn", "Load the communes of the chosen provinces";
    load_communes_hint: "Bấm sau khi đổi tỉnh. Những gì đã điền được giữ nguyên.", "Press after changing a province. What you typed is kept.";
    notes_label: "Nội dung, thông tin cần trình bày", "What you ask for, and anything to add";
    notes_hint: "Ví dụ: họ tên, ngày sinh của trẻ khi đăng ký khai sinh", "E.g. name and birth date of the child when registering a birth";
    no_papers: "Thủ tục này không yêu cầu giấy tờ kèm theo.", "This procedure asks for no papers.";
    uploaded: "đã tải lên", "uploaded";
    drop_file: "Bỏ tệp này", "Remove this file";
    payments_link: "Báo có từ nền tảng thanh toán", "Payments reported by the platform";
    store_link: "Kho giấy tờ của tôi", "My documents";
    store_choose: "Hoặc dùng lại kết quả đã có trong kho giấy tờ của tôi", "Or use a result from my documents again";
    return_way: "Hình thức nhận kết quả", "How to get the result";
    return_counter: "Tại quầy nơi nộp", "At the desk";
    return_post: "Qua dịch vụ bưu chính công ích", "By public post";
    return_post_hint: "Chỉ điền phần dưới khi nhận qua bưu chính. Để trống tên và số điện thoại nếu người nhận là người nộp.", "Fill in the rest only for post. Leave name and phone empty if the receiver is the applicant.";
    receiver_name_label: "Tên người nhận", "Receiver's name";
    receiver_phone_label: "Điện thoại người nhận", "Receiver's phone";
    return_province_label: "Tỉnh, thành phố nhận", "Receiver's province";
    return_commune_label: "Xã, phường nhận", "Receiver's commune";
    return_street_label: "Số nhà, đường, thôn nhận", "Receiver's house number, street";
    away_kept: "Hệ thống tiếp nhận tạm thời chưa sẵn sàng nên hồ sơ chưa được gửi. Những gì bạn đã điền vẫn còn dưới đây, vui lòng gửi lại sau ít phút.", "The system is not ready right now, so nothing was sent. What you filled in is still here; please send it again in a few minutes.";
    already_filed: "Mẫu này đã được nộp một lần. Hãy xem mục Hồ sơ của tôi. Nếu vẫn muốn nộp thêm một hồ sơ khác, bấm nộp lần nữa.", "This form has been sent once already: see My dossiers. If you do want to file another one, send it again.";
    lists_away: "Chưa lấy được đầy đủ danh mục địa chỉ, nơi nộp. Vui lòng thử lại sau ít phút.", "The lists of addresses and desks could not be loaded completely. Please try again in a few minutes.";
    communes_changed: "Đã tải danh sách xã. Vui lòng chọn xã rồi nộp hồ sơ.", "The communes are loaded. Choose yours, then send the dossier.";

    // Dossier
    mine_title: "Hồ sơ của tôi", "My dossiers";
    mine_empty: "Bạn chưa nộp hồ sơ nào.", "You have not filed anything yet.";
    find_procedure: "Tìm thủ tục", "Find a procedure";
    submitted: "Ngày nộp", "Filed";
    received: "Ngày tiếp nhận", "Received";
    due_word: "Hẹn trả", "Due";
    due_none: "Không hẹn ngày", "No due date";
    due_late: "Quá hạn", "Overdue";
    due_soon: "Sắp đến hạn", "Due soon";
    due_fine: "Trong hạn", "In time";
    due_finished: "Đã giải quyết", "Settled";
    no_number: "Chưa có số hồ sơ (chờ tiếp nhận)", "No number yet (waiting for reception)";
    filed_title: "Hồ sơ đã được gửi", "Your dossier has been sent";
    filed_next: "Cán bộ một cửa sẽ kiểm tra và tiếp nhận. Bạn sẽ được báo khi có số hồ sơ và ngày hẹn trả.", "An officer will check and receive it. You will be told its number and due date.";
    progress: "Tiến độ", "Progress";
    stage_filed: "Đã nộp", "Filed";
    stage_received: "Tiếp nhận", "Received";
    stage_handling: "Giải quyết", "Handled";
    stage_result: "Có kết quả", "Result ready";
    stage_returned: "Đã trả", "Returned";
    stage_past: "đã xong", "done";
    stage_now: "đang ở đây", "now here";
    stage_ahead: "chưa đến", "to come";
    stage_ended: "đã dừng", "ended";
    timeline: "Quá trình giải quyết", "History";
    step_word: "Bước", "Step";
    reason: "Lý do", "Reason";
    legal_basis: "Căn cứ pháp lý", "Legal basis";
    agency: "Cơ quan giải quyết", "Agency";
    channel_label: "Nộp bằng", "Filed";
    term_label: "Thời hạn giải quyết", "Term";
    return_label: "Nhận kết quả", "Return";
    dossier_facts: "Thông tin hồ sơ", "The dossier";
    dossier_word: "Hồ sơ", "Dossier";
    dossier_number: "Số hồ sơ", "Dossier number";
    state: "Trạng thái", "State";
    documents: "Giấy tờ, biểu mẫu", "Documents";
    attachments: "Giấy tờ đã nộp", "Papers filed";
    no_files: "Không có tệp đính kèm.", "No files attached.";
    form_receipt: "Giấy tiếp nhận hồ sơ và hẹn trả kết quả", "Receipt with due date";
    form_supplement: "Phiếu yêu cầu bổ sung, hoàn thiện hồ sơ", "Supplement request";
    form_refusal: "Phiếu từ chối tiếp nhận, giải quyết hồ sơ", "Refusal";
    form_control: "Phiếu kiểm soát quá trình giải quyết", "Control slip";
    result_title: "Kết quả", "Result";
    result_download: "Tải kết quả", "Download the result";
    payment_title: "Nghĩa vụ tài chính", "Payment";
    payment_open: "Chờ nộp. Nộp tại quầy hoặc theo hướng dẫn của cơ quan giải quyết.", "To be paid at the desk or as the agency tells you.";
    supplement_title: "Yêu cầu bổ sung hồ sơ", "Supplement requested";
    supplement_send: "Gửi bổ sung", "Send the supplement";
    supplement_note: "Giải trình (nếu cần)", "Explanation (if needed)";
    supplement_paper: "Giấy tờ bổ sung", "Paper to supply";
    withdraw: "Rút hồ sơ", "Withdraw the dossier";
    withdraw_title: "Rút hồ sơ này?", "Withdraw this dossier?";
    withdraw_text: "Sau khi rút, cơ quan sẽ không tiếp tục giải quyết. Muốn làm lại phải nộp hồ sơ mới.", "After withdrawal the agency stops handling it. To start again you must file a new one.";
    withdraw_reason: "Lý do rút (không bắt buộc)", "Reason (optional)";
    withdraw_yes: "Đồng ý rút hồ sơ", "Yes, withdraw";
    withdraw_no: "Không rút, quay lại", "No, go back";
    shipment_title: "Bưu gửi trả kết quả", "Postal delivery";
    item_number: "Số hiệu bưu gửi", "Item number";
    expected_by: "Dự kiến phát trước", "Expected by";
    received_by: "Người ký nhận", "Signed for by";
    address: "Địa chỉ", "Address";
    applicant: "Người nộp", "Applicant";
    receiver: "Người nhận", "Receiver";

    // Look-up
    tracking_title: "Tra cứu hồ sơ", "Look up a dossier";
    tracking_label: "Số hồ sơ", "Dossier number";
    tracking_hint: "Ghi trên giấy tiếp nhận, ví dụ H05.21-261116-0001", "Printed on the receipt, e.g. H05.21-261116-0001";
    look_up: "Tra cứu", "Look up";
    tracking_found: "Kết quả tra cứu", "Found";
    tracking_none: "Không có hồ sơ nào tra cứu được bằng số này. Vui lòng kiểm tra lại số trên giấy tiếp nhận, hoặc đăng nhập, hoặc hỏi nơi đã nộp.", "No dossier can be looked up by this number. Please check it against your receipt, sign in, or ask where it was filed.";
    tracking_more: "Đăng nhập bằng tài khoản đã nộp để xem từng bước giải quyết.", "Sign in with the account that filed it to see each step.";

    // Inbox
    inbox_all: "Xem tất cả", "Show all";
    inbox_unread: "Chỉ xem thư chưa đọc", "Show unread only";
    inbox_empty: "Không có thư nào.", "No messages.";
    inbox_role: "Thư chung của bộ phận", "Shared inbox of the desk";
    unread: "Chưa đọc", "Unread";
    open_dossier: "Xem hồ sơ", "Open the dossier";
    mark_read: "Đánh dấu đã đọc", "Mark as read";

    // Officers
    work_title: "Hồ sơ cần xử lý", "Worklist";
    work_search: "Số hồ sơ, tên người nộp hoặc thủ tục", "Number, applicant or procedure";
    work_empty: "Không có hồ sơ nào phù hợp.", "No dossier matches.";
    all_states: "Tất cả trạng thái", "All states";
    overdue_only: "Chỉ hồ sơ quá hạn", "Overdue only";
    restricted: "Hạn chế tiếp cận", "Restricted access";
    restricted_text: "Chỉ người nộp, người xử lý và người được giao mới biết có hồ sơ này. Không trao đổi với người khác.", "Only the applicant, who handles it and who is appointed may know of this dossier. Do not talk of it to others.";
    filter: "Lọc", "Filter";
    actions_title: "Việc cần làm", "What you can do now";
    actions_none: "Lúc này bạn không có thao tác nào với hồ sơ này.", "There is nothing for you to do on this dossier now.";
    stale_title: "Hồ sơ vừa thay đổi", "The dossier has just changed";
    stale_text: "Người khác vừa cập nhật hồ sơ này nên thao tác của bạn chưa được thực hiện. Dưới đây là trạng thái mới nhất, vui lòng xem lại rồi làm tiếp.", "Somebody else has just updated this dossier, so your action was not carried out. Below is its newest state; please check it and go on.";
    proposal_title: "Đề xuất kết quả", "Proposed result";
    proposal_file: "Xem tệp kết quả đề xuất", "Open the proposed result file";
    act_receive: "Tiếp nhận hồ sơ", "Receive";
    act_receive_hint: "Cấp số hồ sơ, tính ngày hẹn trả và lập giấy tiếp nhận (mẫu 01).", "Gives the number, computes the due date and issues the receipt (form 01).";
    act_request_supplement: "Yêu cầu bổ sung", "Ask for a supplement";
    act_request_supplement_hint: "Chỉ được yêu cầu một lần, nêu đủ nội dung và lý do (mẫu 02). Thời hạn tạm dừng.", "Once only, complete and with the reason (form 02). The clock stops.";
    act_refuse: "Từ chối tiếp nhận", "Refuse";
    act_refuse_hint: "Nêu rõ lý do theo quy định (mẫu 03).", "Give the legal reason (form 03).";
    act_start_handling: "Bắt đầu thẩm định", "Start handling";
    act_start_handling_hint: "Nhận hồ sơ này để giải quyết.", "Takes this dossier to handle.";
    act_propose: "Trình kết quả", "Propose the result";
    act_propose_hint: "Đính kèm tệp kết quả để lãnh đạo phê duyệt.", "Attach the result file for the leader's approval.";
    act_send_back: "Trả lại chuyên viên", "Send back";
    act_send_back_hint: "Nêu nội dung cần sửa.", "Say what must be corrected.";
    act_approve: "Phê duyệt", "Approve";
    act_approve_hint: "Kết quả có hiệu lực và được trả cho người nộp.", "The result takes effect and goes to the applicant.";
    act_request_payment: "Yêu cầu nộp phí, lệ phí", "Request payment";
    act_request_payment_hint: "Nêu số tiền và căn cứ thu.", "Give the amount and what it is for.";
    act_confirm_payment: "Xác nhận đã nộp tiền", "Confirm payment";
    act_confirm_payment_hint: "Khi đã thu đủ.", "When it is fully paid.";
    act_stop: "Dừng giải quyết", "Stop";
    act_stop_hint: "Nêu lý do dừng (mẫu 05).", "Give the reason (form 05).";
    act_hand_over: "Trả kết quả", "Hand over";
    act_hand_over_hint: "Ghi người nhận kết quả tại quầy.", "Note who took the result at the counter.";
    cmd_file: "Nộp hồ sơ", "Filed";
    cmd_supplement: "Bổ sung hồ sơ", "Supplemented";
    cmd_withdraw: "Rút hồ sơ", "Withdrawn";
    cmd_post_delivered: "Bưu chính đã phát kết quả", "Delivered by post";
    cmd_post_returned: "Bưu chính chuyển hoàn kết quả", "Returned by post";
    reason_label: "Lý do", "Reason";
    item_content: "Nội dung cần bổ sung", "What is missing";
    item_guidance: "Hướng dẫn", "Guidance";
    item_component: "Thuộc giấy tờ", "For the paper";
    legal_basis_label: "Căn cứ pháp lý (chỉ khi yêu cầu lần thứ hai hoặc quá hạn yêu cầu)", "Legal basis (only for a second or a late request)";
    result_file: "Tệp kết quả", "Result file";
    note_label: "Ghi chú (không bắt buộc)", "Note (optional)";
    amount_label: "Số tiền (đồng)", "Amount (VND)";
    receiver_identity_label: "Số định danh người nhận (không bắt buộc)", "Receiver's identity number (optional)";
    amount_invalid: "Số tiền phải là số nguyên dương, ví dụ 10000", "The amount must be a positive whole number, e.g. 10000";
    field_missing: "Chưa điền", "Missing";
    done_supplement: "Đã gửi bổ sung. Hồ sơ được chuyển lại cho cán bộ.", "The supplement was sent.";
    done_withdraw: "Hồ sơ đã được rút.", "The dossier was withdrawn.";
    done_action: "Đã thực hiện", "Done";

    // Post
    // Editing of the catalogue
    nav_catalogue: "Danh mục", "Catalogue";
    drafts_title: "Soạn thảo và công bố thủ tục", "Writing and publishing procedures";
    drafts_lead: "Người soạn thảo không được tự công bố.", "Who wrote a draft may not publish it.";
    drafts_list: "Bản nháp", "Drafts";
    drafts_none: "Không có bản nháp nào.", "There are no drafts.";
    draft_any: "Mọi trạng thái", "Any state";
    draft_by: "Người soạn", "Written by";
    draft_at: "Cập nhật", "Updated";
    draft_changes: "Thay đổi so với phiên bản đang hiệu lực", "Changes to the version in force";
    draft_new: "Không có thay đổi, hoặc là thủ tục mới.", "No changes, or a new procedure.";
    draft_place: "Vị trí", "Place";
    draft_before: "Trước", "Before";
    draft_after: "Sau", "After";
    draft_missing: "Còn thiếu để công bố", "Missing before it can be published";
    draft_submit: "Trình công bố", "Hand in";
    draft_from: "Có hiệu lực từ ngày (bỏ trống: hôm nay)", "In force from (empty: today)";
    draft_publish: "Công bố", "Publish";
    draft_own: "Bạn đã soạn bản này, người khác phải công bố.", "You wrote this; another person must publish it.";
    draft_reason: "Lý do", "Reason";
    draft_send_back: "Trả lại", "Send back";
    draft_discard: "Hủy bản nháp", "Give the draft up";
    dropped_title: "Nguồn không còn công bố", "No longer at the source";
    dropped_lead: "Các thủ tục này không còn trong tệp mới nhất của cổng quốc gia. Hãy bãi bỏ hoặc để nguyên.", "The newest file of the national portal no longer has these. Withdraw them or leave them.";
    dropped_see: "Xem thủ tục", "See the procedure";
    withdraw_procedure: "Bãi bỏ", "Withdraw";
    quality_title: "Chất lượng dữ liệu", "Quality of the data";
    quality_kind: "Loại nghi vấn", "Kind of doubt";
    quality_procedures: "Số thủ tục", "Procedures";
    quality_count: "Số lần", "Times";
    state_draft: "Đang soạn", "Being written";
    state_in_review: "Chờ công bố", "In review";
    state_scheduled: "Chờ đến ngày hiệu lực", "Waits for its day";
    state_published: "Đã công bố", "Published";
    state_discarded: "Đã hủy", "Given up";
    post_title: "Bàn giao bưu chính", "Hand-over to the post office";
    post_lead: "Danh sách kết quả chờ nhân viên bưu chính nhận, và các lần đã bàn giao.", "Results waiting for the postal worker, and what was handed over.";
    post_none: "Không có bưu gửi nào đang chờ.", "Nothing is waiting.";
    ready_since: "Sẵn sàng từ", "Ready since";
    signature: "Ký nhận", "Signature";
    manifests: "Bảng kê đã bàn giao", "Manifests";
    manifests_none: "Chưa có lần bàn giao nào.", "Nothing was handed over yet.";
    signed_by: "Bên nhận", "Taken by";
    agency_signed_by: "Bên giao", "Given by";

    ship_ready: "Sẵn sàng bàn giao", "Ready";
    ship_handed: "Đã bàn giao bưu chính", "Handed to post";
    ship_transit: "Đang vận chuyển", "In transit";
    ship_attempt: "Phát không thành", "Delivery failed";
    ship_invited: "Đã mời nhận", "Invited";
    ship_delivered: "Đã phát", "Delivered";
    ship_returned: "Chuyển hoàn về cơ quan", "Returned to the agency";
    ship_lost: "Thất lạc", "Lost";
    ship_damaged: "Hư hỏng", "Damaged";
    ship_cancelled: "Đã hủy", "Cancelled";
    ship_corrected: "Đính chính", "Corrected";
    ship_picked: "Bưu chính đã nhận", "Picked up";

    // Errors
    go_home: "Về trang chủ", "Go to the first page";
    go_back: "Quay lại", "Go back";
    try_again: "Thử lại", "Try again";
    error_not_found: "Không tìm thấy trang", "Page not found";
    error_not_found_text: "Địa chỉ này không có, hoặc bạn không được xem.", "This address does not exist, or you may not see it.";
    error_forbidden: "Không có quyền", "Not permitted";
    error_forbidden_text: "Tài khoản của bạn không được dùng trang này.", "Your account may not use this page.";
    error_form: "Biểu mẫu đã hết hạn", "The form has expired";
    error_form_text: "Biểu mẫu không thuộc phiên làm việc hiện tại. Vui lòng mở lại trang và gửi lại.", "The form does not belong to the present session. Please open the page again and resend.";
    error_sign_in: "Chưa đăng nhập được", "Sign-in was not completed";
    error_sign_in_text: "Lần đăng nhập này không hợp lệ hoặc đã quá lâu. Vui lòng đăng nhập lại.", "This sign-in is not valid or took too long. Please sign in again.";
    error_too_large: "Nội dung gửi lên quá lớn", "Too large";
    error_too_large_text: "Vui lòng giảm dung lượng tệp rồi gửi lại.", "Please make the files smaller and send again.";
    error_away: "Hệ thống tạm thời chưa sẵn sàng", "Temporarily unavailable";
    error_away_text: "Vui lòng thử lại sau ít phút. Hồ sơ đã gửi trước đó không bị ảnh hưởng.", "Please try again in a few minutes. What you sent before is safe.";
    error_internal: "Hệ thống gặp lỗi", "Something went wrong";
    error_internal_text: "Lỗi đã được ghi lại. Vui lòng thử lại sau.", "The error was noted. Please try again later.";
    error_other: "Yêu cầu không thực hiện được", "The request could not be carried out";
    error_other_text: "Vui lòng kiểm tra lại địa chỉ hoặc nội dung đã gửi.", "Please check the address or what you sent.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_there_in_both_languages() {
        // Names of languages and places are what they are.
        for (name, vi, en) in ALL.iter().chain(clock::ALL).chain(accounts::ALL) {
            for text in [vi, en] {
                assert!(!text.is_empty() && text.trim() == *text, "{name}");
            }
            assert_ne!(vi, en, "{name} is not translated");
        }
    }

    #[test]
    fn sentences_end_alike() {
        for (name, vi, en) in ALL.iter().chain(clock::ALL).chain(accounts::ALL) {
            for end in ['.', '?', ':'] {
                assert_eq!(
                    vi.ends_with(end),
                    en.ends_with(end),
                    "{name} ends differently"
                );
            }
        }
    }

    #[test]
    fn every_command_of_officers_has_a_label() {
        let commands = "receive request-supplement refuse start-handling propose send-back approve request-payment \
                        confirm-payment stop hand-over apologise reopen correct acknowledge";
        for command in commands.split_whitespace() {
            for tr in [Tr(Language::Vi), Tr(Language::En)] {
                assert!(tr.action(command).is_some(), "{command}");
                assert_ne!(tr.command(command), command);
                assert!(tr.done(command).is_some());
            }
        }
        let own = Tr(Language::Vi).action("supplement");
        assert!(own.is_none(), "the applicant's own");
    }
}
