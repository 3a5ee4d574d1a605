//! A live run of Newton's method.

use std::num::NonZeroU64;

use modewise_problems::{Discrete, reduce};
use rayon::prelude::*;

use super::{Newton, inner::Inner};
use crate::{
    Iteration, Meter, Progress, Sites, Snapshot, SolverError,
    classical::{
        layout::Layout,
        nonlinear::{At, Term, linear_part, longest},
        operator::{Operator, Variable},
        state::State,
        sweep::{
            Layers,
            pass::{self, Formula},
        },
    },
    memory::Buffer,
};

/// The steps of the linear solver, and λ.
pub(super) const SCALARS: [&str; 2] = ["inner", "damping"];

/// Values that one thread adds at a time.
const PIECE: usize = 1 << 14;
/// Where a start is cut: squares of e³⁰⁰ can be added up.
const LARGEST: f64 = 300.0;
/// No component of a step that is tried is longer.
const LONGEST: f64 = 600.0;
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
    term: Term,
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
    scalars: [f64; 2],
}

impl<'p> Live<'p> {
    /// From the u of `state`.
    pub fn start(recipe: &Newton, mut state: State<'p>, meter: &mut Meter) -> Self {
        let books = Books { before: 0.0, eta: FIRST, scalars: [0.0, 1.0] };
        let term = Term::of(state.discrete, &state.operator);
        if !term.is_linear() {
            cut(state.operator.layout(), &term, &mut state.u);
        }
        Self::new(recipe, state, term, books, meter)
    }

    /// From a snapshot, whose u `state` has already.
    pub fn resume(
        recipe: &Newton,
        state: State<'p>,
        from: &Snapshot,
        meter: &mut Meter,
    ) -> Result<Self, SolverError> {
        let number = |name: &str| from.counter(name).map(f64::from_bits);
        let scalars = [number(SCALARS[0])?, number(SCALARS[1])?];
        let books = Books { before: number("before")?, eta: number("eta")?, scalars };
        let term = Term::of(state.discrete, &state.operator);
        Ok(Self::new(recipe, state, term, books, meter))
    }

    fn new(recipe: &Newton, state: State<'p>, term: Term, books: Books, meter: &mut Meter) -> Self {
        let layout = state.operator.layout();
        let sums = vec![0.0; Layers::of(layout).places().len()];
        let inner = Inner::new(state.discrete, variable(&state.operator), meter);
        let mut r = state.array();
        term.apply(&state.operator, Formula::Residual, &state.u, &state.f, &mut r);
        meter.charge(state.operator.pass_flops() + term.flops(layout.count() as f64));
        let next = [state.array(), state.array()];
        Self { recipe: recipe.clone(), state, term, inner, r, next, sums, books }
    }

    fn step(&mut self, meter: &mut Meter) {
        let Self { recipe, state, term, inner, r, next, sums, books } = self;
        let State { discrete, operator, u, f } = state;
        let count = operator.layout().count() as f64;
        let square = pass::scalar_product(operator, r, r, sums);
        let norm = square.sqrt();
        books.eta = forcing(recipe, term, books, norm);
        books.before = norm;
        let linear = variable(operator);
        let fill = |start: usize, out: &mut [f64]| jacobian(term, linear, u, start, out);
        let taken = inner.solve(linear, fill, r, books.eta, &recipe.cycle, meter);
        let delta = inner.delta();
        let slope = -pass::scalar_product(operator, r, delta, sums);
        meter.charge(term.flops(count) + 6.0 * count);
        let [next_u, next_r] = next;
        let mut change = |lambda: f64| {
            add(u, lambda, delta, next_u);
            term.apply(operator, Formula::Residual, next_u, f, next_r);
            meter.charge(operator.pass_flops() + 2.0 * term.flops(count) + 6.0 * count);
            term.energy_change(operator, At { u, r }, At { u: next_u, r: next_r }, sums)
        };
        let scale = if discrete.rhs_norm() > 0.0 { discrete.rhs_norm() } else { 1.0 };
        let rounding = scale * discrete.residual_floor(reduce::sum_of_squares(u).sqrt());
        let lambda = if term.is_linear() || !recipe.damped || norm <= SETTLED * rounding {
            change(1.0);
            1.0
        } else {
            longest(within(term, delta), slope, change)
        };
        if lambda > 0.0 {
            std::mem::swap(u, next_u);
            std::mem::swap(r, next_r);
        }
        books.scalars = [taken as f64, lambda];
    }
}

/// The linear part as what `matrix` makes it.
fn variable(operator: &Operator<f64>) -> &Variable<f64> {
    match operator {
        Operator::Variable(variable) => variable,
        // Invariant: `linear_part` makes no other where it has to be symmetric.
        _ => unreachable!("a symmetric matrix stands in arrays"),
    }
}

/// The diagonal of J for the unknowns of the row whose first one is at place `start`.
fn jacobian(term: &Term, linear: &Variable<f64>, u: &[f64], start: usize, out: &mut [f64]) {
    out.copy_from_slice(&linear.diagonal[start..][..out.len()]);
    for ((p, out), u) in (start..).zip(out).zip(&u[start..]) {
        *out += term.slope(p, *u);
    }
}

/// η of the next step, for a residual of norm `norm`: the second choice of Eisenstat and Walker, which may not fall
/// faster than it can be trusted.
fn forcing(recipe: &Newton, term: &Term, books: &Books, norm: f64) -> f64 {
    match recipe.forcing {
        _ if term.is_linear() => EXACT,
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

/// The largest of 1, ½, ¼, … for which a step is nowhere longer than what g can be evaluated for.
fn within(term: &Term, delta: &[f64]) -> f64 {
    let largest = reduce::max_blocks(delta.len(), |range| {
        let reacting = range.filter(|p| term.weights[*p] > 0.0);
        reacting.map(|p| delta[p].abs()).fold(0.0, f64::max)
    });
    let mut lambda = 1.0;
    while lambda * largest > LONGEST && lambda > 0.0 {
        lambda *= 0.5;
    }
    lambda
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

/// Brings unknowns that react to where g can be evaluated.
fn cut(layout: &Layout, term: &Term, u: &mut [f64]) {
    for (u, _) in u.iter_mut().zip(term.weights.iter()).filter(|(_, weight)| **weight > 0.0) {
        *u = u.clamp(-LARGEST, LARGEST);
    }
    layout.seal_all(u);
}

impl Iteration for Live<'_> {
    fn advance(&mut self, most: NonZeroU64, meter: &mut Meter) -> Result<Progress, SolverError> {
        for _ in 0..most.get() {
            self.step(meter);
        }
        Ok(Progress::running(most.get()))
    }

    fn sample(&self, sites: &Sites<'_>, out: &mut [f64], _meter: &mut Meter) -> Result<(), SolverError> {
        self.state.sample(sites, out)
    }

    fn scalars(&self, out: &mut [f64]) {
        out.copy_from_slice(&self.books.scalars);
    }

    fn snapshot(&self) -> Result<Snapshot, SolverError> {
        let mut snapshot = self.state.snapshot();
        let Books { before, eta, scalars } = self.books;
        let named = [("before", before), ("eta", eta), (SCALARS[0], scalars[0]), (SCALARS[1], scalars[1])];
        for (name, number) in named {
            snapshot.counters.insert(name.into(), number.to_bits());
        }
        Ok(snapshot)
    }
}
