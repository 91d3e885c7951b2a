//! OpenMetrics text, by the grammar: a line at a time, with labels unescaped.

use super::Shortened;
use std::collections::{BTreeMap, BTreeSet};

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    pub name: String,
    pub labels: BTreeMap<String, String>,
    pub value: String,
}

/// All samples of a file that keeps the grammar: described before used, each family in one piece, an end mark and nothing after it.
pub fn samples(text: &str) -> Vec<Sample> {
    let body = text.strip_suffix("# EOF\n").expect("the end mark");
    let (mut samples, mut family, mut seen) = (Vec::new(), String::new(), BTreeSet::new());
    let mut keys = BTreeSet::new();
    for line in body.split_terminator('\n') {
        if let Some(comment) = line.strip_prefix("# ") {
            let (kind, rest) = comment.split_once(' ').unwrap();
            let name = rest.split(' ').next().unwrap();
            match kind {
                "HELP" => {
                    assert!(seen.insert(name.to_owned()), "{name} in two pieces");
                    name.clone_into(&mut family);
                }
                "TYPE" => assert_eq!(rest, format!("{family} gauge")),
                "UNIT" => {
                    let unit = rest.strip_prefix(&format!("{family} ")).unwrap();
                    assert!(family.ends_with(&format!("_{unit}")), "{family} {unit}");
                }
                other => panic!("{other}"),
            }
            continue;
        }
        let sample = sample(line);
        assert_eq!(sample.name, family, "{line}");
        assert!(keys.insert((sample.name.clone(), sample.labels.clone())), "twice: {line}");
        assert!(sample.value.parse::<f64>().unwrap().is_finite());
        samples.push(sample);
    }
    samples
}

fn sample(line: &str) -> Sample {
    let name: String = line.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
    let mut rest = &line[name.len()..];
    let mut labels = BTreeMap::new();
    if let Some(inside) = rest.strip_prefix('{') {
        rest = inside;
        while !rest.starts_with('}') {
            let (key, after) = rest.split_once("=\"").unwrap();
            let (value, after) = quoted(after);
            assert!(labels.insert(key.trim_start_matches(',').to_owned(), value).is_none(), "{line}");
            rest = after;
        }
        rest = &rest[1..];
    }
    let value = rest.strip_prefix(' ').unwrap().to_owned();
    Sample { name, labels, value }
}

/// Up to the closing quote, unescaped; and what follows it.
fn quoted(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut chars = text.char_indices();
    loop {
        match chars.next().expect("a closing quote") {
            (at, '"') => return (value, &text[at + 1..]),
            (_, '\\') => value.push(match chars.next().unwrap().1 {
                'n' => '\n',
                c @ ('\\' | '"') => c,
                c => panic!("\\{c} is no escape"),
            }),
            (_, c) => value.push(c),
        }
    }
}

/// The verdict of the run, those of the scenarios by `drill/scenario`, and what is said of checks.
pub fn read(text: &str) -> (String, BTreeMap<String, String>, Shortened) {
    let (mut run, mut scenarios, mut checks) = (Vec::new(), BTreeMap::new(), Shortened::default());
    for s in samples(text) {
        let scenario = || format!("{}/{}", s.labels["drill"], s.labels["scenario"]);
        match (s.name.as_str(), s.value.as_str()) {
            ("drill_run_verdict", "1") => run.push(s.labels["outcome"].clone()),
            ("drill_verdict", "1") => {
                assert!(scenarios.insert(scenario(), s.labels["outcome"].clone()).is_none());
            }
            ("drill_checks", n) => checks.count(&s.labels["outcome"], n.parse().unwrap()),
            ("drill_check_not_passed", "1") => {
                checks.name(format!("{}/{}", scenario(), s.labels["check"]), &s.labels["outcome"]);
            }
            _ => {}
        }
    }
    assert_eq!(run.len(), 1);
    (run.remove(0), scenarios, checks)
}
