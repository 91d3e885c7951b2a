//! A definition whose sessions nothing ends before their own end: red by itself, and passed with exactly the exceptions beside it.

use crate::process::{drill, output, root};
use crate::turns::Turn;
use std::collections::BTreeSet;

const NAME: &str = "s3-web-identity-unrevoked";

/// What did not find out everything (exit 3) has shown nothing.
const TRIES: u32 = 3;

/// The run's exit code, and the checks that it marks so.
fn run(with_exceptions: bool, mark: char) -> (i32, BTreeSet<String>, String) {
    let _turn = Turn::take();
    (1..TRIES)
        .map(|_| once(with_exceptions, mark))
        .find(|(code, ..)| *code != 3)
        .unwrap_or_else(|| once(with_exceptions, mark))
}

fn once(with_exceptions: bool, mark: char) -> (i32, BTreeSet<String>, String) {
    let dir = tempfile::tempdir().unwrap();
    for sub in ["drills", "minio"] {
        std::fs::create_dir_all(dir.path().join(sub)).unwrap();
    }
    let drills = root().join("fixtures/drills");
    let mut files = vec![(drills.join(format!("{NAME}.yaml")), "drills")];
    if with_exceptions {
        files.push((drills.join("exceptions.yaml"), "drills"));
    }
    files.extend(["reports.json", "reports-ro.json"].map(|name| (root().join("fixtures/minio").join(name), "minio")));
    for (from, to) in files {
        std::fs::copy(&from, dir.path().join(to).join(from.file_name().unwrap())).unwrap();
    }
    let (code, out, err) =
        output(drill(&dir.path().join("reports")).args(["run", "--drills"]).arg(dir.path().join("drills")));
    let marked = out.lines().filter_map(|l| l.trim_start().strip_prefix(mark)?.split_whitespace().next());
    let marked = marked.map(String::from).collect();
    (code, marked, out + &err)
}

/// As the file of exceptions lists them.
fn listed() -> BTreeSet<String> {
    let text = std::fs::read_to_string(root().join("fixtures/drills/exceptions.yaml")).unwrap();
    let prefix = format!("check: {NAME}/revoke/");
    text.lines().filter_map(|l| l.trim().strip_prefix(prefix.as_str())).map(String::from).collect()
}

#[test]
fn it_is_red_without_its_exceptions() {
    let (code, failed, out) = run(false, '✗');
    assert_eq!((code, failed), (1, listed()), "{out}");
}

#[test]
fn it_passes_with_them_and_they_are_said() {
    let (code, excepted, out) = run(true, '~');
    assert_eq!((code, excepted), (0, listed()), "{out}");
    assert!(out.contains("PASSED (8 exceptions)"), "{out}");
}
