//! Reading the files that a definition names, and no others: paths start at the project and stay in it.

use super::parse::LARGEST_FILE_BYTES;
use super::problem::Problem;
use std::fs::File;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

/// The directory that paths in definitions start at: the parent of the drills directory.
#[derive(Debug, Clone)]
pub struct Project {
    root: PathBuf,
}

impl Project {
    /// The project that a drills directory belongs to.
    pub fn of_drills(drills: &Path) -> Self {
        let root = match drills.parent() {
            Some(parent) if parent.as_os_str().is_empty() => PathBuf::from("."),
            Some(parent) => parent.to_path_buf(),
            None => PathBuf::from(drills).join(".."),
        };
        Self { root }
    }

    /// Its directory.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The full path of something in the project.
    ///
    /// # Errors
    /// It is not there, or leaves the project, also by a symbolic link.
    pub fn find(&self, path: &str) -> Result<PathBuf, Problem> {
        let tried = full(&self.root.join(path));
        let leaves = || Problem::LeavesProject { path: path.to_string(), tried: tried.display().to_string() };
        let stays = Path::new(path).components().all(|c| matches!(c, Component::Normal(_) | Component::CurDir));
        if !stays {
            return Err(leaves());
        }
        let missing = || Problem::NoFile { path: path.to_string(), tried: tried.display().to_string() };
        let real = self.root.join(path).canonicalize().map_err(|_| missing())?;
        let root = self.root.canonicalize().map_err(|_| missing())?;
        if real.starts_with(root) { Ok(real) } else { Err(leaves()) }
    }

    /// The text of a file in the project.
    ///
    /// # Errors
    /// As `find`; or it is no file, too large, or no UTF-8.
    pub fn read(&self, path: &str) -> Result<String, Problem> {
        read(&self.find(path)?)
    }
}

/// The text of a file, of bounded size.
///
/// # Errors
/// It cannot be read, is too large, or no UTF-8.
pub fn read(path: &Path) -> Result<String, Problem> {
    let bytes = read_bytes(path)?;
    String::from_utf8(bytes).map_err(|_| Problem::NoUtf8)
}

/// The bytes of a file of bounded size.
///
/// # Errors
/// It cannot be read, or is too large.
pub fn read_bytes(path: &Path) -> Result<Vec<u8>, Problem> {
    let unreadable =
        |e: &std::io::Error| Problem::Unreadable { why: reason(e), tried: full(path).display().to_string() };
    // A pipe or a device never ends, and opening one may wait for ever.
    let about = std::fs::metadata(path).map_err(|e| unreadable(&e))?;
    if !about.is_file() {
        let why = if about.is_dir() { "it is a directory" } else { "it is no file" };
        return Err(Problem::Unreadable { why: why.into(), tried: full(path).display().to_string() });
    }
    if about.len() > LARGEST_FILE_BYTES {
        return Err(Problem::TooLarge { size: about.len(), limit: LARGEST_FILE_BYTES });
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|e| unreadable(&e))?;
    file.take(LARGEST_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(|e| unreadable(&e))?;
    if bytes.len() as u64 > LARGEST_FILE_BYTES {
        return Err(Problem::TooLarge { size: bytes.len() as u64, limit: LARGEST_FILE_BYTES });
    }
    Ok(bytes)
}

/// The system's reason, without its number.
pub fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_lowercase()
}

/// From `/`, without `.` and `..`; links stay.
pub fn full(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let mut clean = PathBuf::new();
    for part in absolute.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                clean.pop();
            }
            other => clean.push(other),
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leaves_the_project_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let project = dir.path().join("project");
        std::fs::create_dir_all(project.join("drills")).unwrap();
        std::fs::write(dir.path().join("outside.sql"), "SELECT 1").unwrap();
        std::fs::write(project.join("inside.sql"), "SELECT 1").unwrap();
        std::os::unix::fs::symlink(dir.path().join("outside.sql"), project.join("link.sql")).unwrap();
        std::os::unix::fs::symlink("inside.sql", project.join("fine.sql")).unwrap();
        let project = Project::of_drills(&project.join("drills"));
        assert_eq!(project.read("inside.sql").as_deref(), Ok("SELECT 1"));
        assert_eq!(project.read("./fine.sql").as_deref(), Ok("SELECT 1"));
        for path in ["../outside.sql", "link.sql", "/etc/hostname", "drills/../inside.sql"] {
            assert!(matches!(project.read(path), Err(Problem::LeavesProject { .. })), "{path}");
        }
        let Err(Problem::NoFile { tried, .. }) = project.read("none.sql") else { panic!("it is not there") };
        assert!(tried.starts_with('/') && tried.ends_with("project/none.sql"), "{tried}");
        assert!(matches!(project.read("drills"), Err(Problem::Unreadable { .. })));
    }
}
