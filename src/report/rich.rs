//! A line for people whose pieces know what they are: each format writes them in its own way, so all say the same.

/// One piece. Its text is whatever came: escaping is the format's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Words.
    Text(String),
    /// What must not be overlooked.
    Strong(String),
    /// A name, an id, a line of a server: as it was written there.
    Code(String),
    /// A new line within a cell.
    Break,
}

/// A line of pieces.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line(pub Vec<Piece>);

impl Line {
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds words.
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.0.push(Piece::Text(text.into()));
        self
    }

    /// Adds what must not be overlooked.
    pub fn strong(mut self, text: impl Into<String>) -> Self {
        self.0.push(Piece::Strong(text.into()));
        self
    }

    /// Adds a name or an id.
    pub fn code(mut self, text: impl Into<String>) -> Self {
        self.0.push(Piece::Code(text.into()));
        self
    }

    /// Adds another line's pieces.
    pub fn then(mut self, more: Line) -> Self {
        self.0.extend(more.0);
        self
    }

    /// Adds `before` and the line that `of` makes, where there is something.
    pub fn maybe<T>(self, before: &str, some: Option<T>, of: impl FnOnce(Line, T) -> Line) -> Self {
        match some {
            Some(some) => of(self.text(before), some),
            None => self,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `a, b`: several as one, with the same between each two.
    pub fn joined(lines: Vec<Line>, between: &Piece) -> Line {
        let mut all = Line::new();
        for line in lines {
            if !all.is_empty() {
                all.0.push(between.clone());
            }
            all = all.then(line);
        }
        all
    }
}
