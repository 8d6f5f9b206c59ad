//! Extractors that answer bad input with a [`Problem`]: JSON bodies, query strings, paths, languages, idempotency keys.
//!
//! Text is NFC at the door: every string of a body or query is normalised before anything looks at it.

use crate::Problem;
use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{
    FromRequest, HttpMessage as _, HttpRequest, HttpResponse, Responder, body::BoxBody,
};
use contracts::Language as Lang;
use contracts::problem::shared;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::future::{Future, Ready, ready};
use std::net::IpAddr;
use std::pin::Pin;

/// A JSON body, or a JSON answer.
///
/// # Errors
/// `body.media-type` (415), `body.too-large` (413), `body.malformed` (400) when it is not JSON, `body.invalid` (422) with the JSON
/// Pointer of the first field that does not fit.
#[derive(Clone, Copy, Debug)]
pub struct Json<T>(pub T);

/// The raw body limit of the server, bytes (app data).
#[derive(Clone, Copy, Debug)]
pub struct BodyLimit(pub usize);

/// JSON bodies are small; files come as multipart. Bytes.
const JSON_LIMIT: usize = 1 << 20;

impl<T: DeserializeOwned + 'static> FromRequest for Json<T> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let media = req.content_type().to_owned();
        let body = actix_web::web::Bytes::from_request(req, payload);
        let limit = req
            .app_data::<BodyLimit>()
            .map_or(JSON_LIMIT, |l| l.0.min(JSON_LIMIT));
        Box::pin(async move {
            if media != "application/json" && !media.ends_with("+json") {
                return Err(Problem::new(shared::MEDIA_TYPE).detail(
                    "Nội dung phải là application/json",
                    "The body must be application/json",
                ));
            }
            let bytes = body.await.map_err(|error| payload_problem(&error))?;
            if bytes.len() > limit {
                return Err(Problem::new(shared::BODY_TOO_LARGE));
            }
            parse_json(&bytes).map(Json)
        })
    }
}

/// Turns an error of reading a body into a problem.
pub fn payload_problem(error: &actix_web::Error) -> Problem {
    if error.as_response_error().status_code() == actix_web::http::StatusCode::PAYLOAD_TOO_LARGE {
        Problem::new(shared::BODY_TOO_LARGE)
    } else {
        Problem::new(shared::BODY_MALFORMED)
    }
}

/// Parses JSON bytes: UTF-8, NFC, then the type.
///
/// # Errors
/// `body.malformed`, or `body.invalid` with a pointer.
pub fn parse_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut value: Value = serde_json::from_slice(bytes).map_err(|error| {
        Problem::new(shared::BODY_MALFORMED).detail(
            format!(
                "JSON không hợp lệ ở dòng {}, cột {}",
                error.line(),
                error.column()
            ),
            format!(
                "Not valid JSON at line {}, column {}",
                error.line(),
                error.column()
            ),
        )
    })?;
    normalise(&mut value);
    if let Some(pointer) = nul(&value) {
        return Err(Problem::new(shared::BODY_INVALID).field(
            pointer,
            shared::FIELD_INVALID,
            "Không được chứa ký tự U+0000",
            "U+0000 is not allowed",
        ));
    }
    serde_path_to_error::deserialize(value).map_err(|error| {
        let pointer = pointer_of(error.path());
        let text = error.inner().to_string();
        Problem::new(shared::BODY_INVALID).field(pointer, shared::FIELD_INVALID, text.clone(), text)
    })
}

/// Normalises every string and key of a JSON value to NFC, in place.
pub fn normalise(value: &mut Value) {
    match value {
        Value::String(s) => {
            if !s.is_ascii() {
                *s = vn::text::nfc(s);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(normalise),
        Value::Object(map) => {
            if map.keys().any(|k| !k.is_ascii()) {
                *map = std::mem::take(map)
                    .into_iter()
                    .map(|(k, v)| (vn::text::nfc(&k), v))
                    .collect();
            }
            map.values_mut().for_each(normalise);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Where U+0000 stands in a text or a key, as a pointer. It is no text that anybody means, and not every database takes it.
pub(crate) fn nul(value: &Value) -> Option<String> {
    match value {
        Value::String(s) => s.contains('\0').then(String::new),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .find_map(|(i, item)| Some(format!("/{i}{}", nul(item)?))),
        Value::Object(map) => map.iter().find_map(|(key, item)| {
            if key.contains('\0') {
                return Some(String::new());
            }
            Some(format!("/{}{}", escape(key), nul(item)?))
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

/// An RFC 6901 pointer from a serde path.
fn pointer_of(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter()
        .filter_map(|segment| match segment {
            Segment::Seq { index } => Some(format!("/{index}")),
            Segment::Map { key } => Some(format!("/{}", escape(key))),
            Segment::Enum { variant } => Some(format!("/{}", escape(variant))),
            Segment::Unknown => None,
        })
        .collect()
}

/// Escapes one reference token of a JSON Pointer.
pub fn escape(token: &str) -> String {
    token.replace('~', "~0").replace('/', "~1")
}

impl<T: Serialize> Responder for Json<T> {
    type Body = BoxBody;
    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        HttpResponse::Ok().json(self.0)
    }
}

/// The query string.
///
/// # Errors
/// `query.invalid` (422) naming the parameter.
#[derive(Clone, Copy, Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned> FromRequest for Query<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(parse_query(req.query_string()).map(Query))
    }
}

fn parse_query<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
    let normal: String = {
        let mut out = url::form_urlencoded::Serializer::new(String::new());
        for (key, value) in url::form_urlencoded::parse(query.as_bytes()) {
            // An empty parameter is what a form sends for an empty field: the same as leaving it out.
            if value.contains('\0') {
                return Err(Problem::new(shared::QUERY_INVALID).field(
                    key,
                    shared::FIELD_INVALID,
                    "Không được chứa ký tự U+0000",
                    "U+0000 is not allowed",
                ));
            }
            if !value.is_empty() {
                out.append_pair(&key, &vn::text::nfc(&value));
            }
        }
        out.finish()
    };
    let parsed = actix_web::web::Query::<T>::from_query(&normal);
    parsed
        .map(actix_web::web::Query::into_inner)
        .map_err(|error| {
            let text = error.to_string();
            // serde names an unknown or missing parameter in backticks.
            let name = text.split('`').nth(1).unwrap_or("").to_owned();
            Problem::new(shared::QUERY_INVALID).field(
                name,
                shared::FIELD_INVALID,
                text.clone(),
                text,
            )
        })
}

/// Path parameters. A parameter of the wrong shape names nothing that exists.
///
/// # Errors
/// `not-found` (404).
#[derive(Clone, Copy, Debug)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Path<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let inner = actix_web::web::Path::<T>::from_request(req, payload).into_inner();
        ready(
            inner
                .map(|p| Path(p.into_inner()))
                .map_err(|_shape| Problem::new(shared::NOT_FOUND)),
        )
    }
}

/// The language of the request by `Accept-Language`; Vietnamese unless English is preferred.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Language(pub Lang);

impl Language {
    /// Reads a header value (RFC 9110 §12.5.4).
    pub fn from_header(value: Option<&str>) -> Lang {
        let mut best = (Lang::Vi, 0_u32);
        for one in value.unwrap_or("").split(',') {
            let mut parts = one.trim().split(';');
            let tag = parts.next().unwrap_or("").trim().to_ascii_lowercase();
            let quality = parts
                .find_map(|p| p.trim().strip_prefix("q=").map(str::to_owned))
                .map_or(1000, |q| thousandths(&q));
            let language = match tag.split('-').next() {
                Some("vi") => Lang::Vi,
                Some("en") => Lang::En,
                _ => continue,
            };
            if quality > best.1 {
                best = (language, quality);
            }
        }
        best.0
    }

    /// The language of a request.
    pub fn of(req: &HttpRequest) -> Lang {
        Self::from_header(
            req.headers()
                .get(header::ACCEPT_LANGUAGE)
                .and_then(|v| v.to_str().ok()),
        )
    }
}

/// A quality value `0.8` in thousandths.
fn thousandths(q: &str) -> u32 {
    let (whole, fraction) = q.split_once('.').unwrap_or((q, ""));
    let digits: String = fraction.chars().chain("000".chars()).take(3).collect();
    whole.parse::<u32>().unwrap_or(0) * 1000 + digits.parse::<u32>().unwrap_or(0)
}

impl FromRequest for Language {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(Self::of(req))))
    }
}

/// The `Idempotency-Key` header: 1–128 visible ASCII characters, chosen by the client.
///
/// # Errors
/// `idempotency.key-invalid` (422).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey(pub Option<String>);

impl FromRequest for IdempotencyKey {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let Some(value) = req.headers().get("idempotency-key") else {
            return ready(Ok(Self(None)));
        };
        let key = value
            .to_str()
            .ok()
            .filter(|k| !k.is_empty() && k.len() <= 128 && k.bytes().all(|b| b.is_ascii_graphic()));
        ready(
            key.map(|k| Self(Some(k.to_owned())))
                .ok_or_else(|| Problem::new(shared::IDEMPOTENCY_KEY)),
        )
    }
}

/// What a handler that serves many operations says it served; metrics and spans carry it in place of the route's pattern.
#[derive(Clone, Debug)]
pub struct RouteLabel(pub String);

/// The id of the request: the caller's `X-Request-Id` when it is a sane one, else a new one. In logs and problems.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

impl FromRequest for RequestId {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(req
            .extensions()
            .get::<RequestId>()
            .cloned()
            .unwrap_or(Self(String::new()))))
    }
}

/// The place an address stands for: one IPv4 address, or a /64 of IPv6, which is one customer.
pub fn place(address: Option<IpAddr>) -> String {
    match address {
        None => "unknown".to_owned(),
        Some(IpAddr::V4(ip)) => ip.to_string(),
        Some(IpAddr::V6(ip)) => {
            let [a, b, c, d, ..] = ip.segments();
            ip.to_ipv4_mapped().map_or_else(
                || format!("{a:x}:{b:x}:{c:x}:{d:x}::/64"),
                |ip| ip.to_string(),
            )
        }
    }
}

/// Hex SHA-256 of bytes, e.g. of a request body for an idempotency key.
pub fn sha256_hex(bytes: &[u8]) -> String {
    aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes)
        .as_ref()
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        #[serde(rename = "names")]
        names: Vec<String>,
        n: Option<u8>,
    }

    #[test]
    fn strings_become_nfc_even_when_escaped() {
        let s: Sample =
            parse_json("{\"names\":[\"a\\u0302\",\"e\u{323}\"]}".as_bytes()).expect("json");
        assert_eq!(s.names, ["â", "ẹ"]);
        assert!(s.n.is_none());
    }

    #[test]
    fn a_wrong_field_is_named_by_its_pointer() {
        let p = parse_json::<Sample>(br#"{"names":["a", 1]}"#).expect_err("wrong");
        assert_eq!(p.errors()[0].pointer, "/names/1");
        assert_eq!(p.code(), shared::BODY_INVALID);
        assert_eq!(
            parse_json::<Sample>(b"{").expect_err("malformed").code(),
            shared::BODY_MALFORMED
        );
        assert_eq!(
            parse_json::<Sample>(b"\xff").expect_err("not text").code(),
            shared::BODY_MALFORMED
        );
    }

    #[test]
    fn a_null_character_is_named_and_refused() {
        let p = parse_json::<Sample>(br#"{"names":["a", "b\u0000"]}"#).expect_err("nul");
        assert_eq!(p.errors()[0].pointer, "/names/1");
        assert_eq!(p.code(), shared::BODY_INVALID);
        let q = parse_query::<crate::PageQuery>("cursor=a%00").expect_err("nul");
        assert_eq!(q.errors()[0].pointer, "cursor");
    }

    #[test]
    fn queries_name_the_unknown_parameter() {
        let p = parse_query::<crate::PageQuery>("limit=5&color=red").expect_err("unknown");
        assert_eq!(p.errors()[0].pointer, "color");
        let q = parse_query::<crate::PageQuery>("limit=5&cursor=").expect("empty is absent");
        assert_eq!((q.limit, q.cursor), (Some(5), None));
    }

    #[test]
    fn languages_follow_the_quality() {
        assert_eq!(Language::from_header(None), Lang::Vi);
        assert_eq!(Language::from_header(Some("en-GB,vi;q=0.8")), Lang::En);
        assert_eq!(Language::from_header(Some("en;q=0.5,vi;q=0.9")), Lang::Vi);
        assert_eq!(Language::from_header(Some("fr")), Lang::Vi);
    }
}
