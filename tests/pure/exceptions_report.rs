//! Exceptions as readers meet them: in every report of a run, judged again by the day of its evidence, and in `drill exceptions`.

#![allow(clippy::unwrap_used)] // helpers of tests, not only the tests themselves

use crate::common::verdicts;
use crate::drafts::{Project, root};
use drill::exit::Exit;
use drill::history::History;
use drill::report::{Console, Verbosity, days_left};
use drill::secret::Redactor;
use drill::verdict::{Outcome, Verdicts};
use jiff::civil::{Date, date};
use std::fs;

struct Reports {
    xml: String,
    md: String,
    json: String,
    terminal: String,
}

fn render(history: &History, verdicts: &Verdicts, verbosity: Verbosity) -> Reports {
    let dir = tempfile::tempdir().unwrap();
    let redactor = Redactor::default();
    let paths = drill::report::write_all(dir.path(), history, verdicts, &redactor).unwrap();
    let mut out = Vec::new();
    let mut console = Console::new(&mut out, false, verbosity, redactor, "reports/latest");
    for drill in &verdicts.drills {
        let plan = history.head.drills.iter().find(|d| d.drill == drill.drill).unwrap();
        for scenario in &drill.scenarios {
            console.scenario_ended(plan, scenario).unwrap();
        }
    }
    console.run_ended(history, verdicts, &paths).unwrap();
    Reports {
        xml: fs::read_to_string(&paths.junit).unwrap(),
        md: fs::read_to_string(&paths.readiness).unwrap(),
        json: fs::read_to_string(&paths.evidence).unwrap(),
        terminal: String::from_utf8(out).unwrap(),
    }
}

#[test]
fn every_report_shows_every_field_of_every_exception() {
    let (mut history, verdicts) = (crate::common::excepted(), verdicts::excepted());
    for (n, e) in history.head.exceptions.iter_mut().enumerate() {
        (e.owner, e.reason) = (format!("owner{n}"), format!("reason{n}"));
        (e.compensating_control, e.granted_by) = (format!("control{n}"), format!("granter{n}"));
        e.granted_on = date(2026, 9, i8::try_from(n).unwrap() + 1);
    }
    let reports = render(&history, &verdicts, Verbosity::Verbose);
    let day = history.head.as_of.unwrap();
    for (name, text) in
        [("md", &reports.md), ("xml", &reports.xml), ("json", &reports.json), ("terminal", &reports.terminal)]
    {
        for e in &history.head.exceptions {
            let dates = [e.granted_on.to_string(), e.expires.to_string()];
            for field in
                [&e.id, &e.check, &e.owner, &e.reason, &e.compensating_control, &e.granted_by, &dates[0], &dates[1]]
            {
                assert!(text.contains(field.as_str()), "{name}: {field}: {text}");
            }
            let left = if name == "json" { format!("\"days_left\": {}", e.days_left(day)) } else { days_left(e, day) };
            assert!(text.contains(&left), "{name}: {left}: {text}");
        }
        for what in ["stale", "expired", "applied"] {
            assert!(text.contains(what), "{name}: {what}");
        }
    }
    assert!(reports.md.starts_with("# PASSED (1 exception): postgres\n"), "{}", reports.md);
    assert!(reports.terminal.contains("\nPASSED (1 exception): postgres"), "{}", reports.terminal);
    assert_eq!(Exit::of(&verdicts), Exit::Passed);
    let skipped = reports.xml.lines().find(|l| l.starts_with("<skipped")).unwrap();
    assert!(skipped.contains("message=\"EX-7 (last day 2026-12-06, 12 days left): reason2; "), "{skipped}");
}

#[test]
fn what_has_nothing_to_do_with_a_run_is_one_line_on_the_terminal() {
    let reports = render(&crate::common::excepted(), &verdicts::excepted(), Verbosity::Normal);
    assert!(reports.terminal.contains("1 more exception for checks that were not run: EX-9"), "{}", reports.terminal);
    assert!(!reports.terminal.contains("orders/revoke"), "{}", reports.terminal);
    let quiet = render(&crate::common::excepted(), &verdicts::excepted(), Verbosity::Quiet).terminal;
    assert!(quiet.contains("exception EX-7 applied") && !quiet.contains("because"), "{quiet}");
}

#[test]
fn a_warning_from_thirty_days_before_the_end() {
    for (as_of, warns, left) in [
        (date(2026, 11, 5), false, "31 days left"),
        (date(2026, 11, 6), true, "30 days left"),
        (date(2026, 12, 5), true, "1 day left"),
        (date(2026, 12, 6), true, "ends today"),
        (date(2026, 12, 7), false, "ended 1 day ago"),
    ] {
        let (mut history, verdicts) = (crate::common::excepted(), verdicts::excepted());
        history.head.as_of = Some(as_of);
        history.head.exceptions.retain(|e| e.id == "EX-7");
        let reports = render(&history, &verdicts, Verbosity::Normal);
        assert_eq!(reports.terminal.contains("warning: it ends soon"), warns, "{as_of}: {}", reports.terminal);
        assert_eq!(reports.md.contains("ends soon"), warns, "{as_of}: {}", reports.md);
        assert_eq!(reports.xml.contains("ends soon"), warns, "{as_of}: {}", reports.xml);
        assert!(reports.md.contains(left) && reports.terminal.contains(left), "{as_of}: {left}");
    }
}

/// An exception permits a failure; it does not make a report tell of a death that nobody saw.
#[test]
fn no_report_tells_of_a_death_that_is_only_excepted() {
    for name in ["trigger.refused-at-backend", "trigger.exposure", "trigger.stays-dead", "renew.dead-after-cap"] {
        let mut history = crate::common::outlives();
        history.head.as_of = Some(date(2026, 11, 24));
        let mut v = verdicts::failed();
        for check in &mut v.drills[0].scenarios[0].checks {
            if check.outcome == Outcome::Failed {
                let of_death = check.check == "trigger.refused-at-backend";
                check.check = if of_death { name.into() } else { check.check.clone() };
                (check.outcome, check.exception) = (Outcome::Excepted, Some("EX-1".into()));
            }
        }
        v.drills[0].scenarios.truncate(1);
        let reports = render(&history, &verdicts::seal(v), Verbosity::Normal);
        for text in [&reports.md, &reports.terminal] {
            assert!(!text.contains("dead at PostgreSQL") && !text.contains("was **refused"), "{name}: {text}");
            assert!(!text.contains("All checks") && !text.contains("no end seen after"), "{name}: {text}");
        }
        assert!(
            reports.md.contains("No credential of postgres was shown to die in time. **In revoke, "),
            "{}",
            reports.md
        );
        assert!(reports.md.contains("3 checks failed and are excepted (EX-1)."), "{}", reports.md);
    }
}

/// Whoever writes an exception is a person; what they write steers no terminal and breaks no table.
#[test]
fn hostile_words_stay_words() {
    let hostile = "a|b\u{1b}[31m<script>x</script>]]>`*[c](d)\u{202e}\nnext & \"quoted\"";
    let (mut history, verdicts) = (crate::common::excepted(), verdicts::excepted());
    for e in &mut history.head.exceptions {
        (e.owner, e.reason, e.granted_by) = (hostile.into(), hostile.into(), hostile.into());
        e.compensating_control = hostile.into();
    }
    let reports = render(&history, &verdicts, Verbosity::Verbose);
    assert!(!reports.terminal.chars().any(|c| c.is_control() && c != '\n'), "{}", reports.terminal);
    assert!(!reports.md.contains("<script>") && !reports.md.contains('\u{1b}') && !reports.md.contains('\u{202e}'));
    for row in reports.md.lines().filter(|l| l.starts_with("| EX-")) {
        assert_eq!(row.replace("\\|", "").matches('|').count(), 7, "{row}");
    }
    let mut reader = quick_xml::Reader::from_str(&reports.xml);
    reader.config_mut().check_end_names = true;
    while !matches!(reader.read_event().unwrap(), quick_xml::events::Event::Eof) {}
}

/// A sound history with another owner than the drill states: `metadata.owner` fails and nothing else.
fn evidence(as_of: Option<&str>, last_day: &str, checks: &[&str]) -> String {
    let text = fs::read_to_string(root().join("fixtures/histories/sound-revoke.jsonl")).unwrap();
    let text = text.replacen("\"owner\":\"o\"", "\"owner\":\"other\"", 1);
    with_exceptions(&text, as_of, last_day, checks)
}

fn with_exceptions(text: &str, as_of: Option<&str>, last_day: &str, checks: &[&str]) -> String {
    let expires: Date = last_day.parse().unwrap();
    let (head, events) = text.split_once('\n').unwrap();
    let mut head: serde_json::Value = serde_json::from_str(head).unwrap();
    let all: Vec<_> =
        checks.iter().enumerate().map(|(n, c)| crate::common::exception(&format!("EX-{n}"), c, expires)).collect();
    if !all.is_empty() {
        head["exceptions"] = serde_json::to_value(all).unwrap();
    }
    if let Some(day) = as_of {
        head["as_of"] = day.into();
    }
    format!("{head}\n{events}")
}

fn report(events: &str) -> (Option<i32>, String) {
    let project = Project::with_export();
    project.write("run/events.jsonl", events);
    let (code, out, err) = project.drill(&["report", "run", "-q"]);
    (code, out + &err)
}

#[test]
fn a_report_judges_by_the_day_of_its_evidence() {
    let owner = &["d/s/metadata.owner"][..];
    let day = Some("2026-11-24");
    for (events, code, says) in [
        (evidence(day, "2026-12-31", &[]), 1, "FAILED: d"),
        (evidence(day, "2026-12-31", owner), 0, "PASSED (1 exception): d"),
        (evidence(day, "2026-11-24", owner), 0, "PASSED (1 exception): d"),
        (evidence(day, "2026-11-23", owner), 1, "expired: not applied"),
        (evidence(Some("2026-09-30"), "2026-12-31", owner), 1, "not granted yet"),
        (evidence(None, "2026-12-31", owner), 1, "the evidence names no day"),
        (evidence(day, "2026-12-31", &["d/s/metadata.tenant"]), 1, "EX-0 stale"),
        (evidence(day, "2026-12-31", &["d/s/metadata.*"]), 1, "FAILED: d"),
    ] {
        let (is, text) = report(&events);
        assert_eq!(is, Some(code), "{text}");
        assert!(text.contains(says), "{says}: {text}");
    }
}

#[test]
fn excepting_every_check_makes_no_pass_of_what_was_not_proved() {
    let text = fs::read_to_string(root().join("fixtures/histories/resurrected.jsonl")).unwrap();
    let failed = ["trigger.refused-at-backend", "trigger.exposure", "trigger.stays-dead", "audit.linked"];
    let checks: Vec<String> = failed.iter().map(|c| format!("d/s/{c}")).collect();
    let checks: Vec<&str> = checks.iter().map(String::as_str).collect();
    let (code, text) = report(&with_exceptions(&text, Some("2026-11-24"), "2026-12-31", &checks));
    assert_eq!(code, Some(3), "{text}");
    assert!(text.contains("INCONCLUSIVE: d   24 passed · 3 excepted · 1 could not be judged"), "{text}");
    assert!(text.contains("EX-3 its check is inconclusive"), "{text}");
}
