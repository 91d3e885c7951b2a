//! The JSON Schemas of gates and inventories, from the same types that read them.

use super::inventory::shape::RawInventory;
use super::shape::RawGate;
use crate::definition::schema::schema_of;
use serde_json::Value;

/// Of `gates/*.yaml`.
pub fn schema() -> Value {
    schema_of::<RawGate>()
}

/// Of `inventory.yaml`.
pub fn inventory_schema() -> Value {
    schema_of::<RawInventory>()
}
