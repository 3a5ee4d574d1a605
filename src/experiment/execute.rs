//! Runs an experiment, solver by solver and seed by seed, into a run folder; or goes on with one.

use std::{path::Path, sync::atomic::AtomicBool};

use modewise_problems::Errors;
use modewise_solvers::{
    Initial, Outcome, Reference, ReferenceKind, Run, Task, WallClock,
    observe::Observer,
    run::{Checkpoint, End, RunError, Tick},
};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{
    config_error::ConfigError,
    free_energy::FreeEnergy,
    plan::{Plan, Start},
    recorder::Recorder,
    richardson,
    setup::{Prepared, Setup},
    summary::{self, Manifest},
};
use crate::{
    modes::{ModeWatch, Split},
    store::{
        ReadError, RunFolder, StoreError, checkpoint,
        checkpoint::FolderKeeper,
        error::io_error,
        folder::{Lengths, PROBLEM_FILE, cell, optional_cell, remove_if_there},
        network::{self, Label, StoredNetwork},
        schema::{ModeName, SolverSummary, Summary},
    },
    theory::Prediction,
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

/// One solver with one seed.
struct OneRun<'a> {
    setup: &'a Setup,
    prepared: &'a Prepared,
    seed: u64,
    number: usize,
}

impl OneRun<'_> {
    fn execute(
        &self,
        folder: &mut RunFolder,
        checkpoint: Option<&Checkpoint>,
        cancel: &AtomicBool,
        progress: &mut dyn Progress,
    ) -> Result<SolverSummary, ExperimentError> {
        let setup = self.setup;
        let several = setup.plan.seeds > 1;
        let mut task = Task::on(setup.problem.as_ref(), setup.ground.support())
            .with_initial(match setup.plan.initial {
                Start::Zero => Initial::Zero,
                Start::Random => Initial::Random,
                Start::White => Initial::White,
            })
            .with_seed(self.seed);
        task.target = setup.reference.as_ref().and_then(Reference::field);
        let columns = setup.scalar_names();
        let watch = setup.watch();
        let schedule = setup.watch_schedule();
        let path = folder.path().to_path_buf();
        let mut recorder =
            Recorder::new(folder, watch, setup.record_schedule(), &self.prepared.label, &columns);
        recorder.seed = several.then_some(self.seed);
        recorder.is_network = !self.prepared.need.discrete;
        recorder.stores_fields = setup.stores_fields();
        recorder.inside = setup.ground.inside();
        recorder.field_name = (self.seed == setup.plan.seed).then(|| self.prepared.label.clone());
        let mut keeper = FolderKeeper::new(&path, self.number);
        progress.begin(&self.prepared.label, recorder.seed, &self.prepared.stop);
        let mut tick = |at: Tick| progress.tick(at);
        let mut run = Run::new(self.prepared.solver.as_ref(), &task, &self.prepared.stop);
        if let Some(reference) = &setup.reference {
            run = run.against(reference);
        }
        let driven = run
            .resuming(checkpoint)
            .keeping(&mut keeper, setup.plan.checkpoint)
            .ticking(&mut tick)
            .drive(&WallClock::start(), cancel, &mut [(&mut recorder as &mut dyn Observer, schedule)]);
        let end = match driven {
            Ok(end) => end,
            Err(RunError::Solver(error)) if checkpoint.is_some() => {
                let label = self.prepared.label.clone();
                return Err(ExperimentError::Resume { label, error });
            }
            Err(RunError::Solver(error)) => return Ok(summary::failed(self.prepared, self.seed, &error)),
            Err(RunError::Observe(error)) => return Err(ExperimentError::Observe(error)),
        };
        let energy = recorder.energy_above_nyquist();
        let milestones = recorder.milestones().to_vec();
        if let Some(snapshot) = recorder.take_network() {
            let label = Label {
                name: self.prepared.label.clone(),
                spec: self.prepared.solver.spec().to_string(),
                problem: setup.problem.spec().to_string(),
                dimension: setup.problem.domain().dimension(),
                seed: self.seed,
                step: end.step,
            };
            let stored = StoredNetwork { label, snapshot };
            network::write(&path, stored, several).map_err(ExperimentError::Observe)?;
        }
        let watch = recorder.watch;
        if let Some(watch) = &watch {
            self.write_order(folder, &task, watch, &end)?;
        }
        let bar = setup.bar.as_ref().map(|bar| bar.of(end.values.as_slice()));
        let extrapolated = self.extrapolate(folder, &end)?;
        let solvation = setup.problem.solvation().zip(end.values.field());
        let free =
            solvation.and_then(|(solvation, field)| FreeEnergy::new(solvation, field, setup.coarse.as_ref()));
        let entry = summary::entry(self.prepared, self.seed, &end, watch.as_ref(), bar);
        let coarse = free.as_ref().and_then(FreeEnergy::advice);
        let advice = self.below_the_floor(&end).or(entry.advice.clone()).or(coarse);
        Ok(SolverSummary {
            energy_above_nyquist: energy,
            milestones,
            advice,
            extrapolated_bar_l2: extrapolated.map(|bar| bar.l2).filter(|bar| bar.is_finite()),
            extrapolated_bar_max: extrapolated.map(|bar| bar.max).filter(|bar| bar.is_finite()),
            solvation_energy: free.map(|free| free.value),
            solvation_energy_bar: free.and_then(|free| free.bar),
            ..entry
        })
    }

    /// Writes the answer extrapolated from two grids, where they show the order of the scheme; its bar.
    fn extrapolate(&self, folder: &RunFolder, end: &End) -> Result<Option<Errors>, StoreError> {
        let both = self.setup.bar.as_ref().and_then(|bar| bar.extrapolation.as_ref());
        let Some((both, u)) = both.zip(end.values.field()) else { return Ok(None) };
        let (answer, bar) = both.of(u);
        if self.seed == self.setup.plan.seed {
            let inside = self.setup.ground.inside().map(|inside| {
                richardson::shared(u.grid(), answer.grid()).map(|node| inside[node]).collect::<Vec<_>>()
            });
            folder.field(&format!("{}-extrapolated", self.prepared.label), &answer, inside.as_deref())?;
        }
        Ok(Some(bar))
    }

    /// Advice for a grid method that was asked for less than the discretisation error.
    fn below_the_floor(&self, end: &End) -> Option<String> {
        let exact = self.is_against(ReferenceKind::Exact) || self.is_against(ReferenceKind::Refined);
        let missed = matches!(end.outcome, Outcome::Budget | Outcome::Floor) && self.prepared.need.discrete;
        let floor = self.setup.floor.filter(|_| exact && missed)?;
        let stop = &self.prepared.stop;
        let below = |tolerance: Option<f64>, floor: f64| tolerance.is_some_and(|tolerance| tolerance < floor);
        (below(stop.error_l2, floor.l2) || below(stop.error_max, floor.max)).then(|| {
            format!(
                "the tolerance lies below the discretisation error of this grid ({:.1e} in L2, {:.1e} in the maximum); \
                 take a finer --grid",
                floor.l2, floor.max
            )
        })
    }

    fn is_against(&self, kind: ReferenceKind) -> bool {
        self.setup.reference.as_ref().is_some_and(|reference| reference.kind() == kind)
    }

    fn write_order(
        &self,
        folder: &mut RunFolder,
        task: &Task<'_>,
        watch: &ModeWatch,
        end: &End,
    ) -> Result<(), StoreError> {
        let predicted = self.predict(task, watch, end);
        let every = watch.watched_every();
        for ((name, reference, passage), predicted) in watch.passages().zip(predicted) {
            let mut row = vec![
                self.prepared.label.clone(),
                name.to_string(),
                cell(reference),
                every.clone(),
                passage.reached.map(|(step, ..)| step.to_string()).unwrap_or_default(),
                optional_cell(passage.reached.map(|(_, work, _)| work)),
                optional_cell(passage.reached.map(|(.., seconds)| seconds)),
                passage.settled.map(|step| step.to_string()).unwrap_or_default(),
                predicted.map(|step| step.to_string()).unwrap_or_default(),
            ];
            row.extend((self.setup.plan.seeds > 1).then(|| self.seed.to_string()));
            folder.order(&row)?;
        }
        Ok(())
    }

    /// The step at which theory says each tracked mode is reached; at most ten times the run's steps.
    fn predict(&self, task: &Task<'_>, watch: &ModeWatch, end: &End) -> Vec<Option<u64>> {
        let modes: Vec<(ModeName, f64)> = watch.scales().map(|(name, scale)| (name.clone(), scale)).collect();
        let none = vec![None; modes.len()];
        let reference = task.target.filter(|_| self.is_against(ReferenceKind::Discrete));
        let (Some(reference), Some(discrete)) = (reference, task.discrete()) else { return none };
        let start = task.initial.resolve(discrete, task.target, self.seed);
        let spec = self.prepared.solver.spec();
        let Split::Waves(kind) = self.setup.plan.transform else { return none };
        let prediction = Prediction::new(&spec, discrete, kind, reference, &start);
        prediction.map_or(none, |prediction| {
            prediction.first_passages(&modes, self.setup.plan.tol, 10 * end.step.max(1))
        })
    }
}
