//! The checks: what did not pass line by line, the worst first; what passed one line a family.

use super::text::{md, row};
use crate::report::causes::{self, Block};
use crate::report::facts::Run;
use crate::report::words;
use crate::verdict::{CheckVerdict, DrillVerdict, Outcome, ScenarioVerdict};

/// `room`: how many lines the table may have. What does not fit is named in one line a scenario, and told in full in the evidence.
pub fn table(run: Run<'_>, room: usize) -> String {
    let mut out = String::from("\n## Checks\n");
    if run.scenarios().all(|s| s.checks.is_empty()) {
        out.push_str("No check was judged.\n");
        return out;
    }
    out += &row(&["check", "expected", "observed", "verdict"].map(str::to_owned));
    out.push_str("|---|---|---|---|\n");
    let passed = passed(run);
    let blocks: Vec<Vec<Block<'_>>> = run.scenarios().map(causes::blocks).collect();
    let needs: Vec<usize> = blocks.iter().map(Vec::len).collect();
    let shares = shares(&needs, room.saturating_sub(out.lines().count() + passed.lines().count()));
    let mut red: Vec<(Outcome, String)> = Vec::new();
    for (((drill, scenario), blocks), share) in run.columns().zip(&blocks).zip(shares) {
        let place = place(run, drill, scenario);
        let shown = if blocks.len() > share { share - 1 } else { blocks.len() };
        let (shown, rest) = blocks.split_at(shown);
        red.extend(shown.iter().map(|b| (b.first.outcome, red_row(&place, b))));
        red.extend(rest.first().map(|worst| (worst.first.outcome, rest_row(&place, rest))));
    }
    // Stable: within a verdict the order of the plan stays.
    red.sort_by_key(|(outcome, _)| std::cmp::Reverse(*outcome));
    out.extend(red.into_iter().map(|(_, line)| line));
    out + &passed
}

/// Gives every scenario the lines that it needs, or takes them from those that need most; one line stays.
fn shares(needs: &[usize], room: usize) -> Vec<usize> {
    let mut shares = needs.to_vec();
    // Each turn takes one line away, so this ends.
    while shares.iter().sum::<usize>() > room {
        match shares.iter_mut().max() {
            Some(most) if *most > 1 => *most -= 1,
            _ => break,
        }
    }
    shares
}

fn rest_row(place: &str, rest: &[Block<'_>]) -> String {
    let checks: Vec<&CheckVerdict> = rest.iter().flat_map(|b| std::iter::once(b.first).chain(b.same.clone())).collect();
    let names: Vec<String> = checks.iter().map(|c| words::name(c)).collect();
    let mut verdicts: Vec<&str> = checks.iter().map(|c| c.outcome.word()).collect();
    verdicts.dedup();
    let name = format!("{place}: {} more", names.len());
    row(&[md(&name), md(&names.join(", ")), "see evidence.json".to_owned(), format!("**{}**", verdicts.join(", "))])
}

fn red_row(place: &str, block: &Block<'_>) -> String {
    let check = block.first;
    let mut observed = md(&check.observed);
    if let Some(means) = &check.means {
        observed += &[" – ", &md(means)].concat();
    }
    if let Some(more) = block.more(causes::NAMED) {
        observed += &[" (… ", &md(&more), ")"].concat();
    }
    let name = format!("{place}/{}", words::name(check));
    let verdict = match check.outcome {
        Outcome::Excepted => match &check.exception {
            Some(id) => format!("excepted ({})", md(id)),
            None => "excepted".to_owned(),
        },
        red => format!("**{}**", red.word()),
    };
    row(&[md(&name), md(&check.expected), observed, verdict])
}

/// Where the same checks passed, and which.
struct Family<'a> {
    name: &'a str,
    checks: usize,
    /// Names of checks, and the scenarios in which exactly these passed.
    sets: Vec<(Vec<String>, Vec<String>)>,
}

fn passed(run: Run<'_>) -> String {
    let mut families: Vec<Family<'_>> = Vec::new();
    for (drill, scenario) in run.columns() {
        let place = place(run, drill, scenario);
        for (family, names) in by_family(&scenario.checks) {
            let at = families.iter().position(|f| f.name == family).unwrap_or_else(|| {
                families.push(Family { name: family, checks: 0, sets: Vec::new() });
                families.len() - 1
            });
            families[at].checks += names.len();
            let sets = &mut families[at].sets;
            match sets.iter_mut().find(|(known, _)| *known == names) {
                Some((_, places)) => places.push(place.clone()),
                None => sets.push((names, vec![place.clone()])),
            }
        }
    }
    let line = |f: Family<'_>| {
        let sets: Vec<String> = f.sets.iter().map(set).collect();
        let count = format!("{} {}", f.checks, words::plural(f.checks, "check"));
        row(&[md(f.name), md(&sets.join("; ")), count, "passed".to_owned()])
    };
    families.into_iter().map(line).collect()
}

/// `accepted-before, allowed in revoke, expire`.
fn set((names, places): &(Vec<String>, Vec<String>)) -> String {
    /// More are counted, not named.
    const PLACES: usize = 6;
    let places = match places.len() {
        ..=PLACES => places.join(", "),
        n => format!("{}, … ({n} scenarios)", places[..PLACES].join(", ")),
    };
    format!("{} in {places}", names.join(", "))
}

/// The passed checks' names without their family.
fn by_family(checks: &[CheckVerdict]) -> Vec<(&str, Vec<String>)> {
    let mut families: Vec<(&str, Vec<String>)> = Vec::new();
    for check in checks.iter().filter(|c| c.outcome == Outcome::Passed) {
        let family = words::family(&check.check);
        let name = words::name(check)[family.len()..].trim_start_matches('.').to_owned();
        match families.iter_mut().find(|(f, _)| *f == family) {
            Some((_, names)) => names.push(name),
            None => families.push((family, vec![name])),
        }
    }
    families
}

/// `revoke`, or `postgres/revoke` where there are several drills.
fn place(run: Run<'_>, drill: &DrillVerdict, scenario: &ScenarioVerdict) -> String {
    if run.verdicts.drills.len() > 1 {
        format!("{}/{}", drill.drill, scenario.scenario)
    } else {
        scenario.scenario.clone()
    }
}
