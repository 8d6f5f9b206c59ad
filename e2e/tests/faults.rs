//! The short form of `make faults`: every kind of fault once, and each broken guarantee is noticed. Only where there are servers.

use std::process::Command;

#[test]
fn every_kind_of_fault_loses_nothing_and_doubles_nothing() {
    if e2e::processes::servers().is_none() || !testkit::on_postgres() {
        return;
    }
    let out = Command::new(env!("CARGO_BIN_EXE_faults"))
        .args([
            "--count", "20", "--faults", "1", "--kills", "3", "--people", "4",
        ])
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
