//! The terminal: one line a scenario as it ends, what is red in blocks, the verdict and the paths last.

use super::causes::{self, Block};
use super::facts::{self, Run};
use super::phrases;
use super::verbosity::Verbosity;
use super::words::{self, Counts};
use super::{Paths, exceptions, timing};
use crate::definition::DrillPlan;
use crate::history::{Head, History};
use crate::secret::Redactor;
use crate::verdict::{CheckVerdict, Outcome, ScenarioVerdict, Verdicts};
use anstyle::{AnsiColor, Style};
use std::fmt::Write as _;
use std::io::{self, Write};

/// Whether to colour a stream. `forced`: `--color always` or `never`; `no_color`: the variable is set and not empty.
pub fn use_color(forced: Option<bool>, is_terminal: bool, no_color: bool) -> bool {
    forced.unwrap_or(is_terminal && !no_color)
}

/// Prints results as they come; everything passes the redactor.
pub struct Console<W: Write> {
    out: W,
    color: bool,
    verbosity: Verbosity,
    redactor: Redactor,
    /// As shown after `events … in`.
    events: String,
}

impl<W: Write> Console<W> {
    /// `evidence_dir`: the run's directory as people reach it, e.g. `reports/latest`.
    pub fn new(out: W, color: bool, verbosity: Verbosity, redactor: Redactor, evidence_dir: &str) -> Self {
        Self { out, color, verbosity, redactor, events: format!("{evidence_dir}/{}", crate::history::log::FILE) }
    }

    /// The first line; `images`: what is known of them yet, e.g. `stand-ins`.
    ///
    /// # Errors
    /// Those of the stream, as in all of these.
    pub fn run_started(&mut self, head: &Head, images: Option<&str>) -> io::Result<()> {
        let head = &self.redactor.cleaned(head);
        if self.verbosity == Verbosity::Quiet {
            return Ok(());
        }
        let mut line = format!("drill {} · run {}", head.program, head.run);
        if let Some(engine) = &head.engine {
            let _ = write!(line, " · {} {} at {}", engine.name, engine.version, engine.endpoint);
            // The usual one is not worth a word.
            if engine.reach != "loopback" {
                let _ = write!(line, " ({})", engine.reach);
            }
        }
        if let (Some(jobs), [_, _, ..]) = (head.by.jobs, head.drills.as_slice()) {
            let _ = write!(line, " · {} drills, {jobs} at a time", head.drills.len());
        }
        if let Some(images) = images {
            let _ = write!(line, " · images: {images}");
        }
        self.print(&format!("{}\n", words::one_line(&line)))
    }

    /// A scenario's line, and a block for each cause of red.
    ///
    /// # Errors
    /// Those of the stream.
    pub fn scenario_ended(&mut self, plan: &DrillPlan, verdict: &ScenarioVerdict) -> io::Result<()> {
        let verdict = &self.redactor.cleaned(verdict);
        if self.verbosity == Verbosity::Quiet && verdict.outcome == Outcome::Passed {
            return Ok(());
        }
        let counts = Counts::of(&verdict.checks).short();
        let mut text = format!(
            "{}/{}  {}  {counts}",
            words::one_line(&plan.drill),
            words::one_line(&verdict.scenario),
            self.verdict_word(verdict.outcome, words::loud(verdict.outcome)),
        );
        if let Some(phrase) = phrases::ended(plan, verdict) {
            let _ = write!(text, "  {}", words::one_line(&phrase));
        }
        text.push('\n');
        let mut is_first = true;
        for block in causes::blocks(verdict) {
            // Of several failures the first, worst one is told in full: as a rule they have one cause.
            let full = is_first || block.first.outcome == Outcome::Inconclusive;
            self.block(&mut text, &block, full || self.verbosity == Verbosity::Verbose);
            is_first = false;
        }
        self.print(&text)
    }

    fn block(&self, text: &mut String, block: &Block<'_>, full: bool) {
        let check = block.first;
        let named = if self.verbosity == Verbosity::Verbose { usize::MAX } else { causes::NAMED };
        let mark = match check.outcome {
            Outcome::Failed => "✗",
            Outcome::Inconclusive => "?",
            Outcome::Excepted => "~",
            Outcome::Passed => "✓",
        };
        let mark = self.verdict_word(check.outcome, mark);
        let name = words::one_line(&words::name(check));
        if full {
            let _ = writeln!(text, "  {mark} {name}");
            for (label, value) in details(check) {
                let place = if label == "events" { format!(" in {}", self.events) } else { String::new() };
                let _ = writeln!(text, "      {label:<9} {}{place}", words::one_line(&value));
            }
        } else {
            let _ = writeln!(text, "  {mark} {name}  {}", words::one_line(&check.observed));
        }
        if let Some(more) = block.more(named) {
            let _ = writeln!(text, "  … {}", words::one_line(&more));
        }
    }

    /// The last lines.
    ///
    /// # Errors
    /// Those of the stream.
    pub fn run_ended(&mut self, history: &History, verdicts: &Verdicts, paths: &Paths) -> io::Result<()> {
        let (history, verdicts) = (&facts::cleaned(history, &self.redactor), &self.redactor.cleaned(verdicts));
        let run = Run { history, verdicts };
        let mut text = String::new();
        if self.verbosity == Verbosity::Verbose {
            text.push_str(&timing::table(history));
        }
        let headline = words::one_line(&run.headline());
        let (word, rest) = headline.split_once(':').unwrap_or((&headline, ""));
        let _ = write!(text, "{}:{rest}", self.verdict_word(run.outcome(), word));
        let counts = Counts::of_scenarios(run.scenarios()).short();
        let _ = writeln!(text, "   {counts}   {}", words::took(run.ended_us()));
        for line in phrases::last_lines(run, self.verbosity) {
            let _ = writeln!(text, "  {}", words::one_line(&line));
        }
        for line in exceptions::terminal(run, self.verbosity) {
            let _ = writeln!(text, "  {line}");
        }
        let _ = writeln!(text, "  report    {}", paths.readiness.display());
        let sha = &paths.evidence_sha256;
        let _ = writeln!(text, "  evidence  {}   sha256 {}", paths.evidence.display(), words::hash(sha));
        self.print(&text)
    }

    /// `--repeat`: how far the exposures of several runs lie apart.
    ///
    /// # Errors
    /// Those of the stream.
    pub fn spread(&mut self, runs: &[Verdicts]) -> io::Result<()> {
        self.print(&super::spread::table(runs))
    }

    fn verdict_word(&self, outcome: Outcome, word: &str) -> String {
        if !self.color {
            return word.to_owned();
        }
        let color = match outcome {
            Outcome::Passed => AnsiColor::Green,
            Outcome::Excepted | Outcome::Inconclusive => AnsiColor::Yellow,
            Outcome::Failed => AnsiColor::Red,
        };
        let style = Style::new().bold().fg_color(Some(color.into()));
        format!("{style}{word}{style:#}")
    }

    fn print(&mut self, text: &str) -> io::Result<()> {
        self.out.write_all(inert(&self.redactor.clean(text)).as_bytes())?;
        self.out.flush()
    }
}

/// Runners of CI read commands at the beginning of a line, older ones anywhere: what a server sends is none.
fn inert(text: &str) -> String {
    let line = |line: &str| {
        let at = line.len() - line.trim_start().len();
        let mark = if line[at..].starts_with("::") { "\\" } else { "" };
        [&line[..at], mark, &line[at..]].concat()
    };
    text.replace("##[", "## [").split_inclusive('\n').map(line).collect()
}

/// What there is to say about a check, in the order of the blocks.
pub fn details(check: &CheckVerdict) -> Vec<(&'static str, String)> {
    let at = &check.look_at;
    let look_at = (!at.file.is_empty()).then(|| format!("{}:{}:{}", at.file, at.line, at.column));
    let events = (!check.events.is_empty()).then(|| words::ranges(&check.events));
    let premise = check.premise.as_ref().map(|p| format!("rests on {p}"));
    let exception = check.exception.as_ref().map(|id| format!("{id} permits it"));
    [
        ("expected", Some(check.expected.clone())),
        ("observed", Some(check.observed.clone())),
        ("when", check.when.clone()),
        ("control", check.control.clone()),
        ("means", check.means.clone()),
        ("premise", premise),
        ("exception", exception),
        ("look at", look_at),
        ("events", events),
    ]
    .into_iter()
    .filter_map(|(label, value)| Some((label, value.filter(|v| !v.is_empty())?)))
    .collect()
}
