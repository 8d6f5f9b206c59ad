//! Files are what their content says, and are read by whom they concern.

use crate::world::{PDF, World, text};
use serde_json::json;
use testkit::actors;

#[tokio::test]
async fn an_upload_is_typed_hashed_and_given_back_as_an_attachment() {
    let w = World::new().await;
    let citizen = w.app.as_(&actors::citizen());
    let reply = citizen
        .upload(
            "/api/v1/files",
            "Tờ khai \"A\".pdf",
            "application/pdf",
            PDF.to_vec(),
        )
        .await
        .expect(201);
    let file = reply.json();
    assert_eq!(file["mediaType"], "application/pdf");
    assert_eq!(file["size"], PDF.len());
    assert_eq!(text(&file["sha256"]).len(), 64);
    let path = format!("/api/v1/files/{}", text(&file["id"]));
    assert_eq!(reply.header("location"), Some(path.as_str()));
    let got = citizen.get(&path).await.expect(200);
    assert_eq!(got.body, PDF);
    assert_eq!(got.header("content-type"), Some("application/pdf"));
    assert_eq!(got.header("x-content-type-options"), Some("nosniff"));
    let disposition = got.header("content-disposition").expect("disposition");
    assert!(disposition.starts_with("attachment; "), "{disposition}");
    assert!(
        disposition.contains("filename*=UTF-8''T%E1%BB%9D%20khai"),
        "{disposition}"
    );
}

#[tokio::test]
async fn what_is_no_honest_file_is_refused() {
    let w = World::with(&[("files.max_bytes", "1000".to_owned())]).await;
    let citizen = w.app.as_(&actors::citizen());
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    let big = [PDF, &[b' '; 1000]].concat();
    let cases: [(&str, &str, Vec<u8>, u16, &str); 9] = [
        ("a.pdf", "application/pdf", vec![], 422, "file.empty"),
        (
            "a.pdf",
            "application/pdf",
            png.clone(),
            422,
            "file.type-mismatch",
        ),
        (
            "a.png",
            "application/pdf",
            png.clone(),
            422,
            "file.type-mismatch",
        ),
        (
            "a",
            "application/octet-stream",
            png.clone(),
            422,
            "file.type-mismatch",
        ),
        (
            "a.exe",
            "application/octet-stream",
            b"MZ\x90\0\x03".to_vec(),
            422,
            "file.type-not-allowed",
        ),
        (
            "a.pdf",
            "application/pdf",
            b"<script>alert(1)</script>".to_vec(),
            422,
            "file.type-not-allowed",
        ),
        ("a.pdf", "application/pdf", big, 413, "file.too-large"),
        (
            ".pdf",
            "application/pdf",
            PDF.to_vec(),
            422,
            "file.name-invalid",
        ),
        (
            "a/../",
            "application/pdf",
            PDF.to_vec(),
            422,
            "file.name-invalid",
        ),
    ];
    for (name, media, content, status, code) in cases {
        let reply = citizen.upload("/api/v1/files", name, media, content).await;
        assert_eq!(reply.status, status, "{name}: {}", reply.text());
        reply.expect_problem(status, code);
    }
    citizen
        .upload("/api/v1/files", "a.png", "image/png", png)
        .await
        .expect(201);
    let boundary = "multipart/form-data; boundary=x";
    for name in ["a\u{85}b.pdf", "a\tb.pdf", "\u{80}.pdf"] {
        let body = format!(
            "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n%PDF-1.7\n\r\n--x--\r\n"
        );
        citizen
            .post_bytes("/api/v1/files", boundary, body.into_bytes())
            .await
            .expect_problem(422, "file.name-invalid");
    }
    // Such a byte is no part of a header: the form is not read at all.
    let nul = b"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\0b.pdf\"\r\n\r\n%PDF-1.7\n\r\n--x--\r\n";
    citizen
        .post_bytes("/api/v1/files", boundary, nul.to_vec())
        .await
        .expect_problem(400, "body.malformed");
    let empty = b"--x--\r\n".to_vec();
    citizen
        .post_bytes("/api/v1/files", boundary, empty)
        .await
        .expect_problem(422, "file.missing");
    let other =
        b"--x\r\nContent-Disposition: form-data; name=\"other\"\r\n\r\nv\r\n--x--\r\n".to_vec();
    citizen
        .post_bytes("/api/v1/files", boundary, other)
        .await
        .expect_problem(422, "body.invalid");
    let cut =
        b"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\n\r\n%PDF"
            .to_vec();
    citizen
        .post_bytes("/api/v1/files", boundary, cut)
        .await
        .expect_problem(400, "body.malformed");
    let json = citizen.post("/api/v1/files", &json!({})).await;
    assert!((400..500).contains(&json.status), "{}", json.text());
    assert!(
        json.header("content-type")
            .is_some_and(|t| t.starts_with("application/problem+json"))
    );
    let none = citizen
        .post_bytes("/api/v1/files", "multipart/form-data", vec![])
        .await;
    assert!((400..500).contains(&none.status), "{}", none.text());
}

#[tokio::test]
async fn a_repeated_upload_with_a_key_is_one_file() {
    let w = World::new().await;
    let citizen = w
        .app
        .as_(&actors::citizen())
        .header("idempotency-key", "u-1");
    let upload = |content: Vec<u8>| {
        let citizen = citizen.clone();
        async move {
            citizen
                .upload("/api/v1/files", "a.pdf", "application/pdf", content)
                .await
        }
    };
    let first = upload(PDF.to_vec()).await.expect(201).json();
    assert_eq!(upload(PDF.to_vec()).await.expect(201).json(), first);
    upload([PDF, b"2"].concat())
        .await
        .expect_problem(422, "idempotency.key-reused");
}

#[tokio::test]
async fn only_those_concerned_read_a_file() {
    let w = World::new().await;
    let filed = w.file().await;
    let path = format!("/api/v1/files/{}", text(&filed["attachments"][0]["fileId"]));
    for reader in [
        actors::citizen(),
        actors::officer(),
        actors::specialist(),
        actors::leader(),
    ] {
        w.app.as_(&reader).get(&path).await.expect(200);
    }
    for stranger in [actors::citizen2(), actors::officer2(), actors::integrator()] {
        w.app
            .as_(&stranger)
            .get(&path)
            .await
            .expect_problem(404, "file.not-found");
    }
    w.app
        .as_(&actors::post_office())
        .get(&path)
        .await
        .expect_problem(403, "auth.forbidden");
    w.app
        .anonymous()
        .get(&path)
        .await
        .expect_problem(401, "auth.missing-token");
}
