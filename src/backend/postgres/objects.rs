//! What a role's statements need to be there already: read from their words, as well as that goes without a parser.

use std::collections::BTreeSet;

/// Sorts of objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Kind {
    Role,
    Database,
    Schema,
    Table,
    Sequence,
}

impl Kind {
    /// In a sentence.
    pub fn word(self) -> &'static str {
        match self {
            Self::Role => "role",
            Self::Database => "database",
            Self::Schema => "schema",
            Self::Table => "table",
            Self::Sequence => "sequence",
        }
    }
}

/// Something that must exist before the statements run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Object {
    /// What it is.
    pub kind: Kind,
    /// Its name, without quotes and schema.
    pub name: String,
}

/// What PostgreSQL brings along.
const BUILT_IN: &[&str] = &[
    "public",
    "current_user",
    "current_role",
    "session_user",
    "user",
    "none",
    "all",
    "pg_catalog",
    "information_schema",
    "postgres",
];

/// A statement's words, quoted names, and single signs. Texts, numbers and comments are dropped.
fn tokens(sql: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = sql;
    while let Some(c) = rest.chars().next() {
        let (token, after) = token(rest, c);
        found.extend(token);
        rest = after;
    }
    found
}

fn token(rest: &str, c: char) -> (Option<String>, &str) {
    let after = &rest[c.len_utf8()..];
    if let Some(comment) = rest.strip_prefix("--") {
        return (None, comment.split_once('\n').map_or("", |(_, after)| after));
    }
    if let Some(comment) = rest.strip_prefix("/*") {
        return (None, comment.split_once("*/").map_or("", |(_, after)| after));
    }
    match c {
        '\'' => (None, after.split_once('\'').map_or("", |(_, after)| after)),
        '"' => {
            let (name, after) = after.split_once('"').unwrap_or((after, ""));
            (Some(format!("\"{name}")), after)
        }
        _ if c.is_alphanumeric() || c == '_' => {
            let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$')).unwrap_or(rest.len());
            (Some(rest[..end].to_string()), &rest[end..])
        }
        ',' | '.' | ';' | '(' | ')' => (Some(c.to_string()), after),
        _ => (None, after),
    }
}

/// Every name in a script, in lower case: what the seed names, it is trusted to make.
pub fn words(sql: &str) -> BTreeSet<String> {
    tokens(sql).into_iter().map(|t| t.trim_start_matches('"').to_lowercase()).collect()
}

/// What a statement needs.
pub fn needed(sql: &str) -> Vec<Object> {
    let tokens = tokens(sql);
    let mut found = Vec::new();
    for statement in tokens.split(|t| t == ";") {
        let reader = Reader { tokens: statement };
        reader.roles(&mut found);
        reader.grants(&mut found);
    }
    found.retain(|o| !o.name.contains("{{") && !BUILT_IN.contains(&o.name.to_lowercase().as_str()));
    found.retain(|o| !(o.kind == Kind::Role && o.name.starts_with("pg_")));
    let mut seen = BTreeSet::new();
    found.retain(|o| seen.insert(o.clone()));
    found
}

struct Reader<'a> {
    tokens: &'a [String],
}

impl Reader<'_> {
    fn is(&self, at: usize, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(i, w)| self.tokens.get(at + i).is_some_and(|t| t.eq_ignore_ascii_case(w)))
    }

    /// The names of a list from a place on, and where it ends.
    fn names(&self, mut at: usize) -> (Vec<String>, usize) {
        let mut names = Vec::new();
        while let Some(token) = self.tokens.get(at) {
            let mut name = token.trim_start_matches('"').to_string();
            at += 1;
            while self.is(at, &["."]) {
                name = self.tokens.get(at + 1).map_or("", |t| t.trim_start_matches('"')).to_string();
                at += 2;
            }
            names.push(name);
            if !self.is(at, &[","]) {
                break;
            }
            at += 1;
        }
        (names, at)
    }

    fn add(&self, kind: Kind, at: usize, found: &mut Vec<Object>) -> usize {
        let (names, after) = self.names(at);
        found.extend(names.into_iter().map(|name| Object { kind, name }));
        after
    }

    /// Roles outside of grants on objects.
    fn roles(&self, found: &mut Vec<Object>) {
        for at in 0..self.tokens.len() {
            for start in [&["in", "role"][..], &["in", "group"], &["set", "role"], &["for", "role"]] {
                if self.is(at, start) {
                    self.add(Kind::Role, at + 2, found);
                }
            }
        }
        if self.is(0, &["reassign", "owned", "by"])
            && let Some(to) = self.position("to")
        {
            self.add(Kind::Role, to + 1, found);
        }
    }

    fn position(&self, word: &str) -> Option<usize> {
        self.tokens.iter().position(|t| t.eq_ignore_ascii_case(word))
    }

    fn grants(&self, found: &mut Vec<Object>) {
        let Some(start) = self.position("grant").or_else(|| self.position("revoke")) else {
            return;
        };
        let end =
            self.tokens[start..].iter().position(|t| t.eq_ignore_ascii_case("to") || t.eq_ignore_ascii_case("from"));
        let Some(end) = end.map(|i| start + i) else { return };
        // ALTER DEFAULT PRIVILEGES names its schema before the grant.
        for at in 0..start {
            if self.is(at, &["in", "schema"]) {
                self.add(Kind::Schema, at + 2, found);
            }
        }
        match self.tokens[start..end].iter().position(|t| t.eq_ignore_ascii_case("on")).map(|i| start + i) {
            Some(on) if start == 0 => self.object(on + 1, found),
            None if start == 0 => {
                self.add(Kind::Role, start + 1, found);
                self.add(Kind::Role, end + 1, found);
            }
            _ => {}
        }
    }

    /// What stands after ON.
    fn object(&self, at: usize, found: &mut Vec<Object>) {
        if self.is(at, &["all"]) {
            if self.is(at + 2, &["in", "schema"]) {
                self.add(Kind::Schema, at + 4, found);
            }
            return;
        }
        for (word, kind) in [
            ("schema", Kind::Schema),
            ("database", Kind::Database),
            ("sequence", Kind::Sequence),
            ("table", Kind::Table),
        ] {
            if self.is(at, &[word]) {
                self.add(kind, at + 1, found);
                return;
            }
        }
        let others = [
            "function",
            "procedure",
            "routine",
            "language",
            "type",
            "domain",
            "large",
            "foreign",
            "tablespace",
            "parameter",
        ];
        if !others.iter().any(|o| self.is(at, &[o])) {
            self.add(Kind::Table, at, found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(sql: &str) -> String {
        let all: Vec<_> = needed(sql).into_iter().map(|o| format!("{} {}", o.kind.word(), o.name)).collect();
        all.join(", ")
    }

    #[test]
    fn what_statements_need() {
        for (sql, needs) in [
            (
                r#"CREATE ROLE "{{name}}" LOGIN PASSWORD 'in role x' IN ROLE orders_rw, "App" VALID UNTIL '{{expiration}}'"#,
                "role orders_rw, role App",
            ),
            (r#"GRANT orders_rw TO "{{name}}""#, "role orders_rw"),
            (r#"GRANT "{{name}}" TO CURRENT_USER WITH INHERIT TRUE, SET FALSE"#, ""),
            (r#"GRANT SELECT, INSERT (a, b) ON orders, shop.items TO "{{name}}""#, "table orders, table items"),
            (
                r#"GRANT SELECT ON TABLE orders TO "{{name}}"; GRANT USAGE ON SCHEMA shop TO "{{name}}";"#,
                "table orders, schema shop",
            ),
            (r#"GRANT ALL ON ALL TABLES IN SCHEMA shop TO "{{name}}""#, "schema shop"),
            (r#"GRANT SELECT ON ALL TABLES IN SCHEMA public TO "{{name}}""#, ""),
            (r#"GRANT CONNECT ON DATABASE orders TO "{{name}}""#, "database orders"),
            (r#"GRANT USAGE ON SEQUENCE orders_id_seq TO "{{name}}""#, "sequence orders_id_seq"),
            (r#"GRANT EXECUTE ON FUNCTION f(int) TO "{{name}}""#, ""),
            (r#"REVOKE ALL ON orders FROM "{{name}}""#, "table orders"),
            (r#"REASSIGN OWNED BY "{{name}}" TO appowner"#, "role appowner"),
            (
                r#"ALTER DEFAULT PRIVILEGES FOR ROLE appowner IN SCHEMA shop GRANT SELECT ON TABLES TO "{{name}}""#,
                "role appowner, schema shop",
            ),
            ("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{{name}}'", ""),
            (r#"ALTER ROLE "{{name}}" NOLOGIN"#, ""),
            ("-- GRANT x TO y\n/* GRANT z TO y */ COMMIT", ""),
            (r#"GRANT pg_read_all_data TO "{{name}}""#, ""),
            ("GRANT", ""),
            ("GRANT SELECT ON", ""),
            ("'", ""),
        ] {
            assert_eq!(of(sql), needs, "{sql}");
        }
    }

    #[test]
    fn comments_of_a_seed_make_nothing() {
        let seed = words("-- orders_rw\nCREATE ROLE \"App\"; GRANT x TO \"${parent}\"");
        assert!(seed.contains("app") && seed.contains("x"));
        assert!(!seed.contains("orders_rw"));
    }
}
