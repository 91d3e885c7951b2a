//! Places in a document, and values that know theirs.

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};
use std::fmt;
use std::marker::PhantomData;

/// A place in a document. Counted in characters, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, PartialOrd, Ord, Hash)]
pub struct Span {
    /// From 1; 0: nowhere.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
    /// In characters; may reach past the line's end.
    pub length: u32,
}

impl Span {
    /// The first character of a document.
    pub const START: Self = Self { line: 1, column: 1, length: 1 };
}

/// A value that knows where it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct At<T> {
    /// What was written.
    pub value: T,
    /// Where.
    pub span: Span,
}

/// Asks this crate's deserializer for the place besides the value.
pub(super) const AT_MARKER: &str = "$drill::At";
/// Asks it for a text or a number, as it was written.
pub(super) const SCALAR_MARKER: &str = "$drill::Scalar";

impl<'de, T: Deserialize<'de>> Deserialize<'de> for At<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(AT_MARKER, AtVisitor(PhantomData))
    }
}

struct AtVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for AtVisitor<T> {
    type Value = At<T>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<At<T>, A::Error> {
        let mut number = || seq.next_element::<u32>()?.ok_or_else(|| A::Error::custom("no place"));
        let span = Span { line: number()?, column: number()?, length: number()? };
        let value = seq.next_element()?.ok_or_else(|| A::Error::custom("no value"))?;
        Ok(At { value, span })
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<At<T>, D::Error> {
        Ok(At { value: T::deserialize(deserializer)?, span: Span::default() })
    }
}

/// The place is no part of the document's schema.
impl<T: schemars::JsonSchema> schemars::JsonSchema for At<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        T::schema_name()
    }
    fn schema_id() -> std::borrow::Cow<'static, str> {
        T::schema_id()
    }
    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        T::json_schema(generator)
    }
}
