//! The commands that need no server, as a person or a program meets them.

#![allow(clippy::unwrap_used)]

use crate::drafts::{Project, root};
use serde_json::Value;

/// The shipped drill with its seed.
fn project() -> Project {
    let project = Project::with_export();
    for path in ["drills/postgres.yaml", "fixtures/postgres/orders.sql"] {
        project.write(path, &std::fs::read_to_string(root().join(path)).unwrap());
    }
    project
}

#[test]
fn a_list_for_people() {
    let (code, out, err) = project().drill(&["list"]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert_eq!(
        out,
        "postgres   PostgreSQL credentials die at the database
  database `orders-rw` at PostgreSQL (postgres:17) · database · owner team-platform
  revoke          revoke          limit 2s  30 checks: access 4, trigger 10, metadata 5, policy 3, parent 2, audit 6
  person          revoke          limit 2s  30 checks: access 4, trigger 10, metadata 5, policy 3, parent 2, audit 6
  expire          expire 2s       limit 2s  25 checks: access 4, trigger 9, expire 1, metadata 5, audit 6
  renew           renew to 3s     limit 2s  27 checks: access 4, trigger 9, renew 3, metadata 5, audit 6
  teardown        teardown        limit 2s  25 checks: access 4, trigger 10, metadata 5, audit 6
  incident-role   incident role   limit 2s  26 checks: access 4, trigger 10, incident 1, metadata 5, audit 6
  incident-mount  incident mount  limit 2s  26 checks: access 4, trigger 10, incident 1, metadata 5, audit 6
drill run NAME[/SCENARIO] · drill explain CHECK · every check: drill list --json
"
    );
    let project = project();
    project.write("drills/postgres.yaml", &project.read("drills/postgres.yaml").replace("limit: 2s\n", ""));
    let (_, out, _) = project.drill(&["list"]);
    assert!(out.contains("limit 5s (the default)"), "{out}");
}

#[test]
fn a_list_for_programs() {
    let (code, out, err) = project().drill(&["list", "--json"]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    let list: Value = serde_json::from_str(&out).unwrap();
    let drill = &list["drills"][0];
    assert_eq!(drill["drill"], "postgres");
    assert_eq!(drill["credential"]["role"], "orders-rw");
    let ids = |i: usize| -> Vec<&str> {
        drill["scenarios"][i]["checks"].as_array().unwrap().iter().map(|c| c.as_str().unwrap()).collect()
    };
    for id in ["postgres/revoke/trigger.acknowledged", "postgres/revoke/trigger.sessions@idle"] {
        assert!(ids(0).contains(&id), "{id}");
    }
    assert!(ids(2).contains(&"postgres/expire/expire.not-early"));
    assert!(!ids(2).contains(&"postgres/expire/trigger.acknowledged"), "nobody asks, nobody answers");
    assert_eq!(drill["scenarios"][2]["trigger"]["expire"]["ttl_ms"], 2_000);
}

#[test]
fn a_list_of_a_wrong_definition_says_what_is_wrong() {
    let project = project();
    project.write("drills/other.yaml", "drill: other\n");
    let (code, out, err) = project.drill(&["list"]);
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(
        err.contains("error: `system` is missing") && err.ends_with("1 error in 1 of 2 files, nothing started\n"),
        "{err}"
    );
}

#[test]
fn single_files_are_validated_wherever_they_lie() {
    let project = project();
    project.write("elsewhere/postgres.yaml", &project.read("drills/postgres.yaml"));
    let (code, out, _) = project.drill(&["validate", "elsewhere/postgres.yaml", "drills/postgres.yaml"]);
    assert_eq!((code, out.as_str()), (Some(0), "2 files are valid\n"));
    let same = ["validate", "drills/postgres.yaml", "drills/postgres.yaml"];
    assert_eq!(project.drill(&same).1, "1 file is valid\n");
    let (code, _, err) = project.drill(&["validate", "drills/postgres.yaml", "drills/none.yaml"]);
    assert_eq!(code, Some(2));
    assert!(err.starts_with("error: cannot be read: no such file or directory\n  ┌─ drills/none.yaml:1:1\n"), "{err}");
    assert!(err.ends_with("1 error in 1 of 2 files, nothing started\n"), "{err}");
}

#[test]
fn colour_is_only_where_it_is_asked_for() {
    let project = project();
    project.write("drills/postgres.yaml", "drill: x\n");
    assert!(!project.drill(&["validate"]).2.contains('\u{1b}'));
    assert!(project.drill(&["validate", "--color", "always"]).2.contains("\u{1b}["));
}

#[test]
fn a_resolved_plan_shows_defaults_and_exports_and_no_seed() {
    let project = project();
    project.drill(&["new", "shop", "--from", "drills/roles/orders-rw"]);
    project.fill("shop", crate::drafts::FILLED);
    let (code, out, err) = project.drill(&["validate", "drills/shop.yaml", "--resolved"]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    for line in [
        "    # exported: drills/roles/orders-rw (sha256 ",
        "    default_ttl: 1h\n",
        "    # the mount: default_lease_ttl 1h, max_lease_ttl 1d\n",
        "    limit: 5s # the default: nobody stated it\n",
        "      - DROP OWNED BY \"{{name}}\"\n",
        "      set-role: { closed-within: 5s }\n",
        "    database: app\n",
        "    image: quay.io/openbao/openbao:2.7.2\n",
        "# not from production: connection (but for the database's name), owner and tenant\n",
    ] {
        assert!(out.contains(line), "{line}\n{out}");
    }
    assert!(!out.contains("CREATE TABLE"), "{out}");
    // All of them are one stream of documents.
    let (_, both, _) = project.drill(&["validate", "--resolved"]);
    assert_eq!(both.matches("\n---\n").count(), 1);
}

#[test]
fn the_committed_schema_is_the_programs() {
    let (code, out, err) = project().drill(&["schema"]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    let file = root().join("docs/drill.schema.json");
    if std::env::var_os("DRILL_GOLDEN").is_some_and(|v| v == "write") {
        std::fs::write(&file, &out).unwrap();
    }
    let committed = std::fs::read_to_string(file).unwrap();
    assert!(out == committed, "drill schema > docs/drill.schema.json");
}

/// Definitions in `fixtures/invalid` that a schema can refuse.
const WRONG_FOR_AN_EDITOR: &[&str] = &[
    "unknown-key",
    "unknown-key-in-caller",
    "unknown-key-in-credential",
    "unknown-key-in-backend",
    "unknown-key-in-scenario",
    "unknown-key-in-authority",
    "unknown-system",
    "unknown-caller-kind",
    "unknown-credential-kind",
    "unknown-backend",
    "unknown-authority",
    "unknown-trigger",
    "unknown-login",
    "unknown-ends",
    "unknown-claim",
    "unknown-session-kind",
    "unknown-fault-server",
    "unknown-fault",
    "list-for-text",
    "text-for-list",
    "text-for-keys",
    "list-for-scenarios",
    "nothing-for-text",
    "nothing-for-keys",
    "number-for-name",
    "version-read-as-a-number",
    "map-for-statement",
    "trigger-with-two",
    "trigger-with-none",
    "revoke-with-a-value",
    "expire-without-a-value",
    "duration-as-keys",
    "missing-owner",
    "missing-caller-tenant",
    "missing-trigger",
    "missing-seed",
    "missing-statements-and-ttls",
    "no-scenarios",
    "no-unit",
    "unknown-unit",
    "no-duration",
    "ttl-negative",
    "bad-names",
    "blank-owner",
    "statement-twice",
    "nothing-denied",
    "exported-beside-statements",
    "exported-caller-beside-owner",
];

fn schema_says(schemas: &boon::Schemas, index: boon::SchemaIndex, file: &std::path::Path) -> Result<(), String> {
    let text = std::fs::read_to_string(file).unwrap();
    let drill: Value = serde_yaml::from_str(&text).map_err(|e| e.to_string())?;
    schemas.validate(&drill, index).map_err(|e| format!("{e:#}"))
}

/// The schema lets pass what the loader lets pass, and an editor sees what is structurally wrong as one types.
#[test]
fn the_schema_and_the_loader_agree() {
    let mut schemas = boon::Schemas::new();
    let mut compiler = boon::Compiler::new();
    let text = std::fs::read_to_string(root().join("docs/drill.schema.json")).unwrap();
    compiler.add_resource("drill.schema.json", serde_json::from_str(&text).unwrap()).unwrap();
    let index = compiler.compile("drill.schema.json", &mut schemas).unwrap();
    let says = |file: &std::path::Path| schema_says(&schemas, index, file);
    let mut shipped = 0;
    for entry in std::fs::read_dir(root().join("drills")).unwrap() {
        let path = entry.unwrap().path();
        // Two names are reserved: they are no drills, and have schemas of their own.
        let drill = path.file_stem().is_some_and(|stem| stem != "inventory" && stem != "exceptions");
        if drill && path.extension().is_some_and(|x| x == "yaml") {
            says(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            shipped += 1;
        }
    }
    assert!(shipped > 0);
    let project = Project::with_export();
    project.drill(&["new", "orders", "--from", "drills/roles/orders-rw"]);
    project.fill("orders", crate::drafts::FILLED);
    says(&project.path("drills/orders.yaml")).unwrap_or_else(|e| panic!("a draft: {e}"));
    for wrong in WRONG_FOR_AN_EDITOR {
        let file = root().join(format!("fixtures/invalid/{wrong}.yaml"));
        assert!(says(&file).is_err(), "{wrong} passes the schema");
    }
}

/// Every `properties` of a schema, at every level.
fn keys(schema: &Value, found: &mut std::collections::BTreeSet<String>) {
    match schema {
        Value::Object(map) => {
            if let Some(Value::Object(properties)) = map.get("properties") {
                found.extend(properties.keys().cloned());
            }
            map.values().for_each(|v| keys(v, found));
        }
        Value::Array(items) => items.iter().for_each(|v| keys(v, found)),
        _ => {}
    }
}

#[test]
fn the_reference_names_every_key_and_its_example_is_valid() {
    let reference = std::fs::read_to_string(root().join("docs/drill-file.md")).unwrap();
    let mut known = std::collections::BTreeSet::new();
    keys(&drill::definition::schema::drill_schema(), &mut known);
    assert!(known.len() > 30, "{known:?}");
    for key in known {
        let written = reference.contains(&format!("`{key}`")) || reference.contains(&format!("{key}:"));
        assert!(written, "`{key}` is not in docs/drill-file.md");
    }
    let project = project();
    let example = reference.split("```yaml\n").nth(1).unwrap().split("```").next().unwrap();
    project.write("drills/postgres.yaml", example);
    let (code, _, err) = project.drill(&["validate"]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
}
