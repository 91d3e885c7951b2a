//! Workflow commands: what GitHub Actions shows at the line of the drill file. Printed under GitHub Actions, and nowhere else.

use super::causes::{self, Block};
use super::facts::{self, Run};
use super::words;
use crate::definition::Location;
use crate::exceptions::Exception;
use crate::history::History;
use crate::secret::Redactor;
use crate::verdict::{Outcome, Verdicts};
use jiff::civil::Date;
use std::cmp::Reverse;
use std::path::{Component, Path, PathBuf};

/// GitHub shows so many of a kind of one step, and drops the rest without a word.
const SHOWN: usize = 10;
/// From so many days before its end on, an exception is a warning.
const SOON_DAYS: i32 = 30;
/// A message is no report, in characters.
const LONGEST_MESSAGE: usize = 2000;

/// Where the annotated files are.
#[derive(Debug, Clone)]
pub struct Repository {
    /// What GitHub takes paths relative to; absent: unknown, then paths stay as they are.
    pub root: Option<PathBuf>,
    /// What paths in the evidence are relative to.
    pub cwd: PathBuf,
}

/// Gathers the annotations of one command, so that the worst of all its runs come first.
pub struct Annotations {
    repository: Repository,
    redactor: Redactor,
    errors: Vec<Note>,
    warnings: Vec<Note>,
}

struct Note {
    rank: Outcome,
    title: String,
    at: Option<Location>,
    message: String,
    /// How many checks or exceptions it stands for; 0: the run as a whole.
    stands_for: usize,
}

impl Annotations {
    /// None yet.
    pub fn new(repository: Repository, redactor: &Redactor) -> Self {
        Self { repository, redactor: redactor.clone(), errors: Vec::new(), warnings: Vec::new() }
    }

    /// Those of a run.
    pub fn add(&mut self, history: &History, verdicts: &Verdicts) {
        let (history, verdicts) = (&facts::cleaned(history, &self.redactor), &self.redactor.cleaned(verdicts));
        let run = Run { history, verdicts };
        let mut red = false;
        for (drill, scenario) in run.columns() {
            for block in causes::blocks(scenario) {
                let note = of_block(&format!("{}/{}", drill.drill, scenario.scenario), &block);
                let is_red = note.rank > Outcome::Excepted;
                red |= is_red;
                push(if is_red { &mut self.errors } else { &mut self.warnings }, note);
            }
        }
        if let Some(note) = of_run(run, red) {
            push(&mut self.errors, note);
        }
        if let Some(as_of) = run.head().as_of {
            let soon = run.head().exceptions.iter().filter(|e| e.days_left(as_of) <= SOON_DAYS);
            for exception in soon {
                push(&mut self.warnings, of_exception(exception, as_of));
            }
        }
    }

    /// The lines to print; none where there is nothing to say.
    pub fn render(&self) -> String {
        let mut out = String::new();
        for (command, notes) in [("error", &self.errors), ("warning", &self.warnings)] {
            let mut notes: Vec<&Note> = notes.iter().collect();
            // What is true of the whole run comes first. Stable: within a verdict the order of the plan stays.
            notes.sort_by_key(|n| (n.stands_for > 0, Reverse(n.rank)));
            let shown = if notes.len() > SHOWN { SHOWN - 1 } else { notes.len() };
            let (shown, rest) = notes.split_at(shown);
            for note in shown {
                out += &self.line(command, note);
            }
            if !rest.is_empty() {
                let n: usize = rest.iter().map(|n| n.stands_for).sum();
                let message =
                    "GitHub shows ten of a kind; all of them are in readiness.md and evidence.json".to_owned();
                let (title, rank) = (format!("and {n} more"), Outcome::Passed);
                out += &self.line(command, &Note { rank, title, at: None, message, stands_for: n });
            }
        }
        self.redactor.clean(&out).into_owned()
    }

    fn line(&self, command: &str, note: &Note) -> String {
        let mut properties = Vec::new();
        let mut message = note.message.clone();
        if let Some(at) = note.at.as_ref().filter(|at| !at.file.is_empty()) {
            match self.repository.relative(&at.file) {
                Some(file) => {
                    properties.push(format!("file={}", property(&file)));
                    properties.push(format!("line={},col={}", at.line.max(1), at.column.max(1)));
                }
                None => message.extend(["\nlook at ", &format!("{}:{}:{}", at.file, at.line, at.column)]),
            }
        }
        properties.push(format!("title={}", property(&note.title)));
        format!("::{command} {}::{}\n", properties.join(","), data(&words::shorten(&message, LONGEST_MESSAGE)))
    }
}

/// A command that never came to a verdict. `title`: one line; `what`: the whole message.
pub fn trouble(title: &str, what: &str, redactor: &Redactor) -> String {
    let (title, what) = (redactor.clean(title), redactor.clean(what));
    let what: String = what.chars().filter(|c| *c == '\n' || !words::is_unprintable(*c)).collect();
    let title = property(&format!("drill: not run: {}", words::one_line(&title)));
    format!("::error title={title}::{}\n", data(&words::shorten(what.trim_end(), LONGEST_MESSAGE)))
}

/// Several runs of one command say the same thing once.
fn push(notes: &mut Vec<Note>, note: Note) {
    if !notes.iter().any(|n| n.title == note.title && n.at == note.at) {
        notes.push(note);
    }
}

fn of_block(place: &str, block: &Block<'_>) -> Note {
    let check = block.first;
    let by = check.exception.as_ref().map(|id| format!(" ({id})")).unwrap_or_default();
    let mut lines = vec![check.observed.clone()];
    lines.extend(check.means.clone());
    lines.push(format!("expected: {}", check.expected));
    lines.extend(block.more(usize::MAX));
    let lines: Vec<String> = lines.iter().map(|l| words::one_line(l)).filter(|l| !l.is_empty()).collect();
    Note {
        rank: check.outcome,
        title: words::one_line(&format!("{}{by}: {place}/{}", check.outcome.word(), words::name(check))),
        at: Some(check.look_at.clone()),
        message: lines.join("\n"),
        stands_for: 1 + block.same.len(),
    }
}

/// A run that was interrupted, or ended red without a red check, must not look green.
fn of_run(run: Run<'_>, red: bool) -> Option<Note> {
    let what = match &run.verdicts.interrupted {
        Some(by) => format!("interrupted by {by}: what had not been observed by then is inconclusive"),
        None if run.outcome() > Outcome::Excepted && !red => "nothing was proved".to_owned(),
        None => return None,
    };
    let title = words::one_line(&run.headline());
    Some(Note { rank: run.outcome(), title, at: None, message: words::one_line(&what), stands_for: 0 })
}

fn of_exception(exception: &Exception, as_of: Date) -> Note {
    let left = exception.days_left(as_of);
    let days = |n: i32| format!("{n} {}", words::plural(usize::try_from(n).unwrap_or_default(), "day"));
    let when = match left {
        0 => "ends today".to_owned(),
        1.. => format!("ends in {}", days(left)),
        _ => format!("ended {} ago", days(left.saturating_neg())),
    };
    let (check, owner, expires) = (&exception.check, &exception.owner, exception.expires);
    let message = format!("{check} may fail until {expires}, the end of that day in UTC; owner {owner}");
    Note {
        rank: Outcome::Passed,
        title: words::one_line(&format!("exception {} {when}", exception.id)),
        at: Some(exception.at.clone()),
        message: words::one_line(&message),
        stands_for: 1,
    }
}

impl Repository {
    /// The file as GitHub names it; none where it lies elsewhere.
    fn relative(&self, file: &str) -> Option<String> {
        let file = Path::new(file);
        let path = match &self.root {
            Some(root) => plain(&self.cwd.join(file)).strip_prefix(plain(root)).ok()?.to_path_buf(),
            None if file.is_relative() => plain(file),
            None => return None,
        };
        let stays = !path.as_os_str().is_empty() && path.components().all(|c| matches!(c, Component::Normal(_)));
        stays.then(|| path.to_string_lossy().into_owned())
    }
}

/// Without `.` and `..`, by the path's text alone: the file may be gone by now.
fn plain(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(out.components().next_back(), Some(Component::Normal(_))) => {
                out.pop();
            }
            part => out.push(part),
        }
    }
    out
}

/// What ends a command is escaped as GitHub reads it back.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
