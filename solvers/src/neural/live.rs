//! A live run: parameters, the optimiser and a step counter; everything else follows from them and the seed.

mod advice;
mod comparison;

use std::{num::NonZeroU64, ops::Deref};

use modewise_problems::{Field, Problem};

use super::{
    boundary::Trial,
    config::{Boundary, Config, Interface},
    kink::Kink,
    loss::{Loss, Objective, Terms},
    memory::Memory,
    network::Network,
    optimizer::{Jacobian, Layout, Method, Sequence, Training},
    penalty::{self, BetaSchedule},
    recipe,
    sampler::{Batch, Sampler, generator, node_coordinates},
    trainer::Trainer,
};
use crate::{Iteration, Meter, Progress, Sites, Snapshot, SolverError, Status, Task};

use comparison::Comparison;

/// Names of what [`Iteration::scalars`] reports: of the loss last computed, its terms with and without
/// their weight, and the rates that the last step used.
pub(super) const SCALARS: [&str; 7] =
    ["loss", "interior", "boundary", "boundary_weighted", "beta", "lr", "damping"];
/// And of flux jumps.
pub(super) const INTERFACE: [&str; 2] = ["interface", "interface_weighted"];
/// And of two coupled parts.
pub(super) const COUPLING: [&str; 2] = ["coupling", "coupling_weighted"];

/// The problem of a run: a task's, or the run's own.
pub(super) enum Held<'p> {
    Task(&'p dyn Problem),
    Own(Box<dyn Problem + 'p>),
}

impl<'p> Deref for Held<'p> {
    type Target = dyn Problem + 'p;

    fn deref(&self) -> &Self::Target {
        match self {
            Self::Task(problem) => *problem,
            Self::Own(problem) => problem.as_ref(),
        }
    }
}

pub(super) struct Live<'p> {
    config: Config,
    problem: Held<'p>,
    target: Option<&'p Field>,
    trainer: Trainer,
    sampler: Sampler,
    batch: Batch,
    /// The batch that `batch` holds.
    holds: Option<u64>,
    parameters: Vec<f64>,
    /// Those the last step started from, where the best are kept.
    previous: Vec<f64>,
    /// Where steps on points of their own are compared.
    comparison: Option<Comparison>,
    /// Two gradients, where β is balanced by them.
    balance: [Vec<f64>; 2],
    sequence: Sequence,
    jacobian: Option<Jacobian>,
    layout: Layout,
    memory: Memory,
    step: u64,
    /// Of the loss last computed.
    terms: Terms,
    is_through: bool,
}

impl<'p> Live<'p> {
    /// Step 0.
    pub fn new(config: &Config, task: &Task<'p>) -> Result<Self, SolverError> {
        Self::on(config, Held::Task(task.problem), task.target, task.seed)
    }

    /// Step 0 on any problem.
    pub fn on(
        config: &Config,
        held: Held<'p>,
        target: Option<&'p Field>,
        seed: u64,
    ) -> Result<Self, SolverError> {
        let (problem, solver): (&dyn Problem, _) = (&*held, config.architecture.kind.name());
        let target = target.filter(|_| config.loss == Loss::Regression);
        if config.loss == Loss::Regression && target.is_none() {
            return Err(SolverError::NoTarget);
        }
        let trial = match config.boundary {
            Boundary::Exact => Some(Trial::new(problem).map_err(|why| why.of(solver))?),
            Boundary::Penalty => None,
        };
        let equation = recipe::equation(solver, problem)?;
        let sampler = config.sampler(problem, seed);
        let batch = sampler.batch(problem, target.map_or(0, |target| target.values().len()));
        let network = config.architecture.network(problem, config.functions())?;
        let parameters = config.init.draw(&network, problem, &mut generator(seed, 0));
        let (inside, sides) = (batch.data.len(), batch.side_data.len());
        let layout = Layout::new(
            &network,
            config.loss,
            recipe::has_screening(problem),
            [inside, sides],
            batch.has_fluxes(),
        );
        let uses_jacobian = config.optimizer.iter().any(|stage| stage.method.uses_jacobian());
        let mut jacobian = uses_jacobian.then(|| Jacobian::new(&network, layout, config.loss));
        let gamma = config.architecture.coupling().unwrap_or(0.0);
        let objective = Objective {
            loss: config.loss,
            equation,
            trial,
            kink: Kink::new(problem).filter(|_| config.interface == Interface::Kink),
            beta: config.beta,
            jump_weight: config.jump_weight,
            gamma,
        };
        let mut trainer = Trainer::new(network, objective, &batch).with_dtype(config.dtype);
        let terms = Terms::all(f64::NAN);
        let function =
            Training { trainer: &mut trainer, batch: &batch, jacobian: jacobian.as_mut(), terms, flops: 0.0 };
        let sequence = Sequence::new(config.optimizer.clone(), config.rate(), &function);
        let memory = Memory::new(config.keep, &parameters);
        let comparison = config
            .needs_comparison()
            .then(|| Comparison::new(config, &sampler, problem, target, &trainer.objective));
        let room = |is_needed: bool| vec![0.0; if is_needed { parameters.len() } else { 0 }];
        let previous = room(memory.keeps() && comparison.is_none());
        let is_balanced = config.beta_schedule == BetaSchedule::Balanced && batch.penalised() > 0;
        let balance = [room(is_balanced), room(is_balanced)];
        Ok(Self {
            config: config.clone(),
            problem: held,
            target,
            trainer,
            sampler,
            batch,
            holds: None,
            parameters,
            previous,
            comparison,
            balance,
            sequence,
            jacobian,
            layout,
            memory,
            step: 0,
            terms,
            is_through: false,
        })
    }

    /// Puts a snapshot in place of step 0.
    pub fn restore(&mut self, from: &Snapshot) -> Result<(), SolverError> {
        from.read("parameters", &mut self.parameters)?;
        let numbers = from.array("numbers", 3)?;
        let (mut coupling, mut interface) = ([0.0], [0.0]);
        if self.batch.jumps > 0 {
            from.read("interface", &mut interface)?;
        }
        if self.trainer.network.is_coupled() {
            from.read("coupling", &mut coupling)?;
        }
        let [coupling, interface] = [coupling[0], interface[0]];
        self.terms = Terms { interior: numbers[0], boundary: numbers[1], interface, coupling };
        self.trainer.objective.beta = numbers[2];
        self.step = from.counter("step")?;
        self.is_through = from.counter("is_through")? == 1;
        self.memory.restore(&from.inside("memory"))?;
        self.holds = self.step.checked_sub(1).map(|last| self.sampler.batch_of(last));
        if let Some(batch) = self.holds {
            self.fill(batch);
        }
        let Self { sequence, trainer, batch, jacobian, terms, .. } = self;
        let function = Training { trainer, batch, jacobian: jacobian.as_mut(), terms: *terms, flops: 0.0 };
        sequence.restore(&from.inside("optimizer"), &function)
    }

    fn fill(&mut self, number: u64) {
        let Objective { trial, kink, .. } = &self.trainer.objective;
        let (trial, kink) = (trial.as_ref(), kink.as_ref());
        self.sampler.fill(number, &*self.problem, self.target, trial, kink, &mut self.batch);
    }

    fn is_penalised(&self) -> bool {
        self.batch.penalised() > 0
    }

    /// Points and β of this step; what they change is forgotten.
    fn prepare(&mut self) -> f64 {
        let wanted = self.sampler.batch_of(self.step);
        if self.holds != Some(wanted) {
            self.fill(wanted);
            if self.holds.is_some() {
                self.sequence.forget();
            }
            self.holds = Some(wanted);
        }
        let before = self.trainer.objective.beta;
        let mut flops = 0.0;
        match (self.config.beta_schedule, self.config.optimizer.steps()) {
            (BetaSchedule::Staged, Some(steps)) => {
                self.trainer.objective.beta = self.config.beta * penalty::staged(self.step, steps);
            }
            (BetaSchedule::Balanced, _)
                if self.is_penalised()
                    && self.sequence.method() == Method::Adam
                    && self.step.is_multiple_of(penalty::BALANCE_EVERY) =>
            {
                flops = self.balance();
            }
            _ => {}
        }
        if self.trainer.objective.beta != before {
            self.sequence.forget();
            self.memory.forget(self.step);
        }
        flops
    }

    /// β by the gradients of both terms; flops.
    fn balance(&mut self) -> f64 {
        let beta = self.trainer.objective.beta;
        // The gradient is linear in β: that of the interior, and of both with β = 1.
        for (weight, gradient) in [0.0, 1.0].into_iter().zip(&mut self.balance) {
            self.trainer.objective.beta = weight;
            self.trainer.differentiate(&self.parameters, &self.batch);
            self.trainer.gather(gradient);
        }
        let [interior, both] = &mut self.balance;
        both.iter_mut().zip(&*interior).for_each(|(both, interior)| *both -= interior);
        self.trainer.objective.beta = penalty::balanced(beta, interior, both);
        2.0 * self.trainer.flops()
    }

    /// One step of the optimiser at work; flops.
    fn step(&mut self) -> Result<f64, SolverError> {
        let prepared = self.prepare();
        if !self.previous.is_empty() {
            self.previous.copy_from_slice(&self.parameters);
        }
        let Self { sequence, trainer, batch, jacobian, terms, parameters, .. } = self;
        let mut function =
            Training { trainer, batch, jacobian: jacobian.as_mut(), terms: *terms, flops: prepared };
        let step = sequence.step(&mut function, parameters)?;
        let (terms, mut flops) = (function.terms, function.flops);
        self.terms = terms;
        self.step += 1;
        match &self.comparison {
            None => {
                self.memory.note(self.step - 1, step.before, &self.previous);
                if let Some(after) = step.after {
                    self.memory.note(self.step, after, &self.parameters);
                }
            }
            Some(comparison) => {
                if let Some(loss) = comparison.loss(self.step, &self.parameters, &mut self.trainer) {
                    self.memory.note(self.step, loss, &self.parameters);
                    flops += self.trainer.flops();
                }
            }
        }
        self.is_through = step.is_stuck;
        Ok(flops)
    }

    fn loss(&self) -> f64 {
        self.trainer.objective.value(self.terms, self.is_penalised())
    }

    /// What the parameters are put into.
    pub fn function(&self) -> (Network, Option<Trial>) {
        (self.trainer.network.clone(), self.trainer.objective.trial.clone())
    }

    /// Batches that have been made, and points inside of each.
    pub fn batches(&self) -> u64 {
        self.step.checked_sub(1).map_or(0, |last| self.sampler.batch_of(last) + 1)
    }

    pub fn points(&self) -> usize {
        self.batch.data.len()
    }

    /// The parameters that count.
    pub fn current(&self) -> &[f64] {
        self.memory.best().unwrap_or(&self.parameters)
    }

    /// Whether there is more to do.
    pub fn status(&self) -> Status {
        let plateau = self.config.plateau as u64;
        if self.is_through {
            if self.sequence.is_spent() { Status::Spent } else { Status::Finished }
        } else if plateau > 0 && self.memory.since(self.step) >= plateau {
            Status::Plateau
        } else {
            Status::Running
        }
    }
}

impl Iteration for Live<'_> {
    fn advance(&mut self, most: NonZeroU64, meter: &mut Meter) -> Result<Progress, SolverError> {
        let mut steps = 0;
        while steps < most.get() {
            let flops = self.step()?;
            meter.charge(flops);
            steps += 1;
            // Once it is not a number nothing better will come; the driver names what it finds in the sample.
            if self.status() != Status::Running || !self.loss().is_finite() {
                break;
            }
        }
        Ok(Progress { status: self.status(), ..Progress::running(steps) })
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
                let point = |node: usize, x: &mut [f64]| node_coordinates(grid, node, x);
                self.trainer.sample(&*self.problem, self.current(), point, out);
            }
            Sites::Points(points) => {
                let all = points.coordinates();
                let point = |i: usize, x: &mut [f64]| x.copy_from_slice(&all[i * own..(i + 1) * own]);
                self.trainer.sample(&*self.problem, self.current(), point, out);
            }
        }
        meter.charge(out.len() as f64 * network.flops(1, false));
        Ok(())
    }

    fn scalars(&self, out: &mut [f64]) {
        let [lr, damping] = self.sequence.rates();
        // Where nothing is weighed with it, β says nothing.
        let beta = if self.is_penalised() { self.trainer.objective.beta } else { f64::NAN };
        let Terms { interior, boundary, interface, coupling } = self.terms;
        let weighted = if self.is_penalised() { beta * boundary } else { 0.0 };
        let interface = [interface, self.trainer.objective.jump_weight * interface];
        let coupling = [coupling, self.trainer.objective.gamma * coupling];
        let interface = interface.into_iter().filter(|_| self.config.has_jumps());
        let always = [self.loss(), interior, boundary, weighted, beta, lr, damping];
        let scalars = always.into_iter().chain(interface).chain(coupling);
        for (out, scalar) in out.iter_mut().zip(scalars) {
            *out = scalar;
        }
    }

    fn advice(&self) -> Option<String> {
        self.no_way_down()
            .or_else(|| self.too_few_equations())
            .or_else(|| self.too_coarse_at_a_jump())
            .or_else(|| self.too_high_frequencies())
    }

    fn snapshot(&self) -> Result<Snapshot, SolverError> {
        let mut memory = Snapshot::default();
        self.memory.snapshot(&mut memory);
        let mut snapshot = memory.nested("memory");
        let optimizer = self.sequence.snapshot().nested("optimizer");
        snapshot.arrays.extend(optimizer.arrays);
        snapshot.counters.extend(optimizer.counters);
        let numbers = vec![self.terms.interior, self.terms.boundary, self.trainer.objective.beta];
        snapshot.arrays.insert("parameters".into(), self.parameters.clone());
        snapshot.arrays.insert("numbers".into(), numbers);
        if self.trainer.network.is_coupled() {
            snapshot.arrays.insert("coupling".into(), vec![self.terms.coupling]);
        }
        if self.batch.jumps > 0 {
            snapshot.arrays.insert("interface".into(), vec![self.terms.interface]);
        }
        snapshot.counters.insert("step".into(), self.step);
        snapshot.counters.insert("is_through".into(), u64::from(self.is_through));
        Ok(snapshot)
    }
}
