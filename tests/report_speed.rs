//! A measurement: `cargo test --release --test report_speed -- --ignored --nocapture`

#![allow(clippy::unwrap_used)] // helpers of tests, not only the tests themselves

mod common;

use drill::history::Part;
use drill::secret::{Redactor, Secret};
use std::time::Instant;

#[test]
#[ignore = "a measurement"]
fn reports_of_a_long_run_are_quick() {
    let redactor = Redactor::default();
    let _secrets: Vec<Secret> = (0..20).map(|n| Secret::new(format!("pw-{n}-Zq8h2K"), &redactor)).collect();
    let mut b = common::set_up("postgres", common::head(&["postgres"]));
    common::dies(&mut b, "revoke", 2_120_000, true);
    for n in 0..10_000 {
        b.probe(Part::Control, n, (9_000_000, 9_000_000), common::refused());
    }
    let history = b.done();
    let dir = tempfile::tempdir().unwrap();
    let verdicts = common::verdicts::passed();
    let start = Instant::now();
    drill::report::write_all(dir.path(), &history, &verdicts, &redactor).unwrap();
    println!("{:?} for {} events", start.elapsed(), history.events.len());
}
