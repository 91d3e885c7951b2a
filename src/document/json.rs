//! What several shapes say of themselves in the JSON Schema, beyond what their types say.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

/// `is_name` as a pattern.
pub const NAME: &str = "^[a-z0-9][a-z0-9-]{0,62}$";

/// For `if`: it is taken from production.
pub fn exported() -> Value {
    json!({ "required": ["exported"] })
}

/// These keys must not stand.
pub fn without(keys: &[&str]) -> Value {
    let properties: Map<String, Value> = keys.iter().map(|k| ((*k).to_string(), json!(false))).collect();
    json!({ "properties": properties })
}

/// These keys must stand.
pub fn with(keys: &[&str]) -> Value {
    json!({ "required": keys })
}

/// A mapping in which only these keys stand, each with the same sort of value.
pub fn only<T: JsonSchema>(keys: &[&str], generator: &mut SchemaGenerator) -> Schema {
    let value = generator.subschema_for::<T>();
    let properties: Map<String, Value> = keys.iter().map(|k| ((*k).to_string(), value.clone().to_value())).collect();
    schemars::json_schema!({ "type": "object", "properties": properties, "additionalProperties": false })
}
