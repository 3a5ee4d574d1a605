//! Conjugate gradients, with or without a preconditioner: the live run that `cg` and `pcg` share.
//!
//! z = M⁻¹r, β = (r·z)/(r·z)_before, p ← z + βp, α = (r·z)/(p·Ap), u ← u + αp, r ← r − αAp,
//!
//! in the scalar product in which A is symmetric. A step is two passes over memory and the preconditioner.
//!
//! The r of the recurrence drifts away from f − Au by rounding. Whenever its norm has fallen by [`REPLACE`],
//! it is replaced by f − Au; where that shows that the two had come apart, the directions start anew. What
//! is reached in the end is the accuracy of a residual that is computed, not that of the recurrence (van der
//! Vorst, Ye, *SIAM J. Sci. Comput.* 22 (2000) 835).

pub(crate) mod preconditioner;
pub(crate) mod vectors;

#[cfg(test)]
mod tests;

use std::num::NonZeroU64;

use super::{
    operator::{Operator, scale_by_volumes, volume},
    state::State,
    sweep::{
        Layers,
        pass::{self, Formula},
    },
};
use crate::{Iteration, Meter, Progress, Sites, Snapshot, SolverError, memory::Buffer};
use preconditioner::Preconditioner;

/// The share of its last true value at which the norm of r is found to be small enough to look again.
const REPLACE: f64 = 1e-4;
/// The directions start anew when the true residual is this much larger than that of the recurrence.
const APART: f64 = 2.0;

/// A live run.
pub(crate) struct Conjugate<'p> {
    state: State<'p>,
    r: Buffer<f64>,
    p: Buffer<f64>,
    q: Buffer<f64>,
    inverse: Inverse,
    work: vectors::Workspace,
    sums: Vec<f64>,
    scalars: Scalars,
}

/// M⁻¹, with z = M⁻¹r where there is one.
pub(crate) enum Inverse {
    /// M = I.
    None,
    /// In the precision of the system.
    Double { m: Box<dyn Preconditioner<f64>>, z: Buffer<f64> },
    /// In half of it: r is scaled to norm 1 and rounded, which costs a digit of M⁻¹ that nobody needs, and
    /// no digit of the solution.
    Single { m: Box<dyn Preconditioner<f32>>, operator: Box<Operator<f32>>, r: Buffer<f32>, z: Buffer<f32> },
}

impl Inverse {
    /// `m` in double precision.
    pub fn double(state: &State<'_>, m: Box<dyn Preconditioner<f64>>) -> Self {
        Self::Double { m, z: state.array() }
    }

    /// `m`, which was made for `operator`, in single precision.
    pub fn single(m: Box<dyn Preconditioner<f32>>, operator: Operator<f32>) -> Self {
        let len = operator.layout().len();
        let (r, z) = (Buffer::zeroed(len), Buffer::zeroed(len));
        Self::Single { m, operator: Box::new(operator), r, z }
    }
}

/// What is left of a step besides arrays.
#[derive(Debug, Clone, Copy)]
struct Scalars {
    /// r·r of the recurrence.
    square: f64,
    /// r·r when r was last computed.
    computed: f64,
    /// r·z of the last step; infinite before the first one, which makes β zero.
    product: f64,
}

impl Scalars {
    const START: Self = Self { square: 0.0, computed: 0.0, product: f64::INFINITY };
}

impl<'p> Conjugate<'p> {
    /// From the u of `state`.
    pub fn start(state: State<'p>, inverse: Inverse, meter: &mut Meter) -> Self {
        let mut run = Self::new(state, inverse);
        run.replace_residual(meter);
        run
    }

    /// From a snapshot, whose u `state` has already.
    pub fn resume(state: State<'p>, inverse: Inverse, from: &Snapshot) -> Result<Self, SolverError> {
        let mut run = Self::new(state, inverse);
        run.r = run.state.array_from(from, "r")?;
        run.p = run.state.array_from(from, "p")?;
        let number = |name: &str| from.counter(name).map(f64::from_bits);
        run.scalars =
            Scalars { square: number("square")?, computed: number("computed")?, product: number("product")? };
        Ok(run)
    }

    /// Starts anew from u = 0 for another matrix and right-hand side, which `change` writes in place of those before,
    /// with the M⁻¹ that `inverse` makes for them.
    pub fn renew(
        &mut self,
        change: impl FnOnce(&mut Operator<f64>, &mut [f64]),
        inverse: impl FnOnce(&State<'p>) -> Inverse,
        meter: &mut Meter,
    ) {
        let State { operator, f, u, .. } = &mut self.state;
        change(operator, f.own());
        u.fill(0.0);
        self.p.fill(0.0);
        self.inverse = inverse(&self.state);
        self.scalars = Scalars::START;
        self.replace_residual(meter);
    }

    /// The current u.
    pub fn solution(&self) -> &[f64] {
        &self.state.u
    }

    /// ‖r‖ of the recurrence.
    pub fn norm(&self) -> f64 {
        self.scalars.square.sqrt()
    }

    fn new(state: State<'p>, inverse: Inverse) -> Self {
        let layout = state.operator.layout();
        let work = vectors::Workspace::new(layout);
        let sums = vec![0.0; Layers::of(layout).places().len()];
        let scalars = Scalars::START;
        let (r, p, q) = (state.array(), state.array(), state.array());
        Self { state, r, p, q, inverse, work, sums, scalars }
    }

    /// r ← f − Au.
    fn replace_residual(&mut self, meter: &mut Meter) {
        let State { discrete, operator, u, f } = &self.state;
        pass::apply(operator, Formula::Residual, u, f, &mut self.r);
        if discrete.is_singular() {
            remove_mean(operator, &mut self.r, &mut self.q, &mut self.sums);
        }
        let square = pass::scalar_product(operator, &self.r, &self.r, &mut self.sums);
        if square > APART * APART * self.scalars.square {
            self.scalars.product = f64::INFINITY;
        }
        (self.scalars.square, self.scalars.computed) = (square, square);
        meter.charge(operator.pass_flops() + 2.0 * operator.layout().count() as f64);
    }

    /// ‖r‖/‖b‖ of the recurrence, which costs nothing: rows on Neumann sides count by their volumes, so that
    /// it is never above the norm over all rows.
    fn relative_residual(&self) -> f64 {
        self.norm() / self.state.discrete.rhs_norm()
    }

    /// One step.
    pub fn step(&mut self, meter: &mut Meter) {
        let unknowns = self.state.operator.layout().count() as f64;
        let State { operator, u, .. } = &mut self.state;
        let Self { r, p, q, work, sums, .. } = self;
        let Scalars { square, product: before, .. } = self.scalars;
        let (product, curvature) = match &mut self.inverse {
            Inverse::None => (square, vectors::direction(operator, [1.0, square / before], r, p, q, work)),
            Inverse::Double { m, z } => {
                m.apply(operator, r, z);
                meter.charge(m.flops() + 2.0 * unknowns);
                let product = pass::scalar_product(operator, r, z, sums);
                (product, vectors::direction(operator, [1.0, product / before], z, p, q, work))
            }
            Inverse::Single { m, operator: rounded, r: narrow, z } => {
                let norm = if square > 0.0 { square.sqrt() } else { 1.0 };
                vectors::narrow(r, 1.0 / norm, narrow);
                m.apply(rounded, narrow, z);
                meter.charge(m.flops() + 3.0 * unknowns);
                let product = norm * norm * pass::scalar_product(rounded, narrow, z, sums);
                (product, vectors::direction(operator, [norm, product / before], z, p, q, work))
            }
        };
        // r = 0, or u to the last bit: there is no direction left.
        let alpha = if curvature > 0.0 { product / curvature } else { 0.0 };
        self.scalars.product = if product > 0.0 { product } else { f64::INFINITY };
        self.scalars.square = vectors::update(operator, alpha, p, q, u, r, work);
        meter.charge(operator.pass_flops() + 9.0 * unknowns);
        if self.scalars.square <= REPLACE * REPLACE * self.scalars.computed {
            self.replace_residual(meter);
        }
    }
}

/// Takes out of r what lies in the null space, the constants: r ← r − w(r·1)/(w·1) with w = 1 per unit of
/// volume.
pub(super) fn remove_mean(operator: &Operator<f64>, r: &mut [f64], w: &mut [f64], sums: &mut [f64]) {
    let layout = operator.layout();
    w.fill(1.0);
    let sum = pass::scalar_product(operator, r, w, sums);
    let volume: f64 =
        (0..3).map(|axis| layout.places(axis).map(|p| volume(layout, axis, p)).sum::<f64>()).product();
    if !operator.is_per_volume() {
        scale_by_volumes(layout, w);
    }
    for (r, w) in r.iter_mut().zip(w.iter()) {
        *r -= sum / volume * w;
    }
}

impl Iteration for Conjugate<'_> {
    fn advance(&mut self, most: NonZeroU64, meter: &mut Meter) -> Result<Progress, SolverError> {
        for _ in 0..most.get() {
            self.step(meter);
        }
        Ok(Progress { residual: Some(self.relative_residual()), ..Progress::running(most.get()) })
    }

    fn sample(&self, sites: &Sites<'_>, out: &mut [f64], _meter: &mut Meter) -> Result<(), SolverError> {
        self.state.sample(sites, out)
    }

    fn remedy(&self) -> Option<&'static str> {
        Some("pcg with dtype=f64, or direct; a matrix that is nearly singular leaves no digits")
    }

    fn snapshot(&self) -> Result<Snapshot, SolverError> {
        let mut snapshot = self.state.snapshot();
        snapshot.arrays.insert("r".into(), self.r.to_vec());
        snapshot.arrays.insert("p".into(), self.p.to_vec());
        let Scalars { square, computed, product } = self.scalars;
        for (name, number) in [("square", square), ("computed", computed), ("product", product)] {
            snapshot.counters.insert(name.into(), number.to_bits());
        }
        Ok(snapshot)
    }
}
