//! Số định danh cá nhân, the 12-digit personal identity number (CCCD), and the QR code of the chip
//! card. NĐ 137/2015 Art. 13, TT 59/2021/TT-BCA. There is no check digit.

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::{all_digits, digit, provinces, text_type};

/// A personal identity number: 12 digits `PPP G YY NNNNNN`.
///
/// PPP is the province of birth registration by the codes before 2025-07-01, G the century and
/// sex, YY the birth year. `Debug` is masked, so that it may end up in a log; `Display` is not.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Cccd(String);

text_type!(Cccd, CccdError);

/// Sex as the card states it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Sex {
    /// Nam.
    Male,
    /// Nữ.
    Female,
}

/// Why a text is no identity number, or no QR text of a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CccdError {
    /// Not 12 characters.
    #[error("an identity number has 12 digits")]
    Length,
    /// Something else than digits.
    #[error("an identity number has digits only")]
    Digits,
    /// The first three digits are no province.
    #[error("the first three digits are no province code")]
    Province,
    /// Fewer than seven fields in the QR text.
    #[error("the QR text of a card has seven fields")]
    QrFields,
    /// The old identity number is neither empty nor 9 or 12 digits.
    #[error("the old identity number in the QR text has 9 digits")]
    QrOldNumber,
    /// No name in the QR text.
    #[error("the QR text has no name")]
    QrName,
    /// A date in the QR text is not ddMMyyyy, or impossible.
    #[error("a date in the QR text is not a ddMMyyyy date")]
    QrDate,
    /// Neither Nam nor Nữ.
    #[error("the sex in the QR text is neither Nam nor Nữ")]
    QrSex,
    /// The fourth digit says another sex.
    #[error("the identity number and the sex in the QR text contradict each other")]
    QrSexMismatch,
    /// The digits 4 to 6 say another birth year.
    #[error("the identity number and the birth date in the QR text contradict each other")]
    QrBirthYearMismatch,
}

impl CccdError {
    /// A stable name for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Length => "cccd.length",
            Self::Digits => "cccd.digits",
            Self::Province => "cccd.province",
            Self::QrFields => "cccd.qr.fields",
            Self::QrOldNumber => "cccd.qr.oldNumber",
            Self::QrName => "cccd.qr.name",
            Self::QrDate => "cccd.qr.date",
            Self::QrSex => "cccd.qr.sex",
            Self::QrSexMismatch => "cccd.qr.sexMismatch",
            Self::QrBirthYearMismatch => "cccd.qr.birthYearMismatch",
        }
    }
}

impl Cccd {
    /// Reads an identity number of someone registered in one of the 63 old provinces. Blanks
    /// around it and between groups of digits are ignored.
    pub fn parse(input: &str) -> Result<Self, CccdError> {
        let number = Self::parse_any_place(input)?;
        if number.has_known_province() {
            Ok(number)
        } else {
            Err(CccdError::Province)
        }
    }

    /// Like [`Cccd::parse`], but takes any first three digits: people registered abroad have a
    /// country code there, and no public table of these codes exists.
    pub fn parse_any_place(input: &str) -> Result<Self, CccdError> {
        // One more than needed is enough to see that it is too long.
        let number: String = input.chars().filter(|c| *c != ' ').take(13).collect();
        if number.chars().count() != 12 {
            Err(CccdError::Length)
        } else if !all_digits(&number) {
            Err(CccdError::Digits)
        } else {
            Ok(Self(number))
        }
    }

    /// The 12 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The number with its middle hidden, `0010******01`.
    pub fn masked(&self) -> String {
        let hide = |(at, c)| if (4..10).contains(&at) { '*' } else { c };
        self.0.chars().enumerate().map(hide).collect()
    }

    /// The first three digits: province (code before 2025-07-01) of birth registration.
    pub fn province_code(&self) -> &str {
        self.0.get(..3).unwrap_or_default()
    }

    /// Is the place of registration one of the 63 provinces?
    pub fn has_known_province(&self) -> bool {
        self.province_code()
            .parse()
            .is_ok_and(provinces::is_old_province)
    }

    /// The sex stated at registration.
    pub fn sex(&self) -> Sex {
        if self.at(3).is_multiple_of(2) {
            Sex::Male
        } else {
            Sex::Female
        }
    }

    /// The year of birth.
    pub fn birth_year(&self) -> i32 {
        let year = 1900 + self.at(3) / 2 * 100 + self.at(4) * 10 + self.at(5);
        i32::try_from(year).unwrap_or_default()
    }

    fn at(&self, index: usize) -> u32 {
        self.0.as_bytes().get(index).copied().map_or(0, digit)
    }
}

impl std::fmt::Debug for Cccd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Cccd({})", self.masked())
    }
}

/// What the QR code of the chip card says. The layout of the "thẻ căn cước" issued since
/// 2024-07-01 is not public and not read here.
#[derive(Clone, PartialEq, Eq)]
pub struct CardQr {
    /// The number.
    pub number: Cccd,
    /// The 9-digit number of the identity card before it.
    pub old_number: Option<String>,
    /// Họ và tên, NFC.
    pub full_name: String,
    /// Date of birth.
    pub birth_date: NaiveDate,
    /// Sex.
    pub sex: Sex,
    /// Nơi thường trú, with the unit names of the day of issue.
    pub address: String,
    /// Date of issue; some cards leave it empty.
    pub issued_on: Option<NaiveDate>,
}

impl std::fmt::Debug for CardQr {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CardQr")
            .field("number", &self.number)
            .finish_non_exhaustive()
    }
}

/// Reads the QR text of a chip card: seven fields divided by `|`; fields after them are ignored.
/// Sex and birth year must agree with the number.
pub fn parse_qr(input: &str) -> Result<CardQr, CccdError> {
    let text = crate::text::clean(input);
    let mut fields = text.split('|').map(str::trim);
    let mut next = || fields.next().ok_or(CccdError::QrFields);
    let (number, old, name, birth, sex, address, issued) = (
        next()?,
        next()?,
        next()?,
        next()?,
        next()?,
        next()?,
        next()?,
    );
    let number = Cccd::parse_any_place(number)?;
    let old_number = match old {
        "" => None,
        old if all_digits(old) && matches!(old.len(), 9 | 12) => Some(old.to_owned()),
        _ => return Err(CccdError::QrOldNumber),
    };
    if name.is_empty() {
        return Err(CccdError::QrName);
    }
    let birth_date = qr_date(birth)?;
    let sex = match crate::text::fold(sex).as_str() {
        "nam" => Sex::Male,
        "nu" => Sex::Female,
        _ => return Err(CccdError::QrSex),
    };
    let issued_on = if issued.is_empty() {
        None
    } else {
        Some(qr_date(issued)?)
    };
    if issued_on.is_some_and(|issued| issued < birth_date) {
        return Err(CccdError::QrDate);
    }
    if number.sex() != sex {
        return Err(CccdError::QrSexMismatch);
    }
    if number.birth_year() != birth_date.year() {
        return Err(CccdError::QrBirthYearMismatch);
    }
    let (full_name, address) = (name.to_owned(), address.to_owned());
    Ok(CardQr {
        number,
        old_number,
        full_name,
        birth_date,
        sex,
        address,
        issued_on,
    })
}

fn qr_date(text: &str) -> Result<NaiveDate, CccdError> {
    if text.len() != 8 || !all_digits(text) {
        return Err(CccdError::QrDate);
    }
    let part = |from: usize, to: usize| text.get(from..to).and_then(|part| part.parse().ok());
    let year = text.get(4..8).and_then(|part| part.parse().ok());
    match (year, part(2, 4), part(0, 2)) {
        (Some(year), Some(month), Some(day)) => NaiveDate::from_ymd_opt(year, month, day),
        _ => None,
    }
    .ok_or(CccdError::QrDate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_tell_place_sex_and_year() {
        for (text, place, sex, year) in [
            ("001090000001", "001", Sex::Male, 1990),
            ("079190000002", "079", Sex::Female, 1990),
            ("089204000003", "089", Sex::Male, 2004),
            ("091300000004", "091", Sex::Female, 2000),
            ("096999000004", "096", Sex::Female, 2399),
        ] {
            let number = Cccd::parse(text).unwrap();
            assert_eq!(
                (number.province_code(), number.sex(), number.birth_year()),
                (place, sex, year)
            );
            assert_eq!(number.to_string(), text);
        }
    }

    #[test]
    fn each_fault_has_its_code() {
        for (text, code) in [
            ("", "cccd.length"),
            ("00109000000", "cccd.length"),
            ("0010900000011", "cccd.length"),
            ("012345678", "cccd.length"),
            ("001O90000001", "cccd.digits"),
            ("００１０９０００００００１", "cccd.length"),
            ("００１０９００００００１", "cccd.digits"),
            ("003090000001", "cccd.province"),
            ("999090000001", "cccd.province"),
        ] {
            assert_eq!(Cccd::parse(text).unwrap_err().code(), code, "{text}");
        }
    }

    #[test]
    fn people_registered_abroad_can_be_let_in() {
        let number = Cccd::parse_any_place("310090000001").unwrap();
        assert!(!number.has_known_province());
    }

    #[test]
    fn blanks_do_not_matter() {
        assert_eq!(
            Cccd::parse(" 001 090 000 001 ").unwrap().as_str(),
            "001090000001"
        );
    }

    #[test]
    fn debug_shows_no_number() {
        let number = Cccd::parse("001090123401").unwrap();
        assert_eq!(number.masked(), "0010******01");
        assert_eq!(format!("{number:?}"), "Cccd(0010******01)");
    }

    const CARD: &str =
        "001090000001|012345678|Nguyễn Văn A|01021990|Nam|Số 1, phố X, quận Z, Hà Nội|15042021";

    #[test]
    fn card_is_read() {
        let card = parse_qr(CARD).unwrap();
        assert_eq!(card.full_name, "Nguyễn Văn A");
        assert_eq!(
            card.birth_date,
            NaiveDate::from_ymd_opt(1990, 2, 1).unwrap()
        );
        assert_eq!(card.old_number.as_deref(), Some("012345678"));
        assert_eq!(card.issued_on, NaiveDate::from_ymd_opt(2021, 4, 15));
        assert_eq!(parse_qr(&format!("{CARD}||||")).unwrap(), card);
        assert!(!format!("{card:?}").contains("Nguyễn"));
    }

    #[test]
    fn card_faults_have_codes() {
        for (from, to, code) in [
            ("|15042021", "", "cccd.qr.fields"),
            ("|012345678|", "|12|", "cccd.qr.oldNumber"),
            ("Nguyễn Văn A", " ", "cccd.qr.name"),
            ("01021990", "30021990", "cccd.qr.date"),
            ("01021990", "+1021990", "cccd.qr.date"),
            ("15042021", "15041921", "cccd.qr.date"),
            ("|Nam|", "|N|", "cccd.qr.sex"),
            ("|Nam|", "|Nữ|", "cccd.qr.sexMismatch"),
            ("01021990", "01021991", "cccd.qr.birthYearMismatch"),
            ("01021990", "01021890", "cccd.qr.birthYearMismatch"),
            ("001090000001", "00109000000", "cccd.length"),
        ] {
            assert_eq!(
                parse_qr(&CARD.replace(from, to)).unwrap_err().code(),
                code,
                "{to}"
            );
        }
    }
}
