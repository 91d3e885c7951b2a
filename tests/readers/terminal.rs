//! What `drill run -v` prints: a line a scenario, its red checks below it.

use super::Shortened;
use std::collections::BTreeMap;

/// The verdict of the run, those of the scenarios, and what is said of checks.
pub fn read(text: &str) -> (String, BTreeMap<String, String>, Shortened) {
    let (mut scenarios, mut checks) = (BTreeMap::new(), Shortened::default());
    let (mut place, mut last, mut run) = (String::new(), "", String::new());
    for line in text.lines() {
        if let Some(scenario) = line.split("  ").next().filter(|s| s.contains('/') && !line.starts_with(' ')) {
            let mut words = line.split("  ").skip(1);
            let verdict = words.next().unwrap().to_lowercase();
            assert!(scenarios.insert(scenario.to_owned(), verdict).is_none());
            counts(&mut checks, words.next().unwrap());
            scenario.clone_into(&mut place);
        } else if let Some((mark, name)) = mark(line) {
            last = mark;
            checks.name(format!("{place}/{name}"), mark);
        } else if let Some((_, names)) = line.strip_prefix("  … ").and_then(|l| l.split_once(" for the same reason: "))
        {
            names.split(", ").for_each(|name| checks.name(format!("{place}/{name}"), last));
        } else if let Some(word) = verdict(line) {
            word.clone_into(&mut run);
        }
    }
    (run, scenarios, checks)
}

fn mark(line: &str) -> Option<(&'static str, &str)> {
    [("  ✗ ", "failed"), ("  ? ", "inconclusive"), ("  ~ ", "excepted")]
        .iter()
        .find_map(|(mark, word)| Some((*word, line.strip_prefix(mark)?)))
}

/// `14 passed · 3 failed`, or `17 checks` where all passed.
fn counts(checks: &mut Shortened, text: &str) {
    for part in text.split(" · ") {
        let (n, word) = part.split_once(' ').unwrap();
        let word = match word {
            "check" | "checks" => "passed",
            "could not be judged" => "inconclusive",
            word => word,
        };
        checks.count(word, n.parse().unwrap());
    }
}

/// `PASSED (1 exception): …`, `FAILED: …`.
fn verdict(line: &str) -> Option<&'static str> {
    let word = line.split(':').next()?;
    match word {
        "PASSED" => Some("passed"),
        "INCONCLUSIVE" => Some("inconclusive"),
        "FAILED" => Some("failed"),
        word if word.starts_with("PASSED (") => Some("excepted"),
        _ => None,
    }
}
