//! Runs an experiment, solver by solver and seed by seed, into a run folder; or goes on with one.

use std::{path::Path, sync::atomic::AtomicBool};

use modewise_solvers::{
    Outcome, Reference,
    run::{Checkpoint, Tick},
};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{
    config_error::ConfigError,
    one_run::OneRun,
    plan::Plan,
    setup::{Prepared, Setup},
    summary::{self, Manifest},
};
use crate::store::{
    ReadError, RunFolder, StoreError, checkpoint,
    error::io_error,
    folder::{Lengths, PROBLEM_FILE, remove_if_there},
    schema::{SolverSummary, Summary},
};

/// Why an experiment could not be made or finished.
#[derive(Debug, Error)]
pub enum ExperimentError {
    /// The plan.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A file.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file of a run folder that cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A checkpoint that the solver refuses; nothing was changed.
    #[error("cannot resume `{label}`: {error}")]
    Resume {
        /// The solver's label.
        label: String,
        /// Why.
        error: modewise_solvers::SolverError,
    },
    /// An observer: a file, while the run went on.
    #[error("{0}")]
    Observe(Box<dyn std::error::Error + Send + Sync>),
}

/// Hears how an experiment goes; what a progress bar needs.
pub trait Progress {
    /// A run begins.
    fn begin(&mut self, label: &str, seed: Option<u64>, stop: &modewise_solvers::StopRule);
    /// A few times a second.
    fn tick(&mut self, tick: Tick);
    /// A run has ended.
    fn end(&mut self, summary: &SolverSummary);
    /// Something that went wrong and was made good.
    fn warn(&mut self, _message: &str) {}
}

/// Says nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Quiet;

impl Progress for Quiet {
    fn begin(&mut self, _label: &str, _seed: Option<u64>, _stop: &modewise_solvers::StopRule) {}
    fn tick(&mut self, _tick: Tick) {}
    fn end(&mut self, _summary: &SolverSummary) {}
}

/// What is done of an unfinished experiment: `progress.json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Done {
    /// The resolved plan, as in experiment.toml, and the file of its problem: a run is resumed as it was
    /// begun or not at all.
    plan: String,
    finished: Vec<SolverSummary>,
    lengths: Lengths,
}

const PROGRESS: &str = "progress.json";

/// Runs `setup` into a new run folder.
///
/// # Errors
/// The folder cannot be written; what was written before is kept. Solvers that diverge, fail or run
/// out of budget are entries of the summary.
pub fn run(
    setup: &Setup,
    path: &Path,
    force: bool,
    cancel: &AtomicBool,
    progress: &mut dyn Progress,
) -> Result<Summary, ExperimentError> {
    let seeds = setup.plan.seeds > 1;
    let folder = RunFolder::create(path, force, &setup.scalar_names(), seeds)?;
    let mut folder = folder.storing(&setup.plan.fields, setup.problem.title());
    let done = Done { plan: identity(setup), finished: Vec::new(), lengths: folder.sync()? };
    // In this order: a folder with an experiment and without books of what is done is complete.
    folder.json(PROGRESS, &done)?;
    if let Some(text) = &setup.problem_file {
        folder.text(PROBLEM_FILE, text)?;
    }
    folder.text("experiment.toml", &setup.plan.to_toml())?;
    let reference = setup.reference.as_ref().and_then(Reference::field);
    if let Some(field) = reference.filter(|_| setup.stores_fields()) {
        folder.field("reference", field, setup.ground.inside())?;
    }
    go_on(setup, folder, done, None, cancel, progress)
}

/// What has to stay as it is while a run is interrupted.
fn identity(setup: &Setup) -> String {
    setup.plan.to_toml() + setup.problem_file.as_deref().unwrap_or_default()
}

/// The plan that a run folder was made from.
///
/// # Errors
/// It is no run folder, or its experiment.toml is damaged.
pub fn plan_of(path: &Path) -> Result<Plan, ExperimentError> {
    let file = path.join("experiment.toml");
    let text = match std::fs::read_to_string(&file) {
        Err(_) if !file.exists() && path.join("history.csv").exists() => {
            let reason = "the run was killed before it began".to_string();
            return Err(StoreError::Damaged { path: path.into(), reason }.into());
        }
        read => read.map_err(io_error("read", &file))?,
    };
    let in_file = |error| ConfigError::InFile { file: file.display().to_string(), error: Box::new(error) };
    Ok(Plan::from_toml(&text, &[]).map_err(in_file)?.found_from(path))
}

/// Goes on with the experiment in `path`; `None` if nothing is left to do.
///
/// # Errors
/// It is no run folder, was written for something else, or cannot be written.
pub fn resume(
    path: &Path,
    cancel: &AtomicBool,
    progress: &mut dyn Progress,
) -> Result<Option<(Setup, Summary)>, ExperimentError> {
    let setup = Setup::again(&plan_of(path)?)?;
    let file = path.join(PROGRESS);
    let done: Done = match std::fs::read(&file) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        bytes => serde_json::from_slice(&bytes.map_err(io_error("read", &file))?)
            .map_err(|error| StoreError::Damaged { path: file, reason: error.to_string() })?,
    };
    if done.plan != identity(&setup) {
        let file = path.join("experiment.toml").display().to_string();
        let error =
            "it or its problem was changed since the run began; undo the change, or start a new run from it"
                .to_string();
        return Err(ConfigError::InFile { file, error: Box::new(ConfigError::Missing(error)) }.into());
    }
    let mut folder = RunFolder::reopen(path)?.storing(&setup.plan.fields, setup.problem.title());
    let found = checkpoint::read(path)?;
    let checkpoint = found.checkpoint.filter(|(run, _)| *run == done.finished.len());
    for (damaged, reason) in found.damaged {
        let from = match &checkpoint {
            Some((_, checkpoint)) => format!("step {}, that of the checkpoint before it", checkpoint.step),
            None => "the beginning of this solver's run".to_string(),
        };
        progress.warn(&format!("{} is damaged: {reason}; going on from {from}", damaged.display()));
        // Else it would become the one before, in place of one that is whole.
        remove_if_there(&damaged)?;
    }
    if checkpoint.is_none() {
        // The run that was cut short begins anew; with a checkpoint its recorder cuts the tables.
        folder.truncate(done.lengths)?;
    }
    let summary =
        go_on(&setup, folder, done, checkpoint.map(|(_, checkpoint)| checkpoint), cancel, progress)?;
    Ok(Some((setup, summary)))
}

fn go_on(
    setup: &Setup,
    mut folder: RunFolder,
    mut done: Done,
    mut checkpoint: Option<Checkpoint>,
    cancel: &AtomicBool,
    progress: &mut dyn Progress,
) -> Result<Summary, ExperimentError> {
    let tracked = setup.watch().as_ref().map(summary::tracked).unwrap_or_default();
    let mut manifest = Manifest::start(setup);
    folder.json("manifest.json", &manifest)?;
    folder.json(PROGRESS, &done)?;
    folder.json("summary.json", &summary::summary(setup, &done.finished, tracked.clone()))?;
    let runs: Vec<(&Prepared, u64)> =
        setup.solvers.iter().flat_map(|prepared| setup.seeds().map(move |seed| (prepared, seed))).collect();
    let mut entries = done.finished.clone();
    for (number, &(prepared, seed)) in runs.iter().enumerate().skip(done.finished.len()) {
        let one = OneRun { setup, prepared, seed, number };
        let entry = match one.execute(&mut folder, checkpoint.take().as_ref(), cancel, progress) {
            Ok(entry) => entry,
            Err(error) => {
                // On a full disk this may fail as well; the first error is the one to report.
                manifest.end(&format!("failed: {error}"));
                let _ = folder.json("manifest.json", &manifest);
                return Err(error);
            }
        };
        progress.end(&entry);
        let interrupted = entry.outcome == Outcome::Interrupted.to_string();
        entries.push(entry.clone());
        let lengths = folder.sync()?;
        if !interrupted {
            done = Done { finished: entries.clone(), lengths, ..done };
            folder.json(PROGRESS, &done)?;
        }
        folder.json("summary.json", &summary::summary(setup, &entries, tracked.clone()))?;
        if interrupted {
            manifest.end("interrupted");
            folder.json("manifest.json", &manifest)?;
            return Ok(summary::summary(setup, &entries, tracked));
        }
    }
    let summary = summary::summary(setup, &entries, tracked);
    folder.json("summary.json", &summary)?;
    manifest.end("finished");
    folder.json("manifest.json", &manifest)?;
    for name in checkpoint::FILES {
        folder.remove(name)?;
    }
    folder.remove(PROGRESS)?;
    Ok(summary)
}
