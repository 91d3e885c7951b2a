//! The program itself, on a project on disk and evidence in a directory.

use super::set::{Project, history, write};
use drill::definition::DrillPlan;
use drill::gate::Evidence;
use drill::gate::readiness::Readiness;
use std::path::Path;
use std::process::{Command, Output};

fn drill(dir: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_drill"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("DRILL_")) {
        command.env_remove(name);
    }
    command.current_dir(dir).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Evidence of all drills of the project, an hour ago.
fn evidence(plans: &[DrillPlan]) -> Vec<Evidence> {
    let started = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(1);
    plans
        .iter()
        .zip(1..)
        .map(|(plan, n)| super::set::evidence(history(plan, &format!("20261124-070200-run{n}"), started)))
        .collect()
}

fn written() -> (Project, Vec<Evidence>) {
    let project = Project::new();
    let all = evidence(&project.drills);
    write(&all, &project.dir.path().join("reports/runs"));
    (project, all)
}

fn readiness(dir: &Path) -> Readiness {
    serde_json::from_str(&std::fs::read_to_string(dir.join("reports/gate/gate.json")).unwrap()).unwrap()
}

#[test]
fn a_full_set_is_ready_and_every_output_begins_with_synthetic() {
    let (project, _) = written();
    let dir = project.dir.path();
    let out = drill(dir, &["gate", "rl3", "reports", "--allow-synthetic", "--summary", "summary.md"]);
    let (said, wrong) = (text(&out.stdout), text(&out.stderr));
    assert_eq!((out.status.code(), wrong.as_str()), (Some(0), ""), "{said}");
    assert!(said.starts_with("SYNTHETIC: "), "{said}");
    assert!(said.contains("SYNTHETIC, READY: RL3   9 of 9 requirements met"), "{said}");
    for file in ["reports/gate/gate.md", "summary.md"] {
        let text = std::fs::read_to_string(dir.join(file)).unwrap();
        assert!(text.starts_with("# SYNTHETIC, READY: RL3\n"), "{text}");
    }
    let json = std::fs::read_to_string(dir.join("reports/gate/gate.json")).unwrap();
    assert!(json.starts_with("{\n  \"synthetic\": true,"), "{json}");
}

#[test]
fn without_leave_it_is_not_ready_and_says_why() {
    let (project, _) = written();
    let dir = project.dir.path();
    let out = drill(dir, &["gate", "RL3", "reports/runs"]);
    let said = text(&out.stdout);
    assert_eq!(out.status.code(), Some(1), "{said}");
    assert!(said.contains("NOT READY: RL3   9 of 9 requirements not met"), "{said}");
    assert!(said.contains("it is synthetic: generated, not observed"), "{said}");
    assert!(!said.contains("SYNTHETIC"), "{said}");
    assert_eq!(readiness(dir).set_aside.len(), 6);
}

#[test]
fn evidence_that_was_altered_torn_or_cannot_be_read_is_refused() {
    let (project, all) = written();
    let dir = project.dir.path();
    let file = |i: usize| dir.join("reports/runs").join(&all[i].history.head.run).join("events.jsonl");
    let whole = std::fs::read_to_string(file(0)).unwrap();
    std::fs::write(file(0), &whole[..whole.len() - 20]).unwrap();
    std::fs::write(file(1), "no evidence\n").unwrap();
    std::fs::write(file(2).with_file_name("evidence.json"), r#"{"events":{"sha256":"another"}}"#).unwrap();
    std::fs::write(file(3).with_file_name("evidence.json"), "no JSON").unwrap();
    let out = drill(dir, &["gate", "RL3", "reports", "--allow-synthetic"]);
    assert_eq!(out.status.code(), Some(1));
    let set_aside: Vec<String> = readiness(dir).set_aside.into_iter().map(|a| a.why).collect();
    for why in [
        "was cut off",
        "cannot be read: line 1",
        "not the file that evidence.json was made of",
        "evidence.json is no JSON",
    ] {
        assert!(set_aside.iter().any(|w| w.contains(why)), "{why}: {set_aside:?}");
    }
    assert_eq!(set_aside.len(), 4);
}

/// The judge reads the events, whatever else lies beside them.
#[test]
fn an_acceptance_after_the_revocation_is_found_again() {
    let (project, mut all) = written();
    let dir = project.dir.path();
    let accepted = drill::observation::Saw::Accepted { server: super::world::OURS.into() };
    for event in all[0].history.events.iter_mut().filter(|e| e.scenario == "revoke") {
        if let drill::history::Body::Probe { series, saw, .. } = &mut event.body
            && series.part == super::build::SUBJECT
        {
            saw.clone_from(&accepted);
        }
    }
    write(&all[..1], &dir.join("reports/runs"));
    let out = drill(dir, &["gate", "RL3", "reports", "--allow-synthetic", "-q"]);
    let said = text(&out.stdout);
    assert_eq!(out.status.code(), Some(1), "{said}");
    assert!(said.contains("trigger.refused-at-backend failed"), "{said}");
    assert!(!said.contains("\nmet "), "{said}");
}

#[test]
fn what_is_asked_for_and_is_not_there_is_an_error_of_the_command() {
    let (project, _) = written();
    let dir = project.dir.path();
    for (arguments, said) in [
        (&["gate", "RL4", "reports"][..], "no gate `RL4` in drills/gates/"),
        (&["gate", "RL3", "nowhere"], "no evidence in nowhere"),
        (&["gate", "RL3"], "no evidence in reports/latest"),
        (&["gate", "RL3", "reports", "--inventory", "none.yaml"], "none.yaml"),
        (&["gate", "RL3", "reports", "--as-of", "soon"], "soon"),
        (&["list", "--coverage", "--inventory", "none.yaml"], "none.yaml"),
    ] {
        let out = drill(dir, arguments);
        let err = text(&out.stderr);
        assert_eq!((out.status.code(), text(&out.stdout).as_str()), (Some(2), ""), "{arguments:?}: {err}");
        assert!(err.starts_with("error: ") && err.contains(said), "{err}");
    }
    assert!(!dir.join("reports/gate").exists());
}

#[test]
fn a_day_to_come_makes_evidence_old_and_a_day_that_is_over_makes_it_of_the_future() {
    let (project, _) = written();
    let dir = project.dir.path();
    for (day, why) in [("2099-01-01", "days old"), ("2020-01-01", "from the future")] {
        let out = drill(dir, &["gate", "RL3", "reports", "--allow-synthetic", "--as-of", day]);
        assert_eq!(out.status.code(), Some(1));
        assert!(readiness(dir).set_aside.iter().all(|a| a.why.contains(why)), "{:?}", readiness(dir).set_aside);
    }
}

#[test]
fn what_evidence_says_cannot_steer_the_reports() {
    let (project, mut all) = written();
    let dir = project.dir.path();
    let hostile = "<script>alert(1)</script>|\u{1b}[2J`x`](http://evil)\u{202e}";
    all[0].history.head.run = "20261124-070200-evil".into();
    for event in &mut all[0].history.events {
        if let drill::history::Body::Server { version, .. } = &mut event.body {
            *version = hostile.into();
        }
        if let drill::history::Body::Entity { entity } = &mut event.body {
            entity.metadata.insert("owner".into(), hostile.into());
        }
    }
    write(&all[..1], &dir.join("hostile<b>"));
    let out = drill(dir, &["gate", "RL3", "hostile<b>", "--allow-synthetic", "-v"]);
    assert_eq!(out.status.code(), Some(1));
    let said = text(&out.stdout);
    assert!(said.contains("alert(1)") && !said.contains(['\u{1b}', '\u{202e}']), "{said}");
    let report = std::fs::read_to_string(dir.join("reports/gate/gate.md")).unwrap();
    assert!(report.contains("alert(1)"), "{report}");
    // A code span takes everything as it is; outside of one nothing is markup.
    let outside = report.replace("`drill gate RL3 hostile<b>", "").replace("\\]", "");
    for raw in ["<script>", "<b>", "](http", "\u{1b}", "\u{202e}"] {
        assert!(!outside.contains(raw), "{raw}: {report}");
    }
    for line in report.lines().filter(|l| l.starts_with("| database")) {
        assert_eq!(line.replace("\\|", "").matches('|').count(), 10, "{line}");
    }
}

#[test]
fn coverage_names_what_is_in_use_and_has_no_drill() {
    let project = Project::new();
    let dir = project.dir.path();
    let out = drill(dir, &["list", "--coverage"]);
    let said = text(&out.stdout);
    assert_eq!(out.status.code(), Some(0));
    assert!(said.ends_with("6 of 6 roles in drills/inventory.yaml have a drill\n"), "{said}");
    let inventory = "roles:\n  - { system: database, role: billing, owner: team-b, path: db/roles/billing }\n";
    std::fs::write(dir.join("other.yaml"), inventory).unwrap();
    let said = text(&drill(dir, &["list", "--coverage", "--inventory", "other.yaml"]).stdout);
    assert!(said.starts_with("NO DRILL   db/roles/billing (team-b)\nNO ROLE    drill broker-drill\n"), "{said}");
    let json = text(&drill(dir, &["list", "--coverage", "--json", "--inventory", "other.yaml"]).stdout);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["coverage"]["uncovered"][0]["path"], "db/roles/billing");
    std::fs::remove_file(dir.join("drills/inventory.yaml")).unwrap();
    assert_eq!(drill(dir, &["list", "--coverage"]).status.code(), Some(2));
    std::fs::write(dir.join("drills/inventory.yml"), inventory).unwrap();
    assert!(text(&drill(dir, &["gate", "RL3"]).stderr).contains("rename it"));
}

/// What an OpenBao says of itself, as `bao … -format=json` writes it.
#[test]
fn an_inventory_is_taken_from_an_openbao_as_it_is() {
    let project = Project::new();
    let dir = project.dir.path();
    let put = |path: &str, text: &str| {
        let path = dir.join("export").join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    put(
        "secrets.json",
        r#"{ "database/": {"type":"database"}, "rmq/": {"type":"rabbitmq"}, "kv/": {"type":"kv"}, "sys/": {"type":"system"},
             "teams/a/ldap/": {"type":"openldap"}, "cubbyhole/": {"type":"ns_cubbyhole"} }"#,
    );
    put("database/roles.json", r#"["r", "billing"]"#);
    put("database/static-roles.json", r#"["legacy"]"#);
    let role = std::fs::read_to_string(dir.join("drills/roles/r/role.json")).unwrap();
    put("database/roles/r.json", &role);
    let run = || text(&drill(dir, &["list", "--coverage", "--inventory", "export"]).stdout);
    let said = run();
    for line in [
        "drilled    database/roles/r by database-drill",
        "NO DRILL   database/roles/billing (owner unknown)",
        "NO DRILL   database/static-roles/legacy (owner unknown)",
        "NO DRILL   rmq/roles/(not listed) (owner unknown)",
        "NO DRILL   teams/a/ldap/roles/(not listed) (owner unknown)",
        "1 of 5 roles in export have a drill",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
    // Another role under the same name is another role.
    put("database/roles/r.json", &role.replace("3600", "7200"));
    write(&evidence(&project.drills), &dir.join("reports/runs"));
    drill(dir, &["gate", "RL3", "reports", "--allow-synthetic", "--inventory", "export"]);
    let reasons: Vec<String> =
        readiness(dir).requirements.into_iter().flat_map(|r| r.reasons).map(|w| w.what).collect();
    assert!(reasons.iter().any(|w| w.contains("is of another role: production has it as")), "{reasons:?}");
    for (path, holds, said) in [
        ("secrets.json", "[]", "it is no list of mounts"),
        ("secrets.json", "{", "it is no JSON"),
        ("secrets.json", r#"{ "kv/": {"type":"kv"} }"#, "no mount of it issues credentials"),
        ("secrets.json", r#"{ "db/": {} }"#, "has no `type`"),
        ("secrets.json", r#"{ "../db/": {"type":"database"} }"#, "is no path of a mount"),
    ] {
        put(path, holds);
        let out = drill(dir, &["list", "--coverage", "--inventory", "export"]);
        let err = text(&out.stderr);
        assert_eq!(out.status.code(), Some(2), "{err}");
        assert!(err.contains(said), "{said}: {err}");
    }
    put("secrets.json", r#"{ "database/": {"type":"database"} }"#);
    let alone = dir.join("export/secrets.json");
    let out = drill(dir, &["list", "--coverage", "--inventory", alone.to_str().unwrap()]);
    assert!(text(&out.stdout).contains("NO DRILL   database/roles/(not listed)"), "mounts alone name no role");
}
