//! Data that are formulas: constant or not, and their derivatives by differences.

use super::{Ask, Local};

/// Distance of the differences, over the size of the domain: their error is that of rounding.
const DIFFERENCE: f64 = 1e-3;
/// The most axes of what is differentiated here.
pub(super) const AXES: usize = 3;
/// Points of the differences of fourth order.
const STENCIL: usize = 1 + 4 * AXES;

/// Points at which `differentiate` asks for values, as many as `count` says, for a domain of this size.
pub(super) struct Stencil {
    points: [f64; STENCIL * AXES],
    count: usize,
    d: usize,
    h: f64,
}

impl Stencil {
    /// Around `x`; a point alone where values are all that is asked.
    pub fn new(x: &[f64], size: f64, ask: Ask) -> Self {
        let d = x.len();
        let h = DIFFERENCE * size;
        let count = if ask == Ask::Value { 1 } else { 1 + 4 * d };
        let mut points = [0.0; STENCIL * AXES];
        points.chunks_mut(d).take(count).for_each(|point| point.copy_from_slice(x));
        for axis in 0..if ask == Ask::Value { 0 } else { d } {
            for (i, steps) in [1.0, -1.0, 2.0, -2.0].into_iter().enumerate() {
                points[(1 + 4 * axis + i) * d + axis] += steps * h;
            }
        }
        Self { points, count, d, h }
    }

    pub fn count(&self) -> usize {
        self.count
    }

    pub fn points(&self) -> &[f64] {
        &self.points[..self.count * self.d]
    }

    /// The function whose values at the points these are.
    pub fn differentiate(&self, values: &[f64]) -> Local {
        let mut local = Local::constant(values[0]);
        for axis in 0..if self.count > 1 { self.d } else { 0 } {
            let [up, down, far_up, far_down] = [1, 2, 3, 4].map(|i| values[4 * axis + i]);
            local.gradient[axis] = (8.0 * (up - down) - (far_up - far_down)) / (12.0 * self.h);
            local.laplacian +=
                (16.0 * (up + down) - (far_up + far_down) - 30.0 * values[0]) / (12.0 * self.h * self.h);
        }
        local
    }
}

/// Numbers for values at the points of a stencil.
pub(super) const fn room() -> [f64; STENCIL] {
    [0.0; STENCIL]
}

/// What all of them are, if they are the same.
pub(super) fn constant(values: &[f64]) -> Option<f64> {
    let first = *values.first()?;
    values.iter().all(|value| *value == first).then_some(first)
}
