//! The rules of the house that no compiler keeps: who may import what, what a domain may know, how long a file may be.
//! Reads `cargo metadata` and the sources. See docs/ARCHITECTURE.md.
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test")]

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Lines a source file may have.
const LONGEST: usize = 700;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .expect("the workspace")
}

/// Normal and build dependencies by crate; development dependencies are free.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let out = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo metadata");
    let metadata: Value = serde_json::from_slice(&out.stdout).expect("JSON");
    metadata["packages"]
        .as_array()
        .expect("packages")
        .iter()
        .map(|package| {
            let name = package["name"].as_str().expect("a name").to_owned();
            let wanted = package["dependencies"]
                .as_array()
                .expect("dependencies")
                .iter()
                .filter(|d| d["kind"].as_str() != Some("dev"))
                .map(|d| d["name"].as_str().expect("a name").to_owned())
                .collect();
            (name, wanted)
        })
        .collect()
}

fn sources() -> Vec<(String, String)> {
    fn walk(folder: &Path, out: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                walk(&path, out);
            } else if path.extension().is_some_and(|e| e == "rs") {
                out.push(path);
            }
        }
    }
    let root = root();
    let mut files = Vec::new();
    for folder in ["libs", "services", "e2e"] {
        walk(&root.join(folder), &mut files);
    }
    files
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).expect("text");
            (
                path.strip_prefix(&root)
                    .expect("inside")
                    .to_string_lossy()
                    .into_owned(),
                text,
            )
        })
        .collect()
}

#[test]
fn nobody_imports_what_it_must_not_know() {
    let services = [
        "catalogue",
        "dossier",
        "notifications",
        "postal",
        "identity",
        "gateway",
        "portal",
    ];
    let stored: BTreeSet<&str> = ["contracts", "kit", "durable", "vn"].into();
    let stateless: BTreeSet<&str> = ["contracts", "kit", "vn"].into();
    let mut allowed: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::from([
        ("vn", BTreeSet::new()),
        ("contracts", ["vn"].into()),
        ("kit", ["contracts", "vn"].into()),
        ("durable", ["contracts", "kit"].into()),
        ("testkit", ["contracts", "kit", "durable", "vn"].into()),
        ("gateway", stateless.clone()),
        ("portal", stateless),
        (
            "suite",
            services
                .into_iter()
                .chain(["contracts", "kit", "durable", "vn"])
                .collect(),
        ),
        (
            "e2e",
            ["contracts", "kit", "durable", "vn", "suite", "testkit"].into(),
        ),
    ]);
    for service in [
        "catalogue",
        "dossier",
        "notifications",
        "postal",
        "identity",
    ] {
        allowed.insert(service, stored.clone());
    }
    let all = dependencies();
    let ours: BTreeSet<&str> = all.keys().map(String::as_str).collect();
    let mut wrong = Vec::new();
    for (name, wanted) in &all {
        let may = allowed
            .get(name.as_str())
            .unwrap_or_else(|| panic!("{name} is new: say here what it may import"));
        for dependency in wanted.iter().filter(|d| ours.contains(d.as_str())) {
            if !may.contains(dependency.as_str()) {
                wrong.push(format!("{name} imports {dependency}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn heavy_crates_stay_where_they_belong() {
    let owners: BTreeMap<&str, &[&str]> = BTreeMap::from([
        // The fault harness publishes what no service would.
        ("lapin", ["durable", "e2e"].as_slice()),
        ("sqlx", ["durable"].as_slice()),
        ("redis", ["kit"].as_slice()),
        ("reqwest", ["kit", "testkit"].as_slice()),
        ("opentelemetry", ["kit"].as_slice()),
        ("opentelemetry-otlp", ["kit"].as_slice()),
        ("jsonwebtoken", ["kit", "identity", "testkit"].as_slice()),
        ("argon2", ["identity"].as_slice()),
        ("lettre", ["notifications"].as_slice()),
    ]);
    let storeless = ["vn", "contracts", "kit", "gateway", "portal"];
    let mut wrong = Vec::new();
    for (name, wanted) in dependencies() {
        for dependency in &wanted {
            if let Some(owners) = owners.get(dependency.as_str())
                && !owners.contains(&name.as_str())
            {
                wrong.push(format!("{name} imports {dependency}"));
            }
            if dependency.starts_with("sea-orm") && storeless.contains(&name.as_str()) {
                wrong.push(format!("{name} imports {dependency}: it has no database"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_crate_keeps_the_lints_of_the_workspace() {
    let mut wrong = Vec::new();
    for name in dependencies().keys() {
        let folder = ["libs", "services", ""]
            .iter()
            .map(|f| root().join(f).join(name))
            .find(|p| p.join("Cargo.toml").exists());
        let manifest = folder
            .unwrap_or_else(|| panic!("{name} is not in the folder of its name"))
            .join("Cargo.toml");
        let text = fs::read_to_string(&manifest).expect("a manifest");
        if !text.contains("[lints]\nworkspace = true") {
            wrong.push(name.clone());
        }
        for line in text.lines().filter(|l| l.contains("version = \"")) {
            wrong.push(format!("{name} names a version of its own: {line}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn only_durable_knows_which_database_it_is() {
    let words = ["DbBackend", "DatabaseBackend", "DatabaseConnection::Sqlx"];
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        if path.starts_with("libs/durable/") || path.starts_with("libs/testkit/tests/") {
            continue;
        }
        wrong.extend(
            words
                .iter()
                .filter(|w| text.contains(**w))
                .map(|w| format!("{path}: {w}")),
        );
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn domains_are_pure_and_layers_look_downwards() {
    let forbidden: [(&str, &[&str]); 3] = [
        (
            "/src/domain/",
            &[
                "sea_orm",
                "actix_web",
                "durable::",
                "crate::http",
                "crate::app",
                "crate::store",
                ".await",
            ],
        ),
        ("/src/store/", &["actix_web", "crate::http", "crate::app"]),
        ("/src/app/", &["crate::http"]),
    ];
    let mut wrong = Vec::new();
    for (path, text) in sources().iter().filter(|(p, _)| p.starts_with("services/")) {
        for (folder, words) in forbidden {
            if path.contains(folder) {
                let code = text.lines().filter(|l| !l.trim_start().starts_with("//"));
                for line in code.filter(|l| words.iter().any(|w| l.contains(w))) {
                    wrong.push(format!("{path}: {}", line.trim()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn files_are_short_enough_to_read() {
    let long: Vec<String> = sources()
        .iter()
        .map(|(path, text)| (path, text.lines().count()))
        .filter(|(_, lines)| *lines > LONGEST)
        .map(|(path, lines)| format!("{path}: {lines} lines"))
        .collect();
    assert!(long.is_empty(), "{long:#?}");
}

#[test]
fn nothing_is_left_unfinished() {
    // Spelled apart, so that this file does not find itself.
    let words = [
        concat!("to", "do!("),
        concat!("unimple", "mented!("),
        concat!("FIX", "ME"),
        concat!("#[ig", "nore"),
    ];
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        wrong.extend(
            words
                .iter()
                .filter(|w| text.contains(**w))
                .map(|w| format!("{path}: {w}")),
        );
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
