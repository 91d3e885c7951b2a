//! A first seed for a role's statements: what is certain is written out, the rest is a `${TODO …}`.

use super::objects::{Kind, Object, needed, words};
use std::collections::BTreeSet;
use std::fmt::Write;

/// Roles that PostgreSQL brings along and a role's statements may hand out.
const PREDEFINED: &[&str] = &[
    "pg_read_all_data",
    "pg_write_all_data",
    "pg_read_all_settings",
    "pg_read_all_stats",
    "pg_stat_scan_tables",
    "pg_monitor",
    "pg_signal_backend",
];
/// Only whoever holds `pg_signal_backend` may call them for other people's sessions.
const SIGNALS: &[&str] = &["pg_terminate_backend", "pg_cancel_backend"];

/// The one database that the statements name, if they name one.
pub fn database<'a>(statements: impl IntoIterator<Item = &'a String>) -> Option<String> {
    let objects = statements.into_iter().flat_map(|s| needed(s));
    let mut databases = objects.filter(|o| o.kind == Kind::Database).map(|o| o.name);
    databases.next()
}

/// The seed of a drill file.
pub fn seed<'a>(drill_file: &str, statements: impl IntoIterator<Item = &'a String>) -> String {
    let all: Vec<&String> = statements.into_iter().collect();
    let objects: BTreeSet<Object> = all.iter().flat_map(|s| needed(s)).collect();
    let text = all.iter().fold(String::new(), |text, s| text + s + ";\n");
    let mut out = format!(
        "-- Seed of {drill_file}, by `drill new`: what production's database looks like to the role under test.\n\
         -- Runs once, as the administrator, in the drill's database. `${{parent}}` is the role that OpenBao logs in with,\n\
         -- `${{inspector}}` the one that looks at users and sessions; both exist already and may connect.\n\
         -- Replace each TODO by SQL, or by nothing; `drill validate` shows those that are left.\n"
    );
    out.push_str(&parent(&text));
    for object in objects.iter().filter(|o| o.kind == Kind::Role) {
        out.push_str(&role(object, &text));
    }
    for object in objects.iter().filter(|o| !matches!(o.kind, Kind::Role)) {
        out.push_str(&other(object, &text));
    }
    for object in objects.iter().filter(|o| o.kind == Kind::Role) {
        let name = identifier(&object.name, &text);
        let _ = write!(
            out,
            "\n-- GRANT USAGE ON SCHEMA public TO {name};\n-- GRANT SELECT, INSERT ON orders TO {name};\n\
             ${{TODO the role {}: create what it works with, and grant what production grants it}}\n",
            object.name
        );
    }
    out.push_str(
        "\n-- CREATE TABLE payroll (person text); INSERT INTO payroll VALUES ('ada');\n\
         ${TODO what `denied` names: create it, so that only the right is missing}\n",
    );
    out
}

/// What the parent must be able to do beyond single objects.
fn parent(text: &str) -> String {
    let words = words(text);
    let mut out = String::new();
    let signals = SIGNALS.iter().any(|f| words.contains(*f));
    for role in PREDEFINED.iter().filter(|r| words.contains(**r)) {
        let _ = writeln!(out, "GRANT {role} TO \"${{parent}}\" WITH ADMIN TRUE, INHERIT FALSE, SET FALSE;");
    }
    if signals {
        out.push_str("GRANT pg_signal_backend TO \"${parent}\" WITH INHERIT TRUE, SET FALSE;\n");
    }
    if out.is_empty() {
        out
    } else {
        format!("\n-- The parent is no superuser: what its statements call, it must hold.\n{out}")
    }
}

fn role(object: &Object, text: &str) -> String {
    let name = identifier(&object.name, text);
    // Objects are handed over, or made, in the name of these: that takes the role itself, not only the right to grant it.
    let acts = text.split(';').any(|s| {
        let s = s.to_lowercase();
        ["reassign owned", "for role", "set role"].iter().any(|w| s.contains(w))
            && s.contains(&object.name.to_lowercase())
    });
    let how =
        if acts { "WITH ADMIN TRUE, INHERIT TRUE, SET TRUE" } else { "WITH ADMIN TRUE, INHERIT FALSE, SET FALSE" };
    format!("\nCREATE ROLE {name} NOLOGIN;\nGRANT {name} TO \"${{parent}}\" {how};\n")
}

fn other(object: &Object, text: &str) -> String {
    let name = identifier(&object.name, text);
    let parent = "TO \"${parent}\" WITH GRANT OPTION;";
    match object.kind {
        Kind::Role => String::new(),
        Kind::Database => format!(
            "\n-- REVOKE ALL ON DATABASE {name} FROM PUBLIC;\nGRANT CONNECT ON DATABASE {name} {parent}\n\
             ${{TODO the database {}: who else may do what with it}}\n",
            object.name
        ),
        Kind::Schema => format!(
            "\nCREATE SCHEMA {name};\nGRANT ALL ON SCHEMA {name} {parent}\n\
             -- CREATE TABLE {name}.orders (id bigint); INSERT INTO {name}.orders VALUES (1);\n\
             -- GRANT ALL ON ALL TABLES IN SCHEMA {name} {parent}\n\
             ${{TODO the schema {}: its tables as production has them, each with a row}}\n",
            object.name
        ),
        Kind::Table => format!(
            "\n-- CREATE TABLE {name} (id bigint); INSERT INTO {name} VALUES (1);\n-- GRANT ALL ON {name} {parent}\n\
             ${{TODO the table {}: as production has it, with a row}}\n",
            object.name
        ),
        Kind::Sequence => format!(
            "\n-- CREATE SEQUENCE {name};\n-- GRANT ALL ON SEQUENCE {name} {parent}\n\
             ${{TODO the sequence {}: unless a table brings it along}}\n",
            object.name
        ),
    }
}

/// As the statements write it: what stands in quotes keeps its letters, all else is folded as PostgreSQL does.
fn identifier(name: &str, text: &str) -> String {
    let quoted = format!("\"{name}\"");
    let plain =
        name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && !name.starts_with(|c: char| c.is_ascii_digit());
    if text.contains(&quoted) || !plain { quoted } else { name.to_lowercase() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(statements: &[&str]) -> String {
        let statements: Vec<String> = statements.iter().map(ToString::to_string).collect();
        seed("drills/a.yaml", &statements)
    }

    #[test]
    fn every_object_has_its_todo() {
        let seed = of(&[
            "CREATE ROLE \"{{name}}\" IN ROLE orders_rw, \"App\"",
            "GRANT SELECT ON Items TO \"{{name}}\"; GRANT USAGE ON SCHEMA shop TO \"{{name}}\"",
            "GRANT CONNECT ON DATABASE orders TO \"{{name}}\"; GRANT USAGE ON SEQUENCE s TO \"{{name}}\"",
            "GRANT pg_read_all_data TO \"{{name}}\"",
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity; REASSIGN OWNED BY \"{{name}}\" TO keeper",
        ]);
        for todo in
            ["role orders_rw", "role App", "role keeper", "table Items", "schema shop", "database orders", "sequence s"]
        {
            assert_eq!(seed.matches(&format!("${{TODO the {todo}: ")).count(), 1, "{todo}\n{seed}");
        }
        for line in [
            "CREATE ROLE orders_rw NOLOGIN;",
            "CREATE ROLE \"App\" NOLOGIN;",
            "GRANT orders_rw TO \"${parent}\" WITH ADMIN TRUE, INHERIT FALSE, SET FALSE;",
            "GRANT keeper TO \"${parent}\" WITH ADMIN TRUE, INHERIT TRUE, SET TRUE;",
            "GRANT pg_read_all_data TO \"${parent}\" WITH ADMIN TRUE, INHERIT FALSE, SET FALSE;",
            "GRANT pg_signal_backend TO \"${parent}\" WITH INHERIT TRUE, SET FALSE;",
            "-- GRANT ALL ON items TO \"${parent}\" WITH GRANT OPTION;",
            "CREATE SCHEMA shop;",
        ] {
            assert!(seed.lines().any(|l| l == line), "{line}\n{seed}");
        }
    }

    #[test]
    fn statements_that_need_nothing_leave_one_todo() {
        let seed = of(&["CREATE ROLE \"{{name}}\" LOGIN"]);
        assert_eq!(seed.matches("${TODO").count(), 1, "{seed}");
        assert!(!seed.contains("pg_"), "{seed}");
    }
}
