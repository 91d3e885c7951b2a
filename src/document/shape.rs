//! Tree with places → the types of a shape. Its errors name the key or the value that is wrong, not where the parser stood.

use super::diagnostic::Diagnostic;
use super::node::{Key, Node, Value};
use super::parse::Source;
use super::problem::Problem;
use super::span::{AT_MARKER, SCALAR_MARKER, Span};
use serde::de::value::{StrDeserializer, U32Deserializer};
use serde::de::{self, DeserializeSeed, EnumAccess, Expected, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;
use std::fmt::{self, Display};

/// Words that the file format has and this version has not: they are no slips.
#[derive(Debug, Clone, Copy)]
pub struct Planned {
    /// A word that is known at the same place: tells which place is meant.
    pub beside: &'static str,
    /// What is to come there.
    pub words: &'static [&'static str],
}

/// What is wrong, and where if that is known already.
#[derive(Debug)]
pub struct ShapeError {
    problem: Problem,
    span: Option<Span>,
}

type Shaped<T> = Result<T, ShapeError>;

/// The typed shape of a document.
///
/// # Errors
/// An unknown or missing key, a wrong type.
pub fn shape<T: de::DeserializeOwned>(node: &Node, source: Source, planned: &[Planned]) -> Result<T, Diagnostic> {
    T::deserialize(At { node, key: None }).map_err(|e| {
        let problem = later(e.problem, planned);
        Diagnostic::new(problem, source.place(e.span.unwrap_or(Span::START)))
    })
}

/// A word that is to come is said to be so.
fn later(problem: Problem, planned: &[Planned]) -> Problem {
    match problem {
        Problem::UnknownKey { key, known } | Problem::UnknownWord { word: key, known }
            if planned.iter().any(|p| known.contains(&p.beside) && p.words.contains(&key.as_str())) =>
        {
            Problem::NotYet { word: key, known }
        }
        other => other,
    }
}

impl ShapeError {
    fn new(problem: Problem) -> Self {
        Self { problem, span: None }
    }
    /// The innermost place wins.
    fn at(mut self, span: Span) -> Self {
        self.span.get_or_insert(span);
        self
    }
}

impl Display for ShapeError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        self.problem.fmt(f)
    }
}

impl std::error::Error for ShapeError {}

impl de::Error for ShapeError {
    fn custom<T: Display>(message: T) -> Self {
        Self::new(Problem::Other(message.to_string()))
    }
    fn invalid_type(unexpected: de::Unexpected, expected: &dyn Expected) -> Self {
        Self::new(Problem::WrongType { expected: expected.to_string(), found: unexpected.to_string() })
    }
    fn unknown_field(field: &str, known: &'static [&'static str]) -> Self {
        Self::new(Problem::UnknownKey { key: field.to_string(), known })
    }
    fn unknown_variant(variant: &str, known: &'static [&'static str]) -> Self {
        Self::new(Problem::UnknownWord { word: variant.to_string(), known })
    }
    fn missing_field(field: &'static str) -> Self {
        Self::new(Problem::MissingKey(field))
    }
}

/// A node, and the key that it stands under.
#[derive(Clone, Copy)]
struct At<'a> {
    node: &'a Node,
    key: Option<&'a Key>,
}

impl At<'_> {
    /// What is missing in a mapping is missing at its key.
    fn outer(&self) -> Span {
        self.key.map_or(self.node.span, |k| k.span)
    }
    fn wrong(&self, expected: &str) -> ShapeError {
        let found = self.node.value.kind().to_string();
        let span = if matches!(self.node.value, Value::Null) { self.outer() } else { self.node.span };
        ShapeError::new(Problem::WrongType { expected: expected.to_string(), found }).at(span)
    }
    fn wrong_for<'de, V: Visitor<'de>>(&self, visitor: &V) -> ShapeError {
        struct Expecting<'v, V>(&'v V);
        impl<'de, V: Visitor<'de>> Display for Expecting<'_, V> {
            fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
                self.0.expecting(f)
            }
        }
        self.wrong(&Expecting(visitor).to_string())
    }
    fn map<'de, V: Visitor<'de>>(self, visitor: V) -> Shaped<V::Value> {
        let Value::Map(entries) = &self.node.value else {
            return Err(self.wrong("keys with values"));
        };
        visitor.visit_map(Entries { rest: entries.iter(), value: None }).map_err(|e| e.at(self.outer()))
    }
    fn list<'de, V: Visitor<'de>>(self, visitor: V) -> Shaped<V::Value> {
        let Value::List(items) = &self.node.value else {
            return Err(self.wrong("a list"));
        };
        visitor.visit_seq(Items(items.iter())).map_err(|e| e.at(self.node.span))
    }
}

impl<'de> de::Deserializer<'de> for At<'_> {
    type Error = ShapeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Shaped<V::Value> {
        let span = self.node.span;
        match &self.node.value {
            Value::Null => Err(self.wrong_for(&visitor)),
            Value::Bool(b) => visitor.visit_bool(*b).map_err(|e: ShapeError| e.at(span)),
            Value::Number(text) | Value::Text(text) => visitor.visit_str(text).map_err(|e: ShapeError| e.at(span)),
            Value::List(_) => self.list(visitor),
            Value::Map(_) => self.map(visitor),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Shaped<V::Value> {
        match &self.node.value {
            Value::Text(text) => visitor.visit_str(text).map_err(|e: ShapeError| e.at(self.node.span)),
            Value::Number(text) => Err(ShapeError::new(Problem::NumberForText(text.clone())).at(self.node.span)),
            _ => Err(self.wrong("a text")),
        }
    }
    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Shaped<V::Value> {
        self.deserialize_str(visitor)
    }
    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Shaped<V::Value> {
        self.deserialize_str(visitor)
    }

    /// A key without a value is no default.
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Shaped<V::Value> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Shaped<V::Value> {
        if name == AT_MARKER {
            return visitor.visit_seq(Placed { at: self, step: 0 });
        }
        if name == SCALAR_MARKER {
            return match &self.node.value {
                Value::Number(text) | Value::Text(text) => {
                    visitor.visit_str(text).map_err(|e: ShapeError| e.at(self.node.span))
                }
                _ => Err(self.wrong_for(&visitor)),
            };
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Shaped<V::Value> {
        self.map(visitor)
    }
    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Shaped<V::Value> {
        self.map(visitor)
    }
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Shaped<V::Value> {
        self.list(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        known: &'static [&'static str],
        visitor: V,
    ) -> Shaped<V::Value> {
        let span = self.node.span;
        match &self.node.value {
            Value::Text(word) => visitor.visit_enum(Choice { word, span, value: None }),
            Value::Map(entries) => match entries.as_slice() {
                [(key, node)] => {
                    let value = Some(At { node, key: Some(key) });
                    visitor.visit_enum(Choice { word: &key.name, span: key.span, value })
                }
                [] => Err(ShapeError::new(Problem::NoneOf(known)).at(self.outer())),
                [_, (second, _), ..] => Err(ShapeError::new(Problem::OnlyOneOf(known)).at(second.span)),
            },
            _ => Err(self.wrong(&super::suggest::one_of(known.iter().copied()))),
        }
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Shaped<V::Value> {
        match &self.node.value {
            Value::Number(text) => match text.parse::<u32>() {
                Ok(number) => visitor.visit_u32(number).map_err(|e: ShapeError| e.at(self.node.span)),
                Err(_) => Err(self.wrong("a whole number, like 5")),
            },
            _ => Err(self.wrong("a whole number, like 5")),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u64 u128 f32 f64 char bytes byte_buf unit unit_struct tuple tuple_struct
        ignored_any
    }
}

struct Placed<'a> {
    at: At<'a>,
    step: u8,
}

impl<'de> SeqAccess<'de> for Placed<'_> {
    type Error = ShapeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Shaped<Option<T::Value>> {
        let span = self.at.node.span;
        let number = |n: u32| -> U32Deserializer<ShapeError> { n.into_deserializer() };
        self.step += 1;
        match self.step {
            1 => seed.deserialize(number(span.line)).map(Some),
            2 => seed.deserialize(number(span.column)).map(Some),
            3 => seed.deserialize(number(span.length)).map(Some),
            4 => seed.deserialize(self.at).map(Some),
            _ => Ok(None),
        }
    }
}

struct Items<'a>(std::slice::Iter<'a, Node>);

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = ShapeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Shaped<Option<T::Value>> {
        self.0.next().map(|node| seed.deserialize(At { node, key: None })).transpose()
    }
}

struct Entries<'a> {
    rest: std::slice::Iter<'a, (Key, Node)>,
    value: Option<At<'a>>,
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = ShapeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Shaped<Option<K::Value>> {
        let Some((key, node)) = self.rest.next() else {
            return Ok(None);
        };
        self.value = Some(At { node, key: Some(key) });
        let name = Node { span: key.span, value: Value::Text(key.name.clone()) };
        seed.deserialize(At { node: &name, key: None }).map(Some).map_err(|e| e.at(key.span))
    }
    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Shaped<T::Value> {
        let at = self.value.take().ok_or_else(|| ShapeError::new(Problem::Other("a value without a key".into())))?;
        seed.deserialize(at)
    }
}

struct Choice<'a> {
    word: &'a str,
    span: Span,
    value: Option<At<'a>>,
}

impl<'a, 'de> EnumAccess<'de> for Choice<'a> {
    type Error = ShapeError;
    type Variant = Self;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Shaped<(T::Value, Self)> {
        let word: StrDeserializer<'a, ShapeError> = self.word.into_deserializer();
        let variant = seed.deserialize(word).map_err(|e| e.at(self.span))?;
        Ok((variant, self))
    }
}

impl<'de> de::VariantAccess<'de> for Choice<'_> {
    type Error = ShapeError;

    fn unit_variant(self) -> Shaped<()> {
        match self.value {
            None => Ok(()),
            Some(at) => Err(ShapeError::new(Problem::TakesNothing(self.word.to_string())).at(at.outer())),
        }
    }
    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Shaped<T::Value> {
        match self.value {
            Some(at) => seed.deserialize(at),
            None => Err(ShapeError::new(Problem::TakesAValue(self.word.to_string())).at(self.span)),
        }
    }
    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Shaped<V::Value> {
        Err(ShapeError::new(Problem::TakesAValue(self.word.to_string())).at(self.span))
    }
    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Shaped<V::Value> {
        match self.value {
            Some(at) => at.map(visitor),
            None => Err(ShapeError::new(Problem::TakesAValue(self.word.to_string())).at(self.span)),
        }
    }
}
