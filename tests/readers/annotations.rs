//! Workflow commands, as the runner of GitHub reads them.

use super::Shortened;
use std::collections::BTreeMap;

/// One command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    pub name: String,
    pub properties: BTreeMap<String, String>,
    pub message: String,
}

pub fn commands(text: &str) -> Vec<Command> {
    text.lines().map(command).collect()
}

fn command(line: &str) -> Command {
    let (head, message) = line.strip_prefix("::").unwrap().split_once("::").unwrap();
    let (name, properties) = head.split_once(' ').unwrap();
    let properties = properties.split(',').map(|p| {
        let (key, value) = p.split_once('=').unwrap();
        (key.to_owned(), unescaped(&value.replace("%3A", ":").replace("%2C", ",")))
    });
    Command { name: name.to_owned(), properties: properties.collect(), message: unescaped(message) }
}

fn unescaped(text: &str) -> String {
    text.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")
}

/// What is said of checks, and how many are left out of the errors and of the warnings.
pub fn read(text: &str) -> (Shortened, BTreeMap<String, usize>) {
    let (mut checks, mut more) = (Shortened::default(), BTreeMap::new());
    let mut shown: BTreeMap<String, usize> = BTreeMap::new();
    for command in commands(text) {
        *shown.entry(command.name.clone()).or_default() += 1;
        let title = &command.properties["title"];
        if let Some(n) = title.strip_prefix("and ").and_then(|t| t.strip_suffix(" more")) {
            assert!(more.insert(command.name.clone(), n.parse().unwrap()).is_none());
            continue;
        }
        let Some((word, id)) = title.split_once(": ").filter(|(_, id)| id.matches('/').count() == 2) else { continue };
        let word = word.split(' ').next().unwrap();
        let kind = if word == "excepted" { "warning" } else { "error" };
        assert_eq!(command.name, kind, "{title}");
        checks.name(id.to_owned(), word);
        let place = id.rsplit_once('/').unwrap().0;
        let same = command.message.lines().find_map(|l| l.split_once(" more for the same reason: "));
        let same = same.map(|(_, names)| names).into_iter().flat_map(|names| names.split(", "));
        same.for_each(|name| checks.name(format!("{place}/{name}"), word));
    }
    assert!(shown.values().all(|n| *n <= 10), "GitHub drops what is more: {shown:?}");
    (checks, more)
}
