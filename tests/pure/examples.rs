//! The examples for CI systems name only commands and options that drill has, and tell its exit codes apart as it means them.

#![allow(clippy::unwrap_used)]

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Command;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn text(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

fn yaml(path: &str) -> Value {
    serde_yaml::from_str(&text(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// What `drill … --help` says, by subcommand; asked once.
#[derive(Default)]
struct Help(BTreeMap<String, String>);

impl Help {
    fn of(&mut self, command: &str) -> &str {
        self.0.entry(command.into()).or_insert_with(|| {
            let out = Command::new(env!("CARGO_BIN_EXE_drill")).args([command, "--help"]).output().unwrap();
            assert!(out.status.success(), "drill has no command `{command}`");
            String::from_utf8(out.stdout).unwrap()
        })
    }
}

/// Each `drill COMMAND …` of a text, to the end of its line.
fn calls(text: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for line in text.lines() {
        for (at, _) in line.match_indices("drill ") {
            let before = line[..at].chars().next_back();
            if before.is_some_and(|c| !matches!(c, ' ' | '\'' | '`' | '/' | '"')) {
                continue;
            }
            // An end of a command, of a quotation, or a comment.
            let call = line[at + 6..].split(['\'', '`', ';', '|', '#', '·']).next().unwrap();
            let words: Vec<String> = call.split_whitespace().map(str::to_string).collect();
            found.push(words);
        }
    }
    found
}

const COMMANDS: [&str; 14] = [
    "run",
    "list",
    "validate",
    "new",
    "explain",
    "report",
    "gate",
    "sign",
    "verify",
    "exceptions",
    "diff",
    "prove",
    "clean",
    "schema",
];

#[test]
fn every_command_and_option_in_the_examples_exists() {
    let mut help = Help::default();
    let mut seen = BTreeSet::new();
    for file in ["github.yml", "gitlab.yml", "Jenkinsfile", "pre-commit-config.yaml"] {
        let calls = calls(&text(&format!("ci/examples/{file}")));
        for call in calls.iter().filter(|c| c.first().is_some_and(|c| COMMANDS.contains(&c.as_str()))) {
            for option in call.iter().filter(|w| w.starts_with("--")) {
                assert!(help.of(&call[0]).contains(option), "{file}: drill {} has no {option}", call[0]);
            }
            help.of(&call[0]);
            seen.insert(call[0].clone());
        }
    }
    for command in ["run", "validate", "gate", "sign"] {
        assert!(seen.contains(command), "no example of drill {command}: {seen:?}");
    }
    for call in calls(&text("docs/ci.md")) {
        if let Some(command) = call.first().filter(|c| COMMANDS.contains(&c.as_str())) {
            for option in call.iter().filter(|w| w.starts_with("--")) {
                assert!(help.of(command).contains(option), "docs/ci.md: drill {command} has no {option}");
            }
        }
    }
}

#[test]
fn the_action_passes_options_that_exist() {
    let mut help = Help::default();
    for option in ["--drills", "--junit", "--gate"] {
        assert!(text("ci/action.sh").contains(option) && help.of("run").contains(option), "{option}");
    }
    // Every input reaches the script.
    let action = yaml("ci/action.yml");
    for name in action["inputs"].as_object().unwrap().keys() {
        let variable = format!("INPUT_{}", name.to_uppercase());
        assert_eq!(action["runs"]["steps"][0]["env"][&variable], format!("${{{{ inputs.{name} }}}}"));
        assert!(text("ci/action.sh").contains(&variable), "{variable}");
    }
}

#[test]
fn the_kubernetes_job_tells_exit_codes_apart() {
    let job = yaml("ci/examples/kubernetes.yaml");
    let spec = &job["spec"];
    let rule = |action: &str| {
        let rules = spec["podFailurePolicy"]["rules"].as_array().unwrap();
        rules.iter().find(|r| r["action"] == action && r["onExitCodes"].is_object()).unwrap().clone()
    };
    let codes = |rule: &Value| {
        rule["onExitCodes"]["values"].as_array().unwrap().iter().map(|v| v.as_u64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(codes(&rule("FailJob")), [1, 2], "a failed drill ends the job");
    assert_eq!(codes(&rule("Count")), [3], "what could not be judged is tried again");
    assert_eq!(spec["backoffLimit"], 1, "once");
    assert_eq!(spec["template"]["spec"]["restartPolicy"], "Never");
    let container = &spec["template"]["spec"]["containers"][0];
    for action in ["FailJob", "Count"] {
        assert_eq!(rule(action)["onExitCodes"]["containerName"], container["name"]);
    }
    let args: Vec<&str> = container["args"].as_array().unwrap().iter().map(|a| a.as_str().unwrap()).collect();
    let mut help = Help::default();
    for option in args.iter().filter(|a| a.starts_with("--")) {
        assert!(help.of(args[0]).contains(option), "drill {} has no {option}", args[0]);
    }
}

#[test]
fn gitlab_tries_again_only_what_could_not_be_judged() {
    let retry = &yaml("ci/examples/gitlab.yml")["drill"]["retry"];
    assert_eq!((&retry["max"], &retry["exit_codes"]), (&Value::from(1), &Value::from(vec![3])));
}

#[test]
fn every_job_has_a_time_out_and_says_how_long_artifacts_live() {
    let github = yaml("ci/examples/github.yml");
    for (name, job) in github["jobs"].as_object().unwrap() {
        assert!(job["timeout-minutes"].is_u64(), "github: {name}");
    }
    let gitlab = yaml("ci/examples/gitlab.yml");
    for (name, job) in gitlab.as_object().unwrap().iter().filter(|(name, _)| *name != "default") {
        assert!(job["timeout"].is_string(), "gitlab: {name}");
        assert!(job.get("artifacts").is_none_or(|a| a["expire_in"].is_string()), "gitlab: {name}");
    }
    let job = yaml("ci/examples/kubernetes.yaml");
    assert!(job["spec"]["activeDeadlineSeconds"].is_u64() && job["spec"]["ttlSecondsAfterFinished"].is_u64());
    let jenkins = text("ci/examples/Jenkinsfile");
    assert!(jenkins.contains("timeout(time:") && jenkins.contains("artifactDaysToKeepStr"));
    assert_eq!(jenkins.matches('{').count(), jenkins.matches('}').count());
    assert!(text("ci/examples/github.yml").contains("retention-days:"));
}
