//! `drill schema`: the JSON Schema of drill files, for editors and other programs.

use crate::definition::schema::drill_schema;
use crate::exit::Exit;
use std::io::Write;

/// Prints the schema.
pub fn schema(out: &mut dyn Write) -> Exit {
    let _ = writeln!(out, "{:#}", drill_schema());
    Exit::Passed
}
