//! What each report says of a passed, a failed, an inconclusive, an interrupted and an excepted run.
//! After a wanted change: `INSTA_UPDATE=always cargo test --test pure report_golden`, and read the difference.

#![allow(clippy::unwrap_used)] // helpers of tests, not only the tests themselves

use crate::common::verdicts;
use drill::history::History;
use drill::report::{Console, Copies, Paths, Verbosity};
use drill::secret::Redactor;
use drill::verdict::Verdicts;
use std::fs;
use std::path::Path;

fn runs() -> Vec<(&'static str, History, Verdicts)> {
    vec![
        ("passed", crate::common::sound(), verdicts::passed()),
        ("failed", crate::common::outlives(), verdicts::failed()),
        ("inconclusive", crate::common::sound(), verdicts::inconclusive()),
        ("interrupted", crate::common::interrupted(), verdicts::interrupted()),
        ("excepted", crate::common::excepted(), verdicts::excepted()),
    ]
}

fn write(reports: &Path, history: &History, verdicts: &Verdicts) -> Paths {
    drill::report::write_all(reports, history, verdicts, &Redactor::default()).unwrap()
}

fn console(history: &History, verdicts: &Verdicts, verbosity: Verbosity, color: bool) -> String {
    let mut out = Vec::new();
    let mut console = Console::new(&mut out, color, verbosity, Redactor::default(), "reports/latest");
    console.run_started(&history.head, Some("stand-ins")).unwrap();
    for drill in &verdicts.drills {
        let plan = history.head.drills.iter().find(|d| d.drill == drill.drill);
        for scenario in &drill.scenarios {
            console.scenario_ended(plan.unwrap(), scenario).unwrap();
        }
    }
    let paths = Paths {
        dir: "reports/latest".into(),
        junit: "reports/latest/junit.xml".into(),
        readiness: "reports/latest/readiness.md".into(),
        evidence: "reports/latest/evidence.json".into(),
        evidence_sha256: crate::common::hex('9'),
    };
    console.run_ended(history, verdicts, &paths).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn files() {
    for (name, history, verdicts) in runs() {
        let dir = tempfile::tempdir().unwrap();
        let paths = write(dir.path(), &history, &verdicts);
        let read = |path: &Path| fs::read_to_string(path).unwrap();
        insta::assert_snapshot!(format!("{name}.md"), read(&paths.readiness));
        insta::assert_snapshot!(format!("{name}.xml"), read(&paths.junit));
        insta::assert_snapshot!(format!("{name}.json"), read(&paths.evidence));
    }
}

#[test]
fn terminal() {
    for (name, history, verdicts) in runs() {
        let text = console(&history, &verdicts, Verbosity::Normal, false);
        insta::assert_snapshot!(format!("{name}.txt"), text);
    }
    let (history, verdicts) = (crate::common::outlives(), verdicts::failed());
    let quiet = console(&history, &verdicts, Verbosity::Quiet, false);
    insta::assert_snapshot!("failed-quiet.txt", quiet);
    let verbose = console(&history, &verdicts, Verbosity::Verbose, true);
    insta::assert_snapshot!("failed-verbose-color.txt", verbose.replace('\u{1b}', "ESC"));
}

#[test]
fn spread() {
    let runs: Vec<Verdicts> = [0, 3_000, 1_000, 90_000]
        .into_iter()
        .map(|more| {
            let mut v = verdicts::passed();
            let exposure = &mut v.drills[0].scenarios[0].exposures[0];
            exposure.lower_us += more;
            exposure.upper_us = exposure.upper_us.map(|u| u + 2 * more);
            v
        })
        .chain([verdicts::failed()])
        .collect();
    let mut out = Vec::new();
    Console::new(&mut out, false, Verbosity::Normal, Redactor::default(), "r").spread(&runs).unwrap();
    insta::assert_snapshot!("spread.txt", String::from_utf8(out).unwrap());
}

#[test]
fn trouble() {
    let dir = tempfile::tempdir().unwrap();
    let copies =
        Copies { junit: Some(dir.path().join("deep/junit.xml")), summary: Some(dir.path().join("summary.md")) };
    let title = "no container engine answers";
    let what = "error: no container engine answers\n  tried  \u{1b}[1mDOCKER_HOST ]]> ``` <b>";
    let now = "2026-11-24T07:31:02.5Z".parse().unwrap();
    drill::report::write_trouble(&copies, title, what, now, &Redactor::default()).unwrap();
    let read = |path: &Option<_>| fs::read_to_string(path.as_ref().unwrap()).unwrap();
    insta::assert_snapshot!("trouble.xml", read(&copies.junit));
    insta::assert_snapshot!("trouble.md", read(&copies.summary));
}
