//! `drill exceptions`, as a person meets it.

#![allow(clippy::unwrap_used)] // helpers of tests, not only the tests themselves

use crate::drafts::{Project, root};

fn project() -> Project {
    let project = Project::with_export();
    for path in ["drills/postgres.yaml", "fixtures/postgres/orders.sql"] {
        project.write(path, &std::fs::read_to_string(root().join(path)).unwrap());
    }
    project
}

fn entry(id: &str, check: &str, expires: &str) -> String {
    format!(
        "  - id: {id}
    check: postgres/{check}
    owner: team-orders
    reason: the driver keeps idle connections until 3.2
    compensating_control: connections are cut after 10 minutes
    granted_by: security
    granted_on: 2026-10-01
    expires: {expires}
"
    )
}

fn four() -> String {
    [
        "exceptions:\n".to_owned(),
        entry("EX-1", "revoke/trigger.exposure", "2027-06-30"),
        entry("EX-2", "revoke/trigger.sessions@idle", "2026-12-06"),
        entry("EX-3", "expire/trigger.exposure", "2026-11-20"),
        entry("EX-4", "revoke/metadata.owner", "2027-12-31"),
    ]
    .concat()
}

/// A sound history of the shipped drill as it is now, or as it was.
fn latest(project: &Project, sha256: &str) {
    let text = std::fs::read_to_string(root().join("fixtures/histories/sound-revoke.jsonl")).unwrap();
    let text = text
        .replace("\"drill\":\"d\"", "\"drill\":\"postgres\"")
        .replace("\"scenario\":\"s\"", "\"scenario\":\"revoke\"")
        .replacen("\"sha256\":\"\"", &format!("\"sha256\":\"{sha256}\""), 1)
        // One check fails: it is still needed.
        .replacen("\"owner\":\"o\"", "\"owner\":\"other\"", 1);
    project.write("reports/latest/events.jsonl", &text);
}

fn sha256(project: &Project) -> String {
    let (_, out, _) = project.drill(&["list", "--json"]);
    let list: serde_json::Value = serde_json::from_str(&out).unwrap();
    list["drills"][0]["sha256"].as_str().unwrap().to_owned()
}

fn order(out: &str) -> Vec<&str> {
    out.lines().filter(|l| l.starts_with("EX-")).map(|l| &l[..4]).collect()
}

#[test]
fn no_file_and_an_empty_one() {
    let project = project();
    let none = "no exceptions: drills/exceptions.yaml names none\n";
    assert_eq!(project.drill(&["exceptions"]), (Some(0), none.into(), String::new()));
    project.write("drills/exceptions.yaml", "exceptions: []\n");
    assert_eq!(project.drill(&["exceptions"]), (Some(0), none.into(), String::new()));
}

#[test]
fn the_cheapest_to_remove_first() {
    let project = project();
    project.write("drills/exceptions.yaml", &four());
    let (code, out, err) = project.drill(&["exceptions", "--as-of", "2026-11-24"]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert!(
        out.starts_with(
            "4 exceptions as of 2026-11-24 (UTC), the cheapest to remove first: stale, expired, then the soonest to end
EX-3   expired: covers nothing, mend the check and remove it, or have it granted anew · last day 2026-11-20, ended 4 days ago
  covers    postgres/expire/trigger.exposure
  claim     the whole interval in which access can have ended lies within the limit
  owner     team-orders · granted by security on 2026-10-01
  reason    the driver keeps idle connections until 3.2
  instead   connections are cut after 10 minutes
  evidence  no evidence of this definition in the latest run
  at        drills/exceptions.yaml:18:5
EX-2   warning: ends soon · last day 2026-12-06, 12 days left
"
        ),
        "{out}"
    );
    assert_eq!(order(&out), ["EX-3", "EX-2", "EX-1", "EX-4"]);
    assert!(out.contains("EX-1   in force · last day 2027-06-30, 218 days left"), "{out}");
}

#[test]
fn what_passed_in_the_latest_run_of_this_definition_is_stale() {
    let project = project();
    project.write("drills/exceptions.yaml", &four());
    latest(&project, &sha256(&project));
    let (code, out, err) = project.drill(&["exceptions", "--as-of", "2026-11-24"]);
    assert_eq!((code, err.as_str()), (Some(0), ""), "{out}");
    assert_eq!(order(&out), ["EX-2", "EX-1", "EX-3", "EX-4"], "{out}");
    assert!(out.contains("EX-1   stale: its check passed in run r, remove it · last day 2027-06-30"), "{out}");
    assert!(out.contains("evidence  failed in run r: still needed"), "{out}");
    // Evidence of another definition, of a broken set-up or of a generator says nothing of this one.
    let sound = project.read("reports/latest/events.jsonl");
    let sabotaged =
        sound.replacen("\"event\":\"state\"", "\"event\":\"step\",\"name\":\"sabotage: skip\",\"from_us\":0", 1);
    let synthetic = sound.replacen("\"clock_tick_us\"", "\"synthetic\":true,\"clock_tick_us\"", 1);
    assert!(sabotaged != sound && synthetic != sound);
    latest(&project, &"0".repeat(64));
    let other = project.read("reports/latest/events.jsonl");
    for (why, events) in [("another definition", other), ("sabotaged", sabotaged), ("synthetic", synthetic)] {
        project.write("reports/latest/events.jsonl", &events);
        let (code, out, err) = project.drill(&["exceptions", "--as-of", "2026-11-24"]);
        assert_eq!((code, err.as_str()), (Some(0), ""), "{why}");
        assert_eq!(order(&out), ["EX-3", "EX-2", "EX-1", "EX-4"], "{why}: {out}");
    }
    project.write("reports/latest/events.jsonl", "nothing\n");
    let (code, out, err) = project.drill(&["exceptions", "--as-of", "2026-11-24"]);
    assert_eq!((code, order(&out).len()), (Some(0), 4));
    assert!(err.starts_with("note: what is stale is not known: "), "{err}");
}

#[test]
fn an_auditor_may_look_back() {
    let project = project();
    project.write("drills/exceptions.yaml", &four());
    let (code, out, _) = project.drill(&["exceptions", "--as-of", "2026-09-30"]);
    assert_eq!(code, Some(0), "what was granted since is no mistake");
    assert_eq!(out.matches("covers nothing yet").count(), 4, "{out}");
    for bad in ["tomorrow", "12-31", "2026-02-30", "2026-11-24T00:00", ""] {
        let (code, out, err) = project.drill(&["exceptions", "--as-of", bad]);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{bad}");
        assert!(err.starts_with("error: "), "{bad}: {err}");
    }
}

#[test]
fn they_are_validated_with_the_drills() {
    let project = project();
    assert_eq!(project.drill(&["validate"]).1, "1 file is valid\n");
    // Days far back: this test asks for no day of its own.
    project.write("drills/exceptions.yaml", &four().replace("2026-10-01", "2025-10-01"));
    assert_eq!(project.drill(&["validate"]).1, "2 files are valid\n");
    assert_eq!(project.drill(&["validate", "drills/exceptions.yaml"]).1, "1 file is valid\n");
    assert_eq!(project.drill(&["validate", "drills/postgres.yaml", "drills/exceptions.yaml"]).1, "2 files are valid\n");
    // The file that was named is the one that is read.
    project.write("elsewhere/exceptions.yaml", "exceptions: 7\n");
    let (code, out, err) = project.drill(&["validate", "elsewhere/exceptions.yaml"]);
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(err.contains("elsewhere/exceptions.yaml:1:13"), "{err}");
}
