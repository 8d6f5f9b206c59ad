//! Every row of the shared vectors: `type,input,verdict,expected,why`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use vn::agency::AgencyCode;
use vn::cccd::{self, Cccd, Sex};
use vn::dossier_number::DossierNumber;
use vn::mst::TaxCode;
use vn::phone::{self, Phone, PhoneError};
use vn::postal_code::PostalCode;
use vn::s10::ItemNumber;
use vn::vietqr::{VietQr, crc16};

/// What our code says about an input: the text to compare with `expected`, or our error code.
type Answer = Result<String, &'static str>;

fn answer(kind: &str, input: &str) -> Option<Answer> {
    Some(match kind {
        "mst" => TaxCode::parse(input)
            .map(|code| code.to_string())
            .map_err(|e| e.code()),
        "s10" => ItemNumber::parse(input)
            .map(|number| format!("check={}", number.check_digit()))
            .map_err(|e| e.code()),
        "vietqr" => VietQr::parse(input)
            .map(|qr| {
                if let Ok(made) = qr.build() {
                    assert_eq!(VietQr::parse(&made), Ok(qr), "what we make we read");
                }
                // accepted, so the last four characters are the checksum
                format!("crc={}", input.get(input.len() - 4..).unwrap())
            })
            .map_err(|e| e.code()),
        "crc16" => Ok(format!("{:04X}", crc16(input.as_bytes()))),
        "phone" => Phone::parse(input)
            .map(|phone| phone.to_string())
            .map_err(|e| e.code()),
        "phone_convert" => {
            assert_eq!(
                Phone::parse(input),
                Err(PhoneError::LegacyPrefix),
                "{input} is dead"
            );
            let new = phone::convert_legacy(input).ok_or("phone.legacyPrefix");
            assert_eq!(
                Phone::parse_legacy(input).ok().map(|p| p.national()),
                new.clone().ok()
            );
            new
        }
        "cccd" => Cccd::parse(input)
            .map(|number| {
                let sex = if number.sex() == Sex::Male { "M" } else { "F" };
                let (place, year) = (number.province_code(), number.birth_year());
                format!("province={place} sex={sex} birth_year={year}")
            })
            .map_err(|e| e.code()),
        "cccd_qr" => cccd::parse_qr(input)
            .map(|qr| qr.number.to_string())
            .map_err(|e| e.code()),
        "dossier_no" => DossierNumber::parse(input)
            .map(|number| {
                let sequence = input.rsplit('-').next().unwrap();
                assert_eq!(sequence.parse(), Ok(number.sequence()));
                format!(
                    "unit={} date={} seq={sequence}",
                    number.agency(),
                    number.date()
                )
            })
            .map_err(|e| e.code()),
        "postal5" => PostalCode::parse(input)
            .map(|code| code.to_string())
            .map_err(|e| e.code()),
        "procedure_code" => match vn::procedure_code::classify(input) {
            vn::procedure_code::Shape::Irregular(why) => Err(why.code()),
            _ => Ok(input.to_owned()),
        },
        "agency" | "agency_code" => AgencyCode::parse(input)
            .map(|code| code.to_string())
            .map_err(|e| e.code()),
        _ => return None,
    })
}

/// Error names of the vectors in our words.
fn our_code(name: &str) -> Option<&'static str> {
    Some(match name {
        "InvalidLength" => "mst.length",
        "InvalidFormat" => "mst.format",
        "InvalidComponent" => "mst.component",
        "InvalidChecksum" => "mst.checksum",
        _ => return None,
    })
}

/// Why the row does not hold, if it does not.
fn fault(kind: &str, input: &str, verdict: &str, expected: &str) -> Option<String> {
    let Some(answer) = answer(kind, input) else {
        return Some("unknown type".to_owned());
    };
    match (verdict, answer) {
        ("valid", Ok(_)) if expected.is_empty() => None,
        ("valid", Ok(text)) => (text != expected).then(|| format!("gave {text}, not {expected}")),
        ("valid", Err(code)) => Some(format!("refused with {code}")),
        ("invalid", Ok(text)) => Some(format!("accepted as {text}")),
        ("invalid", Err(code)) => match our_code(expected) {
            Some(wanted) if wanted != code => Some(format!("refused with {code}, not {wanted}")),
            _ => None,
        },
        (other, _) => Some(format!("unknown verdict {other}")),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the file of vectors is named by the environment"
)]
fn vectors() -> Option<PathBuf> {
    match std::env::var_os("MOTCUA_VECTORS") {
        Some(path) => Some(path.into()),
        None => crate::shared("format-vectors.csv"),
    }
}

#[test]
fn every_shared_vector_holds() {
    let Some(path) = vectors() else {
        println!("format vectors: no file, 0 rows ran (name one with MOTCUA_VECTORS)");
        return;
    };
    let mut rows: BTreeMap<String, usize> = BTreeMap::new();
    let mut faults = Vec::new();
    // Blanks inside a field are part of the vector, so nothing is trimmed.
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .from_path(&path)
        .unwrap();
    for (line, record) in reader.records().enumerate() {
        let record = record.unwrap();
        let field = |at: usize| record.get(at).unwrap_or_default();
        let (kind, input, verdict, expected) = (field(0), field(1), field(2), field(3));
        *rows.entry(kind.to_owned()).or_default() += 1;
        if let Some(why) = fault(kind, input, verdict, expected) {
            faults.push(format!("row {}: {kind} {input:?}: {why}", line + 2));
        }
    }
    let count: usize = rows.values().sum();
    println!(
        "format vectors: {count} rows ran ({rows:?}), {} failed",
        faults.len()
    );
    assert!(count > 0, "{} has no rows", path.display());
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_wrong_vector_is_noticed() {
    for (kind, input, verdict, expected) in [
        ("mst", "0100233488", "invalid", ""),
        ("mst", "0100233480", "valid", ""),
        ("mst", "0100233480", "invalid", "InvalidLength"),
        ("phone", "0912345678", "valid", "+84912345679"),
        ("crc16", "123456789", "valid", "29B2"),
        (
            "cccd",
            "001090000001",
            "valid",
            "province=001 sex=F birth_year=1990",
        ),
        ("something", "1", "valid", ""),
        ("mst", "0100233488", "perhaps", ""),
    ] {
        assert!(
            fault(kind, input, verdict, expected).is_some(),
            "{kind} {input}"
        );
    }
}
