//! The JSON Schema of `exceptions.yaml`, from the same types that read it.

use super::shape::RawExceptions;
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::Value;

/// The schema. Draft 7: what every editor knows.
pub fn schema() -> Value {
    SchemaGenerator::new(SchemaSettings::draft07()).into_root_schema_for::<RawExceptions>().to_value()
}
