//! Files that are whole or not there.

use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

/// Writes beside the target and renames: whoever reads it sees the old file or the new one.
/// What is no regular file (a pipe, `/dev/stdout`) is written to directly.
///
/// # Errors
/// It cannot be written; the message names it.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let named = |e: io::Error| io::Error::new(e.kind(), format!("{}: {e}", path.display()));
    if fs::metadata(path).is_ok_and(|m| !m.is_file()) {
        return fs::OpenOptions::new().write(true).open(path).and_then(|mut file| file.write_all(bytes)).map_err(named);
    }
    let dir = match path.parent() {
        Some(dir) if !dir.as_os_str().is_empty() => dir,
        _ => Path::new("."),
    };
    write_beside(dir, path, bytes).map_err(named)
}

fn write_beside(dir: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    fs::create_dir_all(dir)?;
    let mut file = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // A temporary file is 0600 by default, but a report is for others to read; the umask still applies.
        file.permissions(fs::Permissions::from_mode(0o666));
    }
    let mut file = file.prefix(".drill-").tempfile_in(dir)?;
    file.write_all(bytes)?;
    file.persist(path).map_err(|e| e.error)?;
    Ok(())
}

/// Points `<reports>/latest` at a run, in one step.
///
/// # Errors
/// `latest` cannot be replaced, e.g. because it is a directory.
pub fn point_latest(reports: &Path, run: &str) -> io::Result<()> {
    let link = reports.join("latest");
    let named = |e: io::Error| io::Error::new(e.kind(), format!("{}: {e}", link.display()));
    let beside = tempfile::Builder::new()
        .prefix(".latest-")
        .make_in(reports, |path| std::os::unix::fs::symlink(Path::new("runs").join(run), path))
        .map_err(named)?;
    fs::rename(beside.path(), &link).map_err(named)?;
    // It has another name now; there is nothing left to remove.
    std::mem::forget(beside);
    Ok(())
}

/// SHA-256, hex.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// SHA-256 and length of a file; `None` where there is none.
///
/// # Errors
/// It is there and cannot be read.
pub fn sha256_of_file(path: &Path) -> io::Result<Option<(String, u64)>> {
    match File::open(path) {
        Ok(file) => sha256_of(file).map(Some),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e),
    }
}

/// SHA-256, hex, and length of all that can be read.
///
/// # Errors
/// It cannot be read to its end.
pub fn sha256_of(mut file: impl Read) -> io::Result<(String, u64)> {
    let mut hasher = Sha256::new();
    let mut buffer = [0; 1 << 14];
    let mut length = 0;
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok((hex(&hasher.finalize()), length));
        }
        hasher.update(&buffer[..read]);
        length += read as u64;
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut out, byte| {
        write!(out, "{byte:02x}").expect("strings take all");
        out
    })
}
