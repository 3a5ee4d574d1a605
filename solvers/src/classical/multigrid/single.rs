//! Cycles in single precision for right-hand sides in double precision.
//!
//! In single precision arrays take half the memory and half the time. The right-hand side is divided by its
//! largest value beforehand, by a power of two, so that neither large nor small numbers leave the range.

use modewise_problems::reduce;
use rayon::prelude::*;

use super::{
    cycle::Cycle,
    hierarchy::{Hierarchy, Recipe},
    level::Guess,
};
use crate::{classical::operator::Operator, memory::Buffer};

/// The levels in single precision, and the two ends of a correction.
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
