//! References that were made by refinement, kept in the user's cache folder.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{
    error::{StoreError, io_error},
    tensors,
};

/// Names a folder in place of the user's cache folder.
const VARIABLE: &str = "MODEWISE_CACHE";
/// The one array.
const NAME: &str = "u";

/// What a file keeps besides the values of u.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    /// The problem's file, or its spec.
    pub problem: String,
    /// Cells of the finest grid; u is on half as many.
    pub finest: Vec<usize>,
    /// The order that the grids show.
    pub order: Option<f64>,
    /// Relative in L2.
    pub bar_l2: f64,
    /// In the maximum.
    pub bar_max: f64,
}

/// Where references are kept.
pub fn folder() -> PathBuf {
    match std::env::var_os(VARIABLE).filter(|folder| !folder.is_empty()) {
        Some(folder) => PathBuf::from(folder),
        None => dirs::cache_dir().unwrap_or_else(std::env::temp_dir).join("modewise"),
    }
    .join("references")
}

/// Writes u to `path`, whole or not at all.
///
/// # Errors
/// The disk is full, or another reason of the system.
pub fn write(path: &Path, kept: &Kept, u: &[f64]) -> Result<(), StoreError> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(io_error("create", folder))?;
    }
    let arrays = BTreeMap::from([(NAME.to_string(), u.to_vec())]);
    tensors::write(path, &arrays, kept).map_err(|error| match error.downcast::<StoreError>() {
        Ok(error) => *error,
        Err(error) => io_error("write", path)(std::io::Error::other(error)),
    })
}

/// Reads what [`write()`] wrote; `None` if there is nothing.
///
/// # Errors
/// It cannot be read, or is damaged.
pub fn read(path: &Path) -> Result<Option<(Kept, Vec<f64>)>, StoreError> {
    let found = tensors::read::<Kept>(path)?;
    Ok(found.and_then(|(mut arrays, kept)| Some((kept, arrays.remove(NAME)?))))
}
