//! What can be said of a statement without a server: that it begins like one, and what OpenBao fills in.

use super::findings::Findings;
use super::problem::Problem;
use super::span::At;
use super::sql_words::{FIRST_WORDS, TEMPLATES};
use std::collections::HashSet;

/// Statements as they stand in a file.
pub type Statements = At<Vec<At<String>>>;

/// Notes every statement that does not begin like one.
pub fn check(statements: &Statements, findings: &mut Findings) {
    let mut before: Option<&At<String>> = None;
    for statement in &statements.value {
        if let Some(problem) = beginning(&statement.value) {
            findings.add(split(before, statement).unwrap_or(problem), statement.span);
        }
        before = Some(statement);
    }
}

/// Two items of one line: in a list in brackets every comma ends an item, also the one within a statement.
fn split(before: Option<&At<String>>, statement: &At<String>) -> Option<Problem> {
    let before = before.filter(|b| b.span.line == statement.span.line && !statement.value.trim().is_empty())?;
    let whole = format!("{}, {}", before.value, statement.value);
    Some(Problem::SplitStatement { part: statement.value.clone(), whole })
}

/// Notes every statement that stands in the list already: where that says nothing, it is a slip.
pub fn check_repeats(statements: &Statements, findings: &mut Findings) {
    let mut seen = HashSet::new();
    for statement in &statements.value {
        if beginning(&statement.value).is_none() && !seen.insert(statement.value.as_str()) {
            findings.add(Problem::SameStatement, statement.span);
        }
    }
}

/// Notes what is wrong with the templates in a list of statements.
pub fn check_templates(statements: &Statements, findings: &mut Findings) {
    for statement in &statements.value {
        for (name, quoted) in templates(&statement.value) {
            let at = findings.within(statement.span, &format!("{{{{{name}}}}}"));
            if !TEMPLATES.contains(&name.as_str()) {
                findings.add(Problem::UnknownTemplate(name), at);
            } else if !quoted {
                findings.add(Problem::BareTemplate(name), at);
            }
        }
    }
}

/// Whether it begins like one.
pub fn is_statement(text: &str) -> bool {
    beginning(text).is_none()
}

fn beginning(statement: &str) -> Option<Problem> {
    let rest = skip_comments(statement).trim_start_matches(|c: char| c.is_whitespace() || c == '(');
    if rest.is_empty() {
        return Some(Problem::EmptyStatement);
    }
    let word: String = rest.chars().take_while(char::is_ascii_alphabetic).collect();
    let keyword = FIRST_WORDS.contains(&word.to_lowercase().as_str());
    (!keyword).then(|| Problem::NoStatement(statement.lines().next().unwrap_or("").trim().to_string()))
}

fn skip_comments(statement: &str) -> &str {
    let mut rest = statement.trim_start();
    // Every round drops a comment, so there are at most as many as bytes.
    loop {
        let after = if let Some(comment) = rest.strip_prefix("--") {
            comment.split_once('\n').map_or("", |(_, after)| after)
        } else if let Some(comment) = rest.strip_prefix("/*") {
            comment.split_once("*/").map_or("", |(_, after)| after)
        } else {
            return rest;
        };
        rest = after.trim_start();
    }
}

/// Every `{{template}}` of a statement, and whether it stands inside quotes.
pub fn templates(statement: &str) -> Vec<(String, bool)> {
    let mut found = Vec::new();
    let mut quote = None;
    let mut rest = statement;
    while let Some(c) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("{{")
            && let Some((name, after)) = after.split_once("}}")
        {
            found.push((name.trim().to_string(), quote.is_some()));
            rest = after;
            continue;
        }
        // A dollar quote has its own end; inside it other quotes mean nothing.
        if let Some(after) = rest.strip_prefix("$$") {
            quote = match quote {
                None => Some('$'),
                Some('$') => None,
                other => other,
            };
            rest = after;
            continue;
        }
        if c == '\'' || c == '"' {
            quote = match quote {
                None => Some(c),
                Some(open) if open == c => None,
                other => other,
            };
        }
        rest = &rest[c.len_utf8()..];
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_begin_with_a_keyword() {
        for good in ["SELECT 1", "  (select 1)", "-- why\nDROP ROLE x", "/* a */ begin", "COMMIT;", "do $$x$$"] {
            assert_eq!(beginning(good), None, "{good}");
        }
        for bad in ["salary FROM payroll", "\"x\"", "1", "SELEKT 1", "id)"] {
            assert!(matches!(beginning(bad), Some(Problem::NoStatement(_))), "{bad}");
        }
        for empty in ["", "  ", "-- only this", "/* open"] {
            assert_eq!(beginning(empty), Some(Problem::EmptyStatement), "{empty}");
        }
    }

    #[test]
    fn templates_and_their_quotes() {
        let found = |s: &str| templates(s).into_iter().map(|(n, q)| format!("{n}{q}")).collect::<Vec<_>>().join(" ");
        assert_eq!(found(r#"CREATE ROLE "{{name}}" PASSWORD '{{password}}'"#), "nametrue passwordtrue");
        assert_eq!(found("DROP ROLE {{name}}"), "namefalse");
        assert_eq!(found(r#"x "a" {{name}} 'b' "it's {{ name }}""#), "namefalse nametrue");
        assert_eq!(found("DO $$ it's {{name}} $$; {{name}}"), "nametrue namefalse");
        assert_eq!(found("{{open é"), "");
    }

    fn statements(lines: &[(u32, &str)]) -> Statements {
        let span = |line: u32| crate::document::Span { line, column: 1, length: 1 };
        let all = lines.iter().map(|(line, text)| At { value: (*text).to_string(), span: span(*line) });
        At { value: all.collect(), span: span(1) }
    }

    fn problems(check: fn(&Statements, &mut Findings), lines: &[(u32, &str)]) -> Vec<Problem> {
        let mut findings = Findings::new(crate::document::Source { file: "a.yaml", text: "" });
        check(&statements(lines), &mut findings);
        findings.into_all().into_iter().map(|d| d.problem).collect()
    }

    #[test]
    fn a_comma_splits_only_within_a_line() {
        let (part, whole) = ("salary FROM payroll".to_string(), "SELECT id, salary FROM payroll".to_string());
        assert_eq!(
            problems(check, &[(1, "SELECT id"), (1, "salary FROM payroll")]),
            [Problem::SplitStatement { part: part.clone(), whole }]
        );
        assert_eq!(problems(check, &[(1, "SELECT id"), (2, "salary FROM payroll")]), [Problem::NoStatement(part)]);
        assert_eq!(problems(check, &[(1, "SELECT 1"), (1, "")]), [Problem::EmptyStatement]);
        assert_eq!(problems(check, &[(1, "SELECT 1"), (1, "SELECT 2")]), []);
    }

    #[test]
    fn the_same_twice_is_a_slip_and_said_once_for_each() {
        let lines = [(1, "SELECT 1"), (2, "SELECT 2"), (3, "SELECT 1"), (4, "SELECT 1")];
        assert_eq!(problems(check_repeats, &lines), [Problem::SameStatement, Problem::SameStatement]);
        assert_eq!(problems(check_repeats, &[(1, "x"), (2, "x")]), [], "each is no statement at all");
    }
}
