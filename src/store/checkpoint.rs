//! Checkpoints: the solver's arrays and everything beside them in one safetensors file.

use std::{collections::HashMap, fs, io::Write, path::Path};

use modewise_solvers::{
    Snapshot,
    observe::{Cost, ObserveError},
    run::{Checkpoint, Keeper, Memory},
};
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use serde::{Deserialize, Serialize};

use super::{
    atomic::write_atomically,
    folder::{StoreError, io_error},
};

/// The file's name in a run folder.
pub const FILE: &str = "checkpoint.safetensors";

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
            observers: checkpoint.observers.clone(),
        };
        let bytes: Vec<(&String, Vec<u8>)> = checkpoint
            .snapshot
            .arrays
            .iter()
            .map(|(name, array)| (name, array.iter().flat_map(|x| x.to_le_bytes()).collect()))
            .collect();
        let mut views = Vec::with_capacity(bytes.len());
        for (name, bytes) in &bytes {
            views.push((name.as_str(), TensorView::new(Dtype::F64, vec![bytes.len() / 8], bytes)?));
        }
        let beside = HashMap::from([("modewise".to_string(), serde_json::to_string(&books)?)]);
        let file = safetensors::serialize(views, Some(beside))?;
        let path = self.folder.join(FILE);
        write_atomically(&path, |out| out.write_all(&file)).map_err(io_error("write", &path))?;
        Ok(())
    }
}

/// Reads the checkpoint of a folder and the number of the run it belongs to; `None` if there is none.
///
/// # Errors
/// It cannot be read, or is damaged.
pub fn read(folder: &Path) -> Result<Option<(usize, Checkpoint)>, StoreError> {
    let path = folder.join(FILE);
    let bytes = match fs::read(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        other => other.map_err(io_error("read", &path))?,
    };
    let damaged = |reason: String| StoreError::Damaged { path: path.clone(), reason };
    let (_, header) = SafeTensors::read_metadata(&bytes).map_err(|error| damaged(error.to_string()))?;
    let beside = header.metadata().as_ref().and_then(|metadata| metadata.get("modewise"));
    let beside = beside.ok_or_else(|| damaged("it was not written by modewise".into()))?;
    let books: Books = serde_json::from_str(beside).map_err(|error| damaged(error.to_string()))?;
    let tensors = SafeTensors::deserialize(&bytes).map_err(|error| damaged(error.to_string()))?;
    let mut snapshot = Snapshot { counters: books.counters, ..Snapshot::default() };
    for (name, view) in tensors.tensors() {
        let values = view.data().as_chunks::<8>().0.iter().map(|chunk| f64::from_le_bytes(*chunk)).collect();
        snapshot.arrays.insert(name, values);
    }
    let checkpoint = Checkpoint {
        snapshot,
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
        observers: books.observers,
    };
    Ok(Some((books.run, checkpoint)))
}
