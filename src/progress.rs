//! Live progress on a terminal: one line a drill, on stderr; results go to stdout. Nothing at all where nobody watches.

use crate::secret::Redactor;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The spinner turns so often.
const TICK: Duration = Duration::from_millis(100);

/// All lines; clones share them. Safe to use from several tasks.
#[derive(Clone)]
pub struct Progress {
    lines: Option<MultiProgress>,
    drills: Arc<Drills>,
    redactor: Redactor,
}

/// The lines by drill. They go when the last handle does, so that an error's message stands alone.
#[derive(Default)]
struct Drills(Mutex<Vec<(String, ProgressBar)>>);

impl Drills {
    fn clear(&self) {
        let drills = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        drills.iter().for_each(|(_, bar)| bar.finish_and_clear());
    }
}

impl Drop for Drills {
    fn drop(&mut self) {
        self.clear();
    }
}

impl Progress {
    /// `enabled`: stderr is a terminal, and nobody asked for quiet.
    pub fn new(enabled: bool, redactor: Redactor) -> Self {
        let target = enabled.then(ProgressDrawTarget::stderr);
        Self::with(target, redactor)
    }

    fn with(target: Option<ProgressDrawTarget>, redactor: Redactor) -> Self {
        let lines = target.map(MultiProgress::with_draw_target);
        Self { lines, drills: Arc::default(), redactor }
    }

    /// The line of a drill; the same one however often it is asked for.
    pub fn drill(&self, name: &str) -> DrillProgress {
        let bar = self.lines.as_ref().map(|lines| self.bar(lines, name));
        DrillProgress { bar, redactor: self.redactor.clone() }
    }

    fn bar(&self, lines: &MultiProgress, name: &str) -> ProgressBar {
        let mut drills = self.drills.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, bar)) = drills.iter().find(|(known, _)| known == name) {
            return bar.clone();
        }
        let bar = lines.add(ProgressBar::new_spinner());
        bar.set_style(style());
        bar.set_prefix(self.redactor.clean(name).into_owned());
        bar.enable_steady_tick(TICK);
        drills.push((name.to_owned(), bar.clone()));
        bar
    }

    /// Clears the lines, does something (prints a result), and draws them again.
    pub fn aside<T>(&self, print: impl FnOnce() -> T) -> T {
        match &self.lines {
            Some(lines) => lines.suspend(print),
            None => print(),
        }
    }

    /// Removes all lines, for good.
    pub fn finish(&self) {
        self.drills.clear();
    }
}

fn style() -> ProgressStyle {
    let elapsed = |state: &ProgressState, out: &mut dyn Write| {
        let _ = write!(out, "{:.1} s", state.elapsed().as_secs_f64());
    };
    ProgressStyle::with_template("{spinner} {prefix}  {took}  {wide_msg}")
        .expect("the template is a constant")
        .with_key("took", elapsed)
}

/// One drill's line.
#[derive(Clone)]
pub struct DrillProgress {
    bar: Option<ProgressBar>,
    redactor: Redactor,
}

impl DrillProgress {
    /// What is being done now, e.g. `revoke: probing A, control B accepted`.
    pub fn say(&self, what: &str) {
        if let Some(bar) = &self.bar {
            let printable: String = what.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
            bar.set_message(self.redactor.clean(&printable).into_owned());
        }
    }

    /// Removes the line.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;
    use indicatif::TermLike;
    use std::io;

    /// A terminal that keeps all that was ever drawn.
    #[derive(Debug, Clone, Default)]
    struct Drawn(Arc<Mutex<String>>);

    impl TermLike for Drawn {
        fn width(&self) -> u16 {
            120
        }
        fn move_cursor_up(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_down(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_right(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_left(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn write_line(&self, s: &str) -> io::Result<()> {
            self.write_str(&format!("{s}\n"))
        }
        fn write_str(&self, s: &str) -> io::Result<()> {
            self.0.lock().unwrap().push_str(s);
            Ok(())
        }
        fn clear_line(&self) -> io::Result<()> {
            Ok(())
        }
        fn flush(&self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_says_what_is_done_and_no_secret() {
        let redactor = Redactor::default();
        let _secret = Secret::new("k7-Hq2mZ", &redactor);
        let drawn = Drawn::default();
        let target = ProgressDrawTarget::term_like(Box::new(drawn.clone()));
        let progress = Progress::with(Some(target), redactor);
        let line = progress.drill("postgres");
        line.say("probing k7-Hq2mZ");
        progress.drill("postgres").say("second\u{1b}[2J word");
        line.bar.as_ref().unwrap().force_draw();
        assert_eq!(progress.drills.0.lock().unwrap().len(), 1);
        assert_eq!(progress.aside(|| 7), 7);
        drop(progress);
        assert!(line.bar.unwrap().is_finished());
        let drawn = drawn.0.lock().unwrap().clone();
        assert!(drawn.contains("postgres  0."), "{drawn}");
        assert!(!drawn.contains("k7-Hq2mZ") && !drawn.contains("\u{1b}[2J"), "{drawn}");
    }

    #[test]
    fn nothing_is_drawn_where_nobody_watches() {
        let progress = Progress::new(false, Redactor::default());
        let line = progress.drill("postgres");
        line.say("x");
        line.finish();
        assert!(line.bar.is_none());
        assert_eq!(progress.aside(|| 7), 7);
        progress.finish();
    }
}
