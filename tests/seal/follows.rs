//! Reports follow from the evidence, or it is said which does not and how: without a signature, and at another program's run.

use crate::run::{self, ENVELOPE, sign, verify};
use drill::exit::Exit;
use drill::seal::{Envelope, Snapshot, Statement};
use drill::verdict::judge;
use std::fs;
use std::path::Path;

fn edit(path: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "{from}");
    fs::write(path, text.replacen(from, to, 1)).unwrap();
}

#[test]
fn a_run_that_nobody_signed() {
    let place = run::place("sound-revoke");
    let (exit, out, err) = verify(&place.dir, None);
    assert_eq!((exit, err.as_str()), (Exit::Inconclusive, ""), "{out}");
    assert!(out.starts_with("unsigned: "), "{out}");
    assert!(out.contains("PASSED: d") && out.contains("follow from the evidence"), "{out}");
    assert!(out.contains("only a signature binds them: logs/openbao.log"), "{out}");
    // With a key that is trusted it is unsigned all the same.
    let (exit, ..) = verify(&place.dir, Some(&place.public));
    assert_eq!(exit, Exit::Inconclusive);
}

#[test]
fn a_verdict_that_was_edited_is_named() {
    let place = run::place("resurrected");
    let file = place.dir.join("evidence.json");
    let text = fs::read_to_string(&file).unwrap();
    let mut value: serde_json::Value = serde_json::from_str(&text).unwrap();
    let check = &mut value["verdicts"][0]["scenarios"][0]["checks"][0];
    assert_eq!(check["outcome"], "failed");
    let id = check["id"].as_str().unwrap().to_owned();
    check["outcome"] = "passed".into();
    fs::write(&file, serde_json::to_string_pretty(&value).unwrap() + "\n").unwrap();
    let says = format!("✗ evidence.json: {id}: it says passed, from the evidence follows failed");
    let (exit, out, _) = verify(&place.dir, None);
    assert_eq!(exit, Exit::Failed);
    assert!(out.contains(&says), "{out}");
    // And it is not signed.
    let (exit, out, err) = sign(&place.dir, &place.key);
    assert_eq!((exit, out.as_str()), (Exit::Failed, ""));
    assert!(err.starts_with("error: not signed: ") && err.contains(&says), "{err}");
    assert!(!place.dir.join(ENVELOPE).exists());
    // The check taken out, or told twice.
    value["verdicts"][0]["scenarios"][0]["checks"].as_array_mut().unwrap().remove(0);
    fs::write(&file, value.to_string()).unwrap();
    let (exit, out, _) = verify(&place.dir, None);
    assert_eq!(exit, Exit::Failed);
    assert!(out.contains(&format!("{id}: it says nothing, from the evidence follows failed")), "{out}");
}

#[test]
fn each_report_that_was_edited_is_named() {
    for (file, from, to, says) in [
        ("readiness.md", "# PASSED", "# READY", "does not follow from the evidence (from line 1 on)"),
        ("junit.xml", "errors=\"0\"", "errors=\"1\"", "does not follow from the evidence (from line "),
        (
            "evidence.json",
            "\"version\": \"0.1.0\"",
            "\"version\": \"0.1.1\"",
            "`program.version` is \"0.1.1\", from the evidence follows \"0.1.0\"",
        ),
        (
            "evidence.json",
            "\"outcome\": \"passed\"",
            "\"outcome\": \"excepted\"",
            "outcome: it says excepted, from the evidence follows passed",
        ),
        ("evidence.json", "\"schema\": 2", "\"schema\": 2, \"more\": 1", "`more` is not in the evidence"),
        ("evidence.json", "\"interrupted\": null,", "", "`interrupted` is missing"),
        ("evidence.json", "\"arguments\": []", "\"arguments\": [\"--keep\"]", "`by.arguments` has 1 entries"),
        ("evidence.json", "{", "{ ", "it is written otherwise"),
        ("evidence.json", "{", "", "is no JSON"),
    ] {
        let place = run::place("sound-revoke");
        edit(&place.dir.join(file), from, to);
        let (exit, out, err) = verify(&place.dir, None);
        assert_eq!(exit, Exit::Failed, "{from}: {out}{err}");
        assert!(out.contains(&format!("✗ {file}: ")) && out.contains(says), "{says}: {out}");
        assert_eq!(sign(&place.dir, &place.key).0, Exit::Failed, "{from}");
    }
    for file in ["readiness.md", "junit.xml", "evidence.json"] {
        let place = run::place("sound-revoke");
        fs::remove_file(place.dir.join(file)).unwrap();
        let (exit, out, _) = verify(&place.dir, None);
        assert_eq!(exit, Exit::Failed);
        assert!(out.contains(&format!("✗ {file}: is missing: the evidence makes one")), "{out}");
    }
}

#[test]
fn other_formats_are_refused_with_both_numbers() {
    let place = run::place("sound-revoke");
    edit(&place.dir.join("evidence.json"), "\"schema\": 2", "\"schema\": 1");
    let (exit, _, err) = verify(&place.dir, None);
    assert_eq!(exit, Exit::Usage);
    assert!(err.contains("evidence.json: format 1, this program reads format 2"), "{err}");
    let place = run::place("sound-revoke");
    edit(&place.dir.join("events.jsonl"), "\"schema\":1", "\"schema\":7");
    let (exit, _, err) = verify(&place.dir, None);
    assert_eq!(exit, Exit::Usage);
    assert!(err.contains("line 1: format 7, this program reads format 1"), "{err}");
    // Where a signature says that it was another, it is altered.
    let place = run::signed("sound-revoke");
    edit(&place.dir.join("events.jsonl"), "\"schema\":1", "\"schema\":7");
    let (exit, out, _) = verify(&place.dir, Some(&place.public));
    assert_eq!(exit, Exit::Failed);
    assert!(out.contains("✗ events.jsonl: is altered") && out.contains("format 7"), "{out}");
    let place = run::signed("sound-revoke");
    edit(&place.dir.join("evidence.json"), "\"schema\": 2", "\"schema\": 1");
    let (exit, out, _) = verify(&place.dir, Some(&place.public));
    assert_eq!(exit, Exit::Failed, "{out}");
}

/// Signed by another version of the program, which renders otherwise.
#[test]
fn another_programs_layout_is_not_compared_but_its_verdicts_are() {
    for (program, commit) in [("0.0.9", None), (env!("CARGO_PKG_VERSION"), Some("c0ffee".repeat(6)))] {
        let same_version = commit.is_some();
        if same_version && drill::history::program_commit().is_none() {
            continue; // this build does not know its own commit: it cannot tell the two apart
        }
        let place = run::place("resurrected");
        let mut history = run::history("resurrected");
        history.head.program = program.into();
        history.head.program_commit = commit;
        run::write(&place.dir, &history);
        edit(&place.dir.join("readiness.md"), "\n", "\n\nAnother layout.\n");
        let seal = || {
            let files = Snapshot::take(&place.dir).unwrap();
            let statement = Statement::new(&history, &judge(&history), &files);
            let payload = serde_json::to_vec(&statement).unwrap();
            fs::write(place.dir.join(ENVELOPE), Envelope::seal(&payload, &run::private_key(&place)).to_line()).unwrap();
        };
        // Whoever signs has to render first.
        let (exit, _, err) = sign(&place.dir, &place.key);
        assert_eq!(exit, Exit::Failed);
        assert!(err.contains(&format!("readiness.md: was rendered by drill {program}")), "{err}");
        seal();
        let (exit, out, _) = verify(&place.dir, Some(&place.public));
        assert_eq!(exit, Exit::Passed, "{out}");
        assert!(out.contains("FAILED: ") && out.contains("of readiness.md only the verdicts were compared"), "{out}");
        assert!(out.contains("  reports   their verdicts follow"), "{out}");
        edit(&place.dir.join("evidence.json"), "\"outcome\": \"failed\"", "\"outcome\": \"passed\"");
        seal();
        let (exit, out, _) = verify(&place.dir, Some(&place.public));
        assert_eq!(exit, Exit::Failed);
        assert!(out.contains("evidence.json: outcome: it says passed, from the evidence follows failed"), "{out}");
    }
}

/// Verified years later: by the day of the run, not by today.
#[test]
fn the_day_in_the_head_decides() {
    let place = run::place("sound-revoke");
    let mut history = run::history("sound-revoke");
    history.head.as_of = Some("2001-02-03".parse().unwrap());
    run::write(&place.dir, &history);
    assert_eq!(sign(&place.dir, &place.key).0, Exit::Passed);
    assert_eq!(verify(&place.dir, Some(&place.public)).0, Exit::Passed);
}

#[test]
fn a_killed_runs_torn_line_is_said() {
    let place = run::place("sound-revoke");
    let file = place.dir.join("events.jsonl");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, &text[..text.len() - 20]).unwrap();
    let history = drill::history::replay(&file).unwrap().history;
    run::render(&place.dir, &history);
    let (exit, out, err) = sign(&place.dir, &place.key);
    assert_eq!(exit, Exit::Passed, "{err}");
    assert!(out.contains("FAILED") && err.contains("cut off and left out"), "{out}{err}");
    let (exit, out, _) = verify(&place.dir, Some(&place.public));
    assert_eq!(exit, Exit::Passed);
    assert!(out.contains("INCONCLUSIVE: ") && out.contains("cut off and left out"), "{out}");
}
