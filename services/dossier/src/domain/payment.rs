//! The call-back of the payment platform (`PaymentPlatform` 1.0.6, as systems in use send it): what it says, and whether it is the
//! platform that says it.
//!
//! `MaXacThuc` is the SHA-256, in hex, of thirteen fields and the type of the message joined by `|`, a shared secret last. It is no
//! HMAC and leaves out `MaLoi` and `MaGiaoDich`; `docs/adr/0030` says what follows from that.

use super::journal::sha256_hex;
use aws_lc_rs::constant_time::verify_slices_are_equal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A report of a payment (bản tin xác nhận thanh toán).
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
#[schema(example = json!({
    "LoaiBanTin": "CONFIRM", "PhienBan": "1.0.6", "MaDoiTac": "TTDVC", "MaThamChieu": "MC0123456789ABCDEF0123",
    "SoTien": 10000, "LoaiHinhThanhToan": "PAY", "MaKenhThanhToan": "BANK", "MaThietBi": "WEB", "NgonNgu": "vi-VN",
    "MaTienTe": "VND", "MaNganHang": "VCB", "ThongTinGiaoDich": "Le phi", "ThoiGianGD": "20261126101500",
    "Ip": "203.0.113.7", "MaXacThuc": "0000000000000000000000000000000000000000000000000000000000000000",
    "MaLoi": "00", "MaGiaoDich": "GD-0001"
}))]
pub(crate) struct PaymentReport {
    /// `CONFIRM`.
    pub(crate) loai_ban_tin: String,
    /// Version of the protocol.
    pub(crate) phien_ban: String,
    /// The platform's name for us.
    pub(crate) ma_doi_tac: String,
    /// The reference of an obligation.
    pub(crate) ma_tham_chieu: String,
    /// VND.
    pub(crate) so_tien: i64,
    /// `PAY`.
    pub(crate) loai_hinh_thanh_toan: String,
    /// Channel of payment.
    #[serde(default)]
    pub(crate) ma_kenh_thanh_toan: String,
    /// Device.
    #[serde(default)]
    pub(crate) ma_thiet_bi: String,
    /// Language.
    #[serde(default)]
    pub(crate) ngon_ngu: String,
    /// `VND`.
    pub(crate) ma_tien_te: String,
    /// Bank.
    #[serde(default)]
    pub(crate) ma_ngan_hang: String,
    /// Free text.
    #[serde(default)]
    pub(crate) thong_tin_giao_dich: String,
    /// Time of the transaction as the platform writes it.
    #[serde(default, rename = "ThoiGianGD")]
    pub(crate) thoi_gian_gd: String,
    /// Address of the payer.
    #[serde(default)]
    pub(crate) ip: String,
    /// The signature.
    pub(crate) ma_xac_thuc: String,
    /// `00`: the money has come in.
    pub(crate) ma_loi: String,
    /// The platform's id of the transaction.
    pub(crate) ma_giao_dich: String,
}

impl PaymentReport {
    /// The signature that the platform should have given.
    pub(crate) fn signature(&self, secret: &str) -> String {
        let amount = self.so_tien.to_string();
        let fields = [
            &self.loai_ban_tin,
            &self.phien_ban,
            &self.ma_doi_tac,
            &self.ma_tham_chieu,
            &amount,
            &self.loai_hinh_thanh_toan,
            &self.ma_kenh_thanh_toan,
            &self.ma_thiet_bi,
            &self.ngon_ngu,
            &self.ma_tien_te,
            &self.ma_ngan_hang,
            &self.thong_tin_giao_dich,
            &self.thoi_gian_gd,
            &self.ip,
        ];
        let mut text = String::new();
        for field in fields {
            text.push_str(field);
            text.push('|');
        }
        text.push_str(secret);
        sha256_hex(text.as_bytes())
    }

    /// Whether the platform signed it: with this secret, for us, as a confirmation. A field that holds the separator could be read in
    /// two ways, so none may.
    pub(crate) fn is_signed(&self, partner: &str, secret: &str) -> bool {
        let ambiguous = [
            &self.ma_tham_chieu,
            &self.ma_kenh_thanh_toan,
            &self.ma_thiet_bi,
            &self.ma_ngan_hang,
            &self.thong_tin_giao_dich,
            &self.ip,
        ]
        .iter()
        .any(|field| field.contains('|'));
        let given = self.ma_xac_thuc.to_ascii_lowercase();
        !secret.is_empty()
            && !ambiguous
            && self.ma_doi_tac == partner
            && self.loai_ban_tin == "CONFIRM"
            && verify_slices_are_equal(given.as_bytes(), self.signature(secret).as_bytes()).is_ok()
    }

    /// What makes a repetition the same report, for what is not covered by the signature too.
    pub(crate) fn identity(&self) -> String {
        sha256_hex(format!("{}|{}|{}", self.ma_xac_thuc, self.ma_loi, self.ma_giao_dich).as_bytes())
    }

    /// Whether the money has come in.
    pub(crate) fn succeeded(&self) -> bool {
        self.ma_loi == "00"
    }
}

/// What becomes of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The obligation is paid by it.
    Applied,
    /// The platform says that nothing was paid.
    Failed,
    /// No obligation has this reference.
    UnknownReference,
    /// Not the amount that was asked for, or not VND.
    WrongAmount,
    /// The obligation is not asked any more: money that must go back.
    NotAsked,
}

impl Outcome {
    /// Every outcome.
    pub(crate) const ALL: [Outcome; 5] = [
        Self::Applied,
        Self::Failed,
        Self::UnknownReference,
        Self::WrongAmount,
        Self::NotAsked,
    ];

    /// The stable name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Failed => "failed",
            Self::UnknownReference => "unknownReference",
            Self::WrongAmount => "wrongAmount",
            Self::NotAsked => "notAsked",
        }
    }

    /// The inverse of [`Outcome::name`].
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|o| o.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> PaymentReport {
        serde_json::from_value(serde_json::json!({
            "LoaiBanTin": "CONFIRM", "PhienBan": "1.0.6", "MaDoiTac": "TTDVC", "MaThamChieu": "MC1", "SoTien": 10000,
            "LoaiHinhThanhToan": "PAY", "MaKenhThanhToan": "BANK", "MaThietBi": "WEB", "NgonNgu": "vi-VN",
            "MaTienTe": "VND", "MaNganHang": "VCB", "ThongTinGiaoDich": "Le phi", "ThoiGianGD": "20261126101500",
            "Ip": "203.0.113.7", "MaXacThuc": "", "MaLoi": "00", "MaGiaoDich": "GD-1"
        }))
        .expect("a report")
    }

    /// Worked out with `printf '%s' … | sha256sum`.
    #[test]
    fn the_signature_is_the_platforms() {
        assert_eq!(
            report().signature("secret"),
            sha256_hex(
                b"CONFIRM|1.0.6|TTDVC|MC1|10000|PAY|BANK|WEB|vi-VN|VND|VCB|Le phi|20261126101500|203.0.113.7|secret"
            )
        );
        assert_eq!(report().signature("secret"), VECTOR);
    }

    const VECTOR: &str = "8f77cafe57aa691b8312936867470477da8b76cc31c32bad3eef5891a727d551";

    #[test]
    fn every_signed_field_counts() {
        let mut good = report();
        good.ma_xac_thuc = good.signature("secret").to_ascii_uppercase();
        assert!(good.is_signed("TTDVC", "secret"));
        assert!(!good.is_signed("TTDVC", "other"));
        assert!(!good.is_signed("TTDVC", ""));
        assert!(!good.is_signed("ELSE", "secret"));
        let changes: [fn(&mut PaymentReport); 6] = [
            |r| r.so_tien += 1,
            |r| r.ma_tham_chieu.push('2'),
            |r| r.ma_tien_te.push('x'),
            |r| r.ip.push('1'),
            |r| r.loai_ban_tin = "INIT".to_owned(),
            |r| r.ma_xac_thuc.clear(),
        ];
        for (n, change) in changes.into_iter().enumerate() {
            let mut bad = good.clone();
            change(&mut bad);
            assert!(!bad.is_signed("TTDVC", "secret"), "change {n}");
        }
        // The same text with the fields cut elsewhere.
        let mut moved = good.clone();
        moved.ma_kenh_thanh_toan = "BANK|WEB".to_owned();
        moved.ma_thiet_bi = "vi-VN".to_owned();
        moved.ngon_ngu = "VND".to_owned();
        moved.ma_xac_thuc = moved.signature("secret");
        assert!(!moved.is_signed("TTDVC", "secret"));
    }
}
