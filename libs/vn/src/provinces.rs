//! The province facts that more than one format needs.

/// Codes of the 63 provinces that existed until 2025-06-30 (identity numbers keep them), each with
/// its telephone area code of 2017.
const OLD_PROVINCES: [(u8, u16); 63] = [
    (1, 24),
    (2, 219),
    (4, 206),
    (6, 209),
    (8, 207),
    (10, 214),
    (11, 215),
    (12, 213),
    (14, 212),
    (15, 216),
    (17, 218),
    (19, 208),
    (20, 205),
    (22, 203),
    (24, 204),
    (25, 210),
    (26, 211),
    (27, 222),
    (30, 220),
    (31, 225),
    (33, 221),
    (34, 227),
    (35, 226),
    (36, 228),
    (37, 229),
    (38, 237),
    (40, 238),
    (42, 239),
    (44, 232),
    (45, 233),
    (46, 234),
    (48, 236),
    (49, 235),
    (51, 255),
    (52, 256),
    (54, 257),
    (56, 258),
    (58, 259),
    (60, 252),
    (62, 260),
    (64, 269),
    (66, 262),
    (67, 261),
    (68, 263),
    (70, 271),
    (72, 276),
    (74, 274),
    (75, 251),
    (77, 254),
    (79, 28),
    (80, 272),
    (82, 273),
    (83, 275),
    (84, 294),
    (86, 270),
    (87, 277),
    (89, 296),
    (91, 297),
    (92, 292),
    (93, 293),
    (94, 299),
    (95, 291),
    (96, 290),
];

/// Postal prefixes (two digits, QĐ 2334/QĐ-BKHCN of 2025) of the 34 provinces since 2025-07-01.
const POSTAL_PREFIXES: [(&str, &[u8]); 34] = [
    ("01", &[10, 11, 12, 13, 14]),
    ("04", &[21]),
    ("08", &[20, 22]),
    ("11", &[32]),
    ("12", &[30]),
    ("14", &[34]),
    ("15", &[31, 33]),
    ("19", &[23, 24]),
    ("20", &[25]),
    ("22", &[1, 2]),
    ("24", &[16, 26]),
    ("25", &[15, 35, 36]),
    ("31", &[3, 4, 5]),
    ("33", &[6, 17]),
    ("37", &[7, 8, 18]),
    ("38", &[40, 41, 42]),
    ("40", &[43, 44]),
    ("42", &[45, 46]),
    ("44", &[47, 48]),
    ("46", &[49]),
    ("48", &[50, 51, 52]),
    ("51", &[53, 54, 60]),
    ("52", &[55, 61, 62]),
    ("56", &[57, 59]),
    ("66", &[56, 63, 64]),
    ("68", &[65, 66, 77]),
    ("75", &[67, 76]),
    ("79", &[70, 71, 72, 73, 74, 75, 78]),
    ("80", &[80, 82, 83]),
    ("82", &[81, 84]),
    ("86", &[85, 86, 87]),
    ("91", &[90, 91, 92]),
    ("92", &[94, 95, 96]),
    ("96", &[97, 98]),
];

/// Is this one of the 63 province codes that identity numbers use?
pub(crate) fn is_old_province(code: u32) -> bool {
    OLD_PROVINCES
        .iter()
        .any(|(known, _)| u32::from(*known) == code)
}

/// Is this an area code of fixed lines, `24`, `28` or `2xx`?
pub(crate) fn is_area_code(code: u32) -> bool {
    OLD_PROVINCES
        .iter()
        .any(|(_, known)| u32::from(*known) == code)
}

/// The present province (two digits) of a postal prefix.
pub(crate) fn province_of_postal_prefix(prefix: u32) -> Option<&'static str> {
    POSTAL_PREFIXES
        .iter()
        .find(|(_, prefixes)| prefixes.iter().any(|known| u32::from(*known) == prefix))
        .map(|(province, _)| *province)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_code_is_listed_once() {
        let codes: BTreeSet<_> = OLD_PROVINCES.iter().map(|(code, _)| code).collect();
        let areas: BTreeSet<_> = OLD_PROVINCES.iter().map(|(_, area)| area).collect();
        let prefixes: BTreeSet<_> = POSTAL_PREFIXES.iter().flat_map(|(_, list)| *list).collect();
        assert_eq!((codes.len(), areas.len(), prefixes.len()), (63, 63, 83));
    }
}
