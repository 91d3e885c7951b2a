//! A seed script, as far as a file alone tells what is wrong with it.

use crate::document::findings::todo;
use crate::document::{Diagnostic, Findings, Problem, Source, Span, lines};

/// What a seed may refer to.
const PLACEHOLDERS: &[&str] = &["parent", "inspector"];

/// Notes what only a client at a terminal understands, by `command`, and placeholders that nobody fills in.
pub fn check(seed: Source, command: impl Fn(&str) -> Option<Problem>, findings: &mut Findings) {
    let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    for (index, line) in lines(seed.text).enumerate() {
        let line_number = small(index + 1);
        if let Some(problem) = command(line) {
            let span = Span { line: line_number, column: 1, length: small(line.chars().count()) };
            findings.add_elsewhere(Diagnostic::new(problem, seed.place(span)));
        }
        let mut rest = line;
        while let Some((before, after)) = rest.split_once("${") {
            let Some((name, after)) = after.split_once('}') else {
                break;
            };
            if !PLACEHOLDERS.contains(&name) {
                let start = line.len() - rest.len() + before.len();
                let column = small(line[..start].chars().count() + 1);
                let span = Span { line: line_number, column, length: small(name.chars().count() + 3) };
                let problem = match todo(&format!("${{{name}}}")) {
                    Some(what) => Problem::Todo(what.to_string()),
                    None => Problem::UnknownPlaceholder(name.into()),
                };
                findings.add_elsewhere(Diagnostic::new(problem, seed.place(span)));
            }
            rest = after;
        }
    }
}
