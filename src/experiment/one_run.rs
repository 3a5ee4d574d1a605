//! One run of an experiment: drives a solver with one seed, writes what it leaves, and sums it up.

use std::sync::atomic::AtomicBool;

use modewise_problems::Errors;
use modewise_solvers::{
    Initial, Outcome, Reference, ReferenceKind, Run, Task, WallClock,
    observe::Observer,
    run::{Checkpoint, End, RunError, Tick},
};

use super::{
    execute::{ExperimentError, Progress},
    free_energy::FreeEnergy,
    plan::Start,
    recorder::Recorder,
    richardson,
    setup::{Prepared, Setup},
    summary,
};
use crate::{
    modes::{ModeWatch, Split},
    store::{
        RunFolder, StoreError,
        checkpoint::FolderKeeper,
        folder::{cell, optional_cell},
        network::{self, Label, StoredNetwork},
        schema::{ModeName, SolverSummary},
    },
    theory::Prediction,
};

/// An error below this many times the grid's own is no longer the network's alone.
const NEAR: f64 = 2.0;

/// One solver with one seed.
pub(super) struct OneRun<'a> {
    /// Everything but the seed.
    pub setup: &'a Setup,
    /// The solver.
    pub prepared: &'a Prepared,
    /// Its seed.
    pub seed: u64,
    /// Its place among the runs of the experiment.
    pub number: usize,
}

impl OneRun<'_> {
    /// Runs it and writes all there is to it but the summary.
    pub fn execute(
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
        // What a run was cut off at says nothing.
        let is_answer = !matches!(end.outcome, Outcome::Interrupted | Outcome::Diverged);
        let solvation = setup.problem.solvation().zip(end.values.field()).filter(|_| is_answer);
        let free =
            solvation.and_then(|(solvation, field)| FreeEnergy::new(solvation, field, setup.coarse.as_ref()));
        let entry = summary::entry(self.prepared, self.seed, &end, watch.as_ref(), bar);
        let coarse = free.as_ref().and_then(FreeEnergy::advice);
        let advice = self.below_the_floor(&end).or_else(|| self.as_near_as_the_grid(&end));
        let advice = advice.or(entry.advice.clone()).or(coarse);
        Ok(SolverSummary {
            energy_above_nyquist: energy,
            milestones,
            advice,
            extrapolated_bar_l2: extrapolated.and_then(|bar| summary::finite(bar.l2)),
            extrapolated_bar_max: extrapolated.and_then(|bar| summary::finite(bar.max)),
            solvation_energy: free.map(|free| free.value),
            solvation_energy_bar: free.and_then(|free| free.bar),
            ..entry
        })
    }

    /// Writes the answer extrapolated from two grids, where they show the order of the scheme; its bar.
    fn extrapolate(&self, folder: &RunFolder, end: &End) -> Result<Option<Errors>, StoreError> {
        let both = self.setup.bar.as_ref().and_then(|bar| bar.extrapolation.as_ref());
        // A network has no error that falls with the grid's spacing.
        let both = both.filter(|_| self.prepared.need.discrete);
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

    /// Advice for a network that is as near to the solution on the grid as that is to the exact one: from here on its
    /// error is the grid's.
    fn as_near_as_the_grid(&self, end: &End) -> Option<String> {
        let is_network = !self.prepared.need.discrete && self.is_against(ReferenceKind::Discrete);
        let floor = self.setup.floor.filter(|_| is_network)?;
        end.errors.is_some_and(|errors| errors.l2 < NEAR * floor.l2).then(|| {
            format!(
                "errors are from the solution on this grid, which itself is {:.1e} (L2) from the exact one: the network may \
                 be nearer to that; take --reference exact",
                floor.l2
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
