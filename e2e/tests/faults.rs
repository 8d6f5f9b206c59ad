//! The short form of `make faults`: the kinds of faults that last seconds, each once, and each broken guarantee is noticed. Only where
//! there are servers.

use std::process::Command;

#[test]
fn faults_lose_nothing_and_double_nothing() {
    if e2e::processes::servers().is_none() || !testkit::on_postgres() {
        return;
    }
    let out = Command::new(env!("CARGO_BIN_EXE_faults"))
        .args(["--short", "--count", "20", "--kills", "3", "--people", "4"])
        .output()
        .expect("the harness runs");
    println!("{}", String::from_utf8_lossy(&out.stdout));
    assert!(
        out.status.success(),
        "{}\n{}",
        String::from_utf8_lossy(&out.stdout),
        String::from_utf8_lossy(&out.stderr)
    );
}
