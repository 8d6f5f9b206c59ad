//! Names of acts.

use super::Tr;
use contracts::Language;

impl Tr {
    /// What is done to a dossier without moving it.
    pub(super) fn act(self, act: &str) -> Option<&'static str> {
        let (vi, en) = match act {
            "ask-fee" => ("Yêu cầu nộp phí, lệ phí", "Asked for a fee"),
            "pay-fee" => ("Ghi nhận đã nộp phí, lệ phí", "Fee paid"),
            "exempt-fee" => ("Miễn phí, lệ phí", "Exempt from a fee"),
            "refund-fee" => ("Hoàn trả phí, lệ phí", "Fee refunded"),
            "message-applicant" => ("Cơ quan nhắn người nộp", "The agency wrote a message"),
            "message-agency" => ("Người nộp nhắn cơ quan", "The applicant wrote a message"),
            "keep-original" => ("Giữ bản chính", "Originals kept"),
            "return-original" => ("Trả bản chính", "Originals given back"),
            _ => return None,
        };
        Some(match self.0 {
            Language::Vi => vi,
            Language::En => en,
        })
    }
}
