//! A document as a tree in which everything knows its place; and the merge patch on it.

use super::span::Span;

/// A value and its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Where it begins; of an alias: where it is used.
    pub span: Span,
    /// What it is.
    pub value: Value,
}

/// What YAML knows. Numbers stay as they were written: `17.10` is no 17.1 to somebody who meant a version.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum Value {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    List(Vec<Node>),
    /// Keys are unique texts: `parse` sees to it.
    Map(Vec<(Key, Node)>),
}

/// A key and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Without its quotes.
    pub name: String,
    /// Where it stands.
    pub span: Span,
}

impl Node {
    /// The value under a key.
    pub fn get(&self, name: &str) -> Option<&Self> {
        match &self.value {
            Value::Map(entries) => entries.iter().find(|(k, _)| k.name == name).map(|(_, v)| v),
            _ => None,
        }
    }

    /// Applies an RFC 7386 merge patch. What it brings stands where the value stood that it replaces.
    pub fn patch(&mut self, patch: &serde_json::Value) {
        let serde_json::Value::Object(changes) = patch else {
            self.value = Value::from_json(patch, self.span);
            return;
        };
        if !matches!(self.value, Value::Map(_)) {
            self.value = Value::Map(Vec::new());
        }
        let Value::Map(entries) = &mut self.value else {
            return;
        };
        for (name, change) in changes {
            if change.is_null() {
                entries.retain(|(k, _)| k.name != *name);
                continue;
            }
            if let Some((_, old)) = entries.iter_mut().find(|(k, _)| k.name == *name) {
                old.patch(change);
                continue;
            }
            let mut new = Self { span: self.span, value: Value::Null };
            new.patch(change);
            entries.push((Key { name: name.clone(), span: self.span }, new));
        }
    }
}

impl Value {
    fn from_json(json: &serde_json::Value, span: Span) -> Self {
        match json {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(b) => Self::Bool(*b),
            serde_json::Value::Number(n) => Self::Number(n.to_string()),
            serde_json::Value::String(s) => Self::Text(s.clone()),
            serde_json::Value::Array(items) => {
                Self::List(items.iter().map(|item| Node { span, value: Self::from_json(item, span) }).collect())
            }
            serde_json::Value::Object(entries) => Self::Map(
                entries
                    .iter()
                    .map(|(name, v)| (Key { name: name.clone(), span }, Node { span, value: Self::from_json(v, span) }))
                    .collect(),
            ),
        }
    }

    /// In the words of somebody who writes YAML.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Bool(_) => "a yes or no",
            Self::Number(_) => "a number",
            Self::Text(_) => "a text",
            Self::List(_) => "a list",
            Self::Map(_) => "keys with values",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn node(json: &serde_json::Value) -> Node {
        Node { span: Span::START, value: Value::from_json(json, Span::START) }
    }

    /// The table of RFC 7386, appendix A, as far as its results can be said here (a null in a result is none).
    #[test]
    fn merge_patch_as_in_the_rfc() {
        for (original, patch, result) in [
            (json!({"a":"b"}), json!({"a":"c"}), json!({"a":"c"})),
            (json!({"a":"b"}), json!({"b":"c"}), json!({"a":"b","b":"c"})),
            (json!({"a":"b"}), json!({"a":null}), json!({})),
            (json!({"a":"b","b":"c"}), json!({"a":null}), json!({"b":"c"})),
            (json!({"a":["b"]}), json!({"a":"c"}), json!({"a":"c"})),
            (json!({"a":"c"}), json!({"a":["b"]}), json!({"a":["b"]})),
            (json!({"a":{"b":"c"}}), json!({"a":{"b":"d","c":null}}), json!({"a":{"b":"d"}})),
            (json!({"a":[{"b":"c"}]}), json!({"a":[1]}), json!({"a":[1]})),
            (json!(["a", "b"]), json!(["c", "d"]), json!(["c", "d"])),
            (json!({"a":"b"}), json!(["c"]), json!(["c"])),
            (json!({"a":"foo"}), json!("bar"), json!("bar")),
            (json!([1, 2]), json!({"a":"b","c":null}), json!({"a":"b"})),
            (json!({}), json!({"a":{"bb":{"ccc":null}}}), json!({"a":{"bb":{}}})),
        ] {
            let mut patched = node(&original);
            patched.patch(&patch);
            assert_eq!(patched, node(&result), "{original} {patch}");
        }
    }
}
