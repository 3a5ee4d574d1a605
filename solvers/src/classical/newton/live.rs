//! A live run of Newton's method.

use std::num::NonZeroU64;

use modewise_problems::{Discrete, reduce};
use rayon::prelude::*;

use super::{Newton, inner::Inner, system::System};
use crate::{
    Iteration, Meter, Progress, Sites, Snapshot, SolverError,
    classical::{
        nonlinear::{At, linear_part, longest},
        operator::Operator,
        state::State,
        sweep::{Layers, pass},
    },
    memory::Buffer,
};

/// The steps of the linear solver, λ, and p.
pub(super) const SCALARS: [&str; 3] = ["inner", "damping", "exponent"];

/// Values that one thread adds at a time.
const PIECE: usize = 1 << 14;
/// The first η, and the bounds of all others.
const FIRST: f64 = 0.1;
const BOUNDS: [f64; 2] = [1e-10, 0.5];
/// η of a linear problem, which one step is to solve.
const EXACT: f64 = 1e-13;
/// Below this many times what rounding leaves of it, the residual is all rounding, and the energy no guide.
const SETTLED: f64 = 10.0;

/// The matrix that runs work with.
pub(super) fn matrix(discrete: &Discrete) -> Operator<f64> {
    linear_part(discrete, true)
}

/// A live run.
pub(super) struct Live<'p> {
    recipe: Newton,
    state: State<'p>,
    system: System<'p>,
    inner: Inner<'p>,
    r: Buffer<f64>,
    /// The next u and its residual.
    next: [Buffer<f64>; 2],
    sums: Vec<f64>,
    books: Books,
}

/// What one step leaves for the next, and for the history.
#[derive(Debug, Clone, Copy)]
struct Books {
    /// ‖r‖ of the step before; 0 before the first.
    before: f64,
    eta: f64,
    scalars: [f64; 3],
}

impl<'p> Live<'p> {
    /// From the u of `state`.
    pub fn start(recipe: &Newton, mut state: State<'p>, meter: &mut Meter) -> Self {
        let system = System::of(state.discrete, &state.operator);
        let books = Books { before: 0.0, eta: FIRST, scalars: [0.0, 1.0, system.exponent()] };
        system.cut(state.operator.layout(), &mut state.u);
        Self::new(recipe, state, system, books, meter)
    }

    /// From a snapshot, whose u `state` has already.
    pub fn resume(
        recipe: &Newton,
        state: State<'p>,
        from: &Snapshot,
        meter: &mut Meter,
    ) -> Result<Self, SolverError> {
        let number = |name: &str| from.counter(name).map(f64::from_bits);
        let scalars = [number(SCALARS[0])?, number(SCALARS[1])?, number(SCALARS[2])?];
        let books = Books { before: number("before")?, eta: number("eta")?, scalars };
        let mut system = System::of(state.discrete, &state.operator);
        system.resume(scalars[2]);
        Ok(Self::new(recipe, state, system, books, meter))
    }

    fn new(recipe: &Newton, state: State<'p>, system: System<'p>, books: Books, meter: &mut Meter) -> Self {
        let layout = state.operator.layout();
        let sums = vec![0.0; Layers::of(layout).places().len()];
        let inner = Inner::new(state.discrete, system.matrix(&state.operator), meter);
        let mut r = state.array();
        system.residual(&state.operator, &state.u, &state.f, &mut r);
        meter.charge(system.residual_flops(&state.operator, layout.count() as f64));
        let next = [state.array(), state.array()];
        Self { recipe: recipe.clone(), state, system, inner, r, next, sums, books }
    }

    fn step(&mut self, meter: &mut Meter) -> Result<(), SolverError> {
        let Self { recipe, state, system, inner, r, next, sums, books } = self;
        let State { discrete, operator, u, f } = state;
        let count = operator.layout().count() as f64;
        let mut norm = pass::scalar_product(operator, r, r, sums).sqrt();
        // Where no step makes the energy fall any more there is nothing left to do for this p.
        let left = if books.scalars[1] > 0.0 { norm } else { 0.0 };
        if books.before > 0.0 && system.follow(left) {
            system.residual(operator, u, f, r);
            meter.charge(system.residual_flops(operator, count));
            norm = pass::scalar_product(operator, r, r, sums).sqrt();
            books.before = 0.0;
        }
        books.eta = forcing(recipe, system, books, norm);
        books.before = norm;
        let fill = |matrix: &mut Operator<f64>| system.fill(operator, u, norm, matrix);
        let reaction = |place: usize| system.slope(place, u[place]);
        let taken = inner.solve(fill, reaction, r, books.eta, &recipe.cycle, meter)?;
        let delta = inner.delta();
        // Of E along δ, or of ½‖r‖².
        let slope = match system.has_energy() {
            true => -pass::scalar_product(operator, r, delta, sums),
            false => -norm * norm,
        };
        meter.charge(system.flops(count) + 6.0 * count);
        let [next_u, next_r] = next;
        let mut change = |lambda: f64| {
            add(u, lambda, delta, next_u);
            system.residual(operator, next_u, f, next_r);
            meter.charge(system.residual_flops(operator, count) + system.flops(count) + 6.0 * count);
            match system.has_energy() {
                true => system.change(operator, [At { u, r }, At { u: next_u, r: next_r }], f, sums),
                false => 0.5 * (pass::scalar_product(operator, next_r, next_r, sums) - norm * norm),
            }
        };
        let is_settled = || {
            let scale = if discrete.rhs_norm() > 0.0 { discrete.rhs_norm() } else { 1.0 };
            let rounding =
                scale * discrete.residual_floor(u, reduce::sum_of_squares(u).sqrt(), f64::INFINITY);
            system.is_there() && norm <= SETTLED * rounding
        };
        let lambda = if system.is_linear() || !recipe.damped || is_settled() {
            change(1.0);
            1.0
        } else {
            longest(system.within(delta), slope, change)
        };
        if lambda > 0.0 {
            std::mem::swap(u, next_u);
            std::mem::swap(r, next_r);
        }
        books.scalars = [taken as f64, lambda, system.exponent()];
        Ok(())
    }
}

/// η of the next step, for a residual of norm `norm`: the second choice of Eisenstat and Walker, which may not fall
/// faster than it can be trusted.
fn forcing(recipe: &Newton, system: &System<'_>, books: &Books, norm: f64) -> f64 {
    match recipe.forcing {
        _ if system.is_linear() => EXACT,
        Some(eta) => eta,
        None if books.before == 0.0 => FIRST,
        None => {
            let fall = norm / books.before;
            let kept = 0.9 * books.eta * books.eta;
            let eta = 0.9 * fall * fall;
            let eta = if kept > 0.1 { eta.max(kept) } else { eta };
            // What is not a number is bounded too.
            if eta >= BOUNDS[0] { eta.min(BOUNDS[1]) } else { BOUNDS[0] }
        }
    }
}

/// out = u + λδ, outer values included.
fn add(u: &[f64], lambda: f64, delta: &[f64], out: &mut [f64]) {
    let piece = |((out, u), delta): ((&mut [f64], &[f64]), &[f64])| {
        for ((out, u), delta) in out.iter_mut().zip(u).zip(delta) {
            *out = u + lambda * delta;
        }
    };
    if u.len() <= PIECE {
        return piece(((out, u), delta));
    }
    out.par_chunks_mut(PIECE).zip(u.par_chunks(PIECE)).zip(delta.par_chunks(PIECE)).for_each(piece);
}

impl Iteration for Live<'_> {
    fn advance(&mut self, most: NonZeroU64, meter: &mut Meter) -> Result<Progress, SolverError> {
        for _ in 0..most.get() {
            self.step(meter)?;
        }
        Ok(Progress::running(most.get()))
    }

    fn sample(&self, sites: &Sites<'_>, out: &mut [f64], _meter: &mut Meter) -> Result<(), SolverError> {
        self.state.sample(sites, out)
    }

    fn scalars(&self, out: &mut [f64]) {
        out.copy_from_slice(&self.books.scalars);
    }

    fn remedy(&self) -> Option<&'static str> {
        Some("damping as it is by default, or fas")
    }

    fn snapshot(&self) -> Result<Snapshot, SolverError> {
        let mut snapshot = self.state.snapshot();
        let Books { before, eta, scalars } = self.books;
        let named = [("before", before), ("eta", eta)].into_iter().chain(SCALARS.into_iter().zip(scalars));
        for (name, number) in named {
            snapshot.counters.insert(name.into(), number.to_bits());
        }
        Ok(snapshot)
    }
}
