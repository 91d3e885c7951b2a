//! `drill schema [KIND]`: every kind's schema is the one in `docs/`. After a wanted change: `DRILL_GOLDEN=write`.

#![allow(clippy::unwrap_used)] // helpers of tests, not only the tests themselves

use crate::drafts::{Project, root};
use drill::command::schema::KINDS;

#[test]
fn the_committed_schemas_are_the_programs() {
    let project = Project::with_export();
    for (kind, _) in KINDS {
        let (code, out, err) = project.drill(&["schema", kind]);
        assert_eq!((code, err.as_str()), (Some(0), ""));
        let file = root().join(format!("docs/{kind}.schema.json"));
        if std::env::var_os("DRILL_GOLDEN").is_some_and(|v| v == "write") {
            std::fs::write(&file, &out).unwrap();
        }
        let committed = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(out == committed, "drill schema {kind} > docs/{kind}.schema.json");
        // A schema that no validator takes checks nothing.
        let mut compiler = boon::Compiler::new();
        compiler.add_resource("it.json", serde_json::from_str(&out).unwrap()).unwrap();
        compiler.compile("it.json", &mut boon::Schemas::new()).unwrap_or_else(|e| panic!("{kind}: {e}"));
    }
}

#[test]
fn every_published_schema_can_be_printed() {
    for entry in std::fs::read_dir(root().join("docs")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if let Some(kind) = name.strip_suffix(".schema.json") {
            assert!(KINDS.iter().any(|(known, _)| *known == kind), "docs/{name}: drill schema {kind} does not know it");
        }
    }
}

#[test]
fn drills_are_meant_where_no_kind_is_named_and_an_unknown_kind_is_an_error() {
    let project = Project::with_export();
    assert_eq!(project.drill(&["schema"]), project.drill(&["schema", "drill"]));
    let (code, out, err) = project.drill(&["schema", "gates"]);
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(err.starts_with("error: no schema `gates` (have: drill"), "{err}");
}
