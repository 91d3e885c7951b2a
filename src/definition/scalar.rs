//! Texts in YAML, as `validate --resolved` writes them.

/// So many lines.
pub(super) fn lines(text: &str) -> String {
    let n = text.lines().count();
    format!("{n} line{}", if n == 1 { "" } else { "s" })
}

/// Plain where YAML reads it back as the same text, else in JSON's quotes, which are YAML's too.
pub(super) fn scalar(text: &str) -> String {
    const SPECIAL: &[&str] = &["true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan", "inf"];
    let plain = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && !text.ends_with([' ', ':'])
        && text.chars().all(|c| c.is_ascii_graphic() || c == ' ')
        && !text.contains(": ")
        && !text.contains(" #")
        && !SPECIAL.contains(&text.to_lowercase().as_str());
    if plain { text.to_string() } else { serde_json::Value::from(text).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_are_read_back() {
        for plain in ["orders", "SELECT count(*) FROM orders", "CREATE ROLE \"{{name}}\"", "a#b", "a:b"] {
            assert_eq!(scalar(plain), plain);
        }
        for quoted in ["", "17", "yes", "a: b", "a #b", "-x", "{{name}}", "é", "a\nb", "x:", " x"] {
            assert!(scalar(quoted).starts_with('"'), "{quoted}");
        }
    }
}
