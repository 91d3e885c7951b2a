//! A typed request, `{ get: /orders }` in a drill file and `GET /orders` in reports.

use crate::document::{At, Problem};
use schemars::JsonSchema;
use serde::Deserialize;
use std::fmt;

/// Longer ones no server takes.
const LONGEST_PATH: usize = 2_048;

/// A request of a drill's lists.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "Request")]
pub enum RawRequest {
    /// The path of a GET.
    Get(At<String>),
    /// The path of a POST without a body.
    Post(At<String>),
    /// The path of a PUT without a body.
    Put(At<String>),
    /// The path of a DELETE.
    Delete(At<String>),
}

impl RawRequest {
    fn parts(&self) -> (&'static str, &At<String>) {
        match self {
            Self::Get(path) => ("GET", path),
            Self::Post(path) => ("POST", path),
            Self::Put(path) => ("PUT", path),
            Self::Delete(path) => ("DELETE", path),
        }
    }
    /// Its path, with its place.
    pub fn path(&self) -> &At<String> {
        self.parts().1
    }
    /// What is wrong with it.
    pub fn problem(&self) -> Option<Problem> {
        let path = &self.path().value;
        let printable = path.bytes().all(|b| b.is_ascii_graphic() && b != b'#');
        let fits = path.starts_with('/') && printable && path.len() <= LONGEST_PATH;
        (!fits).then(|| Problem::NoRequestPath(path.clone()))
    }
}

impl fmt::Display for RawRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (method, path) = self.parts();
        write!(f, "{method} {}", path.value)
    }
}

/// Method and path of a request as reports write it.
pub fn parse(text: &str) -> Option<(&str, &str)> {
    let (method, path) = text.split_once(' ')?;
    let known = matches!(method, "GET" | "POST" | "PUT" | "DELETE");
    (known && path.starts_with('/')).then_some((method, path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Span;

    #[test]
    fn what_is_written_is_what_is_asked() {
        let at = |value: &str| At { value: value.to_string(), span: Span::START };
        let get = RawRequest::Get(at("/orders?open=1"));
        assert_eq!((get.problem(), parse(&get.to_string())), (None, Some(("GET", "/orders?open=1"))));
        assert_eq!(parse(&RawRequest::Delete(at("/a")).to_string()), Some(("DELETE", "/a")));
        for bad in ["orders", "", "/a b", "/a\r\nX: y", "/é", "/a#b", &format!("/{}", "a".repeat(LONGEST_PATH))] {
            assert!(RawRequest::Put(at(bad)).problem().is_some(), "{bad}");
        }
        for bad in ["/orders", "BREW /tea", "GET orders"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
