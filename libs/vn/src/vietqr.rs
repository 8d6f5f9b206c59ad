//! VietQR: the bank-transfer QR code of NAPAS (merchant-presented code of `EMVCo`).

use crate::all_digits;

/// The NAPAS application identifier.
const NAPAS: &str = "A000000727";

/// CRC-16/CCITT-FALSE (polynomial 1021, initial FFFF, no reflection) of bytes; `123456789` → 29B1.
pub fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0xFFFF, |crc, byte| {
        (0..8).fold(crc ^ (u16::from(*byte) << 8), |crc, _| {
            if crc & 0x8000 == 0 {
                crc << 1
            } else {
                (crc << 1) ^ 0x1021
            }
        })
    })
}

/// What a transfer is addressed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// QRIBFTTA: an account.
    Account,
    /// QRIBFTTC: a card.
    Card,
}

/// The content of a VietQR code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VietQr {
    /// 12 (made for one payment) rather than 11 (static).
    pub dynamic: bool,
    /// Bank identification number, six digits: `970436`.
    pub bank_bin: String,
    /// Account or card number, 1 to 19 letters or digits.
    pub account: String,
    /// Account or card.
    pub service: Service,
    /// Amount in VND.
    pub amount: Option<u64>,
    /// Bill number (tag 62-01).
    pub bill_number: Option<String>,
    /// Purpose (tag 62-08).
    pub purpose: Option<String>,
}

/// Why a text is no VietQR, or a content cannot become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VietQrError {
    /// Tags and lengths do not add up.
    #[error("the QR text is not a sequence of tag, length and value")]
    Structure,
    /// The checksum at the end is missing or wrong (it must be in capitals).
    #[error("the checksum of the QR text is wrong")]
    Crc,
    /// Not an `EMVCo` code of version 01, static or dynamic.
    #[error("the QR text is not a payment code of a known version")]
    Version,
    /// Not addressed through NAPAS.
    #[error("the QR text is not addressed to a Vietnamese bank")]
    Network,
    /// The bank number has not six digits.
    #[error("the bank number has six digits")]
    Bank,
    /// The account is empty, too long or has odd characters.
    #[error("the account has 1 to 19 letters or digits")]
    Account,
    /// Neither QRIBFTTA nor QRIBFTTC.
    #[error("the transfer service is unknown")]
    Service,
    /// Not VND, or not Vietnam.
    #[error("currency and country must be VND and VN")]
    Currency,
    /// Not whole VND, zero or more than 13 digits.
    #[error("the amount is whole VND of at most 13 digits")]
    Amount,
    /// Purpose or bill number is empty, over 25 characters or not ASCII.
    #[error("purpose and bill number have 1 to 25 ASCII characters")]
    Text,
}

impl VietQrError {
    /// A stable name for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Structure => "vietqr.structure",
            Self::Crc => "vietqr.crc",
            Self::Version => "vietqr.version",
            Self::Network => "vietqr.network",
            Self::Bank => "vietqr.bank",
            Self::Account => "vietqr.account",
            Self::Service => "vietqr.service",
            Self::Currency => "vietqr.currency",
            Self::Amount => "vietqr.amount",
            Self::Text => "vietqr.text",
        }
    }
}

impl VietQr {
    /// A code for a transfer to an account; dynamic when it has an amount.
    pub fn to_account(bank_bin: &str, account: &str, amount: Option<u64>) -> Self {
        Self {
            dynamic: amount.is_some(),
            bank_bin: bank_bin.to_owned(),
            account: account.to_owned(),
            service: Service::Account,
            amount,
            bill_number: None,
            purpose: None,
        }
    }

    /// Reads and checks a QR text. Tags that a transfer does not need are ignored.
    pub fn parse(text: &str) -> Result<Self, VietQrError> {
        // Makers disagree whether a length counts characters or bytes when text is not ASCII.
        let fields = match split(text, false) {
            Ok(fields) => fields,
            Err(error) if text.is_ascii() => return Err(error),
            Err(_) => split(text, true)?,
        };
        check_crc(text, &fields)?;
        let dynamic = match (fields.first(), find(&fields, "01")) {
            (Some((tag, "01")), Some("12")) if tag == "00" => true,
            (Some((tag, "01")), Some("11") | None) if tag == "00" => false,
            _ => return Err(VietQrError::Version),
        };
        let payee = split(find(&fields, "38").ok_or(VietQrError::Network)?, false)?;
        if find(&payee, "00") != Some(NAPAS) {
            return Err(VietQrError::Network);
        }
        let bank = split(find(&payee, "01").ok_or(VietQrError::Bank)?, false)?;
        let service = match find(&payee, "02") {
            Some("QRIBFTTA") => Service::Account,
            Some("QRIBFTTC") => Service::Card,
            _ => return Err(VietQrError::Service),
        };
        if find(&fields, "53") != Some("704") || find(&fields, "58") != Some("VN") {
            return Err(VietQrError::Currency);
        }
        let amount = find(&fields, "54").map(amount_of).transpose()?;
        let extra = match find(&fields, "62") {
            Some(value) => split(value, false).or_else(|_| split(value, true))?,
            None => Vec::new(),
        };
        let qr = Self {
            dynamic,
            bank_bin: find(&bank, "00").unwrap_or_default().to_owned(),
            account: find(&bank, "01").unwrap_or_default().to_owned(),
            service,
            amount,
            bill_number: find(&extra, "01").map(str::to_owned),
            purpose: find(&extra, "08").map(str::to_owned),
        };
        qr.check_payee()?;
        Ok(qr)
    }

    /// The QR text. Purpose and bill number must be ASCII of at most 25 characters, because
    /// readers disagree about the length of other text (see [`crate::text::fold`]).
    pub fn build(&self) -> Result<String, VietQrError> {
        self.check_payee()?;
        let texts = [&self.bill_number, &self.purpose];
        for text in texts.into_iter().flatten() {
            let printable = text
                .bytes()
                .all(|byte| byte == b' ' || byte.is_ascii_graphic());
            if !(1..=25).contains(&text.len()) || !printable {
                return Err(VietQrError::Text);
            }
        }
        let bank = join(&[("00", Some(&self.bank_bin)), ("01", Some(&self.account))]);
        let service = match self.service {
            Service::Account => "QRIBFTTA",
            Service::Card => "QRIBFTTC",
        };
        let payee = join(&[
            ("00", Some(NAPAS)),
            ("01", Some(&bank)),
            ("02", Some(service)),
        ]);
        let extra = join(&[
            ("01", self.bill_number.as_deref()),
            ("08", self.purpose.as_deref()),
        ]);
        let amount = self.amount.map(|amount| amount.to_string());
        let mut text = join(&[
            ("00", Some("01")),
            ("01", Some(if self.dynamic { "12" } else { "11" })),
            ("38", Some(&payee)),
            ("53", Some("704")),
            ("54", amount.as_deref()),
            ("58", Some("VN")),
            ("62", if extra.is_empty() { None } else { Some(&extra) }),
        ]);
        text.push_str("6304");
        let crc = crc16(text.as_bytes());
        text.push_str(&format!("{crc:04X}"));
        Ok(text)
    }

    fn check_payee(&self) -> Result<(), VietQrError> {
        if self.bank_bin.len() != 6 || !all_digits(&self.bank_bin) {
            return Err(VietQrError::Bank);
        }
        let letters = self
            .account
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric());
        if !(1..=19).contains(&self.account.len()) || !letters {
            return Err(VietQrError::Account);
        }
        match self.amount {
            Some(0 | 10_000_000_000_000..) => Err(VietQrError::Amount),
            _ => Ok(()),
        }
    }
}

fn amount_of(text: &str) -> Result<u64, VietQrError> {
    // Some makers write a fraction; VND has none, so it must be zero.
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    if !all_digits(whole) || !fraction.bytes().all(|byte| byte == b'0') {
        return Err(VietQrError::Amount);
    }
    whole.parse().or(Err(VietQrError::Amount))
}

fn join(fields: &[(&str, Option<&str>)]) -> String {
    let present = fields
        .iter()
        .filter_map(|(tag, value)| value.map(|value| (tag, value)));
    present
        .map(|(tag, value)| format!("{tag}{:02}{value}", value.len()))
        .collect()
}

/// Takes tags, lengths and values apart; lengths count characters, or bytes.
fn split(text: &str, in_bytes: bool) -> Result<Vec<(String, &str)>, VietQrError> {
    let mut fields = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (head, after) = rest.split_at_checked(4).ok_or(VietQrError::Structure)?;
        if !all_digits(head) {
            return Err(VietQrError::Structure);
        }
        let (tag, length) = head.split_at_checked(2).ok_or(VietQrError::Structure)?;
        let length: usize = length.parse().or(Err(VietQrError::Structure))?;
        let end = if in_bytes {
            length
        } else {
            let ends = after.char_indices().map(|(at, _)| at).chain([after.len()]);
            ends.into_iter().nth(length).ok_or(VietQrError::Structure)?
        };
        let (value, next) = after.split_at_checked(end).ok_or(VietQrError::Structure)?;
        fields.push((tag.to_owned(), value));
        rest = next;
    }
    Ok(fields)
}

fn find<'a>(fields: &[(String, &'a str)], tag: &str) -> Option<&'a str> {
    fields
        .iter()
        .find(|(known, _)| known == tag)
        .map(|(_, value)| *value)
}

/// The checksum is the last field and covers everything before its value.
fn check_crc(text: &str, fields: &[(String, &str)]) -> Result<(), VietQrError> {
    let Some((tag, value)) = fields.last() else {
        return Err(VietQrError::Structure);
    };
    let covered = text.strip_suffix(value).unwrap_or_default();
    if tag == "63" && format!("{:04X}", crc16(covered.as_bytes())) == *value {
        Ok(())
    } else {
        Err(VietQrError::Crc)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: &str = "00020101021138570010A00000072701270006970403011300110123456780208QRIBFTTA53037045802VN63049E6F";
    const WITH_AMOUNT: &str = "00020101021238570010A00000072701270006970403011300110123456780208QRIBFTTA530370454061800005802VN62340107NPS68690819thanh toan don hang63042E2E";
    const OURS: &str = "00020101021238540010A00000072701240006970436011010234567890208QRIBFTTA530370454062500005802VN62250821HS H38.19-261122-000163040619";

    fn sealed(body: &str) -> String {
        let body = format!("{body}6304");
        format!("{body}{:04X}", crc16(body.as_bytes()))
    }

    #[test]
    fn crc_has_its_catalogue_value() {
        assert_eq!(crc16(b"123456789"), 0x29B1);
        assert_eq!(crc16("Nguyễn Văn A".as_bytes()), 0x893D);
    }

    #[test]
    fn public_codes_are_read_and_made_again() {
        for text in [PLAIN, WITH_AMOUNT, OURS] {
            assert_eq!(VietQr::parse(text).unwrap().build().unwrap(), text);
        }
        let qr = VietQr::parse(WITH_AMOUNT).unwrap();
        assert!(qr.dynamic);
        assert_eq!(
            (qr.bank_bin.as_str(), qr.account.as_str()),
            ("970403", "0011012345678")
        );
        assert_eq!(qr.amount, Some(180_000));
        assert_eq!(qr.bill_number.as_deref(), Some("NPS6869"));
        assert_eq!(qr.purpose.as_deref(), Some("thanh toan don hang"));
    }

    #[test]
    fn a_fee_code_can_be_made() {
        let mut qr = VietQr::to_account("970436", "1023456789", Some(250_000));
        qr.purpose = Some("HS H38.19-261122-0001".to_owned());
        assert_eq!(qr.build().unwrap(), OURS);
    }

    #[test]
    fn each_fault_has_its_code() {
        let body = PLAIN.strip_suffix("63049E6F").unwrap();
        for (text, code) in [
            (String::new(), "vietqr.structure"),
            ("00".to_owned(), "vietqr.structure"),
            ("0002".to_owned(), "vietqr.structure"),
            ("ệ002".to_owned(), "vietqr.structure"),
            (PLAIN.replace("9E6F", "9E6E"), "vietqr.crc"),
            (PLAIN.replace("9E6F", "9e6f"), "vietqr.crc"),
            (body.to_owned(), "vietqr.crc"),
            (PLAIN.to_lowercase(), "vietqr.crc"),
            (sealed(&body.replace("000201", "000202")), "vietqr.version"),
            (
                sealed(&body.replace("A000000727", "A000000728")),
                "vietqr.network",
            ),
            (
                sealed(&body.replace("0006970403", "000697040X")),
                "vietqr.bank",
            ),
            (
                sealed(&body.replace("QRIBFTTA", "QRIBFTTX")),
                "vietqr.service",
            ),
            (
                sealed(&body.replace("5303704", "5303840")),
                "vietqr.currency",
            ),
            (
                sealed(&body.replace("5802VN", "54041.505802VN")),
                "vietqr.amount",
            ),
            (
                sealed(
                    &body
                        .replace("5802VN", "5401")
                        .replace("5401", "540105802VN"),
                ),
                "vietqr.amount",
            ),
        ] {
            assert_eq!(VietQr::parse(&text).unwrap_err().code(), code, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_scanned_is_not_made() {
        let good = VietQr::to_account("970436", "1023456789", Some(1));
        let mut accents = good.clone();
        accents.purpose = Some("Lệ phí".to_owned());
        let mut long = good.clone();
        long.bill_number = Some("x".repeat(26));
        assert_eq!(accents.build(), Err(VietQrError::Text));
        assert_eq!(long.build(), Err(VietQrError::Text));
        assert_eq!(
            VietQr {
                amount: Some(0),
                ..good.clone()
            }
            .build(),
            Err(VietQrError::Amount)
        );
        assert_eq!(
            VietQr {
                account: "1".repeat(20),
                ..good.clone()
            }
            .build(),
            Err(VietQrError::Account)
        );
        assert_eq!(
            VietQr {
                bank_bin: "97043".to_owned(),
                ..good
            }
            .build(),
            Err(VietQrError::Bank)
        );
    }

    #[test]
    fn lengths_in_bytes_are_understood_too() {
        for (length, outer) in [("06", "10"), ("09", "13")] {
            let body = PLAIN.strip_suffix("63049E6F").unwrap();
            let text = sealed(&format!("{body}62{outer}08{length}Lệ phí"));
            let parsed = VietQr::parse(&text).unwrap();
            assert_eq!(parsed.purpose.as_deref(), Some("Lệ phí"), "{text}");
        }
    }
}
