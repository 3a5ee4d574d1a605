//! The points a step looks at: batches, a function of the seed and their number alone, so that a run
//! goes on from a checkpoint without a generator's state.

use modewise_problems::{Coefficient, Field, MOST_AXES, Points, Problem};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{
    boundary::Trial,
    kink::Kink,
    loss::{Equation, Loss},
};

mod batch;
mod gauss;
mod ground;
mod sampling;
mod sides;

pub(super) use batch::Batch;
pub(super) use ground::Ground;
use ground::{Carrier, Place};
pub use sampling::Sampling;
use sides::{Places, on_sides};

/// The generator of stream `stream`: 0 is for the parameters, 1 + k for batch k.
pub(super) fn generator(seed: u64, stream: u64) -> ChaCha8Rng {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(stream);
    random
}

/// How batches are made.
#[derive(Debug, Clone)]
pub(super) struct Sampler {
    /// What they are for: a regression looks at nodes of its target.
    pub loss: Loss,
    /// How points are chosen.
    pub sampling: Sampling,
    /// Points inside, about.
    pub points: usize,
    /// Steps between batches; 0 for one batch for good.
    pub resample: u64,
    /// Seeds all batches.
    pub seed: u64,
    /// What points are drawn from.
    ground: Ground,
    /// The parts of the boundary that have equations.
    carriers: Vec<Carrier>,
}

/// What a sampler is made of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    pub loss: Loss,
    pub sampling: Sampling,
    /// Points inside, about.
    pub points: usize,
    /// Points on the boundary, where there are equations.
    pub boundary_points: usize,
    /// Whether the data have equations there; where they are built in they have none.
    pub is_penalised: bool,
    /// Whether flux jumps at the interface have.
    pub has_jumps: bool,
    pub resample: u64,
    pub seed: u64,
}

impl Sampler {
    /// The batch that step `step`, counted from 0, looks at.
    pub fn batch_of(&self, step: u64) -> u64 {
        step.checked_div(self.resample).unwrap_or(0)
    }

    /// A sampler of the domain of `problem`.
    pub fn new(wanted: Wanted, problem: &dyn Problem) -> Self {
        let Wanted { loss, sampling, points, boundary_points, resample, seed, .. } = wanted;
        let ground = Ground::new(problem);
        let carriers = match loss {
            Loss::Regression => Vec::new(),
            _ => ground.carriers(problem, wanted.is_penalised, wanted.has_jumps, boundary_points),
        };
        Self { loss, sampling, points, resample, seed, ground, carriers }
    }

    /// Points inside and on the boundary of every batch.
    pub fn sizes(&self, target_nodes: usize) -> (usize, usize) {
        let inside = match self.loss {
            Loss::Regression if self.resample == 0 => target_nodes,
            Loss::Ritz | Loss::Residual => self.ground.inside(self.sampling, self.points),
            Loss::Regression => self.points,
        };
        (inside, self.carriers.iter().map(|carrier| carrier.count).sum())
    }

    /// Whether points on the boundary ask for more than values of u.
    pub fn has_fluxes(&self) -> bool {
        self.carriers.iter().any(|carrier| !carrier.place.is_value())
    }

    /// An empty batch of the right size.
    pub fn batch(&self, problem: &dyn Problem, target_nodes: usize) -> Batch {
        let dimension = self.ground.dimension();
        let (inside, sides) = self.sizes(target_nodes);
        let varies = self.loss != Loss::Regression && has_variable_coefficients(problem);
        let numbers = if varies { Equation::numbers(dimension) } else { 0 };
        let operator = if self.has_fluxes() { 1 + dimension } else { 0 };
        Batch {
            points: vec![0.0; inside * dimension],
            data: vec![0.0; inside],
            weights: vec![0.0; inside],
            coefficients: vec![0.0; inside * numbers],
            sides: vec![0.0; sides * dimension],
            side_data: vec![0.0; sides],
            side_weights: vec![0.0; sides],
            side_operators: vec![0.0; sides * operator],
            built: [Vec::new(), Vec::new()],
            seen: [Vec::new(), Vec::new()],
            jumps: self.carriers.iter().filter(|at| at.place.is_jump()).map(|at| at.count).sum(),
        }
    }

    /// Makes batch `number`, in place, with the data built in where there is a trial function, and what the network sees
    /// of an interface.
    pub fn fill(
        &self,
        number: u64,
        problem: &dyn Problem,
        target: Option<&Field>,
        trial: Option<&Trial>,
        kink: Option<&Kink>,
        batch: &mut Batch,
    ) {
        let d = self.ground.dimension();
        let mut random = generator(self.seed, number.saturating_add(1));
        match target {
            Some(target) if self.loss == Loss::Regression => self.nodes(target, &mut random, batch),
            _ => {
                let Batch { points, weights, .. } = batch;
                self.ground.fill(self.sampling, self.points, &mut random, points, weights);
                problem.source(Points::new(&batch.points, d), &mut batch.data);
                coefficients(problem, &batch.points, &mut batch.coefficients);
            }
        }
        if !batch.side_data.is_empty() {
            let places = match self.sampling {
                Sampling::Sobol => Places::Sobol,
                _ if self.resample == 0 => Places::Even,
                _ => Places::Uniform,
            };
            self.fill_sides(places, problem, &mut random, batch);
        }
        if let Some(kink) = kink {
            batch.see(problem, kink);
        }
        if let Some(trial) = trial {
            batch.build_in(problem, trial);
        }
    }

    fn fill_sides(&self, places: Places, problem: &dyn Problem, random: &mut ChaCha8Rng, batch: &mut Batch) {
        let d = self.ground.dimension();
        let all_sides = |carrier: &Carrier| matches!(carrier.place, Place::Side { .. });
        if self.ground.is_whole() && self.carriers.len() == 2 * d && self.carriers.iter().all(all_sides) {
            // All sides at once: any one point more or less on one of them makes no difference to the whole.
            batch.side_weights.fill(on_sides(&self.ground.bounds, places, random, &mut batch.sides));
            problem.boundary(Points::new(&batch.sides, d), &mut batch.side_data);
            return;
        }
        let mut first = 0;
        for carrier in &self.carriers {
            let range = first..first + carrier.count;
            first = range.end;
            let points = &mut batch.sides[range.start * d..range.end * d];
            let weights = &mut batch.side_weights[range.clone()];
            self.ground.fill_on(carrier, places != Places::Uniform, random, points, weights);
            let operator = batch.side_operators.len() / batch.side_data.len();
            let operators = &mut batch.side_operators[range.start * operator..range.end * operator];
            self.ground.data_on(carrier, problem, points, operators, &mut batch.side_data[range]);
        }
    }

    /// Nodes of the target: all of them, or some drawn at random.
    fn nodes(&self, target: &Field, random: &mut ChaCha8Rng, batch: &mut Batch) {
        let (grid, count) = (target.grid(), batch.data.len());
        batch.weights.fill(1.0 / count as f64);
        let slots = batch.points.chunks_mut(grid.dimension()).zip(&mut batch.data);
        for (i, (x, data)) in slots.enumerate() {
            let node = if self.resample == 0 { i } else { random.random_range(0..target.values().len()) };
            *data = target.values()[node];
            node_coordinates(grid, node, x);
        }
    }
}

/// Whether ε or κ² depends on the point.
pub(super) fn has_variable_coefficients(problem: &dyn Problem) -> bool {
    [problem.permittivity(), problem.screening()].contains(&Coefficient::Variable)
}

/// Distance of the differences of ε, over the length of the axis.
const DIFFERENCE: f64 = 1e-4;

/// ε, κ² and ∇ε, by differences of fourth order on one side of an interface, at points one by one.
pub(super) fn coefficients(problem: &dyn Problem, points: &[f64], out: &mut [f64]) {
    let bounds = problem.domain().bounds();
    let d = bounds.len();
    let permittivity = |x: &[f64]| {
        let mut value = [0.0];
        problem.permittivity_at(Points::new(x, d), &mut value);
        value[0]
    };
    for (x, out) in points.chunks(d).zip(out.chunks_mut(Equation::numbers(d))) {
        out[0] = permittivity(x);
        problem.screening_at(Points::new(x, d), &mut out[1..2]);
        let room = problem.interface().map_or(f64::INFINITY, |region| region.signed_distance(x).abs());
        for (j, &[a, b]) in bounds.iter().enumerate() {
            // The farthest place is two steps away.
            let h = (DIFFERENCE * (b - a)).min(0.4 * room).max(f64::MIN_POSITIVE.sqrt());
            let mut near = [0.0; MOST_AXES];
            near[..d].copy_from_slice(x);
            let mut at = |steps: f64| {
                near[j] = x[j] + steps * h;
                permittivity(&near[..d])
            };
            out[2 + j] = (8.0 * (at(1.0) - at(-1.0)) - (at(2.0) - at(-2.0))) / (12.0 * h);
        }
    }
}

/// Coordinates of `node`.
pub(super) fn node_coordinates(grid: &modewise_problems::Grid, node: usize, x: &mut [f64]) {
    for (j, (x, axis)) in x.iter_mut().zip(grid.axes()).enumerate() {
        *x = axis.coordinate(node / grid.stride(j) % (axis.cells + 1));
    }
}
