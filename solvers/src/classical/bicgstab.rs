//! Stabilised bi-conjugate gradients, preconditioned: for matrices that are not symmetric.
//!
//! With r̂ the first residual, ρ = r̂·r, β = (ρ/ρ_before)(α/ω):
//!
//! p ← r + β(p − ωv), y = M⁻¹p, v = Ay, α = ρ/(r̂·v), s = r − αv, z = M⁻¹s, t = Az, ω = (t·s)/(t·t),
//! u ← u + αy + ωz, r ← s − ωt.
//!
//! **Good for** interfaces at which ε jumps, whose equations are not symmetric (see `modewise_problems::discrete`);
//! on symmetric matrices it is [`pcg`](super::pcg) at twice the cost. M is a multigrid cycle for the symmetric
//! matrix of faces and then a direct solution of the equations next to the interface (`immersed`), so that the number of steps
//! depends neither on n nor on the jump.
//!
//! **Convergence** is not monotone; every step makes the residual as small as it can along one direction. Where ρ or
//! r̂·v vanish the method starts anew from its u. The r of the recurrence is replaced by f − Au whenever its norm has fallen
//! by 10⁻⁴, as in conjugate gradients.
//!
//! **Cost.** Two products with A, two cycles and five scalar products a step; memory: u, f and seven arrays, and two of
//! half the precision. Cycles work in single precision unless `dtype=f64`, as in [`pcg`](super::pcg): M need not
//! be accurate, and moves half as many bytes.
//!
//! Source: van der Vorst, *SIAM J. Sci. Stat. Comput.* 13 (1992) 631.

mod inverse;

use std::{num::NonZeroU64, sync::Arc};

use modewise_problems::{Grid, Parameter, Problem, Settings, Spec, SpecError};
use rayon::prelude::*;

use super::{
    immersed::{Couplings, Strip},
    krylov::remove_mean,
    multigrid::{self, Multigrid},
    operator::Operator,
    state::{self, DTYPES, State},
    sweep::{
        Layers,
        pass::{self, Formula},
    },
};
use crate::{
    Iteration, Meter, Need, Progress, Sites, Snapshot, Solver, SolverError, Task, Unsupported,
    memory::Buffer,
    registry::Entry,
    solver::{needs_grid, needs_linear},
};

pub(super) use inverse::Inverse;

pub(crate) const ENTRY: Entry = Entry {
    name: "bicgstab",
    summary: "stabilised bi-conjugate gradients with multigrid: for interfaces, whose equations are not symmetric",
    parameters: &[
        Parameter {
            key: "preconditioner",
            default: "multigrid",
            unit: "multigrid | jacobi",
            help: "a cycle, which takes the keys of multigrid: (multigrid,pre=2,post=2), with two sweeps before and after \
                   in 3-D and one below unless they are given; the diagonal",
        },
        Parameter {
            key: "dtype",
            default: "auto",
            unit: "auto | f32 | f64",
            help: "precision of cycles; u, the residual and the stop are always double; auto is f32 but where ε jumps by more \
                   than 10⁴ or numbers go beyond its range",
        },
    ],
    build,
};

/// What approximates the inverse of A.
#[derive(Debug, Clone, PartialEq)]
enum Kind {
    Jacobi,
    Multigrid {
        cycle: Multigrid,
        /// Whether the number of its sweeps is left to the dimension.
        leaves_sweeps: bool,
    },
}

/// Sweeps before and after the coarse grid in 3-D, where they are left open: the second costs less than the steps it saves,
/// which pass eight arrays in double precision.
const SWEEPS_3D: usize = 2;
const SWEEPS: [&str; 2] = ["pre", "post"];

/// The recipe.
#[derive(Debug, Clone, PartialEq)]
pub struct BiCgStab {
    kind: Kind,
    dtype: usize,
}

fn build(settings: &Settings<'_>) -> Result<Arc<dyn Solver>, SpecError> {
    let inner = settings.spec("preconditioner")?;
    let kind = match (inner.name.as_str(), inner.keys.is_empty()) {
        ("multigrid", _) => {
            let cycle = Multigrid::preconditioner(&Settings::new(&inner, multigrid::ENTRY.parameters)?)?;
            let leaves_sweeps = !SWEEPS.iter().any(|key| inner.keys.contains_key(*key));
            Kind::Multigrid { cycle, leaves_sweeps }
        }
        ("jacobi", true) => Kind::Jacobi,
        _ => return Err(settings.bad("preconditioner", "one of multigrid, with its keys, jacobi")),
    };
    Ok(Arc::new(BiCgStab { kind, dtype: settings.choice("dtype", &DTYPES)? }))
}

impl BiCgStab {
    fn inverse(&self, state: &State<'_>, meter: &mut Meter) -> Result<Inverse, SolverError> {
        match &self.kind {
            Kind::Jacobi => Ok(Inverse::diagonal(state)),
            Kind::Multigrid { cycle, leaves_sweeps } => {
                let is_3d = state.operator.layout().dimension == 3;
                let cycle =
                    if *leaves_sweeps && is_3d { &cycle.clone().with_sweeps(SWEEPS_3D) } else { cycle };
                let is_single = state::is_single(self.dtype, state.discrete);
                Inverse::new(cycle, is_single, state, |_| 0.0, meter)
            }
        }
    }
}

/// Bytes of a run's arrays and of the factors next to an interface.
pub(super) fn interface_bytes(problem: &dyn Problem, grid: &Grid) -> u64 {
    let strip = problem.interface().map_or(0, |_| Strip::bytes(grid));
    strip + 64 * state::array_values(problem, grid)
}

impl Solver for BiCgStab {
    fn spec(&self) -> Spec {
        let spec = Spec::new(ENTRY.name).with("dtype", DTYPES[self.dtype]);
        match &self.kind {
            Kind::Jacobi => spec.with("preconditioner", "jacobi"),
            Kind::Multigrid { cycle, leaves_sweeps } => {
                let mut inner = cycle.spec();
                inner.keys.retain(|key, _| !leaves_sweeps || !SWEEPS.contains(&key));
                spec.with("preconditioner", inner.to_table())
            }
        }
    }

    fn check(&self, problem: &dyn Problem, grid: Option<&Grid>) -> Result<Need, Unsupported> {
        let grid = needs_grid(grid, ENTRY.name)?;
        needs_linear(problem, ENTRY.name)?;
        let inner = match &self.kind {
            Kind::Multigrid { cycle, .. } => cycle.bytes(problem, grid),
            Kind::Jacobi => 8 * state::system_values(problem, grid),
        };
        let bytes = inner + interface_bytes(problem, grid);
        Ok(Need { bytes, uses_initial: true, discrete: true })
    }

    fn init<'p>(&self, task: &Task<'p>, meter: &mut Meter) -> Result<Box<dyn Iteration + 'p>, SolverError> {
        let state = State::start(task, ENTRY.name)?;
        let inverse = self.inverse(&state, meter)?;
        let mut live = Stabilised::new(state, inverse);
        live.start(meter);
        Ok(Box::new(live))
    }

    fn resume<'p>(
        &self,
        task: &Task<'p>,
        from: &Snapshot,
        meter: &mut Meter,
    ) -> Result<Box<dyn Iteration + 'p>, SolverError> {
        let state = State::resume(task, from, ENTRY.name)?;
        let inverse = self.inverse(&state, meter)?;
        let mut live = Stabilised::new(state, inverse);
        for (name, array) in live.arrays.named() {
            let len = array.len();
            array.copy_from_slice(from.array(name, len)?);
        }
        let number = |name: &str| from.counter(name).map(f64::from_bits);
        live.scalars = Scalars {
            rho: number("rho")?,
            alpha: number("alpha")?,
            omega: number("omega")?,
            square: number("square")?,
            computed: number("computed")?,
        };
        Ok(Box::new(live))
    }
}

/// The share of its last true value at which the norm of r is found to be small enough to look again.
const REPLACE: f64 = 1e-4;
/// Values that one thread combines at a time.
const PIECE: usize = 1 << 14;

/// What is left of a step besides arrays.
#[derive(Debug, Clone, Copy)]
struct Scalars {
    rho: f64,
    alpha: f64,
    omega: f64,
    /// r·r of the recurrence.
    square: f64,
    /// r·r when r was last computed.
    computed: f64,
}

struct Arrays {
    r: Buffer<f64>,
    shadow: Buffer<f64>,
    p: Buffer<f64>,
    v: Buffer<f64>,
}

impl Arrays {
    fn named(&mut self) -> [(&'static str, &mut Buffer<f64>); 4] {
        let Self { r, shadow, p, v } = self;
        [("r", r), ("shadow", shadow), ("p", p), ("v", v)]
    }
}

/// A live run.
pub(super) struct Stabilised<'p> {
    state: State<'p>,
    inverse: Inverse,
    couplings: Couplings,
    arrays: Arrays,
    y: Buffer<f64>,
    z: Buffer<f64>,
    t: Buffer<f64>,
    sums: Vec<f64>,
    scalars: Scalars,
}

impl<'p> Stabilised<'p> {
    /// On `state`, with what approximates the inverse of its matrix; not started yet.
    pub fn new(state: State<'p>, inverse: Inverse) -> Self {
        let layout = state.operator.layout();
        let array = || state.array();
        let sums = vec![0.0; Layers::of(layout).places().len()];
        let couplings = Couplings::new(state.discrete, layout);
        let arrays = Arrays { r: array(), shadow: array(), p: array(), v: array() };
        let (y, z, t) = (array(), array(), array());
        let scalars = Scalars { rho: 1.0, alpha: 1.0, omega: 1.0, square: 0.0, computed: 0.0 };
        Self { inverse, couplings, arrays, y, z, t, sums, scalars, state }
    }

    /// From the u of its state.
    pub fn start(&mut self, meter: &mut Meter) {
        self.replace_residual(meter);
        self.start_anew();
    }

    /// Takes up another system, with u = 0: `change` writes its matrix and f, `inverse` is for that.
    pub fn renew(
        &mut self,
        change: impl FnOnce(&mut Operator<f64>, &mut [f64]),
        inverse: impl FnOnce(&State<'p>, &mut Meter) -> Result<Inverse, SolverError>,
        meter: &mut Meter,
    ) -> Result<(), SolverError> {
        change(&mut self.state.operator, self.state.f.own());
        self.state.u.fill(0.0);
        self.inverse = inverse(&self.state, meter)?;
        self.start(meter);
        Ok(())
    }

    /// ‖r‖.
    pub fn norm(&self) -> f64 {
        self.scalars.square.sqrt()
    }

    /// u.
    pub fn solution(&self) -> &[f64] {
        &self.state.u
    }

    /// r ← f − Au.
    fn replace_residual(&mut self, meter: &mut Meter) {
        let State { operator, u, f, .. } = &self.state;
        let r = &mut self.arrays.r;
        pass::apply(operator, Formula::Residual, u, f, r);
        self.couplings.add(-1.0, u, r);
        if self.state.discrete.is_singular() {
            remove_mean(operator, r, &mut self.t, &mut self.sums);
        }
        let square = pass::scalar_product(operator, r, r, &mut self.sums);
        (self.scalars.square, self.scalars.computed) = (square, square);
        meter.charge(operator.pass_flops() + 2.0 * operator.layout().count() as f64);
    }

    /// The directions from the present r on.
    fn start_anew(&mut self) {
        let Arrays { r, shadow, p, v } = &mut self.arrays;
        shadow.copy_from_slice(r);
        p.fill(0.0);
        v.fill(0.0);
        self.scalars = Scalars { rho: 1.0, alpha: 1.0, omega: 1.0, ..self.scalars };
    }

    /// One step, unless r is zero.
    pub fn step(&mut self, meter: &mut Meter) {
        if self.scalars.square == 0.0 {
            return;
        }
        let operator = &self.state.operator;
        let unknowns = operator.layout().count() as f64;
        let Self { inverse, couplings, arrays: Arrays { r, shadow, p, v }, y, z, t, sums, .. } = self;
        let Scalars { rho: before, alpha, omega, .. } = self.scalars;
        meter.charge(2.0 * (operator.pass_flops() + couplings.flops() + inverse.flops()) + 24.0 * unknowns);
        let rho = pass::scalar_product(operator, shadow, r, sums);
        let beta = rho / before * (alpha / omega);
        combine(p, [r, v], |p, [r, v]| r + beta * (p - omega * v));
        let scale = self.scalars.square.sqrt();
        inverse.apply(operator, scale, p, y);
        multiply(operator, couplings, y, v);
        let alpha = rho / pass::scalar_product(operator, shadow, v, sums);
        if !alpha.is_finite() || rho == 0.0 {
            return self.start_anew();
        }
        // r is s from here on.
        combine(r, [v], |r, [v]| r - alpha * v);
        inverse.apply(operator, scale, r, z);
        multiply(operator, couplings, z, t);
        let square = pass::scalar_product(operator, t, t, sums);
        let omega = if square > 0.0 { pass::scalar_product(operator, t, r, sums) / square } else { 0.0 };
        combine(&mut self.state.u, [y, z], |u, [y, z]| u + alpha * y + omega * z);
        self.state.operator.layout().seal_all(&mut self.state.u);
        combine(r, [t], |r, [t]| r - omega * t);
        let square = pass::scalar_product(&self.state.operator, r, r, sums);
        self.scalars = Scalars { rho, alpha, omega, square, ..self.scalars };
        if square <= REPLACE * REPLACE * self.scalars.computed {
            self.replace_residual(meter);
        }
        if omega == 0.0 {
            self.start_anew();
        }
    }
}

/// out = Au, u being zero in held layers.
fn multiply(operator: &Operator<f64>, couplings: &Couplings, u: &mut [f64], out: &mut [f64]) {
    operator.layout().seal_all(u);
    pass::apply(operator, Formula::Apply, u, u, out);
    couplings.add(1.0, u, out);
}

/// Every value becomes what `value` makes of it and of those at its place in `others`.
fn combine<const N: usize>(
    out: &mut [f64],
    others: [&Buffer<f64>; N],
    value: impl Fn(f64, [f64; N]) -> f64 + Sync,
) {
    out.par_chunks_mut(PIECE).enumerate().for_each(|(piece, out)| {
        let others = others.map(|other| &other[piece * PIECE..][..out.len()]);
        for (i, out) in out.iter_mut().enumerate() {
            *out = value(*out, others.map(|other| other[i]));
        }
    });
}

impl Iteration for Stabilised<'_> {
    fn advance(&mut self, most: NonZeroU64, meter: &mut Meter) -> Result<Progress, SolverError> {
        for _ in 0..most.get() {
            self.step(meter);
        }
        let residual = self.scalars.square.sqrt() / self.state.discrete.rhs_norm();
        Ok(Progress { residual: Some(residual), ..Progress::running(most.get()) })
    }

    fn sample(&self, sites: &Sites<'_>, out: &mut [f64], _meter: &mut Meter) -> Result<(), SolverError> {
        self.state.sample(sites, out)
    }

    fn remedy(&self) -> Option<&'static str> {
        Some("dtype=f64, or direct; a matrix that is nearly singular leaves no digits")
    }

    fn snapshot(&self) -> Result<Snapshot, SolverError> {
        let mut snapshot = self.state.snapshot();
        let Arrays { r, shadow, p, v } = &self.arrays;
        for (name, array) in [("r", r), ("shadow", shadow), ("p", p), ("v", v)] {
            snapshot.arrays.insert(name.into(), array.to_vec());
        }
        let Scalars { rho, alpha, omega, square, computed } = self.scalars;
        let numbers =
            [("rho", rho), ("alpha", alpha), ("omega", omega), ("square", square), ("computed", computed)];
        for (name, number) in numbers {
            snapshot.counters.insert(name.into(), number.to_bits());
        }
        Ok(snapshot)
    }
}
