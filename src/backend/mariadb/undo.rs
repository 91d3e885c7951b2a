//! How the effect of a statement is undone: MariaDB commits what defines something at once, so a rollback is not enough.

/// How.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Undo {
    /// Its transaction is rolled back.
    Rollback,
    /// This statement takes it back.
    By(String),
}

/// What only reads or changes rows.
const ROLLED_BACK: &[&str] = &["SELECT", "INSERT", "UPDATE", "DELETE", "REPLACE", "VALUES", "WITH", "SHOW", "EXPLAIN"];
/// What CREATE makes and DROP removes, by one name.
const DROPPED: &[&str] = &["TABLE", "USER", "ROLE", "VIEW", "DATABASE", "SCHEMA"];

/// How a statement is undone; nothing where it cannot be.
pub fn undo(statement: &str) -> Option<Undo> {
    let words: Vec<&str> = statement.split_whitespace().collect();
    let is = |i: usize, word: &str| words.get(i).is_some_and(|w: &&str| w.eq_ignore_ascii_case(word));
    let first = words.first()?.trim_start_matches('(');
    if ROLLED_BACK.iter().any(|word| first.eq_ignore_ascii_case(word)) {
        // A file that it writes stays.
        let to_file = (0..words.len()).any(|i| is(i, "INTO") && (is(i + 1, "OUTFILE") || is(i + 1, "DUMPFILE")));
        return (!to_file).then_some(Undo::Rollback);
    }
    if !is(0, "CREATE") {
        return None;
    }
    let kind = DROPPED.iter().find(|kind| is(1, kind))?;
    // With IF NOT EXISTS the thing may be somebody else's.
    let name = words.get(2).filter(|name| !name.eq_ignore_ascii_case("IF"))?;
    let name = name.split('(').next().filter(|name| !name.is_empty())?;
    let plain = name.chars().all(|c| c.is_alphanumeric() || "_-.'\"`@%$".contains(c));
    // A list of names: only the first would be dropped.
    let alone = !words.get(3).is_some_and(|next| next.starts_with(','));
    (plain && alone).then(|| Undo::By(format!("DROP {kind} {name}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_rows_is_rolled_back() {
        for statement in ["SELECT 1", "(select 1) union (select 2)", "insert into t values (1)", "DELETE FROM t"] {
            assert_eq!(undo(statement), Some(Undo::Rollback), "{statement}");
        }
    }

    #[test]
    fn what_is_made_is_dropped() {
        for (statement, by) in [
            ("CREATE TABLE loot (id int)", "DROP TABLE loot"),
            ("create table loot(id int)", "DROP TABLE loot"),
            ("CREATE USER 'intruder'@'%' IDENTIFIED BY 'x'", "DROP USER 'intruder'@'%'"),
            ("CREATE USER intruder", "DROP USER intruder"),
            ("CREATE DATABASE `x`", "DROP DATABASE `x`"),
        ] {
            assert_eq!(undo(statement), Some(Undo::By(by.into())), "{statement}");
        }
    }

    #[test]
    fn what_cannot_be_undone_is_known() {
        for statement in [
            "",
            "DROP TABLE orders",
            "ALTER TABLE orders ADD x int",
            "TRUNCATE orders",
            "GRANT ALL ON *.* TO x",
            "CREATE TABLE IF NOT EXISTS orders (id int)",
            "CREATE OR REPLACE TABLE orders (id int)",
            "CREATE USER a, b",
            "CREATE USER a , b",
            "CREATE PROCEDURE p() SELECT 1",
            "SELECT * FROM orders INTO OUTFILE '/tmp/x'",
            "SET GLOBAL max_connections = 1",
            "CALL p()",
        ] {
            assert_eq!(undo(statement), None, "{statement}");
        }
    }
}
