//! A script → its statements, as psql splits it: quotes, dollar quotes and comments hold no end of a statement.

/// The script with every statement that names `${parent}` once for each parent.
pub fn for_each_parent(script: &str, parents: &[String]) -> String {
    let mut out = String::with_capacity(script.len() * 2);
    for statement in split(script) {
        if without_comments(statement).contains("${parent}") {
            for parent in parents {
                out.push_str(&statement.replace("${parent}", parent));
            }
        } else {
            out.push_str(statement);
        }
    }
    out
}

fn without_comments(statement: &str) -> String {
    let (mut out, mut at) = (String::new(), 0);
    while at < statement.len() {
        let rest = &statement[at..];
        let skipped = skipped(rest, statement[..at].chars().next_back());
        let length = skipped.max(rest.chars().next().map_or(1, char::len_utf8));
        if !(skipped > 0 && (rest.starts_with("--") || rest.starts_with("/*"))) {
            out.push_str(&rest[..length]);
        }
        at += length;
    }
    out
}

/// The statements, each with its semicolon and all that stands before it.
pub fn split(script: &str) -> Vec<&str> {
    let mut statements = Vec::new();
    let (mut from, mut at) = (0, 0);
    while at < script.len() {
        let rest = &script[at..];
        let skipped = skipped(rest, script[..at].chars().next_back());
        if skipped == 0 && rest.starts_with(';') {
            statements.push(&script[from..=at]);
            from = at + 1;
        }
        // Every round goes on by at least one character.
        at += skipped.max(rest.chars().next().map_or(1, char::len_utf8));
    }
    if !script[from..].trim().is_empty() {
        statements.push(&script[from..]);
    }
    statements
}

/// Length of the comment, string or quoted name that begins here; 0 where none does.
fn skipped(rest: &str, before: Option<char>) -> usize {
    if let Some(comment) = rest.strip_prefix("--") {
        return 2 + comment.find('\n').map_or(comment.len(), |i| i + 1);
    }
    if rest.starts_with("/*") {
        return nested_comment(rest);
    }
    for quote in ['\'', '"'] {
        if let Some(text) = rest.strip_prefix(quote) {
            let escapes = quote == '\'' && matches!(before, Some('e' | 'E'));
            return 1 + quoted(text, quote, escapes);
        }
    }
    if rest.starts_with('$') && !before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
        return dollar_quoted(rest).unwrap_or(0);
    }
    0
}

/// Length up to and with the closing quote; a doubled one is none.
fn quoted(text: &str, quote: char, escapes: bool) -> usize {
    let mut chars = text.char_indices().peekable();
    while let Some((i, c)) = chars.next() {
        if escapes && c == '\\' {
            chars.next();
        } else if c == quote {
            if chars.peek().is_some_and(|(_, next)| *next == quote) {
                chars.next();
            } else {
                return i + 1;
            }
        }
    }
    text.len()
}

/// `$tag$ … $tag$`.
fn dollar_quoted(rest: &str) -> Option<usize> {
    let end = rest[1..].find('$')? + 2;
    let tag = &rest[..end];
    let name = &tag[1..end - 1];
    if name.starts_with(|c: char| c.is_ascii_digit()) || !name.chars().all(|c| c.is_alphanumeric() || c == '_') {
        return None;
    }
    Some(rest[end..].find(tag).map_or(rest.len(), |i| end + i + end))
}

fn nested_comment(rest: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_semicolon_outside_of_quotes_ends_a_statement() {
        for (script, parts) in [
            ("a; b;", 2),
            ("a; b", 2),
            ("", 0),
            (" \n ", 0),
            ("select ';'; b;", 2),
            ("select 'it''s;'; b;", 2),
            (r"select E'\';'; b;", 2),
            ("create role \"a;b\"; c;", 2),
            ("-- a; b\nc;", 1),
            ("/* a; /* b; */ c; */ d;", 1),
            ("do $$ begin; end $$; b;", 2),
            ("do $x$ $$;$$ $x$; b;", 2),
            ("select $1; b;", 2),
            ("é;ü;", 2),
            ("'never closed; b;", 1),
        ] {
            assert_eq!(split(script).len(), parts, "{script}: {:?}", split(script));
            assert_eq!(split(script).concat().trim_end(), script.trim_end(), "nothing is lost");
        }
    }

    #[test]
    fn a_statement_that_names_the_parent_runs_once_for_each() {
        let script = "-- `${parent}` is made by drill\ncreate role r;\ngrant r to \"${parent}\";\nselect 1;\n";
        let out = for_each_parent(script, &["a".into(), "b".into()]);
        assert_eq!(
            out,
            "-- `${parent}` is made by drill\ncreate role r;\ngrant r to \"a\";\ngrant r to \"b\";\nselect 1;"
        );
    }
}
