//! The JSON Schema of drill files, from the same types that read them.

use super::shape::RawDrill;
use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Value, json};

/// The schema of drill files.
pub fn drill_schema() -> Value {
    schema_of::<RawDrill>()
}

/// The schema of a file. Draft 7: what every editor knows.
pub fn schema_of<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft07().with(|s| s.inline_subschemas = false);
    let mut schema = SchemaGenerator::new(settings).into_root_schema_for::<T>();
    // A key without a value is no default: whoever leaves a key out leaves all of it out.
    RecursiveTransform(no_null).transform(&mut schema);
    schema.to_value()
}

fn no_null(schema: &mut Schema) {
    let Some(object) = schema.as_object_mut() else { return };
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|t| t != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            object.insert("type".into(), only);
        }
    }
    if let Some(Value::Array(choices)) = object.get_mut("anyOf") {
        choices.retain(|c| c.get("type").is_none_or(|t| t != "null"));
        if let [only] = choices.as_slice() {
            let only = only.clone();
            object.remove("anyOf");
            // Draft 7 ignores what stands beside a `$ref`, so it stays inside of something.
            object.insert("allOf".into(), json!([only]));
        }
    }
}
