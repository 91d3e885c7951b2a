//! The checks: what did not pass line by line, the worst first; what passed one line a family.

use super::text::{md, row};
use crate::report::causes::{self, Block};
use crate::report::facts::Run;
use crate::report::words;
use crate::verdict::{CheckVerdict, Outcome};

/// Lines for what did not pass in one scenario; what is more is named in one line, and told in full in the evidence.
const LINES: usize = 5;

pub fn table(run: Run<'_>) -> String {
    let mut out = String::from("\n## Checks\n");
    if run.scenarios().all(|s| s.checks.is_empty()) {
        out.push_str("No check was judged.\n");
        return out;
    }
    out += &row(&["check", "expected", "observed", "verdict"].map(str::to_owned));
    out.push_str("|---|---|---|---|\n");
    let several = run.verdicts.drills.len() > 1;
    let mut red: Vec<(Outcome, String)> = Vec::new();
    let mut rest = String::new();
    for (drill, scenario) in run.columns() {
        let place = if several { format!("{}/{}", drill.drill, scenario.scenario) } else { scenario.scenario.clone() };
        let blocks = causes::blocks(scenario);
        let shown = if blocks.len() > LINES { LINES - 1 } else { blocks.len() };
        for block in &blocks[..shown] {
            red.push((block.first.outcome, red_row(&place, block)));
        }
        if let Some(worst) = blocks[shown..].first() {
            let names: Vec<String> = blocks[shown..].iter().map(|b| words::name(b.first)).collect();
            let name = format!("{place}: {} more", names.len());
            let word = words::quiet(worst.first.outcome);
            let cells = [md(&name), md(&names.join(", ")), "see evidence.json".to_owned(), word.to_owned()];
            red.push((worst.first.outcome, row(&cells)));
        }
        rest += &passed(&place, &scenario.checks);
    }
    // Stable: within a verdict the order of the plan stays.
    red.sort_by_key(|(outcome, _)| std::cmp::Reverse(*outcome));
    out.extend(red.into_iter().map(|(_, line)| line));
    out + &rest
}

fn red_row(place: &str, block: &Block<'_>) -> String {
    let check = block.first;
    let mut observed = md(&check.observed);
    if let Some(means) = &check.means {
        observed += &[" – ", &md(means)].concat();
    }
    if let Some(more) = block.more() {
        observed += &[" (… ", &md(&more), ")"].concat();
    }
    let name = format!("{place}/{}", words::name(check));
    let verdict = match check.outcome {
        Outcome::Excepted => "excepted".to_owned(),
        red => format!("**{}**", words::quiet(red)),
    };
    row(&[md(&name), md(&check.expected), observed, verdict])
}

fn passed(place: &str, checks: &[CheckVerdict]) -> String {
    let passed = checks.iter().filter(|c| c.outcome == Outcome::Passed);
    let mut families: Vec<(&str, Vec<String>)> = Vec::new();
    for check in passed {
        let family = words::family(&check.check);
        let name = words::name(check);
        let name = name[family.len()..].trim_start_matches('.').to_owned();
        match families.iter_mut().find(|(f, _)| *f == family) {
            Some((_, names)) => names.push(name),
            None => families.push((family, vec![name])),
        }
    }
    let one = |(family, names): (&str, Vec<String>)| {
        let (n, word) = (names.len(), words::plural(names.len(), "check"));
        let cells =
            [md(&format!("{place}/{family}")), md(&names.join(", ")), format!("{n} {word}"), "passed".to_owned()];
        row(&cells)
    };
    families.into_iter().map(one).collect()
}
