//! Files in a bucket that speaks S3: the same service, another place.

use crate::world::{PDF, World, text};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, http::Method, web};
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use testkit::actors;

/// What a store holds, and how it is today.
#[derive(Default)]
pub(crate) struct Store {
    pub(crate) objects: BTreeMap<String, Vec<u8>>,
    /// Statuses that the next requests get instead.
    pub(crate) moods: Vec<u16>,
    uploads: usize,
}

pub(crate) type Shared = Arc<Mutex<Store>>;

/// A store with one bucket, `ho-so`, for whoever signs as `motcua`; returns its address.
pub(crate) fn store() -> (String, Shared) {
    let shared = Shared::default();
    let listener = TcpListener::bind("127.0.0.1:0").expect("port 0");
    let url = format!("http://{}", listener.local_addr().expect("address"));
    let given = Arc::clone(&shared);
    std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            HttpServer::new(move || {
                App::new()
                    .app_data(web::PayloadConfig::new(32 << 20))
                    .app_data(web::Data::new(Arc::clone(&given)))
                    .default_service(web::to(answer))
            })
            .workers(1)
            .disable_signals()
            .listen(listener)
            .expect("listens")
            .run()
            .await
        })
    });
    (url, shared)
}

async fn answer(request: HttpRequest, shared: web::Data<Shared>, body: web::Bytes) -> HttpResponse {
    let mut store = shared.lock().expect("a store");
    if let Some(mood) = store.moods.pop() {
        let status = actix_web::http::StatusCode::from_u16(mood).expect("a status");
        return HttpResponse::build(status).finish();
    }
    let signed = request.query_string().split('&').collect::<Vec<_>>();
    let has = |start: &str| signed.iter().any(|part| part.starts_with(start));
    if !has("X-Amz-Credential=motcua%2F")
        || !has("X-Amz-Signature=")
        || !has("X-Amz-Algorithm=AWS4-HMAC-SHA256")
    {
        return HttpResponse::Forbidden().finish();
    }
    let Some(key) = request.path().strip_prefix("/ho-so") else {
        return HttpResponse::NotFound().finish();
    };
    match *request.method() {
        Method::HEAD => HttpResponse::Ok().finish(),
        Method::PUT => {
            store.uploads += 1;
            store.objects.insert(key.to_owned(), body.to_vec());
            HttpResponse::Ok().finish()
        }
        Method::GET => match store.objects.get(key) {
            Some(content) => HttpResponse::Ok().body(content.clone()),
            None => HttpResponse::NotFound().body("<Error><Code>NoSuchKey</Code></Error>"),
        },
        Method::DELETE => {
            store.objects.remove(key);
            HttpResponse::NoContent().finish()
        }
        _ => HttpResponse::MethodNotAllowed().finish(),
    }
}

pub(crate) fn settings(url: &str) -> Vec<(&'static str, String)> {
    vec![
        ("files.s3.endpoint", url.to_owned()),
        ("files.s3.bucket", "ho-so".to_owned()),
        ("files.s3.access_key", "motcua".to_owned()),
        ("files.s3.secret_key", "s3cret".to_owned()),
    ]
}

#[tokio::test]
async fn a_file_goes_into_the_bucket_and_comes_back() {
    let (url, store) = store();
    let w = World::with(&settings(&url)).await;
    let citizen = w.app.as_(&actors::citizen());
    // The first try finds the store busy: the upload is tried again, and nobody notices.
    store.lock().expect("a store").moods = vec![503];
    let sent = citizen
        .upload("/api/v1/files", "a.pdf", "application/pdf", PDF.to_vec())
        .await
        .expect(201)
        .json();
    let sha256 = text(&sent["sha256"]);
    let part = |range| sha256.get(range).expect("a hash");
    let key = format!("/{}/{}/{sha256}", part(0..2), part(2..4));
    {
        let store = store.lock().expect("a store");
        assert_eq!(
            store.objects.get(&key).map(Vec::as_slice),
            Some(PDF),
            "{key}"
        );
        assert_eq!(store.uploads, 1);
    }
    let path = format!("/api/v1/files/{}", text(&sent["id"]));
    let got = citizen.get(&path).await.expect(200);
    assert_eq!(got.body, PDF);
    assert_eq!(got.header("content-type"), Some("application/pdf"));
}

#[tokio::test]
async fn a_store_that_is_away_or_full_is_503_and_nothing_is_noted() {
    let (url, store) = store();
    let w = World::with(&settings(&url)).await;
    let citizen = w.app.as_(&actors::citizen());
    for moods in [vec![503; 3], vec![507; 3], vec![403]] {
        store.lock().expect("a store").moods = moods.clone();
        let reply = citizen
            .upload("/api/v1/files", "a.pdf", "application/pdf", PDF.to_vec())
            .await
            .expect(503);
        assert!(reply.header("retry-after").is_some(), "{moods:?}");
        store.lock().expect("a store").moods.clear();
    }
    assert_eq!(store.lock().expect("a store").uploads, 0);
    let sent = citizen
        .upload("/api/v1/files", "a.pdf", "application/pdf", PDF.to_vec())
        .await
        .expect(201)
        .json();
    store.lock().expect("a store").moods = vec![500; 3];
    let path = format!("/api/v1/files/{}", text(&sent["id"]));
    citizen.get(&path).await.expect(503);
    store.lock().expect("a store").moods.clear();
    citizen.get(&path).await.expect(200);
}

#[tokio::test]
async fn a_store_that_cannot_be_used_is_named_at_the_start() {
    let (url, _store) = store();
    for (change, said) in [
        (("files.s3.bucket", "khac"), "no bucket khac"),
        (("files.s3.bucket", ""), "files.s3.bucket is missing"),
        (("files.s3.access_key", "somebody"), "refuses"),
        (("files.s3.endpoint", "ho-so"), "files.s3.endpoint"),
        (
            ("files.s3.endpoint", "http://127.0.0.1:1"),
            "cannot connect",
        ),
    ] {
        let mut all = settings(&url);
        all.push((change.0, change.1.to_owned()));
        let rt = testkit::runtime();
        let test = testkit::TestDb::with(&rt, dossier::migrations).await;
        let folder = tempfile::tempdir().expect("a folder");
        all.push(("database.url", test.url()));
        all.push(("files.dir", folder.path().display().to_string()));
        let config: dossier::Config = testkit::config(dossier::DEFAULTS, &all);
        let listener = TcpListener::bind("127.0.0.1:0").expect("port 0");
        let bus = durable::Bus::in_process();
        let error = dossier::start(config, listener, &rt, &bus)
            .await
            .expect_err("it does not start");
        let line = format!("{error:#}");
        assert!(line.contains(said), "{line}");
        assert!(!line.contains("s3cret"), "{line}");
    }
}
