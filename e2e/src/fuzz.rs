//! Fuzz targets: every parser that sees outside bytes, as a function of bytes. It must not panic, and what it takes must hold what it
//! promises. `cargo fuzz` runs them without end (`fuzz/`), the tests run each on its seeds and some thousand changes of them.

use actix_multipart::Multipart;
use actix_web::http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use actix_web::web::Bytes;
use futures_util::stream;
use std::fmt::Debug;
use std::sync::LazyLock;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

/// One parser, or a few that read the same kind of text.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Name, for `FUZZ_TARGET`.
    pub name: &'static str,
    /// Gives it bytes. Panics when it breaks its promise.
    pub run: fn(&[u8]),
    /// Inputs to begin with: good ones, and those that were bad once.
    pub seeds: &'static [&'static [u8]],
}

/// All targets.
pub const TARGETS: &[Target] = &[
    Target {
        name: "token",
        run: token,
        seeds: &[
            b"eyJhbGciOiJFUzI1NiIsImtpZCI6ImEiLCJ0eXAiOiJhdCtqd3QifQ.eyJzdWIiOiJ4In0.c2ln",
            b"eyJhbGciOiJub25lIn0.e30.",
            b"a.b.c",
            b"...",
        ],
    },
    Target {
        name: "jwks",
        run: jwks,
        seeds: &[
            br#"{"keys":[{"kty":"EC","crv":"P-256","use":"sig","alg":"ES256","kid":"a","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}]}"#,
            br#"{"keys":[{"kty":"oct","k":"AAAA","kid":"b"}]}"#,
        ],
    },
    Target {
        name: "numbers",
        run: numbers,
        seeds: &[
            b"024090000011",
            b"0100109106-001",
            b"+84 912 345 678",
            b"H05.21-261116-0001",
            b"000.00.21.H05",
            b"RR123456785VN",
            b"1.001193",
            "０２４０９０００００１１".as_bytes(),
        ],
    },
    Target {
        name: "card-qr",
        run: card_qr,
        seeds: &[
            "024090000011|123456789|Nguyễn Văn An|01011990|Nam|Số 1, Phường Bắc Giang|01012022".as_bytes(),
            b"||||||",
        ],
    },
    Target {
        name: "vietqr",
        run: vietqr,
        seeds: &[
            b"00020101021138540010A00000072701240006970436011001234567890208QRIBFTTA53037045802VN6304ABCD",
            b"0002",
            b"6304",
        ],
    },
    Target {
        name: "text",
        run: text,
        seeds: &[
            "Đăng ký khai sinh".as_bytes(),
            "e\u{323}\u{302}".as_bytes(),
            "\u{feff}a\u{200b}b\u{202e}".as_bytes(),
        ],
    },
    Target {
        name: "json",
        run: json,
        seeds: &[
            br#"{"limit":1,"cursor":"a"}"#,
            br#"{"a":[1,{"b":"\u0000"}]}"#,
            br#"[[[[[[[[[[]]]]]]]]]]"#,
            br#"{"value":1.5,"unit":"workingDay"}"#,
        ],
    },
    Target {
        name: "cursor",
        run: cursor,
        seeds: &[b"WyIyMDI2LTExLTE2VDAyOjAwOjAwWiIsIngiXQ", b"MQ", b"=="],
    },
    Target {
        name: "headers",
        run: headers,
        seeds: &[
            b"en-GB,vi;q=0.8",
            b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            b"v1.01234567.AAAA",
            b"q=;;,,",
        ],
    },
    Target {
        name: "message",
        run: message,
        seeds: &[
            br#"{"specversion":"1.0","id":"01932f4c-0000-7000-8000-000000000001","source":"dossier","type":"dossier.changed","subject":"x","time":"2026-11-16T02:00:00Z","version":1,"data":{"sealed":"v1.01234567.AAAA"}}"#,
            b"{}",
        ],
    },
    Target {
        name: "import",
        run: suite::fuzz::catalogue::text,
        seeds: &[
            br#"{"id":"019d2bfd-3fe0-70ac-b9d6-5e9e20d6eef7","detail":{"id":"019d2bfd-3fe0-70ac-b9d6-5e9e20d6eef7","name":"X","code":"1.001193","executionMethods":[{"channel":"x","fees":[{"fee":"10.000 VND"}]}],"executionCases":[]}}"#,
            "{\"id\":\"019d2bfd-3fe0-70ac-b9d6-5e9e20d6eef7\",\"detail\":{\"name\":\"Đăng ký\"}}".as_bytes(),
            b"1.00",
        ],
    },
    Target {
        name: "path",
        run: suite::fuzz::gateway,
        seeds: &[b"/api/v1/dossiers", b"/a/%2e%2e/b", b"/a%2fb", b"//a", b"/a\\b"],
    },
    Target {
        name: "file",
        run: suite::fuzz::dossier::file,
        seeds: &[
            b"%PDF-1.7\n%%EOF",
            b"PK\x03\x04[Content_Types].xmlword/document.xml",
            b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1",
            "..\\..\\giấy tờ.pdf".as_bytes(),
        ],
    },
    Target {
        name: "oauth-form",
        run: suite::fuzz::identity::form,
        seeds: &[
            b"grant_type=authorization_code&code=a&scope=openid+profile&login=%20An.B%20",
            b"a=%00",
            b"a=1&a=2",
        ],
    },
    Target {
        name: "page-form",
        run: suite::fuzz::portal::fields,
        seeds: &[
            b"file=01932f4c-0000-7000-8000-000000000001%7Cgiay.pdf&x=1",
            b"%",
            b"&&==",
        ],
    },
    Target {
        name: "import-file",
        run: suite::fuzz::catalogue::file,
        seeds: &[
            "\u{feff}{\"id\":\"019d2bfd-3fe0-70ac-b9d6-5e9e20d6eef7\",\"code\":\"1.000001\",\"name\":\"Mẫu\",\"detail\":{}}\r\n\n{".as_bytes(),
            // Two lines, gzip.
            b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xabV\xcaLQ\xb2R20\xb4L1JJK\xd15NK5\xd057HL\xd6M\xb2L1\xd35M\xb5L52H1KMM3W\xd2QJ\xceOI\x05\xaa6\xd43\x00\x01C\xa0H^b.H$\x02\xc8LI-I\xcc\xccQ\xb2\xaa\xae\xad\xe5\xaa\xa6\x89\xb1\x00,\xe9\x92z\xad\x00\x00\x00",
        ],
    },
    Target {
        name: "import-table",
        run: suite::fuzz::catalogue::table,
        seeds: &[
            "\u{feff}code,full_name,valid_from,valid_to,new_code,agency_code_h\n24,Tỉnh Bắc Ninh,2025-07-01,,,H05\n27,Tỉnh Bắc Ninh,,2025-06-30,24,\n".as_bytes(),
            "code,full_name,province_code\n09169,Phường Vũ Ninh,24\n".as_bytes(),
            "old_code,old_name,old_province_code,new_code,new_name,new_province_code,relation,note_vi,old_district\n09163,Phường Vũ Ninh,27,09169,Phường Vũ Ninh,24,part,,\n009163,Phường Vũ Ninh,27,09169,Phường Vũ Ninh,24,part,,\n".as_bytes(),
            "field_code,field_name,valid_from,valid_to\nG01,Hộ tịch,,2025-06-30\nG01,\"Hộ tịch, cư trú\",2025-07-01,\n".as_bytes(),
            "subject_code,subject_name\n1,Công dân\n".as_bytes(),
            "result_code,result_name\n1,Giấy khai sinh\n".as_bytes(),
            "code,name,parent_code,long_code,used_after_2025_07_01\nH05,UBND tỉnh,,,\n000.00.21.H05,Sở,H05,,legacy\nA,Một,B,,\nB,Hai,A,,\n".as_bytes(),
            "date,name,kind\n2023-04-29,Giỗ Tổ,off\n2023-04-29,Nghỉ bù,off\n2023-05-06,Làm bù,make-up-workday\n".as_bytes(),
            "agency_code,day,shifts,name\nH05.21,saturday,07:30-11:30,\nH05.21,cutOff,15:30,\nH05.21,2026-12-24,off,Mất điện\n".as_bytes(),
        ],
    },
    Target {
        name: "upload-form",
        run: |bytes| multipart(bytes, suite::fuzz::dossier::multipart),
        seeds: &[
            b"multipart/form-data; boundary=xYz\n--xYz\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\ncontent-type: application/pdf\r\n\r\n%PDF-1.7\n%%EOF\r\n--xYz--\r\n",
            "multipart/form-data; boundary=xYz\n--xYz\r\ncontent-disposition: form-data; name=\"file\"; filename*=UTF-8''gi%E1%BA%A5y.png\r\n\r\n--xYz\r\n--xYz--\r\n".as_bytes(),
            b"multipart/form-data; boundary=\"\"\n----",
        ],
    },
    Target {
        name: "page-upload",
        run: |bytes| multipart(bytes, suite::fuzz::portal::multipart),
        seeds: &[
            "multipart/form-data; boundary=xYz\n--xYz\r\ncontent-disposition: form-data; name=\"csrf\"\r\n\r\nx\r\n--xYz\r\ncontent-disposition: form-data; name=\"file.1\"; filename=\"C:\\\\giấy.pdf\"\r\n\r\n%PDF-1.7\r\n--xYz--\r\n".as_bytes(),
            b"multipart/mixed; boundary=xYz\n--xYz\r\n\r\nx\r\n--xYz--\r\n",
        ],
    },
    Target {
        name: "passkey",
        run: suite::fuzz::identity::passkey,
        seeds: &[
            suite::fuzz::identity::MADE.as_bytes(),
            suite::fuzz::identity::USED.as_bytes(),
            suite::fuzz::identity::ATTESTATION,
        ],
    },
    Target {
        name: "client-assertion",
        run: suite::fuzz::identity::assertion,
        seeds: &[
            suite::fuzz::identity::ASSERTION.as_bytes(),
            br#"{"iss":"c-1","sub":"c-1","aud":["https://motcua.example"],"exp":1794794460,"jti":"a"}"#,
            br#"{"iss":"c-1","sub":"c-1","aud":"https://motcua.example","exp":9223372036854775807,"jti":"a"}"#,
        ],
    },
];

static WORLD: LazyLock<(Runtime, kit::Runtime)> = LazyLock::new(|| {
    let tokio = Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let rt = tokio.block_on(async { testkit::runtime() });
    (tokio, rt)
});

fn token(bytes: &[u8]) {
    let (tokio, rt) = &*WORLD;
    let text = String::from_utf8_lossy(bytes);
    let said = tokio.block_on(rt.tokens.verify(&text, None, rt));
    let problem = said.expect_err("nobody has signed it");
    assert_eq!(problem.code().status, 401, "{text:?}");
}

fn jwks(bytes: &[u8]) {
    drop(testkit::verifier(bytes));
}

/// What a parser takes it takes again as it writes it, and its masked form does not show the whole.
fn stable<T: PartialEq + Debug, E>(
    text: &str,
    parse: impl Fn(&str) -> Result<T, E>,
    write: impl Fn(&T) -> String,
) -> Option<T> {
    let first = parse(text).ok()?;
    let written = write(&first);
    let Ok(again) = parse(&written) else {
        panic!("{text:?} is {first:?}, but {written:?} is nothing");
    };
    assert_eq!(first, again, "{text:?}");
    Some(first)
}

fn numbers(bytes: &[u8]) {
    use vn::{agency, cccd, dossier_number, mst, phone, postal_code, procedure_code, s10};
    let text = String::from_utf8_lossy(bytes);
    if let Some(n) = stable(&text, cccd::Cccd::parse_any_place, |n| {
        n.as_str().to_owned()
    }) {
        assert!(n.as_str().len() == 12 && n.masked() != n.as_str());
        n.sex();
        n.birth_year();
        n.has_known_province();
    }
    if let Some(n) = stable(&text, mst::TaxCode::parse, |n| n.as_str().to_owned()) {
        n.masked();
    }
    if let Some(n) = stable(&text, phone::Phone::parse, |n| n.as_str().to_owned()) {
        assert!(n.as_str().starts_with("+84"), "{n:?}");
        n.masked();
        n.national();
    }
    drop(phone::Phone::parse_legacy(&text));
    stable(&text, dossier_number::DossierNumber::parse, |n| {
        n.as_str().to_owned()
    });
    if let Some(n) = stable(&text, agency::AgencyCode::parse, |n| n.as_str().to_owned()) {
        assert!(n.same_agency(&n.to_short()));
    }
    stable(&text, postal_code::PostalCode::parse, |n| {
        n.as_str().to_owned()
    });
    stable(&text, s10::ItemNumber::parse_typed, |n| {
        n.as_str().to_owned()
    });
    procedure_code::classify(&text);
    procedure_code::national_part(&text);
    drop(dossier_number::NumberFormat::new(&text));
}

fn card_qr(bytes: &[u8]) {
    drop(vn::cccd::parse_qr(&String::from_utf8_lossy(bytes)));
}

fn vietqr(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(code) = vn::vietqr::VietQr::parse(&text) {
        drop(code.build());
    }
}

fn text(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let nfc = vn::text::nfc(&text);
    assert_eq!(vn::text::nfc(&nfc), nfc, "NFC is the end of it");
    let clean = vn::text::clean(&text);
    assert_eq!(vn::text::clean(&clean), clean, "clean is clean");
    let folded = vn::text::fold(&text);
    assert_eq!(vn::text::fold(&folded), folded, "folded is folded");
    vn::text::collation_key(&text);
}

fn json(bytes: &[u8]) {
    let answers = [
        kit::http::parse_json::<kit::PageQuery>(bytes).err(),
        kit::http::parse_json::<vn::worktime::Term>(bytes).err(),
        kit::http::parse_json::<vn::worktime::CalendarSpec>(bytes).err(),
        kit::http::parse_json::<serde_json::Value>(bytes).err(),
    ];
    for problem in answers.into_iter().flatten() {
        assert!(matches!(problem.code().status, 400 | 422));
    }
}

fn cursor(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    drop(kit::page::decode_cursor::<(String, uuid::Uuid)>(&text));
    if let Ok(key) = kit::page::decode_cursor::<String>(&text) {
        let again = kit::page::encode_cursor(&key);
        let read: String = kit::page::decode_cursor(&again).expect("our own");
        assert_eq!(read, key);
    }
}

fn headers(bytes: &[u8]) {
    let (_, rt) = &*WORLD;
    let text = String::from_utf8_lossy(bytes);
    kit::http::Language::from_header(Some(&text));
    let span = tracing::Span::none();
    kit::telemetry::continue_from(&span, Some(&text));
    assert!(rt.sealer.open(&text).is_err(), "nobody has sealed it");
    rt.sealer.is_current(&text);
}

fn message(bytes: &[u8]) {
    let (_, rt) = &*WORLD;
    drop(durable::read_message(rt, &String::from_utf8_lossy(bytes)));
}

/// How long a form may take: its bytes are all there.
const FORM: Duration = Duration::from_secs(20);

/// A body with its content type in the first line, as a multipart form: in one piece, and in small ones.
fn multipart<F: Future<Output = ()>>(bytes: &[u8], read: impl Fn(Multipart) -> F) {
    let (runtime, _) = &*WORLD;
    let mut parts = bytes.splitn(2, |b| *b == b'\n');
    let (kind, body) = (
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
    );
    let Ok(kind) = HeaderValue::from_bytes(kind) else {
        return;
    };
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, kind);
    for size in [LONGEST, 7] {
        let pieces: Vec<_> = body
            .chunks(size)
            .map(|piece| Ok(Bytes::copy_from_slice(piece)))
            .collect();
        let form = Multipart::new(&headers, stream::iter(pieces));
        let read = async { tokio::time::timeout(FORM, read(form)).await };
        runtime.block_on(read).expect("the form comes to an end");
    }
}

/// Changed inputs without end, the same ones each time: from the seeds by flipping, cutting, doubling, joining and inserting what
/// parsers stumble over.
#[derive(Clone, Debug)]
pub struct Changes<'a> {
    seeds: &'a [&'a [u8]],
    state: u64,
}

/// What parsers stumble over.
const STONES: &[&[u8]] = &[
    b"\0",
    b"\r\n",
    b"\"",
    b"\\",
    b"%00",
    b"%",
    b"../",
    b"-1",
    b"99999999999999999999",
    b"1e999",
    b"{",
    b"[",
    b"|",
    b"=",
    b"&",
    b";",
    b"\xff\xfe",
    b"\xf0\x9f\x92\xa5",
    b"\xcc\xa3",
    b"\xe2\x80\xae",
    b"\xef\xbc\x91",
];

/// Longest input, bytes.
const LONGEST: usize = 4096;

impl<'a> Changes<'a> {
    /// Begins with `start`, any number.
    pub fn of(seeds: &'a [&'a [u8]], start: u64) -> Self {
        Self {
            seeds,
            state: start,
        }
    }

    /// `SplitMix64`, below `below`.
    fn draw(&mut self, below: usize) -> usize {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        let below = u64::try_from(below.max(1)).unwrap_or(u64::MAX);
        usize::try_from(z % below).unwrap_or(0)
    }

    fn change(&mut self, input: &mut Vec<u8>) {
        let at = self.draw(input.len() + 1);
        match self.draw(6) {
            0 => {
                let bit = self.draw(8);
                if let Some(byte) = input.get_mut(at) {
                    *byte ^= 1 << bit;
                }
            }
            1 => input.truncate(at),
            2 => {
                let end = at + self.draw(input.len() + 1 - at);
                input.drain(at..end);
            }
            3 => {
                let end = at + self.draw(input.len() + 1 - at);
                let part = input.get(at..end).unwrap_or_default().to_vec();
                input.splice(at..at, part);
            }
            4 => {
                let stone = self.draw(STONES.len());
                let stone = STONES.get(stone).copied().unwrap_or_default();
                input.splice(at..at, stone.iter().copied());
            }
            _ => {
                let other = self.draw(self.seeds.len());
                let other = self.seeds.get(other).copied().unwrap_or_default();
                input.truncate(at);
                let from = self.draw(other.len() + 1);
                input.extend_from_slice(other.get(from..).unwrap_or_default());
            }
        }
    }
}

impl Iterator for Changes<'_> {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        let seed = self.draw(self.seeds.len());
        let mut input = self.seeds.get(seed)?.to_vec();
        for _ in 0..=self.draw(6) {
            self.change(&mut input);
        }
        input.truncate(LONGEST);
        Some(input)
    }
}
