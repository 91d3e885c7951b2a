//! `readiness.md`: its first line, its result, and the table of checks, which names the red ones and gathers the others by family.

use super::Shortened;
use std::collections::BTreeMap;

/// The verdict of the run, the numbers of its result, and what the table of checks says. `drill`: the only one, where there is one.
pub fn read(text: &str, drill: Option<&str>) -> (String, BTreeMap<String, usize>, Shortened) {
    let title = text.lines().next().unwrap().strip_prefix("# ").unwrap();
    let run = match title.split(':').next().unwrap() {
        "PASSED" => "passed",
        "INCONCLUSIVE" => "inconclusive",
        "FAILED" => "failed",
        excepted if excepted.starts_with("PASSED (") => "excepted",
        other => panic!("{other}"),
    };
    let result = text.lines().find_map(|l| l.strip_prefix("| Result | ")).unwrap().trim_end_matches(" |");
    let mut numbers = BTreeMap::new();
    for part in result.split(", ") {
        let words: Vec<&str> = part.split(' ').collect();
        numbers.insert((*words.last().unwrap()).to_owned(), words[0].parse().unwrap());
    }
    (run.to_owned(), numbers, table(text, drill))
}

fn table(text: &str, drill: Option<&str>) -> Shortened {
    let mut checks = Shortened::default();
    let place = |scenario: &str| drill.map_or(scenario.to_owned(), |d| format!("{d}/{scenario}"));
    let (_, after) = text.split_once("\n## Checks\n").unwrap();
    for row in after.lines().take_while(|l| l.starts_with('|')).skip(2) {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let [what, expected, observed, verdict] = cells[..] else { panic!("{row}") };
        let verdict = verdict.trim_matches('*');
        // `excepted (EX-7)`: which exception it is, is told besides.
        let verdict = verdict.split_once(" (").map_or(verdict, |(word, _)| word);
        if verdict == "passed" {
            checks.count("passed", observed.split(' ').next().unwrap().parse().unwrap());
            family(&mut checks, what, expected, &place);
        } else if let Some((scenario, n)) = what.strip_suffix(" more").and_then(|w| w.split_once(": ")) {
            // Gathered: the names stand there, one verdict for each only where all have the same.
            checks.count(if verdict.contains(", ") { "several" } else { verdict }, n.parse().unwrap());
            if !verdict.contains(", ") {
                expected.split(", ").for_each(|name| checks.name(format!("{}/{name}", place(scenario)), verdict));
            }
        } else {
            let (scenario, name) = what.rsplit_once('/').unwrap();
            checks.name(format!("{}/{name}", place(scenario)), verdict);
            checks.count(verdict, 1);
            if let Some((n, names)) = same_reason(observed) {
                checks.count(verdict, n);
                let named = names.split(", ").filter(|name| *name != "…");
                named.for_each(|name| checks.name(format!("{}/{name}", place(scenario)), verdict));
            }
        }
    }
    checks
}

/// `(… 8 more for the same reason: a, b, …)` at the end of a cell.
fn same_reason(observed: &str) -> Option<(usize, &str)> {
    let (before, names) = observed.strip_suffix(')')?.rsplit_once(" more for the same reason: ")?;
    Some((before.rsplit(' ').next()?.parse().ok()?, names))
}

/// `allowed, denied in revoke, expire; allowed in teardown`.
fn family(checks: &mut Shortened, family: &str, sets: &str, place: &impl Fn(&str) -> String) {
    for set in sets.split("; ") {
        let (names, places) = set.split_once(" in ").unwrap();
        for scenario in places.split(", ").filter(|p| !p.starts_with('…')) {
            names.split(", ").for_each(|n| checks.name(format!("{}/{family}.{n}", place(scenario)), "passed"));
        }
    }
}
