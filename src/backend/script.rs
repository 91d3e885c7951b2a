//! A script → its statements, as psql and mariadb split it: quotes, dollar quotes and comments hold no end of a statement.

/// What differs between the two.
#[derive(Debug, Clone, Copy)]
pub struct Dialect {
    /// What opens and closes a text or a name.
    quotes: &'static [char],
    /// A backslash in a text hides what follows: always, else only behind an `E`.
    backslashes: bool,
    /// `$tag$ … $tag$` is a text.
    dollars: bool,
    /// `#` begins a comment, too.
    hashes: bool,
}

/// PostgreSQL's.
pub const POSTGRES: Dialect = Dialect { quotes: &['\'', '"'], backslashes: false, dollars: true, hashes: false };
/// MariaDB's.
pub const MARIADB: Dialect = Dialect { quotes: &['\'', '"', '`'], backslashes: true, dollars: false, hashes: true };

/// The script with every statement that names `${parent}` once for each parent.
pub fn for_each_parent(script: &str, parents: &[String], dialect: Dialect) -> String {
    let mut out = String::with_capacity(script.len() * 2);
    for statement in split(script, dialect) {
        if without_comments(statement, dialect).contains("${parent}") {
            for parent in parents {
                out.push_str(&statement.replace("${parent}", parent));
            }
        } else {
            out.push_str(statement);
        }
    }
    out
}

/// The script without what holds no statement: some servers take an empty one for an error.
pub fn without_blanks(script: &str, dialect: Dialect) -> String {
    let blank = |c: char| c == ';' || c.is_whitespace();
    split(script, dialect)
        .into_iter()
        .filter(|s| !without_comments(s, dialect).trim_matches(blank).is_empty())
        .collect()
}

fn without_comments(statement: &str, dialect: Dialect) -> String {
    let (mut out, mut at) = (String::new(), 0);
    while at < statement.len() {
        let rest = &statement[at..];
        let skipped = skipped(rest, statement[..at].chars().next_back(), dialect);
        let length = skipped.max(rest.chars().next().map_or(1, char::len_utf8));
        if !(skipped > 0 && rest.starts_with(['-', '/', '#'])) {
            out.push_str(&rest[..length]);
        }
        at += length;
    }
    out
}

/// The statements, each with its semicolon and all that stands before it.
pub fn split(script: &str, dialect: Dialect) -> Vec<&str> {
    let mut statements = Vec::new();
    let (mut from, mut at) = (0, 0);
    while at < script.len() {
        let rest = &script[at..];
        let skipped = skipped(rest, script[..at].chars().next_back(), dialect);
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
fn skipped(rest: &str, before: Option<char>, dialect: Dialect) -> usize {
    if rest.starts_with("--") || dialect.hashes && rest.starts_with('#') {
        return rest.find('\n').map_or(rest.len(), |i| i + 1);
    }
    if rest.starts_with("/*") {
        return nested_comment(rest);
    }
    for quote in dialect.quotes {
        if let Some(text) = rest.strip_prefix(*quote) {
            let escapes = *quote != '`' && dialect.backslashes || *quote == '\'' && matches!(before, Some('e' | 'E'));
            return 1 + quoted(text, *quote, escapes);
        }
    }
    if dialect.dollars && rest.starts_with('$') && !before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
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
            let split = split(script, POSTGRES);
            assert_eq!(split.len(), parts, "{script}: {split:?}");
            assert_eq!(split.concat().trim_end(), script.trim_end(), "nothing is lost");
        }
    }

    #[test]
    fn what_holds_no_statement_goes() {
        assert_eq!(without_blanks("-- why\na; ;\n/* only this */;\nb; -- and that\n", MARIADB), "-- why\na;\nb;");
        assert_eq!(without_blanks("-- nothing", MARIADB), "");
    }

    #[test]
    fn each_dialect_has_its_own_quotes_and_comments() {
        for (script, here, there) in [
            (r"select '\';'; b;", 2, 2),
            ("create table `a;b` (c int); d;", 2, 3),
            ("# a; b\nc;", 1, 2),
            ("select $$; b $$;", 2, 1),
            ("select 'it''s;'; -- a; b\n c;", 2, 2),
        ] {
            assert_eq!(split(script, MARIADB).len(), here, "{script}");
            assert_eq!(split(script, POSTGRES).len(), there, "{script}");
        }
    }

    #[test]
    fn a_statement_that_names_the_parent_runs_once_for_each() {
        let script = "-- `${parent}` is made by drill\ncreate role r;\ngrant r to \"${parent}\";\nselect 1;\n";
        let out = for_each_parent(script, &["a".into(), "b".into()], POSTGRES);
        assert_eq!(
            out,
            "-- `${parent}` is made by drill\ncreate role r;\ngrant r to \"a\";\ngrant r to \"b\";\nselect 1;"
        );
    }
}
