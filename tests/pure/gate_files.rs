//! Gates and inventories: every wrong one gives its message, word for word. `fixtures/invalid-gates/NAME.yaml` gives `NAME.txt`;
//! `DRILL_GOLDEN=write cargo test --test pure gate_files` writes them anew. The shipped ones are right, and so are their schemas.

#![allow(clippy::unwrap_used)]

use drill::definition::load;
use drill::document::{Diagnostics, Source};
use drill::gate;
use drill::verdict::{TABLE, check_ids};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn golden(dir: &str, message: impl Fn(&str, &str) -> Option<String>) {
    let mut wrong = String::new();
    let names = std::fs::read_dir(root().join(dir)).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
    let is_yaml = |name: &String| Path::new(name).extension().is_some_and(|x| x == "yaml");
    let (yaml, texts): (Vec<String>, Vec<String>) = names.partition(is_yaml);
    assert!(yaml.len() >= 14, "{dir}");
    for file in &yaml {
        let path = format!("{dir}/{file}");
        let text = std::fs::read_to_string(root().join(&path)).unwrap();
        let message = message(&path, &text).unwrap_or_else(|| panic!("{path} is right"));
        let stated = root().join(dir).join(file.replace(".yaml", ".txt"));
        if std::env::var("DRILL_GOLDEN").as_deref() == Ok("write") {
            std::fs::write(&stated, &message).unwrap();
        }
        let stated = std::fs::read_to_string(&stated).unwrap_or_default();
        if message != stated {
            let _ = writeln!(wrong, "== {path}\n-- stated\n{stated}-- is\n{message}");
        }
    }
    for text in texts {
        assert!(yaml.contains(&text.replace(".txt", ".yaml")), "{dir}/{text} is of no file");
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn every_wrong_gate_gives_its_message() {
    golden("fixtures/invalid-gates", |file, text| {
        let wrong = gate::load_text(Source { file, text }, "0").err()?;
        Some(Diagnostics { all: wrong, files: 1 }.render(false))
    });
}

#[test]
fn every_wrong_inventory_gives_its_message() {
    golden("fixtures/invalid-inventories", |file, text| {
        let wrong = gate::inventory::load_text(Source { file, text }, &["postgres".into()]).err()?;
        Some(Diagnostics { all: wrong, files: 1 }.render(false))
    });
}

#[test]
fn the_shipped_gate_has_the_nine_sentences_of_the_pattern_and_asks_for_nearly_every_check() {
    let gate = gate::load(&root().join("drills"), "rL3").unwrap_or_else(|e| panic!("{e}"));
    assert_eq!((gate.level.as_str(), gate.requirements.len(), gate.systems.len()), ("RL3", 9, 6));
    let asked: BTreeSet<&str> =
        gate.requirements.iter().flat_map(|r| &r.needs).flat_map(|n| &n.checks).map(|c| c.id()).collect();
    // These are asked for by the last requirement, wherever they are judged; `credential.dynamic` by the demand of that name.
    let else_where: Vec<&str> = check_ids().iter().copied().filter(|id| !asked.contains(id)).collect();
    assert_eq!(
        else_where,
        ["incident.reissue-refused", "credential.dynamic", "policy.role-refused", "policy.tenant-isolated"]
    );
    assert_eq!(check_ids().len(), TABLE.len());
    let plans = load(&root().join("drills"), &[]).unwrap_or_else(|e| panic!("{e}"));
    let names: Vec<String> = plans.iter().map(|d| d.drill.clone()).collect();
    let inventory =
        gate::inventory::load(&root().join("drills/inventory.yaml"), &names).unwrap_or_else(|e| panic!("{e}"));
    assert!(gate::inventory::coverage(&inventory, &plans).uncovered.is_empty());
}

/// `DRILL_GOLDEN=write` writes the schemas too.
#[test]
fn the_schemas_are_as_published_and_take_what_is_shipped() {
    for (file, schema, shipped) in [
        ("docs/gate.schema.json", gate::schema(), "drills/gates/rl3.yaml"),
        ("docs/inventory.schema.json", gate::inventory_schema(), "drills/inventory.yaml"),
    ] {
        let text = format!("{schema:#}\n");
        if std::env::var("DRILL_GOLDEN").as_deref() == Ok("write") {
            std::fs::write(root().join(file), &text).unwrap();
        }
        assert_eq!(std::fs::read_to_string(root().join(file)).unwrap_or_default(), text, "{file}");
        let (mut schemas, mut compiler) = (boon::Schemas::new(), boon::Compiler::new());
        compiler.add_resource("s.json", schema).unwrap();
        let index = compiler.compile("s.json", &mut schemas).unwrap();
        let yaml = std::fs::read_to_string(root().join(shipped)).unwrap();
        let mut value: Value = serde_yaml::from_str(&yaml).unwrap();
        assert!(schemas.validate(&value, index).is_ok(), "{shipped}");
        value["more"] = Value::from(1);
        assert!(schemas.validate(&value, index).is_err(), "{shipped} with an unknown key");
    }
}

/// A shape that reads a word and a demand that has none would never be demanded.
#[test]
fn the_words_are_those_of_the_file() {
    for (demand, word) in gate::shape::Demand::ALL {
        assert_eq!(serde_json::from_value::<gate::shape::Demand>(word.into()).unwrap(), demand);
    }
    for word in ["revoke", "expire", "teardown", "incident", "renew"] {
        assert_eq!(serde_json::from_value::<gate::shape::On>(word.into()).unwrap().word(), word);
    }
    for (system, word) in drill::definition::System::ALL.into_iter().zip(drill::definition::System::WORDS) {
        assert_eq!(serde_json::to_value(system).unwrap(), word);
        assert_eq!(drill::definition::System::of(word), Some(system));
    }
}
