//! `drill new`: from an export to a drill that needs its TODOs filled in, and nothing else.

#![allow(clippy::unwrap_used)]

use crate::drafts::{FILLED, Project};

#[test]
fn a_draft_names_each_todo_with_its_place_and_is_valid_once_they_are_filled_in() {
    let project = Project::with_export();
    let (code, out, err) = project.drill(&["new", "orders", "--from", "drills/roles/orders-rw"]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert_eq!(
        out,
        "wrote  drills/orders.yaml   6 TODOs
wrote  fixtures/postgres/orders.sql   2 TODOs
next   replace each ${TODO …} in both; `drill validate drills/orders.yaml` shows those that are left
then   drill run orders
"
    );
    let (code, _, err) = project.drill(&["validate"]);
    assert_eq!(code, Some(2));
    assert_eq!(err.matches("error: still to be filled in: ").count(), 8, "{err}");
    assert_eq!(err.matches("error: ").count(), 8, "what is not filled in yet is not judged besides: {err}");
    for place in ["drills/orders.yaml:5:8", "fixtures/postgres/orders.sql:14:1"] {
        assert!(err.contains(place), "{place}: {err}");
    }
    assert!(err.contains("the role orders_rw"), "{err}");

    project.fill("orders", FILLED);
    let (code, out, err) = project.drill(&["validate"]);
    assert_eq!((code, out.as_str(), err.as_str()), (Some(0), "1 file is valid\n", ""));
}

#[test]
fn a_project_somewhere_else_is_named_in_what_comes_next() {
    let project = Project::with_export();
    std::fs::create_dir(project.path("below")).unwrap();
    let dir = project.path("below").join("..").join("drills");
    let dir = dir.to_str().unwrap();
    let from = project.path("drills/roles/orders-rw");
    let (code, out, err) = project.drill(&["--drills", dir, "new", "orders", "--from", from.to_str().unwrap()]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert!(out.ends_with(&format!("then   drill run orders --drills {dir}\n")), "{out}");
    assert!(project.read("drills/orders.yaml").contains("    exported: drills/roles/orders-rw\n"));
}

/// What is filled in one by one is not asked for again, and what is wrong then is said.
#[test]
fn a_todo_that_is_filled_in_wrongly_is_judged() {
    let project = Project::with_export();
    project.drill(&["new", "orders", "--from", "drills/roles/orders-rw"]);
    project.fill("orders", &[("whose workload it is", "Acme Inc")]);
    let (_, _, err) = project.drill(&["validate"]);
    assert_eq!(err.matches("still to be filled in").count(), 7, "{err}");
    assert!(err.contains("error: `Acme Inc` is no name for a tenant\n"), "{err}");
}

#[test]
fn nothing_is_overwritten() {
    let project = Project::with_export();
    project.drill(&["new", "orders", "--from", "drills/roles/orders-rw"]);
    let before = project.read("drills/orders.yaml");
    for (kept, removed) in
        [("drills/orders.yaml", "fixtures/postgres/orders.sql"), ("fixtures/postgres/orders.sql", "drills/orders.yaml")]
    {
        project.remove(removed);
        project.write(kept, "mine");
        let (code, out, err) = project.drill(&["new", "orders", "--from", "drills/roles/orders-rw"]);
        assert_eq!((code, out.as_str()), (Some(2), ""));
        assert_eq!(err, format!("error: {kept} is there already; remove it first, or take another name\n"));
        assert_eq!(project.read(kept), "mine");
        assert!(!project.exists(removed), "half a draft: {removed}");
        project.remove(kept);
        project.drill(&["new", "orders", "--from", "drills/roles/orders-rw"]);
        assert_eq!(project.read("drills/orders.yaml"), before);
    }
}

#[test]
fn what_cannot_be_drafted() {
    let project = Project::with_export();
    project.write("drills/roles/static/role.json", r#"{"data": {"rotation_period": 86400, "username": "x"}}"#);
    project.write("drills/roles/empty/role.json", r#"{"data": {"creation_statements": []}}"#);
    let mysql = r#"{"data": {"plugin_name": "mysql-database-plugin"}}"#;
    project.write("drills/roles/mysql/role.json", r#"{"data": {"creation_statements": ["CREATE USER x"]}}"#);
    project.write("drills/roles/mysql/config.json", mysql);
    for (name, from, message) in [
        ("Orders", "drills/roles/orders-rw", "`Orders` is no name for a drill; lower-case letters"),
        ("../x", "drills/roles/orders-rw", "`../x` is no name for a drill; lower-case letters"),
        ("exceptions", "drills/roles/orders-rw", "a drill cannot be called `exceptions`; "),
        ("a", "drills/roles/none", "no file `drills/roles/none`; tried "),
        ("a", "drills/roles", "no file `drills/roles/role.json`; tried "),
        ("a", "/", "`/` leaves the project; tried /: paths start at "),
        ("a", "drills/roles/static", "a static role cannot be drilled yet by this version\n"),
        ("a", "drills/roles/empty", "role.json is no export: `creation_statements` is missing or empty"),
        ("a", "drills/roles/mysql", "`mysql-database-plugin` is not supported yet by this version; expected"),
    ] {
        let (code, out, err) = project.drill(&["new", name, "--from", from]);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{name} {from}");
        assert!(err.starts_with(&format!("error: {message}")), "{err}");
        assert!(!project.exists("drills/a.yaml") && !project.exists("fixtures"), "{name} {from}");
    }
}

/// The subject's TTL leaves the control ten times as much, or there is no such scenario.
#[test]
fn the_first_expiry_fits_the_role() {
    for (default, max, expire) in [
        (3_600, 14_400, "expire: { trigger: { expire: 2s } }"),
        (0, 0, "expire: { trigger: { expire: 2s } }"),
        (15, 60, "expire: { trigger: { expire: 1s } }"),
        (3_600, 12, "expire: { trigger: { expire: 1s } }"),
        (9, 60, "# expire: the role's TTL leaves no room for it"),
    ] {
        let project = Project::with_export();
        let role = project.read("drills/roles/orders-rw/role.json");
        let role = role.replace("\"default_ttl\": 3600", &format!("\"default_ttl\": {default}"));
        let role = role.replace("\"max_ttl\": 14400", &format!("\"max_ttl\": {max}"));
        project.write("drills/roles/orders-rw/role.json", &role);
        project.drill(&["new", "orders", "--from", "drills/roles/orders-rw"]);
        let drill = project.read("drills/orders.yaml");
        assert!(drill.contains(expire), "{default} {max}: {drill}");
        // A default above the maximum is production's own mistake, and is said.
        if default <= max {
            project.fill("orders", FILLED);
            assert_eq!(project.drill(&["validate"]).0, Some(0), "{default} {max}");
        }
    }
}

/// The example is what the shipped drill states.
#[test]
fn the_exported_example_is_the_shipped_role() {
    use drill::credential::CredentialPlan;
    let shipped =
        drill::definition::load(&crate::drafts::root().join("drills"), &["postgres".into()]).unwrap().remove(0);
    let project = Project::with_export();
    project.drill(&["new", "orders", "--from", "drills/roles/orders-rw"]);
    project.fill("orders", FILLED);
    let drafted = drill::definition::load(&project.path("drills"), &[]).unwrap().remove(0);
    let (CredentialPlan::Database(stated), CredentialPlan::Database(exported)) =
        (&shipped.credential, &drafted.credential)
    else {
        panic!("another kind");
    };
    assert_eq!(stated.role, exported.role);
    assert_eq!(stated.creation_statements, exported.creation_statements);
    assert_eq!(stated.revocation_statements, exported.revocation_statements);
    assert_eq!(stated.rollback_statements, exported.rollback_statements);
    assert_eq!(stated.renew_statements, exported.renew_statements);
    assert_eq!((stated.default_ttl_ms, stated.max_ttl_ms), (exported.default_ttl_ms, exported.max_ttl_ms));
    assert_eq!(shipped.backend.image(), drafted.backend.image());
    assert_eq!(drafted.not_from_production, ["connection (but for the database's name)", "owner and tenant"]);
}
