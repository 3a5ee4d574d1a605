//! A live run: the stages that are done, and the one at work.

use std::{num::NonZeroU64, sync::Arc};

use modewise_problems::Problem;

use super::{
    MultiStage,
    correction::{Correction, Stage, add_values, flops},
};
use crate::{
    Iteration, Meter, Progress, Sites, Snapshot, SolverError, Status, Task,
    neural::{
        live::{self, Held},
        loss::Equation,
        recipe, spectrum,
        trained::Trained,
    },
};

pub(super) struct Live<'p> {
    recipe: MultiStage,
    problem: &'p dyn Problem,
    equation: Equation,
    seed: u64,
    done: Vec<Stage>,
    /// c of the stage at work.
    scale: f64,
    at_work: live::Live<'p>,
}

/// Between the seeds of stages, so that no two draw the same numbers.
const SEEDS: u64 = 0x9E37_79B9_7F4A_7C15;

impl<'p> Live<'p> {
    /// Step 0.
    pub fn new(recipe: &MultiStage, task: &Task<'p>) -> Result<Self, SolverError> {
        let equation = recipe::equation(super::ENTRY.name, task.problem)?;
        let at_work = live::Live::new(recipe.config(0), task)?;
        let (problem, seed) = (task.problem, task.seed);
        Ok(Self { recipe: recipe.clone(), problem, equation, seed, done: Vec::new(), scale: 1.0, at_work })
    }

    /// From a snapshot: stages are begun one after the other, each with the parameters it ended with.
    pub fn resume(recipe: &MultiStage, task: &Task<'p>, from: &Snapshot) -> Result<Self, SolverError> {
        let mut live = Self::new(recipe, task)?;
        let stage = from.counter("stage")? as usize;
        if stage >= recipe.stages.len() {
            return Err(SolverError::Snapshot(format!("the run has no stage {}", stage + 1)));
        }
        let scales = from.array("scales", stage + 1)?;
        for (number, scale) in scales[1..].iter().enumerate() {
            let mut parameters = vec![0.0; live.at_work.current().len()];
            from.read(&format!("stage{}", number + 1), &mut parameters)?;
            live.next(parameters, Some(*scale))?;
        }
        live.at_work.restore(&from.inside("live"))?;
        Ok(live)
    }

    fn is_last(&self) -> bool {
        self.done.len() + 1 == self.recipe.stages.len()
    }

    /// Begins the next stage once the one at work has ended with `parameters`, at a scale that is read off the residual
    /// unless it is given.
    fn next(&mut self, parameters: Vec<f64>, scale: Option<f64>) -> Result<(), SolverError> {
        let (network, trial) = self.at_work.function();
        self.done.push((Arc::new(Trained::new(network, trial, parameters)), self.scale));
        let correction = |scale: f64| Correction {
            problem: self.problem,
            stages: self.done.clone(),
            equation: self.equation,
            scale,
        };
        // Without a residual there is nothing to scale.
        let size = |size: f64| if size.is_finite() && size > 0.0 { size } else { 1.0 };
        self.scale = scale.unwrap_or_else(|| size(spectrum::size_of_solution(&correction(1.0))));
        let held = Held::Own(Box::new(correction(self.scale)));
        let stage = self.done.len();
        let seed = self.seed.wrapping_add(SEEDS.wrapping_mul(stage as u64));
        self.at_work = live::Live::on(self.recipe.config(stage), held, None, seed)?;
        Ok(())
    }

    /// Flops of evaluating what is done at the points of so many batches.
    fn batches(&self, count: u64) -> f64 {
        count as f64 * self.at_work.points() as f64 * flops(&self.done)
    }
}

impl Iteration for Live<'_> {
    fn advance(&mut self, most: NonZeroU64, meter: &mut Meter) -> Result<Progress, SolverError> {
        // Not before it is needed: until then the answer is that of the stages that are done.
        if self.at_work.status() != Status::Running && !self.is_last() {
            self.next(self.at_work.current().to_vec(), None)?;
            meter.charge(spectrum::points(self.problem) * flops(&self.done));
        }
        let before = self.at_work.batches();
        let progress = self.at_work.advance(most, meter)?;
        meter.charge(self.batches(self.at_work.batches() - before));
        if progress.status == Status::Running || self.is_last() {
            return Ok(progress);
        }
        Ok(Progress { status: Status::Running, milestone: true, ..progress })
    }

    fn sample(&self, sites: &Sites<'_>, out: &mut [f64], meter: &mut Meter) -> Result<(), SolverError> {
        self.at_work.sample(sites, out, meter)?;
        if self.done.is_empty() {
            return Ok(());
        }
        out.iter_mut().for_each(|u| *u *= self.scale);
        match sites {
            Sites::Grid(grid) => add_values(self.problem, &self.done, &grid.coordinates(), out),
            Sites::Points(points) => add_values(self.problem, &self.done, points.coordinates(), out),
        }
        let point: f64 = self.done.iter().map(|(stage, _)| stage.network.flops(1, false)).sum();
        meter.charge(out.len() as f64 * point);
        Ok(())
    }

    /// The stage, its scale, and the scalars of its network.
    fn scalars(&self, out: &mut [f64]) {
        out[0] = (self.done.len() + 1) as f64;
        out[1] = self.scale;
        self.at_work.scalars(&mut out[2..]);
    }

    fn advice(&self) -> Option<String> {
        self.at_work.advice()
    }

    fn snapshot(&self) -> Result<Snapshot, SolverError> {
        let mut snapshot = self.at_work.snapshot()?.nested("live");
        for (number, (stage, _)) in self.done.iter().enumerate() {
            snapshot.arrays.insert(format!("stage{}", number + 1), stage.parameters.clone());
        }
        let scales = self.done.iter().map(|(_, scale)| *scale).chain([self.scale]);
        snapshot.arrays.insert("scales".into(), scales.collect());
        snapshot.counters.insert("stage".into(), self.done.len() as u64);
        Ok(snapshot)
    }
}
