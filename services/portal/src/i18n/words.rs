//! Texts that hold figures or names, and names of what the API answers with.

use super::Tr;
use contracts::{DossierStatus, Language};

impl Tr {
    /// Picks one of two texts that hold figures or names.
    pub(super) fn pick(self, vi: String, en: String) -> String {
        match self.0 {
            Language::Vi => vi,
            Language::En => en,
        }
    }

    /// `Cấp xã`.
    pub(crate) fn level_name(self, level: &str) -> &'static str {
        match level {
            "commune" => self.level_commune(),
            "province" => self.level_province(),
            "ministry" => self.level_ministry(),
            _ => self.level_other(),
        }
    }

    /// `Trực tuyến`.
    pub(crate) fn channel(self, channel: &str) -> String {
        match channel {
            "online" => self.channel_online().to_owned(),
            "direct" => self.channel_direct().to_owned(),
            "postal" => self.channel_postal().to_owned(),
            other => other.to_owned(),
        }
    }

    /// `Dịch vụ công toàn trình`.
    pub(crate) fn service_level(self, level: &str) -> String {
        match level {
            "full" => self.service_full().to_owned(),
            "partial" => self.service_partial().to_owned(),
            "information" => self.service_information().to_owned(),
            other => other.to_owned(),
        }
    }

    /// `Bản chính: 1, bản sao: 2`.
    pub(crate) fn quantities(self, originals: &u32, copies: &u32) -> String {
        self.pick(
            format!("Bản chính: {originals}, bản sao: {copies}"),
            format!("Originals: {originals}, copies: {copies}"),
        )
    }

    /// How many procedures were found.
    pub(crate) fn found(self, total: Option<u64>, shown: usize) -> String {
        match total {
            _ if shown == 0 => self.found_none().to_owned(),
            Some(total) => self.pick(
                format!("Tìm thấy {total} thủ tục."),
                format!("{total} procedures found."),
            ),
            None => self.pick(
                format!("Hiện {shown} thủ tục."),
                format!("{shown} procedures shown."),
            ),
        }
    }

    /// What a file picker takes.
    pub(crate) fn file_limits(self, bytes: usize) -> String {
        let size = crate::format::size(i64::try_from(bytes).unwrap_or(i64::MAX));
        self.pick(
            format!("Tệp PDF, PNG, JPG, Word hoặc Excel; không quá {size}"),
            format!("PDF, PNG, JPG, Word or Excel file; {size} at the most"),
        )
    }

    /// What one form takes in all. The button that loads communes sends files, too, and keeps them.
    pub(crate) fn form_limits(self, bytes: usize) -> String {
        let size = crate::format::size(i64::try_from(bytes).unwrap_or(i64::MAX));
        self.pick(
            format!("Tổng các tệp trong một lần gửi không quá {size}."),
            format!("All files of one sending together: {size} at the most."),
        )
    }

    /// A file beyond the limit.
    pub(crate) fn file_too_large(self, bytes: usize) -> String {
        let size = crate::format::size(i64::try_from(bytes).unwrap_or(i64::MAX));
        self.pick(
            format!("Tệp lớn hơn {size}"),
            format!("The file is larger than {size}"),
        )
    }

    /// The automatic confirmation with the system's time (NĐ 310/2026).
    pub(crate) fn filed_at(self, time: &str) -> String {
        self.pick(
            format!("Hệ thống ghi nhận lúc {time}."),
            format!("Noted by the system at {time}."),
        )
    }

    /// Days late.
    pub(crate) fn late_by(self, days: i64) -> String {
        match days {
            0 => self.due_late().to_owned(),
            _ => self.pick(
                format!("Quá hạn {days} ngày"),
                format!("Overdue by {days} days"),
            ),
        }
    }

    /// When a supplement was asked for and by when it must come.
    pub(crate) fn supplement_when(
        self,
        asked: &str,
        due: Option<&str>,
        answered: Option<&str>,
    ) -> String {
        match (answered, due) {
            (Some(answered), _) => self.pick(
                format!("Yêu cầu lúc {asked}, đã bổ sung lúc {answered}."),
                format!("Asked for at {asked}, supplied at {answered}."),
            ),
            (None, Some(due)) => self.pick(
                format!("Yêu cầu lúc {asked}. Vui lòng bổ sung trước {due}; quá hạn hồ sơ sẽ bị dừng."),
                format!("Asked for at {asked}. Please supply it before {due}, after which the dossier is stopped."),
            ),
            (None, None) => self.pick(format!("Yêu cầu lúc {asked}."), format!("Asked for at {asked}.")),
        }
    }

    /// Who proposed a result.
    pub(crate) fn proposed(self, name: &str, at: &str) -> String {
        self.pick(
            format!("{name} trình lúc {at}"),
            format!("Proposed by {name} at {at}"),
        )
    }

    /// Paid when.
    pub(crate) fn paid_at(self, at: &str) -> String {
        self.pick(
            format!("Đã nộp, xác nhận lúc {at}"),
            format!("Paid, confirmed at {at}"),
        )
    }

    /// How many messages are unread.
    pub(crate) fn unread_count(self, count: u64) -> String {
        self.pick(format!("{count} thư chưa đọc."), format!("{count} unread."))
    }

    /// How many items wait for the post office.
    pub(crate) fn ready_title(self, count: u64) -> String {
        self.pick(
            format!("Chờ bàn giao ({count})"),
            format!("Waiting for hand-over ({count})"),
        )
    }

    /// How many items.
    pub(crate) fn item_count(self, count: usize) -> String {
        self.pick(format!("{count} bưu gửi"), format!("{count} items"))
    }

    /// One of several things of a kind, for instance the second item of a supplement request.
    pub(crate) fn numbered(self, what: &str, n: usize) -> String {
        format!("{what} {n}")
    }

    /// The message after a command.
    pub(crate) fn done(self, command: &str) -> Option<String> {
        match command {
            "supplement" => Some(self.done_supplement().to_owned()),
            "withdraw" => Some(self.done_withdraw().to_owned()),
            _ => self
                .action(command)
                .map(|(label, _)| format!("{}: {label}.", self.done_action())),
        }
    }

    /// Label and hint of an officer's command; nothing for a command that these pages have no form for.
    pub(crate) fn action(self, command: &str) -> Option<(&'static str, &'static str)> {
        Some(match command {
            "receive" => (self.act_receive(), self.act_receive_hint()),
            "request-supplement" => (
                self.act_request_supplement(),
                self.act_request_supplement_hint(),
            ),
            "refuse" => (self.act_refuse(), self.act_refuse_hint()),
            "start-handling" => (self.act_start_handling(), self.act_start_handling_hint()),
            "propose" => (self.act_propose(), self.act_propose_hint()),
            "send-back" => (self.act_send_back(), self.act_send_back_hint()),
            "approve" => (self.act_approve(), self.act_approve_hint()),
            "request-payment" => (self.act_request_payment(), self.act_request_payment_hint()),
            "confirm-payment" => (self.act_confirm_payment(), self.act_confirm_payment_hint()),
            "stop" => (self.act_stop(), self.act_stop_hint()),
            "hand-over" => (self.act_hand_over(), self.act_hand_over_hint()),
            "acknowledge" => (self.act_acknowledge(), self.act_acknowledge_hint()),
            "apologise" => (self.act_apologise(), self.act_apologise_hint()),
            "reopen" => (self.act_reopen(), self.act_reopen_hint()),
            "correct" => (self.act_correct(), self.act_correct_hint()),
            _ => return None,
        })
    }

    /// A command as an entry of the history.
    pub(crate) fn command(self, command: &str) -> String {
        match command {
            "file" => self.cmd_file().to_owned(),
            "supplement" => self.cmd_supplement().to_owned(),
            "withdraw" => self.cmd_withdraw().to_owned(),
            "post-delivered" => self.cmd_post_delivered().to_owned(),
            "post-returned" => self.cmd_post_returned().to_owned(),
            "hand-on" => self.cmd_hand_on().to_owned(),
            "stop-linked" => self.cmd_stop_linked().to_owned(),
            "give-time-back" => self.cmd_give_time_back().to_owned(),
            other => self
                .action(other)
                .map(|(label, _)| label)
                .or_else(|| self.act(other))
                .map_or_else(|| other.to_owned(), str::to_owned),
        }
    }

    /// A state of a shipment, or an event of the post office.
    pub(crate) fn shipment(self, code: &str) -> String {
        match code {
            "ready" => self.ship_ready(),
            "handedToPost" | "handedOver" => self.ship_handed(),
            "pickedUp" => self.ship_picked(),
            "inTransit" => self.ship_transit(),
            "attemptFailed" => self.ship_attempt(),
            "invited" => self.ship_invited(),
            "delivered" => self.ship_delivered(),
            "returned" | "returnedToAgency" => self.ship_returned(),
            "lost" => self.ship_lost(),
            "damaged" => self.ship_damaged(),
            "cancelled" => self.ship_cancelled(),
            "corrected" => self.ship_corrected(),
            other => other,
        }
        .to_owned()
    }

    /// The states to filter by.
    pub(crate) fn states(self) -> Vec<(&'static str, &'static str)> {
        DossierStatus::ALL
            .iter()
            .map(|s| (s.as_str(), s.title(self.0)))
            .collect()
    }
}
