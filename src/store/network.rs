//! The networks that the runs of an experiment ended with: `networks/<label>.safetensors`, with `-<seed>` where
//! there are several.
//!
//! A file has all that is needed to evaluate u again or to go on training: the solver's state as named arrays,
//! and beside them the solver's spec, the problem's spec, the seed and the step.

use std::{collections::BTreeMap, fs, path::Path};

use modewise_solvers::{Snapshot, observe::ObserveError};
use serde::{Deserialize, Serialize};

use super::{
    error::{StoreError, io_error},
    tensors,
};

/// The folder of networks in a run folder.
pub const FOLDER: &str = "networks";
/// How their names end.
pub(super) const SUFFIX: &str = ".safetensors";

/// A network with all that tells what it is.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredNetwork {
    /// What stands beside the arrays.
    pub label: Label,
    /// The state of the solver.
    pub snapshot: Snapshot,
}

/// Which network it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// The label of its solver.
    pub name: String,
    /// The full spec of its solver.
    pub spec: String,
    /// The spec of the problem it was trained on.
    pub problem: String,
    /// How many variables it is a function of.
    pub dimension: usize,
    /// The seed of its run.
    pub seed: u64,
    /// Steps it was trained.
    pub step: u64,
}

/// What stands beside the arrays.
#[derive(Serialize, Deserialize)]
struct Document {
    label: Label,
    counters: BTreeMap<String, u64>,
}

/// Writes the network of a run of the experiment in `folder`; `several` if there is one a seed.
///
/// # Errors
/// The disk is full, or another reason of the system.
pub fn write(folder: &Path, network: StoredNetwork, several: bool) -> Result<(), ObserveError> {
    let networks = folder.join(FOLDER);
    fs::create_dir_all(&networks).map_err(io_error("create", &networks))?;
    let StoredNetwork { label, snapshot } = network;
    let seed = if several { format!("-{}", label.seed) } else { String::new() };
    let path = networks.join(format!("{}{seed}{SUFFIX}", label.name));
    tensors::write(&path, &snapshot.arrays, &Document { label, counters: snapshot.counters })
}

/// All networks of a run folder, by label and seed.
///
/// # Errors
/// One cannot be read, or is damaged.
pub fn read_all(folder: &Path) -> Result<Vec<StoredNetwork>, StoreError> {
    let networks = folder.join(FOLDER);
    let Ok(entries) = fs::read_dir(&networks) else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for path in entries.flatten().map(|entry| entry.path()) {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if !name.ends_with(SUFFIX) || name.starts_with(super::atomic::UNFINISHED) {
            continue;
        }
        if let Some((arrays, Document { label, counters })) = tensors::read(&path)? {
            found.push(StoredNetwork { label, snapshot: Snapshot { arrays, counters } });
        }
    }
    found.sort_by(|one, other| (&one.label.name, one.label.seed).cmp(&(&other.label.name, other.label.seed)));
    Ok(found)
}
