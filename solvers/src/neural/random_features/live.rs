//! A live run: the features, and once the only step is done, their coefficients.

use std::{f64::consts::PI, num::NonZeroU64};

use modewise_problems::{MOST_AXES, Problem};
use rayon::prelude::*;

use super::{
    ENTRY, RandomFeatures,
    basis::Basis,
    least_squares::{Solution, System},
    refuse,
    waves::Rows,
};
use crate::{
    Iteration, Meter, Progress, Sites, Snapshot, SolverError, Status, Task, Unsupported,
    neural::{
        boundary::{Built, Local, Trial},
        config::{Boundary, Interface},
        elementary::SIN_COS_LIMIT,
        kink::Kink,
        loss::{self, Equation},
        recipe,
        sampler::{Batch, generator, node_coordinates},
        source_spectrum::{LEAST, Spectrum},
    },
};

pub(super) struct Live<'p> {
    problem: &'p dyn Problem,
    recipe: RandomFeatures,
    seed: u64,
    /// The coefficients where they are constant.
    equation: Equation,
    /// u = G + ω Σ where the data are built in.
    trial: Option<Trial>,
    /// |φ|, where features see it.
    kink: Option<Kink>,
    basis: Basis,
    /// Σ kᵢ², of the largest frequencies.
    square: f64,
    solution: Solution,
    is_solved: bool,
}

impl<'p> Live<'p> {
    /// Step 0: u = G.
    pub fn new(recipe: &RandomFeatures, task: &Task<'p>, meter: &mut Meter) -> Result<Self, SolverError> {
        let problem = task.problem;
        let bounds = problem.domain().bounds();
        let equation = recipe::equation(ENTRY.name, problem)?;
        let trial = match recipe.boundary {
            Boundary::Exact => Some(Trial::new(problem).map_err(|why| why.of(ENTRY.name))?),
            Boundary::Penalty => None,
        };
        let kink = Kink::new(problem).filter(|_| recipe.interface == Interface::Kink);
        let mut frequencies = frequencies(recipe, problem, meter)?;
        let square = |k: &[f64; MOST_AXES]| k[..bounds.len()].iter().map(|k| k * k).sum::<f64>();
        let square = frequencies.iter().map(square).fold(0.0, f64::max);
        let mut seen = bounds.to_vec();
        if kink.is_some() {
            // As fast along |φ|, which is about as long as x, as along the fastest axis.
            for k in &mut frequencies {
                k[seen.len()] = k[..seen.len()].iter().fold(0.0, |m: f64, k| m.max(*k));
            }
            seen.push([0.0, bounds.iter().map(|[a, b]| b - a).fold(0.0, f64::max)]);
        }
        let bounds = &seen[..];
        check_reach(&frequencies, bounds)?;
        Ok(Self {
            problem,
            recipe: recipe.clone(),
            seed: task.seed,
            equation,
            trial,
            kink,
            basis: Basis::draw(
                recipe.features,
                &recipe.hidden,
                recipe.count,
                &frequencies,
                bounds,
                &mut generator(task.seed, 0),
            ),
            square,
            solution: Solution { coefficients: vec![0.0; recipe.count], rank: 0, residual: 1.0 },
            is_solved: false,
        })
    }

    /// Puts a snapshot in place of step 0.
    pub fn restore(&mut self, from: &Snapshot) -> Result<(), SolverError> {
        let coefficients = from.array("coefficients", self.recipe.count)?;
        self.solution.coefficients.copy_from_slice(coefficients);
        self.solution.rank = from.counter("rank")? as usize;
        self.solution.residual = from.array("fit", 1)?[0];
        self.is_solved = from.counter("solved")? == 1;
        Ok(())
    }

    /// The rows of the system with their right-hand sides.
    fn rows(&self) -> (Rows, Vec<f64>) {
        let d = self.problem.domain().dimension();
        let sampler = self.recipe.sampler(self.problem, self.seed);
        let mut batch = sampler.batch(self.problem, 0);
        sampler.fill(0, self.problem, None, self.trial.as_ref(), self.kink.as_ref(), &mut batch);
        let (inside, sides) = (batch.data.len(), batch.side_data.len());
        let equations: Vec<Equation> = (0..inside).map(|i| self.equation_at(&batch, i, d)).collect();
        let permittivity = equations.iter().fold(0.0, |m: f64, at| m.max(at.permittivity));
        let inputs = self.inputs();
        let columns = |count: usize| vec![Vec::with_capacity(inside + sides); count];
        let mut rows = Rows {
            points: columns(inputs),
            gradient: columns(inputs),
            mixed: columns(if inputs > d { inputs } else { 0 }),
            ..Rows::default()
        };
        let mut right = Vec::with_capacity(inside + sides);
        let mut push = |x: &[f64], seen: Option<&Local>, root: f64, operator: &Local, data: f64| {
            rows.points.iter_mut().zip(x).for_each(|(column, x)| column.push(*x));
            let gradient = &operator.gradient[..d];
            rows.gradient.iter_mut().zip(gradient).for_each(|(column, g)| column.push(root * g));
            if let Some(seen) = seen {
                let slope = &seen.gradient[..d];
                let along: f64 = slope.iter().zip(gradient).map(|(s, g)| s * g).sum();
                rows.points[d].push(seen.value);
                rows.gradient[d].push(root * (along + operator.laplacian * seen.laplacian));
                // Δ of a function of x and z = |φ|: 2∂ⱼz ∂ⱼ∂_z and |∇z|² ∂_z², besides what has been counted.
                let steep: f64 = slope.iter().map(|s| s * s).sum();
                let mixed = slope.iter().map(|s| 2.0 * s).chain([steep]);
                let scale = root * operator.laplacian;
                rows.mixed.iter_mut().zip(mixed).for_each(|(column, m)| column.push(scale * m));
            }
            rows.value.push(root * operator.value);
            rows.laplacian.push(root * operator.laplacian);
            right.push(root * data);
        };
        for (i, x) in batch.points.chunks(d).enumerate() {
            let at = &equations[i];
            let slope = at.slope.map(|slope| -slope);
            let operator = Local { value: at.screening, gradient: slope, laplacian: -at.permittivity };
            let built = batch.built[0].get(i);
            // f − A G.
            let data = built.map_or(batch.data[i], |built| loss::residual(at, batch.data[i], d, &built.lift));
            push(x, batch.seen[0].get(i), batch.weights[i].sqrt(), &within(built, operator, d), data);
        }
        for (i, x) in batch.sides.chunks(d).enumerate() {
            let numbers = batch.side_operators.get(i * (1 + d)..(i + 1) * (1 + d));
            let mut operator = Local::constant(1.0);
            let mut scale = permittivity * self.square;
            if let Some([a, v @ ..]) = numbers {
                operator.value = *a;
                operator.gradient[..d].copy_from_slice(v);
                if v.iter().any(|v| *v != 0.0) {
                    scale = self.square.sqrt();
                }
            }
            let built = batch.built[1].get(i);
            let carried = built.map_or(0.0, |built| {
                let along = operator.gradient.iter().zip(built.lift.gradient).map(|(v, g)| v * g);
                operator.value * built.lift.value + along.sum::<f64>()
            });
            let weight = batch.side_weights[i] * scale * scale * self.recipe.beta;
            let operator = within(built, operator, d);
            push(x, batch.seen[1].get(i), weight.sqrt(), &operator, batch.side_data[i] - carried);
        }
        (rows, right)
    }

    /// Coordinates, and what features see beside them.
    fn inputs(&self) -> usize {
        self.problem.domain().dimension() + self.kink.iter().count()
    }

    fn equation_at(&self, batch: &Batch, i: usize, d: usize) -> Equation {
        let numbers = Equation::numbers(d);
        match batch.coefficients.get(i * numbers..(i + 1) * numbers) {
            Some(at) => self.equation.with(at),
            None => self.equation,
        }
    }

    fn solve(&mut self, meter: &mut Meter) -> Result<(), SolverError> {
        let (rows, right) = self.rows();
        let count = self.recipe.count;
        let mut system = System::zeroed(right.len(), count);
        let norms = self.basis.assemble(&rows, &mut system);
        system.columns[count * right.len()..].copy_from_slice(&right);
        self.solution = system.solve(self.recipe.rcond, self.recipe.method)?;
        for (c, norm) in self.solution.coefficients.iter_mut().zip(norms) {
            if *c != 0.0 {
                *c /= norm;
            }
        }
        self.is_solved = true;
        let [entry, _] = self.basis.flops(self.inputs());
        meter.charge((count * right.len()) as f64 * entry);
        meter.charge(System::flops(right.len(), count, self.solution.rank, self.recipe.method));
        Ok(())
    }
}

/// The operator u ↦ value·u + gradient·∇u + laplacian·∆u on u = ωv, as one on v.
fn within(built: Option<&Built>, on: Local, d: usize) -> Local {
    let Some(Built { factor, .. }) = built else { return on };
    let mut out = Local::constant(on.value * factor.value + on.laplacian * factor.laplacian);
    out.laplacian = on.laplacian * factor.value;
    for j in 0..d {
        out.value += on.gradient[j] * factor.gradient[j];
        out.gradient[j] = on.gradient[j] * factor.value + 2.0 * on.laplacian * factor.gradient[j];
    }
    out
}

/// Whether the sine of the phases that waves reach in the box is accurate.
pub(super) fn check_reach(frequencies: &[[f64; MOST_AXES]], bounds: &[[f64; 2]]) -> Result<(), Unsupported> {
    let reach = |k: &[f64; MOST_AXES]| -> f64 {
        k.iter().zip(bounds).map(|(k, [a, b])| k * a.abs().max(b.abs())).sum()
    };
    if frequencies.iter().all(|k| reach(k) < 0.5 * SIN_COS_LIMIT) {
        return Ok(());
    }
    Err(refuse("the frequency is too high for the sine of its phases to be accurate", "give a smaller one"))
}

/// The largest |kᵢ| of each axis: as given, or those of the source, and at least two waves in the box.
fn frequencies(
    recipe: &RandomFeatures,
    problem: &dyn Problem,
    meter: &mut Meter,
) -> Result<Vec<[f64; MOST_AXES]>, SolverError> {
    if let Some(given) = recipe.given_frequencies() {
        return Ok(given);
    }
    let spectrum = Spectrum::of_source(problem, LEAST)
        .ok_or_else(|| refuse("spectra are for up to three axes", "give frequency=K instead of auto"))?;
    meter.charge(spectrum.flops);
    let mut highest = [0.0; MOST_AXES];
    for (axis, (k, [a, b])) in highest.iter_mut().zip(problem.domain().bounds()).enumerate() {
        *k = spectrum.highest[axis].max(4.0 * PI / (b - a));
    }
    Ok(vec![highest])
}

/// A relative residual of the least squares from which on the user is told that the features are too few.
const POOR: f64 = 1e-2;

impl Iteration for Live<'_> {
    fn advance(&mut self, _most: NonZeroU64, meter: &mut Meter) -> Result<Progress, SolverError> {
        if !self.is_solved {
            self.solve(meter)?;
        }
        Ok(Progress { status: Status::Finished, ..Progress::running(1) })
    }

    fn sample(&self, sites: &Sites<'_>, out: &mut [f64], meter: &mut Meter) -> Result<(), SolverError> {
        let d = self.problem.domain().dimension();
        let dimension = match sites {
            Sites::Grid(grid) => grid.dimension(),
            Sites::Points(points) => points.dimension(),
        };
        if out.len() != sites.len() || dimension != d {
            return Err(SolverError::Sites { wanted: sites.len() * d, given: out.len() * dimension });
        }
        let place = |i: usize, x: &mut [f64]| match sites {
            Sites::Grid(grid) => node_coordinates(grid, i, x),
            Sites::Points(points) => x.copy_from_slice(&points.coordinates()[i * d..(i + 1) * d]),
        };
        out.par_chunks_mut(Basis::BLOCK).enumerate().for_each(|(block, out)| {
            let mut points = [[0.0; Basis::BLOCK]; MOST_AXES];
            let mut x = [0.0; MOST_AXES];
            for i in 0..out.len() {
                place(block * Basis::BLOCK + i, &mut x[..d]);
                for (row, x) in points.iter_mut().zip(&x[..d]) {
                    row[i] = *x;
                }
                if let Some(kink) = &self.kink {
                    points[d][i] = kink.at(&x[..d]).value;
                }
            }
            self.basis.values(&self.solution.coefficients, &points[..self.inputs()], out);
            if let Some(trial) = &self.trial {
                for (i, u) in out.iter_mut().enumerate() {
                    place(block * Basis::BLOCK + i, &mut x[..d]);
                    *u = trial.value(self.problem, &x[..d], *u);
                }
            }
        });
        meter.charge(out.len() as f64 * self.recipe.count as f64 * self.basis.flops(self.inputs())[1]);
        Ok(())
    }

    /// The rank, the relative residual of the least squares and the largest |k|.
    fn scalars(&self, out: &mut [f64]) {
        let scalars = [self.solution.rank as f64, self.solution.residual, self.square.sqrt()];
        for (out, scalar) in out.iter_mut().zip(scalars) {
            *out = scalar;
        }
    }

    fn advice(&self) -> Option<String> {
        let (inside, sides) = self.recipe.sampler(self.problem, self.seed).sizes(0);
        let (rows, count) = (inside + sides, self.recipe.count);
        let residual = self.solution.residual;
        if !self.is_solved {
            None
        } else if rows < count {
            Some(format!(
                "{count} features are more than the {rows} equations at the points: the fit may be close there and u \
                 wrong between them; take another sampling=, or more points"
            ))
        } else if residual > POOR {
            Some(format!(
                "the features leave a relative residual of {residual:.1e}; take more of them (count=), or others \
                 (frequency=)"
            ))
        } else {
            None
        }
    }

    fn snapshot(&self) -> Result<Snapshot, SolverError> {
        let mut snapshot = Snapshot::default();
        snapshot.arrays.insert("coefficients".into(), self.solution.coefficients.clone());
        snapshot.arrays.insert("fit".into(), vec![self.solution.residual]);
        snapshot.counters.insert("rank".into(), self.solution.rank as u64);
        snapshot.counters.insert("solved".into(), u64::from(self.is_solved));
        Ok(snapshot)
    }
}
