//! `docs/controls.md` names every check, and no other.

#![allow(clippy::unwrap_used)] // helpers of tests, not only the tests themselves

use drill::verdict::TABLE;
use std::collections::BTreeSet;

const CONTROLS: [&str; 8] = ["AC-2(3)", "AC-3", "AC-12", "IA-5", "AU-3", "AU-12", "CA-2", "CA-7"];

#[test]
fn every_check_supports_a_control_and_every_control_is_supported() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/controls.md")).unwrap();
    let (_, rows) = text.split_once("| check | supports |").unwrap();
    let known: BTreeSet<&str> = TABLE.iter().map(|(_, id, _)| *id).collect();
    let (mut named, mut supported) = (BTreeSet::new(), BTreeSet::new());
    for row in rows.lines().filter(|l| l.starts_with("| ") && !l.starts_with("|---")) {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let [what, controls, _] = cells[..] else { panic!("{row}") };
        if let Some(id) = what.strip_prefix('`').and_then(|w| w.strip_suffix('`')).filter(|w| w.contains('.')) {
            assert!(known.contains(id), "{id} is no check");
            assert!(named.insert(id), "{id} stands twice");
        }
        for control in controls.split(", ") {
            assert!(CONTROLS.contains(&control), "{control}: {row}");
            supported.insert(control);
        }
    }
    assert_eq!(named, known);
    assert_eq!(supported, CONTROLS.into(), "a control that nothing supports");
}
