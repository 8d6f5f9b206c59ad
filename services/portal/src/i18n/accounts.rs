//! Texts about the accounts that administrators manage.

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
    nav_admin: "Quản trị", "Administration";
    accounts_title: "Tài khoản cán bộ", "Accounts";
    accounts_lead: "Mỗi người tự đặt mật khẩu của mình: ở đây chỉ cấp mật khẩu tạm cho lần đăng nhập đầu tiên.", "All choose their own passwords: what is given here is for the first sign-in only.";
    accounts_none: "Không có tài khoản nào.", "There are no accounts.";
    accounts_all: "Tất cả", "All";
    accounts_new: "Thêm tài khoản", "New account";
    accounts_create: "Tạo tài khoản", "Create the account";
    accounts_fresh: "Thao tác quản trị cần lần đăng nhập vừa thực hiện, có xác thực hai lớp.", "Administration needs a sign-in of just now, with a second factor.";
    accounts_fresh_link: "Xác thực lại trước khi điền", "Prove who you are before filling this in";
    account_login: "Tên đăng nhập", "Login";
    account_login_hint: "3–64 ký tự a–z, 0–9, chấm, gạch dưới, @, gạch nối; không đổi được về sau", "3–64 characters of a–z, 0–9, dot, underscore, @, hyphen; cannot be changed later";
    account_name: "Họ và tên", "Full name";
    account_roles: "Vai trò", "Roles";
    account_agency: "Mã cơ quan", "Agency code";
    account_agency_hint: "Ví dụ H05.21; tài khoản người dân để trống", "E.g. H05.21; empty for a citizen";
    account_email: "Thư điện tử", "E-mail";
    account_phone: "Điện thoại", "Phone";
    account_in_use: "Đang dùng", "In use";
    account_closed: "Đã khóa", "Closed";
    account_restricted: "Theo yêu cầu của chính người này, thông tin liên hệ được giữ nhưng không hiển thị và không sửa tại đây.", "At this person's own request contact data are kept, but neither shown nor changed here.";
    account_own: "Đây là tài khoản của bạn: không tự thay đổi quyền, cơ quan hoặc tự khóa. Mật khẩu và xác thực hai lớp ở trang tài khoản của tôi.", "This is your own account: nobody changes the own rights or agency, or closes it. Password and second factor are on the page of your account.";
    account_beyond: "Tài khoản này có vai trò mà bạn không được cấp nên bạn không thay đổi được.", "This account holds a role that is not yours to give, so you cannot change it.";
    account_change: "Thông tin tài khoản", "The account";
    account_save: "Lưu thay đổi", "Save";
    account_saved: "Đã lưu thay đổi.", "Saved.";
    account_new_password: "Cấp mật khẩu tạm mới", "New temporary password";
    account_new_password_hint: "Mật khẩu cũ hết hiệu lực ngay và người này bị đăng xuất ở mọi nơi. Mật khẩu mới chỉ hiện một lần.", "The old password ends at once, and the person is signed out everywhere. The new one is shown once only.";
    account_close: "Khóa tài khoản", "Close the account";
    account_close_hint: "Người này bị đăng xuất ở mọi nơi và không đăng nhập được nữa.", "The person is signed out everywhere and cannot sign in any more.";
    account_was_closed: "Đã khóa tài khoản.", "The account was closed.";
    account_open: "Mở lại tài khoản", "Open it again";
    account_open_hint: "Người này đăng nhập lại được bằng mật khẩu đang có.", "The person can sign in again, with the password there is.";
    account_was_opened: "Đã mở lại tài khoản.", "The account was opened again.";
    account_reset: "Đặt lại xác thực hai lớp", "Reset the second factor";
    account_reset_hint: "Chỉ khi đã xác minh đúng người: ứng dụng xác thực, mã khôi phục và khóa truy cập đều bị gỡ.", "Only after you made sure who is asking: authenticator, recovery codes and passkeys are all removed.";
    account_was_reset: "Đã đặt lại xác thực hai lớp.", "The second factor was reset.";
    account_stale: "Người khác vừa thay đổi tài khoản này nên thao tác của bạn chưa được thực hiện. Dưới đây là thông tin mới nhất, vui lòng xem lại rồi làm tiếp.", "Somebody else has just changed this account, so nothing of yours was done. Below is its newest state; please check it and go on.";
    account_away: "Hệ thống tạm thời chưa sẵn sàng. Vui lòng gửi lại sau ít phút.", "The system is not ready right now. Please send it again in a few minutes.";
    account_twice: "Nếu biểu mẫu này đã được gửi một lần thì tài khoản đã có: hãy tìm trong danh sách và cấp mật khẩu tạm mới.", "If this form was sent before, the account is there: look for it in the list and give it a new temporary password.";
    account_made_before: "Tài khoản đã được tạo từ lần gửi trước. Mật khẩu tạm chỉ hiện một lần; nếu chưa ghi lại, hãy cấp mật khẩu tạm mới.", "The account was made when the form was sent before. Its temporary password is shown once only; if nobody has it, give a new one.";
    password_title: "Mật khẩu tạm", "Temporary password";
    password_once: "Mật khẩu này chỉ hiện một lần. Hãy giao riêng cho đúng người, không gửi qua thư điện tử.", "This password is shown once. Hand it to this person alone, not by e-mail.";
    password_choose: "Người này phải đăng nhập bằng mật khẩu tạm và tự đặt mật khẩu riêng ngay lần đó.", "The person must sign in with it and choose an own password at once.";
    password_back: "Xem tài khoản", "To the account";
    role_one_stop_officer: "Cán bộ một cửa", "One-stop officer";
    role_specialist: "Chuyên viên thẩm định", "Specialist";
    role_leader: "Lãnh đạo phê duyệt", "Leader";
    role_restricted_officer: "Cán bộ được giao hồ sơ hạn chế tiếp cận", "Officer for dossiers of restricted access";
    role_agency_admin: "Quản trị đơn vị", "Agency administrator";
    role_province_admin: "Quản trị cấp tỉnh", "Province administrator";
    role_citizen: "Cá nhân", "Citizen";
    role_business: "Hộ kinh doanh, doanh nghiệp", "Business";
    role_integrator: "Hệ thống kết nối", "Connected system";
    role_post_office: "Bưu chính", "Post office";
}

impl Tr {
    /// A role by its name in tokens.
    pub(crate) fn role(self, role: &str) -> String {
        match role {
            "one_stop_officer" => self.role_one_stop_officer(),
            "specialist" => self.role_specialist(),
            "leader" => self.role_leader(),
            "restricted_officer" => self.role_restricted_officer(),
            "agency_admin" => self.role_agency_admin(),
            "province_admin" => self.role_province_admin(),
            "citizen" => self.role_citizen(),
            "business" => self.role_business(),
            "integrator" => self.role_integrator(),
            "post_office" => self.role_post_office(),
            other => other,
        }
        .to_owned()
    }

    /// How a temporary password stands.
    pub(crate) fn temporary_until(self, time: &str, over: bool) -> String {
        if over {
            self.pick(
                format!("Mật khẩu tạm đã hết hạn lúc {time}"),
                format!("Temporary password, ended at {time}"),
            )
        } else {
            self.pick(
                format!("Mật khẩu tạm đến {time}"),
                format!("Temporary password until {time}"),
            )
        }
    }

    /// By when the person must have signed in.
    pub(crate) fn sign_in_within(self, days: i64, time: &str) -> String {
        self.pick(
            format!(
                "Người này phải đăng nhập trong {days} ngày (trước {time}) và tự đặt mật khẩu riêng ngay lần đó; quá hạn thì cấp lại."
            ),
            format!(
                "The person must sign in within {days} days (before {time}) and choose an own password at once; after that a new one is needed."
            ),
        )
    }
}
