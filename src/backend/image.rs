//! A server's image as a drill names it.

use crate::document::Problem;

/// A reference names an image and a version.
pub(crate) fn wrong_image(image: &str) -> Option<Problem> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._-/:@".contains(c);
    let last = image.rsplit('/').next().unwrap_or(image);
    let name = last.split([':', '@']).next().unwrap_or("");
    // A version alone is the tag of an image that was forgotten.
    let version = name.chars().all(|c| c.is_ascii_digit() || c == '.');
    if version || !image.chars().all(allowed) || image.starts_with('/') || name != name.to_lowercase() {
        return Some(Problem::BadImage(image.to_string()));
    }
    match last[name.len()..].strip_prefix([':', '@']) {
        None => Some(Problem::NoTag(image.to_string())),
        Some("") => Some(Problem::BadImage(image.to_string())),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images() {
        for good in ["postgres:17", "quay.io/openbao/openbao:2.7.2", "localhost:5000/postgres:17.2", "a/b@sha256:0f"] {
            assert_eq!(wrong_image(good), None, "{good}");
        }
        for bad in ["", "Postgres:17", "postgres 17", "17", "17.10", "postgres:", "/x:1", "x/"] {
            assert!(matches!(wrong_image(bad), Some(Problem::BadImage(_))), "{bad}");
        }
        for bare in ["postgres", "localhost:5000/postgres"] {
            assert!(matches!(wrong_image(bare), Some(Problem::NoTag(_))), "{bare}");
        }
    }
}
