//! `drill new NAME --from DIR`: a first drill and its seed from an exported role, and what is left to do.

use crate::definition::Diagnostics;
use crate::definition::draft::{Draft, draft, todos};
use crate::document::project::{full, reason};
use crate::document::{Problem, Project};
use crate::exit::Exit;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Writes both files, or none.
pub fn new(name: &str, from: &Path, drills: &Path, color: bool, out: &mut dyn Write, err: &mut dyn Write) -> Exit {
    match write(name, from, drills) {
        Ok(written) => {
            let _ = say(&written, drills, out);
            Exit::Passed
        }
        Err(wrong) => {
            let _ = write!(err, "{}", wrong.render(color));
            Exit::Usage
        }
    }
}

struct Written {
    name: String,
    drill: PathBuf,
    seed: PathBuf,
    draft: Draft,
}

fn write(name: &str, from: &Path, drills: &Path) -> Result<Written, Diagnostics> {
    let project = Project::of_drills(drills);
    let dir = inside(from, &project).map_err(Diagnostics::of_command_line)?;
    let drill = drills.join(format!("{name}.yaml"));
    let draft = draft(name, &dir, &drill.display().to_string(), &project)?;
    let seed = project.root().join(&draft.seed_path);
    let seed = seed.strip_prefix(".").map_or_else(|_| seed.clone(), Path::to_path_buf);
    for path in [&drill, &seed] {
        if path.exists() {
            return Err(Diagnostics::of_command_line(Problem::Exists(path.display().to_string())));
        }
    }
    create(&seed, &draft.seed).map_err(|e| unwritable(&seed, &e))?;
    if let Err(e) = create(&drill, &draft.drill) {
        // A seed alone would only be in the way of the next attempt.
        let _ = fs::remove_file(&seed);
        return Err(unwritable(&drill, &e));
    }
    Ok(Written { name: name.to_string(), drill, seed, draft })
}

/// The directory as the drill names it: the drill must work on other machines, so it lies in the project.
fn inside(from: &Path, project: &Project) -> Result<String, Problem> {
    let given = from.display().to_string();
    let missing = |_| Problem::NoFile { path: given.clone(), tried: full(from).display().to_string() };
    let real = from.canonicalize().map_err(missing)?;
    let root = project.root().canonicalize().map_err(missing)?;
    match real.strip_prefix(&root) {
        Ok(path) => Ok(path.display().to_string()),
        Err(_) => Err(Problem::LeavesProject { path: given.clone(), tried: real.display().to_string() }),
    }
}

/// Never over something that is there.
fn create(path: &Path, text: &str) -> io::Result<()> {
    if let Some(dir) = path.parent() {
        fs::create_dir_all(dir)?;
    }
    OpenOptions::new().write(true).create_new(true).open(path)?.write_all(text.as_bytes())
}

fn unwritable(path: &Path, error: &io::Error) -> Diagnostics {
    let problem = Problem::Unwritable { path: path.display().to_string(), why: reason(error) };
    Diagnostics::of_command_line(problem)
}

fn say(written: &Written, drills: &Path, out: &mut dyn Write) -> io::Result<()> {
    let Written { name, drill, seed, draft } = written;
    let (drill, seed) = (drill.display(), seed.display());
    // The next commands must find the same project.
    let option = if drills == Path::new("drills") { String::new() } else { format!(" --drills {}", drills.display()) };
    writeln!(out, "wrote  {drill}   {} TODOs", todos(&draft.drill))?;
    writeln!(out, "wrote  {seed}   {} TODOs", todos(&draft.seed))?;
    writeln!(
        out,
        "next   replace each ${{TODO …}} in both; `drill validate {drill}{option}` shows those that are left"
    )?;
    writeln!(out, "then   drill run {name}{option}")
}
