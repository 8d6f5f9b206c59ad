use super::*;
use crate::domain::content::{Level, Named, ServiceLevel};
use contracts::Channel;

fn entry(n: u128, code: &str, name: &str, field: &str) -> Arc<Entry> {
    Arc::new(Entry::new(NewEntry {
        id: Uuid::from_u128(n),
        version: 1,
        code: code.to_owned(),
        name: name.to_owned(),
        field: Named {
            code: field.to_uppercase(),
            name: field.to_owned(),
        },
        levels: vec![if n.is_multiple_of(2) {
            Level::Province
        } else {
            Level::Commune
        }],
        service_level: ServiceLevel::Full,
        channels: vec![Channel::Online],
        internal: name.contains("nội bộ"),
        national: true,
        promulgator: Named {
            code: "G15".to_owned(),
            name: "Bộ Tư pháp".to_owned(),
        },
        subjects: Vec::new(),
        groups: Vec::new(),
        keywords: String::new(),
    }))
}

/// Names as they are in the national catalogue: near neighbours of what people look for.
fn index() -> Index {
    let names = [
        ("1.001193", "Thủ tục đăng ký khai sinh", "Hộ tịch"),
        (
            "1.000689",
            "Thủ tục đăng ký khai sinh kết hợp đăng ký nhận cha, mẹ, con",
            "Hộ tịch",
        ),
        ("1.003583", "Thủ tục đăng ký khai sinh lưu động", "Hộ tịch"),
        ("1.004884", "Thủ tục đăng ký lại khai sinh", "Hộ tịch"),
        (
            "2.000528",
            "Thủ tục đăng ký khai sinh có yếu tố nước ngoài",
            "Hộ tịch",
        ),
        (
            "2.000635",
            "Cấp bản sao Trích lục hộ tịch, bản sao Giấy khai sinh",
            "Hộ tịch",
        ),
        (
            "2.000986",
            "Liên thông thủ tục hành chính về đăng ký khai sinh, đăng ký thường trú, cấp thẻ bảo hiểm y tế cho trẻ em dưới 6 tuổi",
            "Hộ tịch",
        ),
        ("1.000894", "Thủ tục đăng ký kết hôn", "Hộ tịch"),
        ("1.004746", "Thủ tục đăng ký lại kết hôn", "Hộ tịch"),
        (
            "2.000806",
            "Thủ tục đăng ký kết hôn có yếu tố nước ngoài",
            "Hộ tịch",
        ),
        (
            "1.004873",
            "Thủ tục cấp Giấy xác nhận tình trạng hôn nhân",
            "Hộ tịch",
        ),
        ("1.000656", "Thủ tục đăng ký khai tử", "Hộ tịch"),
        ("1.004222", "Đăng ký thường trú", "Đăng ký, quản lý cư trú"),
        (
            "1.003197",
            "Xóa đăng ký thường trú",
            "Đăng ký, quản lý cư trú",
        ),
        ("1.004194", "Đăng ký tạm trú", "Đăng ký, quản lý cư trú"),
        (
            "1.001612",
            "Đăng ký thành lập hộ kinh doanh",
            "Hộ kinh doanh",
        ),
        (
            "2.000720",
            "Đăng ký thay đổi nội dung đăng ký hộ kinh doanh",
            "Hộ kinh doanh",
        ),
        (
            "1.001570",
            "Tạm ngừng kinh doanh, tiếp tục kinh doanh trước thời hạn đã thông báo của hộ kinh doanh",
            "Hộ kinh doanh",
        ),
        (
            "2.000575",
            "Cấp lại Giấy chứng nhận đăng ký hộ kinh doanh",
            "Hộ kinh doanh",
        ),
        ("3.000347", "Đổi giấy phép lái xe", "Sát hạch"),
        ("3.000346", "Cấp giấy phép lái xe", "Sát hạch"),
        (
            "3.000333",
            "Cấp Phiếu Lý lịch tư pháp cho công dân Việt Nam",
            "Lý lịch tư pháp",
        ),
        (
            "1.999999",
            "Quy trình nội bộ về đăng ký khai sinh",
            "Nội bộ",
        ),
    ];
    Index::new(names.iter().enumerate().map(|(i, (code, name, field))| {
        entry(u128::try_from(i).expect("small") + 1, code, name, field)
    }))
}

fn first(index: &Index, typed: &str) -> Option<String> {
    let found = index.search(&parse(typed), &Filter::default(), None, 5);
    found.entries.first().map(|e| e.code.clone())
}

#[test]
fn what_people_type_finds_what_they_mean() {
    let index = index();
    for (typed, code) in [
        ("dang ky khai sinh", "1.001193"),
        ("khai sinh", "1.001193"),
        ("dk khai sinh", "1.001193"),
        ("ĐĂNG KÝ KHAI SINH", "1.001193"),
        ("Đa\u{306}ng ky\u{301} khai sinh", "1.001193"),
        ("thủ tục đăng ký khai sinh", "1.001193"),
        ("khai sinh đăng ký", "1.001193"),
        ("dang ky khai si", "1.001193"),
        ("1.001193", "1.001193"),
        ("đăng ký lại khai sinh", "1.004884"),
        ("khai sinh nước ngoài", "2.000528"),
        ("khai sinh luu dong", "1.003583"),
        ("ban sao giay khai sinh", "2.000635"),
        ("bhyt trẻ em", "2.000986"),
        ("kết hôn", "1.000894"),
        ("dk ket hon", "1.000894"),
        ("tthn", "1.004873"),
        ("tinh trang hon nhan", "1.004873"),
        ("khai tu", "1.000656"),
        ("thuong tru", "1.004222"),
        ("xoa thuong tru", "1.003197"),
        ("tam tru", "1.004194"),
        ("hkd", "1.001612"),
        ("thanh lap ho kinh doanh", "1.001612"),
        ("thay doi ho kinh doanh", "2.000720"),
        ("tam ngung kinh doanh", "1.001570"),
        ("gcn hkd", "2.000575"),
        ("gplx", "3.000346"),
        ("doi gplx", "3.000347"),
        ("lltp", "3.000333"),
        ("toi muon dang ky khai sinh cho con", "1.000689"),
    ] {
        assert_eq!(first(&index, typed).as_deref(), Some(code), "{typed}");
    }
}

#[test]
fn nothing_is_found_for_what_is_not_there() {
    let index = index();
    for typed in ["xyzxyz", ".*", "khai qqqq", "%", "9.999999", "💥"] {
        assert_eq!(first(&index, typed), None, "{typed}");
    }
}

#[test]
fn internal_procedures_come_last() {
    let index = index();
    let found = index.search(&parse("dang ky khai sinh"), &Filter::default(), None, 50);
    assert_eq!(
        found.entries.last().map(|e| e.code.as_str()),
        Some("1.999999")
    );
}

#[test]
fn pages_join_to_the_whole_without_repeats() {
    let index = index();
    for typed in ["", "dang ky"] {
        let query = parse(typed);
        let whole = index.search(&query, &Filter::default(), None, 100);
        assert_eq!(whole.total, whole.entries.len());
        assert!(whole.next.is_none());
        let mut joined = Vec::new();
        let mut after = None;
        loop {
            let page = index.search(&query, &Filter::default(), after.as_ref(), 3);
            assert!(page.entries.len() <= 3);
            joined.extend(page.entries.iter().map(|e| e.id));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(
            joined,
            whole.entries.iter().map(|e| e.id).collect::<Vec<_>>(),
            "{typed}"
        );
    }
}

#[test]
fn filters_and_fields_agree() {
    let index = index();
    assert_eq!(index.fields().map(|(_, _, n)| n).sum::<u64>(), 23);
    for (code, _, n) in index.fields() {
        let filter = Filter {
            field: Some(code.to_owned()),
            ..Filter::default()
        };
        assert_eq!(
            index.search(&Query::All, &filter, None, 100).total as u64,
            n,
            "{code}"
        );
    }
    let filter = Filter {
        level: Some(Level::Province),
        ..Filter::default()
    };
    assert_eq!(index.search(&Query::All, &filter, None, 100).total, 11);
}
