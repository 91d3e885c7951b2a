//! `drill schema [KIND]`: JSON Schemas, for editors and other programs.

use crate::definition::schema::drill_schema;
use crate::exit::Exit;
use serde_json::Value;
use std::io::Write;

/// Makes a schema.
pub type Make = fn() -> Value;

/// Every kind of file that has a schema, and the schema; each is published as `docs/<kind>.schema.json`. One line a kind.
pub const KINDS: &[(&str, Make)] = &[
    ("drill", drill_schema),
    ("gate", crate::gate::schema),
    ("inventory", crate::gate::inventory_schema),
    ("exceptions", crate::exceptions::schema),
    ("evidence", evidence_schema),
];

/// Written by hand: the evidence is made of what others own, and is read by programs that are not ours.
fn evidence_schema() -> Value {
    serde_json::from_str(include_str!("../../docs/evidence.schema.json")).unwrap_or_default()
}

/// Prints the schema of that kind.
pub fn schema(kind: &str, out: &mut dyn Write, err: &mut dyn Write) -> Exit {
    match KINDS.iter().find(|(name, _)| *name == kind) {
        Some((_, schema)) => {
            let _ = writeln!(out, "{:#}", schema());
            Exit::Passed
        }
        None => {
            let have: Vec<&str> = KINDS.iter().map(|(name, _)| *name).collect();
            let _ = writeln!(err, "error: no schema `{kind}` (have: {})", have.join(", "));
            Exit::Usage
        }
    }
}
