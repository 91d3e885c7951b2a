//! What every page shares: the frame, verdicts as word, shape and colour, pieces of text.
//! Texts are escaped by the macro; nothing here or beside it ever says that a text is markup already (a test holds that).

use crate::report::rich::{Line, Piece};
use crate::report::words;
use crate::secret::Redactor;
use crate::verdict::Outcome;
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// Nothing is loaded from anywhere and nothing is run, whatever stands in the page.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";
const STYLE: PreEscaped<&str> = PreEscaped(include_str!("style.css"));
/// Longer texts are cut: the whole is in the evidence.
const LONGEST: usize = 1500;
/// A verdict with the names that it is of: what follows must stay on the first screen.
pub const HEADLINE: usize = 160;

/// The tone of a page or of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Passed,
    Excepted,
    Inconclusive,
    Failed,
}

impl From<Outcome> for Tone {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Passed => Self::Passed,
            Outcome::Excepted => Self::Excepted,
            Outcome::Inconclusive => Self::Inconclusive,
            Outcome::Failed => Self::Failed,
        }
    }
}

impl Tone {
    pub fn class(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Excepted => "excepted",
            Self::Inconclusive => "inconclusive",
            Self::Failed => "failed",
        }
    }

    /// A circle, a triangle, a diamond, a square: told apart without colour.
    pub fn shape(self) -> Markup {
        let (outline, inner) = match self {
            Self::Passed => ("M8 1a7 7 0 1 1 0 14a7 7 0 1 1 0-14z", "M4.6 8.3l2.4 2.4 4.6-5"),
            Self::Excepted => ("M8 1.2L15.3 14.5H.7z", "M8 6v4M8 11.6v1.4"),
            Self::Inconclusive => {
                ("M8 .6L15.4 8 8 15.4.6 8z", "M6.2 6.4a1.8 1.8 0 1 1 2.6 1.7q-.8.4-.8 1.2M8 10.9v1.3")
            }
            Self::Failed => ("M1.5 1.5h13v13h-13z", "M5 5l6 6m0-6l-6 6"),
        };
        html! {
            svg viewBox="0 0 16 16" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="1.6" {
                path d=(outline) {}
                path d=(inner) {}
            }
        }
    }

    /// A verdict as shape, word and colour.
    pub fn mark(self, word: &str) -> Markup {
        html! { span class={ "mark " (self.class()) } { (self.shape()) (word) } }
    }
}

/// A whole page: `title` for the browser's tab, `body` from the verdict on. No control character and nothing that turns writing around
/// is left in it, whatever was put in.
pub fn page(title: &str, tone: Tone, top: &Markup, main: &Markup, redactor: &Redactor) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                title { (text(&words::shorten(&words::one_line(title), HEADLINE))) }
                style { (STYLE) }
            }
            body {
                a.skip href="#main" { "Skip to the details" }
                header class={ "verdict " (tone.class()) } { div.page { (top) } }
                main.page id="main" tabindex="-1" { (main) }
            }
        }
    };
    let page = page.into_string();
    let page = redactor.clean(&page);
    page.chars().map(|c| if c != '\n' && words::is_unprintable(c) { ' ' } else { c }).collect()
}

/// A text in one line, cut where it is too long.
pub fn text(text: &str) -> String {
    words::shorten(&words::tidy(text), LONGEST)
}

/// A name or an id.
pub fn code(of: &str) -> Markup {
    html! { code { (text(of)) } }
}

/// A line of pieces.
pub fn line(line: &Line) -> Markup {
    html! {
        @for piece in &line.0 {
            @match piece {
                Piece::Text(words) => { (text(words)) }
                Piece::Strong(words) => { strong { (text(words)) } }
                Piece::Code(words) => { (code(words)) }
                Piece::Break => { br; }
            }
        }
    }
}

/// The line, or a dash that screen readers read as nothing.
pub fn cell(of: Option<&Line>) -> Markup {
    html! { @match of { Some(of) => { (line(of)) } None => { "–" } } }
}

/// A box that scrolls by itself: what is wider than the page must not move the page.
pub fn scroll(label: &str, inner: &Markup) -> Markup {
    html! { div.scroll tabindex="0" role="group" aria-label=(text(label)) { (inner) } }
}
