//! Files that are there whole or not at all: temporary file, fsync, rename, fsync of the folder.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufWriter, Write},
    path::Path,
};

use serde::Serialize;

/// How the names of temporary files begin.
pub(crate) const UNFINISHED: &str = ".writing-";

/// Writes `path` through `fill`; readers see the old file or the new one, never a part.
///
/// # Errors
/// Whatever the system says; the old file is then untouched.
pub fn write_atomically(
    path: &Path,
    fill: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> io::Result<()> {
    replace(path, |temporary| {
        let mut file = BufWriter::new(OpenOptions::new().write(true).open(temporary)?);
        fill(&mut file)?;
        file.flush()
    })
}

/// Writes `document` to `path` as JSON that a person can read; readers see the old file or the new one.
///
/// # Errors
/// Whatever the system says; the old file is then untouched.
pub fn write_json(path: &Path, document: &impl Serialize) -> io::Result<()> {
    write_atomically(path, |file| {
        serde_json::to_writer_pretty(&mut *file, document)?;
        file.write_all(b"\n")
    })
}

/// Replaces `path` by a file that `make` writes to the path it is given, which ends like `path`.
///
/// # Errors
/// Whatever `make` or the system says; the old file is then untouched.
pub fn replace<E: From<io::Error>>(path: &Path, make: impl FnOnce(&Path) -> Result<(), E>) -> Result<(), E> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let suffix = path.extension().map(|end| format!(".{}", end.to_string_lossy())).unwrap_or_default();
    let file = tempfile::Builder::new().prefix(UNFINISHED).suffix(&suffix).tempfile_in(folder)?;
    make(file.path())?;
    readable_by_all(file.as_file())?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    // The rename itself has to reach the disk; not every system lets a folder be opened.
    if let Ok(folder) = File::open(folder) {
        folder.sync_all()?;
    }
    Ok(())
}

/// Temporary files are private; results are as readable as any other file.
#[cfg(unix)]
fn readable_by_all(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable_by_all(_file: &File) -> io::Result<()> {
    Ok(())
}
