//! What the copies of other services' data decide, and which event may change them.

use crate::world::{PROCEDURE, World};
use testkit::actors;

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
