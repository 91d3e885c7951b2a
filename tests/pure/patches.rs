//! Sabotages change a definition by a merge patch: all that are shipped apply, and what a patch breaks is said.

#![allow(clippy::unwrap_used)]

use drill::credential::CredentialPlan;
use drill::definition::sabotage::Sabotage;
use drill::definition::{DrillPlan, Trigger, load_patched};
use serde_json::{Value, json};
use std::path::Path;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn patched(scenario: &str, patch: &Value) -> Result<DrillPlan, String> {
    load_patched(Path::new("drills"), "postgres", scenario, patch).map_err(|e| e.render(false))
}

fn database_of(credential: CredentialPlan) -> drill::credential::database::DatabasePlan {
    let CredentialPlan::Database(plan) = credential else { panic!("another kind") };
    plan
}

#[test]
fn every_shipped_sabotage_is_a_definition() {
    let mut count = 0;
    for entry in std::fs::read_dir(root().join("fixtures/sabotage")).unwrap() {
        let path = entry.unwrap().path();
        let sabotage = Sabotage::read(&path).unwrap();
        let plan = load_patched(Path::new("drills"), &sabotage.drill, &sabotage.scenario, &sabotage.patch);
        let plan = plan.unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        assert_eq!(plan.scenarios.len(), 1, "{}", path.display());
        count += 1;
    }
    assert!(count >= 10, "{count}");
}

#[test]
fn a_patch_changes_what_it_names_and_nothing_else() {
    let sound = patched("revoke", &Value::Null).unwrap();
    assert_eq!(patched("revoke", &json!({})).unwrap(), sound);
    let plan = patched("revoke", &json!({ "limit": "8s" })).unwrap();
    assert_eq!(plan.scenarios[0].limit_ms, 8_000);
    assert_eq!((plan.credential, plan.backend), (sound.credential.clone(), sound.backend.clone()));
    // null takes away: the limit becomes the default, and is said to be.
    let plan = patched("revoke", &json!({ "limit": null })).unwrap();
    assert_eq!((plan.scenarios[0].limit_ms, plan.scenarios[0].limit_is_default), (5_000, true));
    // A list is replaced, not merged.
    let statements = json!({ "credential": { "database": { "revocation_statements": ["SELECT 1"] } } });
    let database = database_of(patched("revoke", &statements).unwrap().credential);
    let of_sound = database_of(sound.credential);
    assert_eq!(database.revocation_statements, ["SELECT 1"]);
    assert_eq!(database.creation_statements, of_sound.creation_statements);
    // A scenario that only the patch has.
    let plan = patched("later", &json!({ "scenarios": { "later": { "trigger": { "expire": "3s" } } } })).unwrap();
    assert_eq!(plan.scenarios[0].trigger, Trigger::Expire { ttl_ms: 3_000 });
}

#[test]
fn what_a_patch_breaks_stands_where_the_sound_value_stands() {
    let limit = patched("revoke", &json!({ "limit": 8 })).unwrap_err();
    assert!(limit.starts_with("error: a duration needs a unit\n   ┌─ drills/postgres.yaml:36:8\n"), "{limit}");
    let key = patched("revoke", &json!({ "backend": { "postgres": { "sead": "x" } } })).unwrap_err();
    assert!(key.starts_with("error: unknown key `sead`\n"), "{key}");
    let gone = patched("revoke", &json!({ "scenarios": { "revoke": null } })).unwrap_err();
    assert!(gone.starts_with("error: no scenario `revoke` in postgres (have: person, expire, "), "{gone}");
}
