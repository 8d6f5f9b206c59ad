//! The whole national file, where it is at hand.

use super::World;
use catalogue::{ImportOptions, ImportSummary};
use serde_json::Value;
use std::time::Instant;
use testkit::shared_data;

async fn import(world: &World, path: &std::path::Path) -> ImportSummary {
    let db = &world.test.db;
    let file = std::fs::File::open(path).expect("readable");
    let started = Instant::now();
    let summary = catalogue::import_procedures(db, db.runtime(), file, ImportOptions::default())
        .await
        .expect("the database answers");
    eprintln!(
        "national file: read {} created {} unchanged {} skipped {} in {:?}; {:?}",
        summary.read,
        summary.created,
        summary.unchanged,
        summary.skipped,
        started.elapsed(),
        summary.warnings
    );
    summary
}

#[tokio::test]
async fn the_national_file_is_taken_whole_and_twice_changes_nothing() {
    let Some(path) = shared_data("procedures-national.jsonl.gz") else {
        eprintln!("skipped: no shared data");
        return;
    };
    let world = World::demo().await;
    let before = world.get("/api/v1/procedures?limit=1").await["total"]
        .as_u64()
        .expect("a number");
    let first = import(&world, &path).await;
    assert_eq!(
        (first.read, first.created, first.skipped),
        (4_630, 4_630, 0),
        "{:?}",
        first.broken
    );
    assert_eq!(first.warnings["duplicateCode"], 1);
    let second = import(&world, &path).await;
    assert_eq!(
        (second.created, second.updated, second.unchanged),
        (0, 0, 4_630)
    );

    testkit::wait_for("the index to follow", async || {
        let page = world.get("/api/v1/procedures?limit=1").await;
        (page["total"].as_u64() == Some(before + 4_630)).then_some(())
    })
    .await;
    for typed in [
        "dang+ky+khai+sinh",
        "khai+sinh",
        "dk+khai+sinh",
        "%C4%90%C4%82NG+K%C3%9D+KHAI+SINH",
    ] {
        let page = world
            .get(&format!("/api/v1/procedures?q={typed}&limit=2"))
            .await;
        // Ours and the national one.
        for item in page["items"].as_array().expect("items") {
            assert_eq!(item["code"], "1.001193", "{typed}: {page}");
        }
    }
    for (typed, code) in [
        ("dang+ky+ket+hon", "1.000894"),
        ("thuong+tru", "1.004222"),
        ("dang+ky+tam+tru", "1.004194"),
        ("thanh+lap+ho+kinh+doanh", "1.001612"),
        ("tinh+trang+hon+nhan", "1.004873"),
        ("doi+gplx", "3.000347"),
    ] {
        let page = world
            .get(&format!("/api/v1/procedures?q={typed}&limit=1"))
            .await;
        assert_eq!(page["items"][0]["code"], code, "{typed}: {page}");
    }
    odd_cases(&world).await;
    every_page_and_every_procedure(&world, before + 4_630).await;
}

/// Cases of the list of odd ones, as they came through.
async fn odd_cases(world: &World) {
    let of = async |code: &str| -> Value {
        let page = world
            .get(&format!("/api/v1/procedures?q={code}&limit=100"))
            .await;
        let items = page["items"].as_array().expect("items").clone();
        let mut found = Value::Null;
        for item in items {
            let id = item["id"].as_str().expect("id");
            let p = world.get(&format!("/api/v1/procedures/{id}")).await;
            if p["source"] == "nationalPortal"
                && p["code"]
                    .as_str()
                    .is_some_and(|c| c.eq_ignore_ascii_case(code))
            {
                found = p;
            }
        }
        assert!(found.is_object(), "{code}");
        found
    };
    let birth = of("1.001193").await;
    assert_eq!(
        (
            birth["methods"][0]["term"]["value"].clone(),
            birth["methods"][0]["term"]["source"].clone()
        ),
        (1.0.into(), "serviceList".into())
    );
    assert_eq!(birth["methods"][0]["fees"][0]["free"], false);
    let stay = of("1.004222").await;
    assert_eq!(
        (
            stay["methods"][0]["fees"][0]["amount"].clone(),
            stay["methods"][1]["fees"][0]["amount"].clone()
        ),
        (10_000.into(), 20_000.into())
    );
    let hours = of("1.000382").await;
    let values: Vec<Value> = hours["methods"]
        .as_array()
        .expect("methods")
        .iter()
        .map(|m| m["term"]["value"].clone())
        .collect();
    assert_eq!(values, [Value::from(6.0), 24.0.into(), 8.0.into()]);
    assert_eq!(hours["methods"][0]["term"]["unit"], "workingHour");
    let tiers = of("1.115755").await;
    assert!(
        tiers["methods"][0]["fees"]
            .as_array()
            .expect("fees")
            .iter()
            .all(|f| f["free"] == false && f["suspicious"] == true)
    );
    for code in [
        "2.009182739",
        "1.0133611",
        "1.014955-Xoa",
        "5.003853",
        "1.015003",
        "1.002759",
        "1.009644",
    ] {
        of(code).await;
    }
    let clash = world.get("/api/v1/procedures?q=1.014325").await;
    assert_eq!(
        clash["total"], 2,
        "two procedures with one code: both are there"
    );
}

async fn every_page_and_every_procedure(world: &World, total: u64) {
    let (mut seen, mut next) = (std::collections::BTreeSet::new(), String::new());
    loop {
        let page = world
            .get(&format!("/api/v1/procedures?limit=100{next}"))
            .await;
        for item in page["items"].as_array().expect("items") {
            assert!(
                seen.insert(item["id"].as_str().expect("id").to_owned()),
                "shown twice: {item}"
            );
        }
        match page["next"].as_str() {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(seen.len() as u64, total);
    for id in seen.iter().step_by(40) {
        let p = world.get(&format!("/api/v1/procedures/{id}")).await;
        for m in p["methods"].as_array().expect("methods") {
            assert_eq!(
                m["term"]["value"].is_null(),
                m["term"]["unit"] == "notComputable",
                "{id}: {m}"
            );
            assert!(
                m["term"]["text"].as_str().is_some_and(|t| !t.is_empty()),
                "{id}: {m}"
            );
            for f in m["fees"].as_array().expect("fees") {
                assert!(!(f["free"] == true && f["suspicious"] == true), "{id}: {f}");
            }
        }
    }
}
