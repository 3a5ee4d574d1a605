//! A live run: parameters, moments and a step counter; everything else follows from them and the seed.

use std::num::NonZeroU64;

use modewise_problems::{Field, Problem};

use super::{
    adam,
    boundary::Trial,
    loss::Loss,
    recipe::{Boundary, Config},
    sampler::{Batch, Sampler, generator, node_coordinates},
    trainer::{Objective, Terms, Trainer},
};
use crate::{Iteration, Meter, Progress, Sites, Snapshot, SolverError, Task};

/// Names of what [`Iteration::scalars`] reports.
pub(super) const SCALARS: [&str; 4] = ["loss", "interior", "boundary", "lr"];

pub(super) struct Live<'p> {
    problem: &'p dyn Problem,
    target: Option<&'p Field>,
    lr: [f64; 2],
    trainer: Trainer,
    sampler: Sampler,
    batch: Batch,
    /// The batch that `batch` holds.
    holds: Option<u64>,
    parameters: Vec<f64>,
    moments: [Vec<f64>; 2],
    step: u64,
    /// Of the last step: the loss at the parameters it started from.
    terms: Terms,
}

impl<'p> Live<'p> {
    /// Step 0.
    pub fn new(config: &Config, solver: &str, task: &Task<'p>) -> Result<Self, SolverError> {
        let problem = task.problem;
        let target = task.target.filter(|_| config.loss == Loss::Regression);
        if config.loss == Loss::Regression && target.is_none() {
            return Err(SolverError::NoTarget);
        }
        let trial = match config.boundary {
            Boundary::Exact => Some(Trial::new(problem).ok_or_else(|| super::recipe::not_liftable(solver))?),
            Boundary::Penalty => None,
        };
        let dimension = problem.domain().dimension();
        let permittivity = super::recipe::permittivity(solver, problem)?;
        let sampler = config.sampler(task.seed);
        let batch = sampler.batch(dimension, target.map_or(0, |target| target.values().len()));
        let network = config.network(dimension);
        let parameters = config.init.draw(&network, &mut generator(task.seed, 0));
        let moments = [vec![0.0; parameters.len()], vec![0.0; parameters.len()]];
        let objective = Objective { loss: config.loss, permittivity, trial, beta: config.beta };
        let trainer = Trainer::new(network, objective, &batch);
        let terms = Terms { interior: f64::NAN, boundary: f64::NAN };
        let lr = [config.lr, config.lr_decay];
        Ok(Self {
            problem,
            target,
            lr,
            trainer,
            sampler,
            batch,
            holds: None,
            parameters,
            moments,
            step: 0,
            terms,
        })
    }

    /// Puts a snapshot in place of step 0.
    pub fn restore(&mut self, from: &Snapshot) -> Result<(), SolverError> {
        let count = self.parameters.len();
        self.parameters.copy_from_slice(from.array("parameters", count)?);
        self.moments[0].copy_from_slice(from.array("first_moments", count)?);
        self.moments[1].copy_from_slice(from.array("second_moments", count)?);
        let terms = from.array("terms", 2)?;
        self.terms = Terms { interior: terms[0], boundary: terms[1] };
        self.step = from.counter("step")?;
        Ok(())
    }

    /// One step of Adam.
    fn step(&mut self) {
        let wanted = self.sampler.batch_of(self.step);
        if self.holds != Some(wanted) {
            self.sampler.fill(wanted, self.problem, self.target, &mut self.batch);
            self.holds = Some(wanted);
        }
        self.terms = self.trainer.differentiate(&self.parameters, &self.batch);
        self.step += 1;
        let factors = adam::factors(self.rate(), self.step);
        self.trainer.descend(&mut self.parameters, &mut self.moments, factors);
    }

    /// The learning rate of the last step; before the first, of the first.
    fn rate(&self) -> f64 {
        adam::learning_rate(self.lr[0], self.lr[1], self.step)
    }

    fn loss(&self) -> f64 {
        // No penalty: its term is zero, and β may be anything.
        let penalty = if self.sampler.boundary_points == 0 {
            0.0
        } else {
            self.trainer.objective.beta * self.terms.boundary
        };
        self.terms.interior + penalty
    }
}

impl Iteration for Live<'_> {
    fn advance(&mut self, most: NonZeroU64, meter: &mut Meter) -> Result<Progress, SolverError> {
        let mut steps = 0;
        while steps < most.get() {
            self.step();
            steps += 1;
            if !self.loss().is_finite() {
                // Nothing better will come of it; the driver names what it finds in the sample.
                break;
            }
        }
        meter.charge(self.trainer.flops() * steps as f64);
        Ok(Progress::running(steps))
    }

    fn sample(&self, sites: &Sites<'_>, out: &mut [f64], meter: &mut Meter) -> Result<(), SolverError> {
        if out.len() != sites.len() {
            return Err(SolverError::Sites { wanted: sites.len(), given: out.len() });
        }
        let (network, own) = (&self.trainer.network, self.trainer.network.dimension());
        let dimension = match sites {
            Sites::Grid(grid) => grid.dimension(),
            Sites::Points(points) => points.dimension(),
        };
        if dimension != own {
            return Err(SolverError::Sites { wanted: sites.len() * own, given: sites.len() * dimension });
        }
        match sites {
            Sites::Grid(grid) => {
                self.trainer.sample(&self.parameters, |node, x| node_coordinates(grid, node, x), out)
            }
            Sites::Points(points) => {
                let all = points.coordinates();
                let point = |i: usize, x: &mut [f64]| x.copy_from_slice(&all[i * own..(i + 1) * own]);
                self.trainer.sample(&self.parameters, point, out);
            }
        }
        meter.charge(out.len() as f64 * network.flops(1, false));
        Ok(())
    }

    fn scalars(&self, out: &mut [f64]) {
        let scalars = [self.loss(), self.terms.interior, self.terms.boundary, self.rate()];
        for (out, scalar) in out.iter_mut().zip(scalars) {
            *out = scalar;
        }
    }

    fn snapshot(&self) -> Result<Snapshot, SolverError> {
        let mut snapshot = Snapshot::default();
        let arrays = [
            ("parameters", self.parameters.clone()),
            ("first_moments", self.moments[0].clone()),
            ("second_moments", self.moments[1].clone()),
            ("terms", vec![self.terms.interior, self.terms.boundary]),
        ];
        snapshot.arrays.extend(arrays.map(|(name, array)| (name.to_string(), array)));
        snapshot.counters.insert("step".into(), self.step);
        Ok(snapshot)
    }
}
