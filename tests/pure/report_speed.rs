//! A measurement: `cargo test --release --test pure report_speed -- --ignored --nocapture`

#![allow(clippy::unwrap_used)] // helpers of tests, not only the tests themselves

use drill::history::Part;
use drill::secret::{Redactor, Secret};
use std::time::Instant;

#[test]
#[ignore = "a measurement"]
fn reports_of_a_long_run_are_quick() {
    let redactor = Redactor::default();
    let _secrets: Vec<Secret> = (0..20).map(|n| Secret::new(format!("pw-{n}-Zq8h2K"), &redactor)).collect();
    let mut b = crate::common::set_up("postgres", crate::common::head(&["postgres"]));
    crate::common::dies(&mut b, "revoke", 2_120_000, true);
    for n in 0..10_000 {
        b.probe(Part::Control, n, (9_000_000, 9_000_000), crate::common::refused());
    }
    let history = b.done();
    let dir = tempfile::tempdir().unwrap();
    let verdicts = crate::common::verdicts::passed();
    let start = Instant::now();
    drill::report::write_all(dir.path(), &history, &verdicts, &redactor).unwrap();
    println!("{:?} for {} events", start.elapsed(), history.events.len());
}
