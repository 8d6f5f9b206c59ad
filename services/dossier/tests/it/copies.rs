//! What the copies of other services' data decide, and which event may change them.

use crate::world::{PROCEDURE, World, text};
use chrono::{DateTime, Duration, Utc};
use serde_json::json;
use testkit::actors;
use vn::worktime::{Term, Unit};

#[tokio::test]
async fn a_desk_takes_what_its_tier_executes_and_what_it_is_not_known_not_to() {
    let w = World::new().await;
    let good = w.body(&actors::citizen()).await;
    let file = async || {
        w.app
            .as_(&actors::citizen())
            .post("/api/v1/dossiers", &good)
            .await
    };
    let mut agency = crate::world::agency("H05.21", 1);
    let mut procedure = crate::world::procedure(PROCEDURE, 1);
    let tier = |name: &str| Some(name.to_owned());
    let province = || Some(vec!["province".to_owned()]);
    // The desk's tier (empty: no desk; none: not said), the tiers that accept (none: not said), and whether it is taken.
    let cases = [
        (tier("commune"), Some(vec!["commune".to_owned()]), true),
        (tier("commune"), province(), false),
        (tier(""), province(), false),
        (tier("commune"), Some(Vec::new()), false),
        (None, province(), true),
        (tier("commune"), None, true),
        (tier(""), None, true),
        (None, None, true),
    ];
    for (desk, accepted_at, taken) in cases {
        agency.version += 1;
        procedure.version += 1;
        agency.desk = desk;
        procedure.accepted_at = accepted_at;
        w.deliver(&agency).await;
        w.deliver(&procedure).await;
        let reply = file().await;
        if taken {
            reply.expect(201);
        } else {
            let problem = reply.expect_problem(422, "body.invalid");
            let error = &problem["errors"][0];
            assert_eq!(error["pointer"], "/agencyCode", "{problem}");
            assert_eq!(error["code"], "agency.not-competent", "{problem}");
        }
    }
}

/// Five weeks of 2026 changed 297 of 2,573 procedures: a dossier goes by the version it was filed under to its end.
#[tokio::test]
async fn a_dossier_keeps_the_version_of_the_procedure_it_was_filed_under() {
    let w = World::new().await;
    let officer = actors::officer();
    let old = w.file().await;
    assert_eq!(old["procedure"]["version"], 1, "{old}");
    // The catalogue publishes a version with other terms, another cut-off and other papers.
    let mut newer = crate::world::procedure(PROCEDURE, 2);
    newer.name = "Thủ tục đăng ký khai sinh (sửa đổi)".to_owned();
    for method in &mut newer.methods {
        method.term = None;
        method.sequence = vec![
            Term::whole(6, Unit::WorkingDay).expect("a term"),
            Term::whole(30, Unit::Day).expect("a term"),
        ];
        method.cut_off = Some("08:00".parse().expect("a time"));
        method.term_text = "06 ngày làm việc và 30 ngày".to_owned();
    }
    newer.components.retain(|c| c.id != "c1");
    w.deliver(&newer).await;
    let seen = w.get(&officer, &old).await;
    assert_eq!(seen["procedure"], old["procedure"], "{seen}");
    let received = w.go(&officer, &old, "receive", json!({})).await;
    // Its own two working days, not the thirty-six of the new version.
    let first = text(&received["dueAt"]);
    let one: DateTime<Utc> = first.parse().expect("an instant");
    assert!(one - w.rt.clock.now() < Duration::days(7), "{received}");
    assert_eq!(received["procedure"]["version"], 1);
    // Who files now files under the new one, and what that says is computed.
    let mut body = w.body(&actors::citizen()).await;
    body["attachments"] = json!([]);
    let filed = w
        .app
        .as_(&actors::citizen())
        .post("/api/v1/dossiers", &body)
        .await
        .expect(201)
        .json();
    assert_eq!(
        (
            filed["procedure"]["version"].clone(),
            filed["procedure"]["termText"].clone()
        ),
        (json!(2), json!("06 ngày làm việc và 30 ngày"))
    );
    let received = w.go(&officer, &filed, "receive", json!({})).await;
    let due: DateTime<Utc> = text(&received["dueAt"]).parse().expect("an instant");
    assert!(due - w.rt.clock.now() > Duration::days(35), "{received}");
    // And the old one goes by its own still.
    let old = w.get(&officer, &old).await;
    assert_eq!(
        (old["procedure"]["version"].clone(), old["dueAt"].clone()),
        (json!(1), json!(first))
    );
}

#[tokio::test]
async fn an_older_event_changes_no_copy() {
    let w = World::new().await;
    let mut newer = crate::world::units();
    newer.version = 3;
    newer.communes.retain(|c| c.code != crate::world::COMMUNE);
    w.deliver(&newer).await;
    let mut older = crate::world::units();
    older.version = 2;
    w.deliver(&older).await;
    let body = w.body(&actors::citizen()).await;
    let problem = w
        .app
        .as_(&actors::citizen())
        .post("/api/v1/dossiers", &body)
        .await
        .expect_problem(422, "body.invalid");
    assert_eq!(problem["errors"][0]["code"], "commune.unknown");
}
