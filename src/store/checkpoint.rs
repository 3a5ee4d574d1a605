//! Checkpoints: the solver's arrays and everything beside them in one file, and the one before it.
//!
//! Two generations are kept, so that at every moment one is whole, whatever happens to the program, the machine or
//! the disk while the other is being written.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use modewise_solvers::{
    Snapshot,
    observe::{Cost, ObserveError},
    run::{Checkpoint, Keeper, Look, Memory},
};
use serde::{Deserialize, Serialize};

use super::{
    error::{StoreError, io_error},
    tensors,
};

/// The names of the latest checkpoint in a run folder, and of the one before it.
pub const FILES: [&str; 2] = ["checkpoint.safetensors", "checkpoint-previous.safetensors"];

/// What stands beside the arrays.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Books {
    /// Which of the runs of the experiment, counted from 0.
    run: usize,
    counters: std::collections::BTreeMap<String, u64>,
    step: u64,
    charged: [f64; 3],
    setup_seconds: f64,
    seconds: f64,
    observe_seconds: f64,
    size_limit: f64,
    residual_scale: f64,
    milestone: bool,
    cost: [f64; 2],
    due: Vec<u64>,
    best_residual: f64,
    best_step: u64,
    lower_residual: f64,
    lower_step: u64,
    looks: [Option<(u64, f64, f64)>; 2],
    observers: Vec<String>,
}

/// Keeps the checkpoints of one run of an experiment in its folder.
#[derive(Debug)]
pub struct FolderKeeper<'a> {
    folder: &'a Path,
    run: usize,
}

impl<'a> FolderKeeper<'a> {
    /// For run number `run`, counted from 0, of the experiment in `folder`.
    pub fn new(folder: &'a Path, run: usize) -> Self {
        Self { folder, run }
    }
}

impl Keeper for FolderKeeper<'_> {
    fn keep(&mut self, checkpoint: &Checkpoint) -> Result<(), ObserveError> {
        let books = Books {
            run: self.run,
            counters: checkpoint.snapshot.counters.clone(),
            step: checkpoint.step,
            charged: checkpoint.charged,
            setup_seconds: checkpoint.setup_seconds,
            seconds: checkpoint.seconds,
            observe_seconds: checkpoint.observe_seconds,
            size_limit: checkpoint.size_limit,
            residual_scale: checkpoint.residual_scale,
            milestone: checkpoint.milestone,
            cost: [checkpoint.cost.step, checkpoint.cost.sample],
            due: checkpoint.due.clone(),
            best_residual: checkpoint.judge.best_residual,
            best_step: checkpoint.judge.best_step,
            lower_residual: checkpoint.judge.lower_residual,
            lower_step: checkpoint.judge.lower_step,
            looks: checkpoint.looks.map(|look| look.map(|look| (look.step, look.loss, look.error))),
            observers: checkpoint.observers.clone(),
        };
        let [latest, previous] = FILES.map(|name| self.folder.join(name));
        match fs::rename(&latest, &previous) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(io_error("rename", &latest)(error).into());
            }
            _ => {}
        }
        tensors::write(&latest, &checkpoint.snapshot.arrays, &books)
    }
}

/// What [`read`] found.
#[derive(Debug, Default)]
pub struct Found {
    /// The latest checkpoint that is whole, with the number of the run it belongs to.
    pub checkpoint: Option<(usize, Checkpoint)>,
    /// Those that are not whole, and what is wrong with them.
    pub damaged: Vec<(PathBuf, String)>,
}

/// Reads the checkpoints of a folder.
///
/// # Errors
/// One is there and the system does not let it be read. A damaged one is no error: the one before it counts.
pub fn read(folder: &Path) -> Result<Found, StoreError> {
    let mut found = Found::default();
    for path in FILES.map(|name| folder.join(name)) {
        match tensors::read(&path) {
            Ok(None) => {}
            Ok(Some((arrays, books))) => {
                found.checkpoint = Some(restored(arrays, books));
                break;
            }
            Err(StoreError::Damaged { path, reason }) => found.damaged.push((path, reason)),
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

fn restored(arrays: tensors::Arrays, books: Books) -> (usize, Checkpoint) {
    let checkpoint = Checkpoint {
        snapshot: Snapshot { arrays, counters: books.counters },
        step: books.step,
        charged: books.charged,
        setup_seconds: books.setup_seconds,
        seconds: books.seconds,
        observe_seconds: books.observe_seconds,
        size_limit: books.size_limit,
        residual_scale: books.residual_scale,
        milestone: books.milestone,
        cost: Cost { step: books.cost[0], sample: books.cost[1] },
        due: books.due,
        judge: Memory {
            best_residual: books.best_residual,
            best_step: books.best_step,
            lower_residual: books.lower_residual,
            lower_step: books.lower_step,
        },
        looks: books.looks.map(|look| look.map(|(step, loss, error)| Look { step, loss, error })),
        observers: books.observers,
    };
    (books.run, checkpoint)
}
