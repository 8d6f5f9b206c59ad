//! `FUZZ_TARGET=token cargo +nightly fuzz run outside`; the names are in `e2e::fuzz::TARGETS`. Without one, the first byte chooses.
#![no_main]

use e2e::fuzz::TARGETS;
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static ONE: LazyLock<Option<String>> = LazyLock::new(|| std::env::var("FUZZ_TARGET").ok().filter(|n| !n.is_empty()));

fuzz_target!(|data: &[u8]| {
    match ONE.as_deref() {
        Some(name) => {
            let target = TARGETS.iter().find(|t| t.name == name).expect("a target of this name");
            (target.run)(data);
        }
        None => {
            if let Some((first, rest)) = data.split_first() {
                (TARGETS[usize::from(*first) % TARGETS.len()].run)(rest);
            }
        }
    }
});
