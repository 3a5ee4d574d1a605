//! One symmetric cycle as an approximate inverse, in double or single precision.
//!
//! Sweeps after the coarse grid go through the colours in the opposite order, restriction is the adjoint of
//! interpolation and there are as many sweeps before as after: the cycle from zero is a symmetric
//! positive definite operator (in the scalar product weighted with volumes where equations are per unit of
//! volume), which is what conjugate gradients ask of a preconditioner (Tatebe, *Proc. 6th Copper Mountain
//! Conf. on Multigrid*, 1993, 621).
//!
//! In single precision arrays take half the memory and half the time. The right-hand side is divided by its
//! largest value beforehand, by a power of two, so that neither large nor small numbers leave the range.

use modewise_problems::reduce;
use rayon::prelude::*;

use super::{
    cycle::{Cycle, Shape},
    hierarchy::{Hierarchy, Recipe},
    level::Guess,
    smoother::Sense,
};
use crate::{classical::operator::Operator, memory::Buffer};

/// The cycle of a preconditioner with `sweeps` sweeps before and after the coarse grid.
pub(crate) fn symmetric_cycle(sweeps: usize) -> Cycle {
    Cycle { shape: Shape::V, pre: sweeps, post: sweeps, sense: Sense::Adjoint }
}

/// z ≈ A⁻¹r by one symmetric V-cycle.
#[derive(Debug)]
pub(crate) struct Preconditioner {
    precision: Precision,
    cycle: Cycle,
}

#[derive(Debug)]
enum Precision {
    Double(Hierarchy<f64>),
    Single(Single),
}

impl Preconditioner {
    /// For `operator`, singular if its u is defined up to a constant only.
    pub fn new(operator: &Operator<f64>, singular: bool, sweeps: usize, single: bool) -> Self {
        let precision = if single {
            Precision::Single(Single::new(operator, singular, Recipe::SYMMETRIC))
        } else {
            Precision::Double(Hierarchy::new(operator, singular, Recipe::SYMMETRIC))
        };
        Self { precision, cycle: symmetric_cycle(sweeps) }
    }

    /// z ≈ A⁻¹r, both in the layout of `operator`, that of [`Preconditioner::new`]; held layers of z
    /// become zero.
    pub fn apply(&mut self, operator: &Operator<f64>, r: &[f64], z: &mut [f64]) {
        match &mut self.precision {
            Precision::Double(hierarchy) => self.cycle.run(hierarchy, operator, Guess::Zero, z, r),
            Precision::Single(single) => {
                single.run(self.cycle, r, |scale, from, to| *to = scale * f64::from(from), z)
            }
        }
    }

    /// Flops of setting up and of one application.
    pub fn flops(&self) -> [f64; 2] {
        match &self.precision {
            Precision::Double(hierarchy) => [hierarchy.setup_flops(), hierarchy.cycle_flops(self.cycle)],
            Precision::Single(single) => [single.hierarchy.setup_flops(), single.flops(self.cycle)],
        }
    }
}

/// Cycles in single precision for right-hand sides in double precision.
#[derive(Debug)]
pub(super) struct Single {
    operator: Operator<f32>,
    pub hierarchy: Hierarchy<f32>,
    r: Buffer<f32>,
    z: Buffer<f32>,
}

/// Values that one thread converts at a time.
const PIECE: usize = 1 << 14;

impl Single {
    pub fn new(operator: &Operator<f64>, singular: bool, recipe: Recipe) -> Self {
        let operator = operator.to_single();
        let hierarchy = Hierarchy::new(&operator, singular, recipe);
        let len = operator.layout().len();
        Self { operator, hierarchy, r: Buffer::zeroed(len), z: Buffer::zeroed(len) }
    }

    /// One cycle for Az = r from zero; then `finish(scale, value of z/scale, value of out)` for all values.
    pub fn run(
        &mut self,
        cycle: Cycle,
        r: &[f64],
        finish: impl Fn(f64, f32, &mut f64) + Sync,
        out: &mut [f64],
    ) {
        let largest = reduce::max_abs(r);
        let scale = if largest.is_normal() { 2f64.powi(largest.log2() as i32) } else { 1.0 };
        let inverse = 1.0 / scale;
        self.r.par_chunks_mut(PIECE).zip(r.par_chunks(PIECE)).for_each(|(to, from)| {
            for (to, from) in to.iter_mut().zip(from) {
                *to = (inverse * from) as f32;
            }
        });
        cycle.run(&mut self.hierarchy, &self.operator, Guess::Zero, &mut self.z, &self.r);
        out.par_chunks_mut(PIECE).zip(self.z.par_chunks(PIECE)).for_each(|(to, from)| {
            for (to, from) in to.iter_mut().zip(from) {
                finish(scale, *from, to);
            }
        });
    }

    /// Flops of a cycle and of converting, two products a value.
    pub fn flops(&self, cycle: Cycle) -> f64 {
        self.hierarchy.cycle_flops(cycle) + 2.0 * self.operator.layout().count() as f64
    }
}
