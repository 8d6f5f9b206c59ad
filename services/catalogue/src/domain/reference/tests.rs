use super::*;

fn rows<R: serde::de::DeserializeOwned>(csv: &str) -> Vec<(u64, R)> {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    reader
        .deserialize()
        .zip(2..)
        .map(|(row, line)| (line, row.expect("a row")))
        .collect()
}

#[test]
fn a_province_code_is_another_province_on_another_day() {
    let (good, broken) = provinces(rows(
        "code,full_name,valid_from,valid_to,new_code,agency_code_h\n\
         24,Tỉnh Bắc Giang,,2025-06-30,24,H02\n24,Tỉnh Bắc Ninh,2025-07-01,,,H05\n\
         24,Tỉnh Nữa,2026-01-01,,,\n2,Tỉnh Ngắn,,,,\n30,Tỉnh Ngược,2025-07-01,2025-06-30,,\n31,Tỉnh Lạ,2025-02-30,,,\n32,,,,,\n",
    ));
    assert_eq!(good.len(), 2);
    assert_eq!(
        (good[0].successor.as_deref(), good[1].agency_code.as_deref()),
        (Some("24"), Some("H05"))
    );
    let lines: Vec<u64> = broken.iter().map(|b| b.0).collect();
    assert_eq!(lines, [4, 5, 6, 7, 8], "{broken:?}");
    assert!(broken[2].1.contains("before it begins") && broken[3].1.contains("no possible date"));
}

#[test]
fn both_code_forms_are_one_agency_and_make_a_tree() {
    let (good, broken) = agencies(
        rows(
            "code,name\nH05,UBND tỉnh\nH05.21,Sở\n000.00.21.H05,Sở lần nữa\nH05.21.07,Phòng\nG01.306.000.000,Cục\nUBNDCT,Uỷ ban\n",
        ),
        &BTreeMap::from([("G01".to_owned(), None)]),
    );
    let of = |code: &str| good.iter().find(|a| a.code == code).expect(code);
    assert_eq!(of("H05.21").long_code.as_deref(), Some("000.00.21.H05"));
    assert_eq!(of("H05.21.07").parent_code.as_deref(), Some("H05.21"));
    assert_eq!(of("G01.306").parent_code.as_deref(), Some("G01"));
    assert_eq!(
        (of("UBNDCT").parent_code.clone(), of("UBNDCT").level()),
        (None, Level::Other)
    );
    assert_eq!(broken.len(), 1);
    assert!(
        broken[0].0 == 4 && broken[0].1.contains("met before"),
        "{broken:?}"
    );
}

#[test]
fn circles_of_agencies_are_left_out_and_said() {
    let (good, broken) = agencies(
        rows(
            "code,name,parent_code\nA,Một,B\nB,Hai,C\nC,Ba,A\nD,Dưới vòng,A\nE,Tốt,\nF,Tự mình,F\n",
        ),
        &BTreeMap::from([("X".to_owned(), Some("A".to_owned()))]),
    );
    let codes: Vec<&str> = good.iter().map(|a| a.code.as_str()).collect();
    assert_eq!(codes, ["E"]);
    assert_eq!(broken.len(), 5);
    assert!(broken.iter().all(|b| b.1.contains("above itself")));
}

#[test]
fn holidays_meet_and_contradict() {
    let (good, broken) = holidays(rows(
        "date,name,kind\n2023-04-29,Giỗ Tổ,off\n2023-04-29,Nghỉ bù,off\n2023-05-06,Làm bù,make-up-workday\n2023-05-06,Nghỉ,off\n2023-02-30,Không có,off\n2023-06-01,Lạ,party\n",
    ));
    assert_eq!(good.len(), 2);
    assert_eq!(good[0].name, "Giỗ Tổ; Nghỉ bù");
    assert_eq!(broken.iter().map(|b| b.0).collect::<Vec<_>>(), [5, 6, 7]);
}

#[test]
fn a_calendar_has_half_days_saturdays_and_a_cut_off() {
    let (good, broken) = calendars(rows(
        "agency_code,day,shifts,name\nH05.21,saturday,07:30-11:30,\n000.00.21.H05,friday,07:30-11:30 13:00-16:30,\nH05.21,2026-12-24,off,Mất điện\n\
         H05.21,cutOff,15:30,\nH05.21,monday,09:00-08:00,\nH05.21,tuesday,07:00-12:00 11:00-13:00,\nH05.21,sunday,mãi,\nH05.21,saturday,off,\n",
    ));
    let spec = &good["H05.21"];
    let week = spec.week.as_ref().expect("a week");
    assert_eq!(
        week.saturday.as_ref().map(Vec::len),
        Some(1),
        "the first one counts"
    );
    assert_eq!(week.friday.as_ref().map(Vec::len), Some(2));
    assert_eq!(spec.days.len(), 1);
    assert!(spec.cut_off.is_some());
    assert_eq!(
        broken.iter().map(|b| b.0).collect::<Vec<_>>(),
        [6, 7, 8, 9],
        "{broken:?}"
    );
}
