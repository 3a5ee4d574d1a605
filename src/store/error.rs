//! What may go wrong with files, in words that say what to do.

use std::{
    io,
    path::{Path, PathBuf},
};

use thiserror::Error;

/// What went wrong with a file.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The folder has something in it.
    #[error("{} is not empty; choose another folder with --out, or replace what is there with --force", .0.display())]
    NotEmpty(PathBuf),
    /// Input or output failed.
    #[error("cannot {what} {}: {source}{}", .path.display(), hint(.source))]
    Io {
        /// `write`, `read`, `create`.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// Another program is writing here.
    #[error("{} is being written by another modewise; wait for it, or choose another folder with --out", .0.display())]
    Busy(PathBuf),
    /// A file that is not what it should be.
    #[error("{} is damaged: {reason}; start the run anew, with --force", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

fn hint(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::StorageFull => "; free some space, what was written before is kept",
        io::ErrorKind::PermissionDenied => "; choose a folder you may write to with --out",
        io::ErrorKind::NotFound => "; check the path",
        _ => "",
    }
}

/// Turns an input/output error into one that names the file.
pub(crate) fn io_error(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> StoreError {
    let path = path.to_path_buf();
    move |source| StoreError::Io { what, path, source }
}
