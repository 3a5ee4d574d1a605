//! What is said of a whole experiment: summary.json, and manifest.json beside it.

use std::collections::BTreeMap;

use modewise_problems::{Errors, Spec};
use modewise_solvers::{End, Outcome};
use serde::Serialize;

use super::{
    plan,
    setup::{Prepared, Setup},
};
use crate::{
    machine::{cpu, now},
    modes::ModeWatch,
    store::schema::{ModeName, SolverSpread, SolverSummary, Spread, Summary},
};

/// summary.json with the solvers that have ended so far.
pub(super) fn summary(setup: &Setup, solvers: &[SolverSummary], tracked: Vec<String>) -> Summary {
    let bounds = setup.problem.domain().bounds().to_vec();
    let problem: Spec = setup.problem.spec();
    Summary {
        version: env!("CARGO_PKG_VERSION").into(),
        problem: problem.to_string(),
        title: setup.problem.title(),
        reference: setup.reference.as_ref().map_or("none", |reference| plan::name(reference.kind())).into(),
        reference_bar_l2: setup.reference_bar.map(|bar| bar.l2),
        reference_bar_max: setup.reference_bar.map(|bar| bar.max),
        grid: setup.ground.cells(),
        test_points: setup.ground.test_points(),
        bounds,
        transform: setup.transform.clone(),
        initial: setup.plan.initial.name().into(),
        tol: setup.plan.tol,
        tracked,
        floor_l2: setup.floor.map(|errors| errors.l2),
        floor_max: setup.floor.map(|errors| errors.max),
        accuracy: setup.plan.accuracy,
        error_order: setup.bar.as_ref().and_then(|bar| bar.order),
        refinement: setup.bar.as_ref().and_then(|bar| bar.limit.clone()),
        solvers: solvers.to_vec(),
        spread: if setup.plan.seeds > 1 { spread(solvers) } else { Vec::new() },
    }
}

/// How far the runs of each solver lie apart.
fn spread(solvers: &[SolverSummary]) -> Vec<SolverSpread> {
    let runs = solvers.chunk_by(|one, next| one.name == next.name);
    runs.map(|runs| {
        let of = |value: fn(&SolverSummary) -> Option<f64>| Spread::of(runs.iter().filter_map(value));
        SolverSpread {
            name: runs[0].name.clone(),
            runs: runs.len(),
            steps: of(|run| Some(run.steps as f64)),
            seconds: of(|run| Some(run.seconds)),
            work_units: of(|run| Some(run.work_units)),
            residual: of(|run| run.residual),
            error_l2: of(|run| run.error_l2),
            error_max: of(|run| run.error_max),
            order_index: of(|run| run.order_index),
        }
    })
    .collect()
}

/// One solver's entry; `bar` is that of its answer.
pub(super) fn entry(
    prepared: &Prepared,
    seed: u64,
    end: &End,
    watch: Option<&ModeWatch>,
    bar: Option<Errors>,
) -> SolverSummary {
    SolverSummary {
        name: prepared.label.clone(),
        spec: prepared.solver.spec().to_string(),
        seed,
        outcome: end.outcome.to_string(),
        advice: end.advice.clone(),
        steps: end.step,
        work_units: end.work_units,
        setup_work_units: end.setup_work_units,
        setup_seconds: end.setup_seconds,
        seconds: end.seconds,
        observe_seconds: end.observe_seconds,
        error_l2: end.errors.and_then(|errors| finite(errors.l2)),
        error_max: end.errors.and_then(|errors| finite(errors.max)),
        residual: end.residual.and_then(finite),
        scalars: {
            let last = prepared.solver.scalar_names().into_iter().zip(&end.scalars);
            last.filter_map(|(name, value)| Some((name, finite(*value)?))).collect()
        },
        error_bar_l2: bar.and_then(|bar| finite(bar.l2)),
        error_bar_max: bar.and_then(|bar| finite(bar.max)),
        extrapolated_bar_l2: None,
        extrapolated_bar_max: None,
        solvation_energy: None,
        solvation_energy_bar: None,
        order_index: watch.and_then(ModeWatch::order_index),
        modes_reached: watch
            .map_or(0, |watch| watch.passages().filter(|(_, _, passage)| passage.reached.is_some()).count()),
        milestones: Vec::new(),
        energy_above_nyquist: None,
    }
}

/// `value`, unless it is no number: JSON has none for it.
pub(super) fn finite(value: f64) -> Option<f64> {
    Some(value).filter(|value| value.is_finite())
}

/// The entry of a solver that could not start.
pub(super) fn failed(prepared: &Prepared, seed: u64, error: &dyn std::error::Error) -> SolverSummary {
    SolverSummary {
        name: prepared.label.clone(),
        spec: prepared.solver.spec().to_string(),
        seed,
        outcome: Outcome::Failed.to_string(),
        advice: Some(error.to_string()),
        steps: 0,
        work_units: 0.0,
        setup_work_units: 0.0,
        setup_seconds: 0.0,
        seconds: 0.0,
        observe_seconds: 0.0,
        error_l2: None,
        error_max: None,
        residual: None,
        scalars: BTreeMap::new(),
        error_bar_l2: None,
        error_bar_max: None,
        extrapolated_bar_l2: None,
        extrapolated_bar_max: None,
        solvation_energy: None,
        solvation_energy_bar: None,
        order_index: None,
        modes_reached: 0,
        milestones: Vec::new(),
        energy_above_nyquist: None,
    }
}

/// Names of the tracked modes.
pub(super) fn tracked(watch: &ModeWatch) -> Vec<String> {
    watch.tracked().map(ModeName::to_string).collect()
}

/// manifest.json: where, when and with what the experiment was run.
#[derive(Debug, Serialize)]
pub(super) struct Manifest {
    version: &'static str,
    commit: &'static str,
    seed: u64,
    seeds: u64,
    threads: usize,
    cpu: String,
    dtype: &'static str,
    started: String,
    ended: Option<String>,
    exit_reason: String,
}

impl Manifest {
    pub fn start(setup: &Setup) -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION"),
            commit: env!("MODEWISE_COMMIT"),
            seed: setup.plan.seed,
            seeds: setup.plan.seeds,
            threads: rayon::current_num_threads(),
            cpu: cpu(),
            dtype: "f64",
            started: now(),
            ended: None,
            exit_reason: "running".into(),
        }
    }

    pub fn end(&mut self, reason: &str) {
        self.ended = Some(now());
        self.exit_reason = reason.into();
    }
}
