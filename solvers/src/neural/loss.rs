//! Losses over the points of a tile: the value, and its derivative with respect to the streams of the
//! network's output.
//!
//! ```text
//! ritz        Σ w (½ε|∇u|² − f u)   ≈ ∫ ½ε|∇u|² − f u    whose minimiser solves −∇·(ε∇u) = f
//! residual    Σ w (εΔu + f)²        ≈ ∫ (εΔu + f)²       the strong form
//! regression  mean (u − target)²                         fits a given function
//! ```
//!
//! w is the volume a point stands for. To these a boundary penalty adds β Σ w (u − g)²: the sum over
//! the two ends in 1-D, ≈ the integral over the boundary otherwise. `regression` has no penalty: its
//! target says what u is at the boundary.

use super::{
    activation::Rows,
    boundary::{Local, MOST_AXES, Trial},
};

/// What is minimised over the points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// The energy.
    Ritz,
    /// The squared residual of the equation.
    Residual,
    /// The squared distance to the target.
    Regression,
}

impl Loss {
    /// The names a spec may use, in the order of [`Loss::ALL`].
    pub const NAMES: [&'static str; 3] = ["ritz", "residual", "regression"];
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Ritz, Self::Residual, Self::Regression];

    /// Its name in a spec.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    /// Gradient streams it needs in `dimension` axes, and whether it needs the Laplacian.
    pub(super) fn streams(self, dimension: usize) -> (usize, bool) {
        match self {
            Self::Ritz => (dimension, false),
            Self::Residual => (dimension, true),
            Self::Regression => (0, false),
        }
    }
}

/// The points of a tile and what the loss compares with there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sampled<'a> {
    /// Coordinates, point by point.
    pub points: &'a [f64],
    /// f, or the target.
    pub data: &'a [f64],
    /// What every point counts.
    pub weight: f64,
}

/// The loss at one point and its derivative with respect to the jet of u there.
fn at_point(loss: Loss, permittivity: f64, data: f64, dimension: usize, u: &Local) -> (f64, Local) {
    let mut bar = Local { value: 0.0, gradient: [0.0; MOST_AXES], laplacian: 0.0 };
    let value = match loss {
        Loss::Ritz => {
            let mut square = 0.0;
            for j in 0..dimension {
                square += u.gradient[j] * u.gradient[j];
                bar.gradient[j] = permittivity * u.gradient[j];
            }
            bar.value = -data;
            0.5 * permittivity * square - data * u.value
        }
        Loss::Residual => {
            let residual = permittivity * u.laplacian + data;
            bar.laplacian = 2.0 * permittivity * residual;
            residual * residual
        }
        Loss::Regression => {
            bar.value = 2.0 * (u.value - data);
            (u.value - data) * (u.value - data)
        }
    };
    (value, bar)
}

/// The loss over a tile whose output streams are `out`; its derivative goes to `bar`. Columns past the
/// points of `sampled` fill up the tile and count nothing.
pub(super) fn interior(
    loss: Loss,
    permittivity: f64,
    trial: Option<&Trial>,
    rows: Rows,
    sampled: Sampled<'_>,
    out: &[f64],
    bar: &mut [f64],
) -> f64 {
    let (n, d) = (rows.points, sampled.points.len() / sampled.data.len());
    let top = 1 + rows.gradients;
    bar[..rows.columns()].fill(0.0);
    let mut total = 0.0;
    for (i, (x, &data)) in sampled.points.chunks(d).zip(sampled.data).enumerate() {
        let mut net = Local { value: out[i], gradient: [0.0; MOST_AXES], laplacian: 0.0 };
        for j in 0..rows.gradients {
            net.gradient[j] = out[(1 + j) * n + i];
        }
        if rows.laplacian {
            net.laplacian = out[top * n + i];
        }
        let mut put = |net_bar: &Local| {
            bar[i] = sampled.weight * net_bar.value;
            for j in 0..rows.gradients {
                bar[(1 + j) * n + i] = sampled.weight * net_bar.gradient[j];
            }
            if rows.laplacian {
                bar[top * n + i] = sampled.weight * net_bar.laplacian;
            }
        };
        let Some(trial) = trial else {
            let (value, net_bar) = at_point(loss, permittivity, data, d, &net);
            put(&net_bar);
            total += value;
            continue;
        };
        // u = L + B N, by the product rule, and its adjoint.
        let (mut u, b) = (trial.lift(x), trial.factor(x));
        u.value += b.value * net.value;
        let mut mixed = 0.0;
        for j in 0..d {
            u.gradient[j] += b.gradient[j] * net.value + b.value * net.gradient[j];
            mixed += b.gradient[j] * net.gradient[j];
        }
        u.laplacian += b.laplacian * net.value + 2.0 * mixed + b.value * net.laplacian;
        let (value, u_bar) = at_point(loss, permittivity, data, d, &u);
        let mut net_bar = Local {
            value: b.value * u_bar.value + b.laplacian * u_bar.laplacian,
            gradient: [0.0; MOST_AXES],
            laplacian: b.value * u_bar.laplacian,
        };
        for j in 0..d {
            net_bar.value += b.gradient[j] * u_bar.gradient[j];
            net_bar.gradient[j] = b.value * u_bar.gradient[j] + 2.0 * b.gradient[j] * u_bar.laplacian;
        }
        put(&net_bar);
        total += value;
    }
    sampled.weight * total
}

/// Σ w (u − g)² over a tile of boundary points, and β times its derivative.
pub(super) fn boundary(beta: f64, sampled: Sampled<'_>, out: &[f64], bar: &mut [f64]) -> f64 {
    bar.fill(0.0);
    let mut total = 0.0;
    for ((u, g), bar) in out.iter().zip(sampled.data).zip(bar) {
        total += (u - g) * (u - g);
        *bar = 2.0 * beta * sampled.weight * (u - g);
    }
    sampled.weight * total
}
