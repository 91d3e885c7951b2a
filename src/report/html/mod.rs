//! `readiness.html`: one file for people, without outside requests and without scripts. The verdict word of a gate never stands in it:
//! that is `gate.html`.

mod checks;
mod deaths;
mod end;
mod gate;
mod gate_evidence;
mod matrix;
mod page;
mod scenario;
mod timeline;
mod top;

use super::cells::Credential;
use super::facts::Run;
use crate::gate::readiness::Readiness;
use crate::secret::Redactor;
use maud::html;

/// The file's text.
pub fn render(run: Run<'_>, evidence_sha256: &str, redactor: &Redactor) -> String {
    let all: Vec<Credential<'_>> = run.columns().map(|(d, s)| Credential::new(run, d, s)).collect();
    let main = html! {
        (matrix::section(run, &all))
        (deaths::section(&all))
        (scenario::sections(run, &all, redactor))
        (end::sections(run, evidence_sha256))
    };
    let title = format!("{} · run {}", run.headline(), run.head().run);
    page::page(&title, run.outcome().into(), &top::verdict(run, evidence_sha256), &main, redactor)
}

/// `gate.html`: the same for a level.
pub fn gate(readiness: &Readiness, redactor: &Redactor) -> String {
    gate::page(readiness, redactor)
}

/// Where a scenario's section is. By number: names are whatever somebody wrote.
fn anchor(n: usize) -> String {
    format!("s{}", n + 1)
}

/// What a scenario is called on a page: with its drill where there are several.
fn name(c: &Credential<'_>) -> String {
    if c.run.verdicts.drills.len() > 1 {
        format!("{}/{}", c.drill, c.verdict.scenario)
    } else {
        c.verdict.scenario.clone()
    }
}
