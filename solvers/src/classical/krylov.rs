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
mod vectors;

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
    /// M and M⁻¹r; none where M = I.
    preconditioner: Option<(Box<dyn Preconditioner<f64>>, Buffer<f64>)>,
    work: vectors::Workspace<f64>,
    sums: Vec<f64>,
    scalars: Scalars,
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

impl<'p> Conjugate<'p> {
    /// From the u of `state`.
    pub fn start(
        state: State<'p>,
        preconditioner: Option<Box<dyn Preconditioner<f64>>>,
        meter: &mut Meter,
    ) -> Self {
        let mut run = Self::new(state, preconditioner);
        run.replace_residual(meter);
        run
    }

    /// From a snapshot, whose u `state` has already.
    pub fn resume(
        state: State<'p>,
        preconditioner: Option<Box<dyn Preconditioner<f64>>>,
        from: &Snapshot,
    ) -> Result<Self, SolverError> {
        let mut run = Self::new(state, preconditioner);
        run.r = run.state.array_from(from, "r")?;
        run.p = run.state.array_from(from, "p")?;
        let number = |name: &str| from.counter(name).map(f64::from_bits);
        run.scalars =
            Scalars { square: number("square")?, computed: number("computed")?, product: number("product")? };
        Ok(run)
    }

    fn new(state: State<'p>, preconditioner: Option<Box<dyn Preconditioner<f64>>>) -> Self {
        let layout = state.operator.layout();
        let work = vectors::Workspace::new(layout);
        let sums = vec![0.0; Layers::of(layout).places().len()];
        let preconditioner = preconditioner.map(|m| (m, state.array()));
        let scalars = Scalars { square: 0.0, computed: 0.0, product: f64::INFINITY };
        let (r, p, q) = (state.array(), state.array(), state.array());
        Self { state, r, p, q, preconditioner, work, sums, scalars }
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

    fn step(&mut self, meter: &mut Meter) {
        let unknowns = self.state.operator.layout().count() as f64;
        let State { operator, u, .. } = &mut self.state;
        let (z, product) = match &mut self.preconditioner {
            None => (&self.r, self.scalars.square),
            Some((m, z)) => {
                m.apply(operator, &self.r, z);
                meter.charge(m.flops() + 2.0 * unknowns);
                (&*z, pass::scalar_product(operator, &self.r, z, &mut self.sums))
            }
        };
        let beta = product / self.scalars.product;
        let curvature = vectors::direction(operator, beta, z, &mut self.p, &mut self.q, &mut self.work);
        // r = 0, or u to the last bit: there is no direction left.
        let alpha = if curvature > 0.0 { product / curvature } else { 0.0 };
        self.scalars.product = if product > 0.0 { product } else { f64::INFINITY };
        self.scalars.square =
            vectors::update(operator, alpha, &self.p, &self.q, u, &mut self.r, &mut self.work);
        meter.charge(operator.pass_flops() + 9.0 * unknowns);
        if self.scalars.square <= REPLACE * REPLACE * self.scalars.computed {
            self.replace_residual(meter);
        }
    }
}

/// Takes out of r what lies in the null space, the constants: r ← r − w(r·1)/(w·1) with w = 1 per unit of
/// volume.
fn remove_mean(operator: &Operator<f64>, r: &mut [f64], w: &mut [f64], sums: &mut [f64]) {
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
        Ok(Progress::running(most.get()))
    }

    fn sample(&self, sites: &Sites<'_>, out: &mut [f64], _meter: &mut Meter) -> Result<(), SolverError> {
        self.state.sample(sites, out)
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
