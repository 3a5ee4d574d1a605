//! The points a step looks at: batches, a function of the seed and their number alone, so that a run
//! goes on from a checkpoint without a generator's state.

use std::ops::Range;

use modewise_problems::{Coefficient, Field, MOST_AXES, Points, Problem};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use rayon::prelude::*;

use super::{
    boundary::{Built, Local, Trial},
    kink::{Jump, Kink},
    loss::{Equation, Loss, Sampled},
};
use crate::sobol::Sobol;

mod gauss;
mod ground;
mod sampling;

use ground::{Carrier, Ground, Place};
pub use sampling::Sampling;

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

/// Points and what the loss compares with there.
#[derive(Debug, Clone, Default)]
pub(super) struct Batch {
    /// Coordinates inside, point by point.
    pub points: Vec<f64>,
    /// f or the target there.
    pub data: Vec<f64>,
    /// What each counts.
    pub weights: Vec<f64>,
    /// [`Equation::numbers`] a point where the coefficients vary, otherwise empty.
    pub coefficients: Vec<f64>,
    /// Coordinates on the boundary.
    pub sides: Vec<f64>,
    /// The Dirichlet data there.
    pub side_data: Vec<f64>,
    /// What each counts.
    pub side_weights: Vec<f64>,
    /// a and v of au + v·∇u = g there, where any is not 1 and 0; otherwise empty.
    pub side_operators: Vec<f64>,
    /// G and ω inside and on the boundary, where data are built in; otherwise empty.
    pub built: [Vec<Built>; 2],
    /// |φ| there, where a network sees it; otherwise empty.
    pub seen: [Vec<Local>; 2],
    /// Of the points on the boundary, the last ones that are on the interface instead.
    pub jumps: usize,
}

impl Batch {
    /// Some of the points inside, in `d` axes.
    pub fn inside(&self, range: Range<usize>, d: usize) -> Sampled<'_> {
        let numbers = if self.coefficients.is_empty() { 0 } else { Equation::numbers(d) };
        Sampled {
            points: &self.points[range.start * d..range.end * d],
            coefficients: &self.coefficients[range.start * numbers..range.end * numbers],
            weights: &self.weights[range.clone()],
            built: some(&self.built[0], &range),
            seen: some(&self.seen[0], &range),
            jumps: 0,
            data: &self.data[range],
        }
    }

    /// Some of those on the boundary.
    pub fn side(&self, range: Range<usize>, d: usize) -> Sampled<'_> {
        Sampled {
            points: &self.sides[range.start * d..range.end * d],
            coefficients: match self.side_operators.len() / self.side_data.len().max(1) {
                0 => &[],
                numbers => &self.side_operators[range.start * numbers..range.end * numbers],
            },
            weights: &self.side_weights[range.clone()],
            built: some(&self.built[1], &range),
            seen: some(&self.seen[1], &range),
            jumps: range.end.saturating_sub(range.start.max(self.penalised())),
            data: &self.side_data[range],
        }
    }

    /// Points on the boundary that are not on the interface.
    pub fn penalised(&self) -> usize {
        self.side_data.len() - self.jumps
    }

    /// Whether points on the boundary ask for more than values of u.
    pub fn has_fluxes(&self) -> bool {
        !self.side_operators.is_empty()
    }

    /// Finds |φ| at its points, and flux jumps at those on the interface.
    fn see(&mut self, problem: &dyn Problem, kink: &Kink) {
        let d = problem.domain().dimension();
        for (seen, points) in self.seen.iter_mut().zip([&self.points, &self.sides]) {
            seen.resize(points.len() / d, Local::constant(0.0));
            let each = seen.par_iter_mut().zip(points.par_chunks(d)).with_min_len(LEAST_BUILT);
            each.for_each(|(seen, x)| *seen = kink.at(x));
        }
        for i in self.penalised()..self.side_data.len() {
            let Jump { direction, seen } = kink.jump(problem, &self.sides[i * d..(i + 1) * d]);
            self.seen[1][i] = seen;
            self.side_operators[i * (1 + d) + 1..(i + 1) * (1 + d)].copy_from_slice(&direction[..d]);
        }
    }

    /// Finds G and ω at its points.
    pub fn build_in(&mut self, problem: &dyn Problem, trial: &Trial) {
        let d = problem.domain().dimension();
        let [inside, sides] = &mut self.built;
        inside.resize(self.data.len(), NOTHING);
        sides.resize(self.side_data.len(), NOTHING);
        for (built, points) in [(inside, &self.points), (sides, &self.sides)] {
            built.par_iter_mut().zip(points.par_chunks(d)).with_min_len(LEAST_BUILT).for_each(
                |(built, x)| {
                    *built = trial.at(problem, x);
                },
            );
        }
    }
}

/// The numbers of these points, where there are any.
fn some<'a, T>(numbers: &'a [T], range: &Range<usize>) -> &'a [T] {
    if numbers.is_empty() { &[] } else { &numbers[range.clone()] }
}

const NOTHING: Built = Built { lift: Local::constant(0.0), factor: Local::constant(1.0) };
/// Points at which a thread finds G and ω at least.
const LEAST_BUILT: usize = 64;

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

/// How points on the sides are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Places {
    /// Evenly along the first axis of a side, at random along others.
    Even,
    /// Independent and uniform.
    Uniform,
    /// By Sobol's sequence.
    Sobol,
}

/// Points on the sides. In 1-D the two ends, each counting 1. Otherwise spread over the sides by their
/// area, each standing for its share. Returns what a point counts.
pub(super) fn on_sides(
    bounds: &[[f64; 2]],
    places: Places,
    random: &mut ChaCha8Rng,
    points: &mut [f64],
) -> f64 {
    let d = bounds.len();
    if d == 1 {
        for (x, end) in points.iter_mut().zip(bounds[0]) {
            *x = end;
        }
        return 1.0;
    }
    let measure: f64 = bounds.iter().map(|[a, b]| b - a).product();
    let area = |axis: usize| measure / (bounds[axis][1] - bounds[axis][0]);
    let total: f64 = (0..d).map(|axis| 2.0 * area(axis)).sum();
    let count = (points.len() / d) as f64;
    let sobol = (places == Places::Sobol).then(|| Sobol::new(std::array::from_fn(|_| random.random())));
    for (i, x) in points.chunks_mut(d).enumerate() {
        // Coordinates of a point of the unit cube: the first says where on the sides, the others where across.
        let mut axis = 0;
        let mut next = || {
            axis += 1;
            match (&sobol, places) {
                (Some(sobol), _) => sobol.coordinate(i as u32, axis - 1),
                (None, Places::Even) if axis == 1 => (i as f64 + 0.5) / count,
                _ => random.random::<f64>(),
            }
        };
        // A place in (0, total) names a side and how far along its first axis the point lies.
        let mut place = next() * total;
        let mut side = 0;
        while side + 1 < 2 * d && place >= area(side / 2) {
            place -= area(side / 2);
            side += 1;
        }
        let mut along = Some((place / area(side / 2)).min(1.0));
        for (j, (x, &[a, b])) in x.iter_mut().zip(bounds).enumerate() {
            *x = if j == side / 2 {
                bounds[j][side % 2]
            } else {
                a + (b - a) * along.take().unwrap_or_else(&mut next)
            };
        }
    }
    total / count
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ∫ (x² + y⁴z) over the sides of a box, by all three ways; Sobol's sequence is the best of those that are random.
    #[test]
    fn sums_over_the_sides_are_integrals() {
        let bounds = [[0.0, 1.5], [0.0, 0.8], [0.0, 2.0]];
        let f = |x: &[f64]| x[0].powi(2) + x[1].powi(4) * x[2];
        // Side by side: ∫∫ of each term, both ends of each axis.
        let [a, b, c] = [1.5f64, 0.8, 2.0];
        let ends_of_x = a * a * b * c + 2.0 * (b.powi(5) / 5.0) * (c * c / 2.0);
        let ends_of_y = 2.0 * a.powi(3) / 3.0 * c + b.powi(4) * a * c * c / 2.0;
        let ends_of_z = 2.0 * a.powi(3) / 3.0 * b + a * b.powi(5) / 5.0 * c;
        let exact = ends_of_x + ends_of_y + ends_of_z;
        let error = |places: Places, seed: u64| {
            let mut points = vec![0.0; 3 * 4096];
            let weight = on_sides(&bounds, places, &mut generator(seed, 1), &mut points);
            let on_side = |x: &[f64]| x.iter().zip(&bounds).any(|(x, ends)| ends.contains(x));
            assert!(points.chunks(3).all(on_side));
            (weight * points.chunks(3).map(f).sum::<f64>() / exact - 1.0).abs()
        };
        let worst = |places: Places| (0..8).map(|seed| error(places, seed)).fold(0.0, f64::max);
        assert!(worst(Places::Sobol) < 1e-3, "{}", worst(Places::Sobol));
        assert!(worst(Places::Even) < 0.05 && worst(Places::Uniform) < 0.1);
        assert!(worst(Places::Sobol) < 0.2 * worst(Places::Uniform));
    }
}
