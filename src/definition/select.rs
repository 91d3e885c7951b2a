//! `NAME`, `NAME/SCENARIO`, with `*` and `?`.

use crate::document::Problem;

/// A name that may hold `*` (any text) and `?` (any one character).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(String);

/// What somebody asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// Which drills.
    pub drill: Pattern,
    /// Which of their scenarios.
    pub scenario: Pattern,
}

impl Selection {
    /// From the command line.
    ///
    /// # Errors
    /// It is empty in a part, or has more than two.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let parts: Vec<&str> = text.split('/').collect();
        let (drill, scenario) = match parts.as_slice() {
            [drill] => (*drill, "*"),
            [drill, scenario] => (*drill, *scenario),
            _ => ("", ""),
        };
        if drill.is_empty() || scenario.is_empty() {
            return Err(Problem::BadSelection(text.to_string()));
        }
        Ok(Self { drill: Pattern(drill.into()), scenario: Pattern(scenario.into()) })
    }
}

impl Pattern {
    /// Everything.
    pub fn all() -> Self {
        Self("*".into())
    }
    /// As it was written.
    pub fn text(&self) -> &str {
        &self.0
    }
    /// Whether a name is meant. Linear in both for names, which are at most 63 long.
    pub fn matches(&self, name: &str) -> bool {
        let (pattern, name): (Vec<char>, Vec<char>) = (self.0.chars().collect(), name.chars().collect());
        let (mut p, mut n) = (0, 0);
        let mut star = None;
        while n < name.len() {
            if p < pattern.len() && (pattern[p] == '?' || pattern[p] == name[n]) && pattern[p] != '*' {
                p += 1;
                n += 1;
            } else if p < pattern.len() && pattern[p] == '*' {
                star = Some((p, n));
                p += 1;
            } else if let Some((at, from)) = star {
                star = Some((at, from + 1));
                p = at + 1;
                n = from + 1;
            } else {
                return false;
            }
        }
        pattern[p..].iter().all(|c| *c == '*')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, name, matches) in [
            ("postgres", "postgres", true),
            ("postgres", "postgre", false),
            ("post*", "postgres", true),
            ("*", "", true),
            ("*gres", "postgres", true),
            ("p*g*s", "postgres", true),
            ("p*x*s", "postgres", false),
            ("?ostgres", "postgres", true),
            ("?", "", false),
            ("**", "a", true),
            ("a*b*a*b", "aabbaabb", true),
        ] {
            assert_eq!(Pattern(pattern.into()).matches(name), matches, "{pattern} {name}");
        }
    }

    #[test]
    fn selections() {
        assert_eq!(Selection::parse("a").unwrap().scenario, Pattern::all());
        assert_eq!(Selection::parse("a/b").unwrap().scenario.text(), "b");
        for bad in ["", "/", "a/", "/b", "a/b/c"] {
            assert_eq!(Selection::parse(bad), Err(Problem::BadSelection(bad.into())), "{bad}");
        }
    }
}
