//! A project in a directory of its own, with the example export; and what a person would write for each TODO of a draft from it.

#![allow(dead_code, clippy::unwrap_used)] // every test binary uses another part

use std::path::{Path, PathBuf};
use std::process::Command;

/// What stands in for each TODO of `drill new NAME --from drills/roles/orders-rw`: how the TODO begins, what replaces it.
/// With these, and no other edit, the drill is valid and comes to a verdict.
pub const FILLED: &[(&str, &str)] = &[
    ("the team that mends this drill", "team-platform"),
    ("the workload that asks", "orders-api"),
    ("the team that answers", "team-orders"),
    ("whose workload it is", "acme"),
    ("a statement that the role must be able to run", "SELECT count(*) FROM orders"),
    ("a statement that must be denied", "SELECT * FROM payroll"),
    (
        "the role orders_rw",
        "CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, item text NOT NULL);
INSERT INTO orders (item) VALUES ('anvil'), ('rope');
GRANT USAGE ON SCHEMA public TO orders_rw;
GRANT SELECT, INSERT, UPDATE, DELETE ON orders TO orders_rw;
GRANT CONNECT ON DATABASE app TO orders_rw;",
    ),
    ("what `denied` names", "CREATE TABLE payroll (person text PRIMARY KEY);\nINSERT INTO payroll VALUES ('ada');"),
];

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A project that ends with the test.
pub struct Project(tempfile::TempDir);

impl Project {
    /// `drills/roles/orders-rw` and nothing else.
    pub fn with_export() -> Self {
        let project = Self(tempfile::tempdir().unwrap());
        for file in ["role.json", "mount.json", "config.json"] {
            let path = format!("drills/roles/orders-rw/{file}");
            project.write(&path, &std::fs::read_to_string(root().join(&path)).unwrap());
        }
        project
    }
    pub fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }
    pub fn exists(&self, path: &str) -> bool {
        self.path(path).exists()
    }
    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path(path)).unwrap()
    }
    pub fn write(&self, path: &str, text: &str) {
        std::fs::create_dir_all(self.path(path).parent().unwrap()).unwrap();
        std::fs::write(self.path(path), text).unwrap();
    }
    pub fn remove(&self, path: &str) {
        std::fs::remove_file(self.path(path)).unwrap();
    }
    /// The program in the project: exit code, stdout, stderr.
    pub fn drill(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_drill"));
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("DRILL_")) {
            command.env_remove(name);
        }
        let out = command.current_dir(self.0.path()).args(arguments).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (out.status.code(), text(out.stdout), text(out.stderr))
    }
    /// Replaces the TODOs of a draft, in both of its files, and touches nothing else.
    pub fn fill(&self, name: &str, with: &[(&str, &str)]) {
        for path in [format!("drills/{name}.yaml"), format!("fixtures/postgres/{name}.sql")] {
            let mut text = String::new();
            let draft = self.read(&path);
            let mut parts = draft.split("${TODO ");
            text.push_str(parts.next().unwrap());
            for part in parts {
                let (todo, after) = part.split_once('}').unwrap();
                match with.iter().find(|(begins, _)| todo.starts_with(begins)) {
                    Some((_, filled)) => text.push_str(filled),
                    None => text.extend(["${TODO ", todo, "}"]),
                }
                text.push_str(after);
            }
            self.write(&path, &text);
        }
    }
}
