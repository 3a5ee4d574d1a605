//! Losses over the points of a tile: the value, and its derivative with respect to the streams of the
//! network's output.
//!
//! ```text
//! ritz        Σ w (½ε|∇u|² + κ²G(u) − f u)      ≈ ∫ …, whose minimiser solves −∇·(ε∇u) + κ²g(u) = f, G′ = g; of a
//!                                              p-Laplacian with (ε/p)|∇u|^p
//! residual    Σ w (∇·(ε∇u) − κ²g(u) + f)²       ≈ ∫ …, the strong form, ∇·(ε∇u) = εΔu + ∇ε·∇u
//! regression  mean (u − target)²               fits a given function
//! ```
//!
//! w is the volume a point stands for. To the residual a network that sees an interface (`kink`) adds a weight times
//! Σ w [ε ∂u/∂n]² over points of it. To all a boundary penalty adds β Σ w (u − g)²: the sum over
//! the two ends in 1-D, ≈ the integral over the boundary otherwise. Where the flux is given, ε ∂u/∂n + au = g, the residual has
//! a penalty too and the energy its own boundary term (`side`). `regression` has no penalty: its
//! target says what u is at the boundary.
//!
//! Second-order methods look at the same sums through rows ([`linearise`]): √2w times the residual, so that
//! the loss is half the sum of their squares, and for the energy √(wε) ∂ⱼu and √(wκ²g′) u, whose products
//! make up its Hessian; of a p-Laplacian the rows of √(wε|∇u|^{p−2}) (I + (√(p−1) − 1)vvᵀ)∇u, v = ∇u/|∇u|.

use std::f64::consts::SQRT_2;

use modewise_problems::{MOST_AXES, Reaction};

use super::{
    activation::Rows,
    boundary::{Built, Local, Trial},
    kink::Kink,
};

mod side;
#[cfg(test)]
mod tests;

pub(super) use side::{boundary, linearise_boundary};

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

    /// Whether the loss is a sum of squares that are zero at the solution.
    pub(super) fn is_sum_of_squares(self) -> bool {
        self != Self::Ritz
    }

    /// Rows of [`linearise`] a point.
    pub(super) fn rows(self, dimension: usize, has_screening: bool) -> usize {
        if self == Self::Ritz { dimension + usize::from(has_screening) } else { 1 }
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

/// The coefficients of −∇·(ε∇u) + κ²g(u) = f at a point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Equation {
    /// ε.
    pub permittivity: f64,
    /// ∇ε.
    pub slope: [f64; MOST_AXES],
    /// κ².
    pub screening: f64,
    /// g.
    pub reaction: Reaction,
    /// p of a flux ε|∇u|^{p−2}∇u.
    pub exponent: f64,
}

impl Equation {
    /// Coefficients that are the same everywhere.
    pub fn constant(permittivity: f64, screening: f64) -> Self {
        let slope = [0.0; MOST_AXES];
        Self { permittivity, slope, screening, reaction: Reaction::Linear, exponent: 2.0 }
    }

    /// Numbers a point where coefficients vary: ε, κ², ∇ε.
    pub fn numbers(dimension: usize) -> usize {
        2 + dimension
    }

    /// The same equation with the coefficients that these numbers are.
    pub fn with(&self, numbers: &[f64]) -> Self {
        let mut slope = [0.0; MOST_AXES];
        slope[..numbers.len() - 2].copy_from_slice(&numbers[2..]);
        Self { permittivity: numbers[0], slope, screening: numbers[1], ..*self }
    }

    /// |∇u|^{p−2} from |∇u|².
    fn power(&self, square: f64) -> f64 {
        if self.exponent == 2.0 { 1.0 } else { square.powf(0.5 * self.exponent - 1.0) }
    }
}

/// What is minimised: the loss and all it needs besides a batch.
#[derive(Debug, Clone)]
pub(super) struct Objective {
    pub loss: Loss,
    /// The coefficients where they are constant.
    pub equation: Equation,
    /// u = G + ωN where the data are built in; `None` where u is the network itself.
    pub trial: Option<Trial>,
    /// |φ|, where the network sees it.
    pub kink: Option<Kink>,
    /// Weight of the penalty.
    pub beta: f64,
    /// Weight of the flux jumps.
    pub jump_weight: f64,
    /// Weight of the coupling of two parts; zero where there is none.
    pub gamma: f64,
}

impl Objective {
    /// The loss from its terms. Without a penalty its term is zero, and β may be anything.
    pub fn value(&self, terms: Terms, is_penalised: bool) -> f64 {
        let boundary = if is_penalised { self.beta * terms.boundary } else { 0.0 };
        terms.interior + boundary + self.jump_weight * terms.interface + self.gamma * terms.coupling
    }
}

/// The loss of a step by its terms.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Terms {
    pub interior: f64,
    /// Without β.
    pub boundary: f64,
    /// Flux jumps, without their weight; zero where there are none.
    pub interface: f64,
    /// Without γ; zero where there is none.
    pub coupling: f64,
}

impl Terms {
    /// All with the same value.
    pub fn all(value: f64) -> Self {
        Self { interior: value, boundary: value, interface: value, coupling: value }
    }
}

/// The points of a tile and what the loss compares with there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sampled<'a> {
    /// Coordinates, point by point.
    pub points: &'a [f64],
    /// f, or the target.
    pub data: &'a [f64],
    /// What each point counts.
    pub weights: &'a [f64],
    /// [`Equation::numbers`] a point inside, empty where the coefficients are constant; a and v a point on the boundary,
    /// empty where values of u are all that counts.
    pub coefficients: &'a [f64],
    /// G and ω, where data are built in.
    pub built: &'a [Built],
    /// |φ|, where the network sees it.
    pub seen: &'a [Local],
    /// How many of them, the last ones, are on the interface.
    pub jumps: usize,
}

const ZERO: Local = Local::constant(0.0);

/// The loss at one point and its derivative with respect to the jet of u there.
fn at_point(loss: Loss, equation: &Equation, data: f64, dimension: usize, u: &Local) -> (f64, Local) {
    let mut bar = ZERO;
    let value = match loss {
        Loss::Ritz => {
            let square = square(&u.gradient[..dimension]);
            let power = equation.power(square);
            for j in 0..dimension {
                bar.gradient[j] = equation.permittivity * power * u.gradient[j];
            }
            bar.value = equation.screening * equation.reaction.value(u.value) - data;
            equation.permittivity / equation.exponent * (power * square)
                + equation.screening * equation.reaction.potential(u.value)
                - data * u.value
        }
        Loss::Residual => {
            let residual = residual(equation, data, dimension, u);
            bar.laplacian = 2.0 * equation.permittivity * residual;
            for j in 0..dimension {
                bar.gradient[j] = 2.0 * equation.slope[j] * residual;
            }
            bar.value = -2.0 * equation.screening * equation.reaction.slope(u.value) * residual;
            residual * residual
        }
        Loss::Regression => {
            bar.value = 2.0 * (u.value - data);
            (u.value - data) * (u.value - data)
        }
    };
    (value, bar)
}

/// |v|².
fn square(v: &[f64]) -> f64 {
    v.iter().map(|v| v * v).sum()
}

/// ∇·(ε∇u) − κ²g(u) + f.
pub(super) fn residual(equation: &Equation, f: f64, dimension: usize, u: &Local) -> f64 {
    let along: f64 = (0..dimension).map(|j| equation.slope[j] * u.gradient[j]).sum();
    equation.permittivity * u.laplacian + along - equation.screening * equation.reaction.value(u.value) + f
}

/// Row `row` of a point, and its derivative with respect to the jet of u, both without √w.
fn row_at(
    loss: Loss,
    row: usize,
    equation: &Equation,
    data: f64,
    dimension: usize,
    u: &Local,
) -> (f64, Local) {
    let mut bar = ZERO;
    match loss {
        Loss::Ritz if row < dimension => {
            let square = square(&u.gradient[..dimension]);
            let root = (equation.permittivity * equation.power(square)).sqrt();
            bar.gradient[row] = root;
            if equation.exponent != 2.0 && square > 0.0 {
                let along = root * ((equation.exponent - 1.0).sqrt() - 1.0) * u.gradient[row] / square;
                for j in 0..dimension {
                    bar.gradient[j] += along * u.gradient[j];
                }
            }
            ((0..dimension).map(|j| bar.gradient[j] * u.gradient[j]).sum(), bar)
        }
        Loss::Ritz => {
            // Its square is the second derivative of the energy: κ²g′.
            bar.value = (equation.screening * equation.reaction.slope(u.value)).sqrt();
            (bar.value * u.value, bar)
        }
        Loss::Residual => {
            bar.laplacian = SQRT_2 * equation.permittivity;
            for j in 0..dimension {
                bar.gradient[j] = SQRT_2 * equation.slope[j];
            }
            bar.value = -SQRT_2 * equation.screening * equation.reaction.slope(u.value);
            (SQRT_2 * residual(equation, data, dimension, u), bar)
        }
        Loss::Regression => {
            bar.value = SQRT_2;
            (SQRT_2 * (u.value - data), bar)
        }
    }
}

/// The loss over a tile whose output streams are `out`; its derivative goes to `bar`. Columns past the
/// points of `sampled` fill up the tile and count nothing.
pub(super) fn interior(
    objective: &Objective,
    rows: Rows,
    sampled: Sampled<'_>,
    out: &[f64],
    bar: &mut [f64],
) -> f64 {
    let mut total = 0.0;
    let d = sampled.points.len() / sampled.data.len();
    each_point(objective, rows, sampled, out, bar, |i, equation, u| {
        let (value, u_bar) = at_point(objective.loss, equation, sampled.data[i], d, u);
        total += sampled.weights[i] * value;
        (sampled.weights[i], u_bar)
    });
    total
}

/// Row `row` of every point of a tile goes to `rho`, its derivative with respect to the output streams to
/// `bar`.
pub(super) fn linearise(
    objective: &Objective,
    row: usize,
    rows: Rows,
    sampled: Sampled<'_>,
    out: &[f64],
    bar: &mut [f64],
    rho: &mut [f64],
) {
    let d = sampled.points.len() / sampled.data.len();
    rho.fill(0.0);
    each_point(objective, rows, sampled, out, bar, |i, equation, u| {
        let (value, u_bar) = row_at(objective.loss, row, equation, sampled.data[i], d, u);
        let root = sampled.weights[i].sqrt();
        rho[i] = root * value;
        (root, u_bar)
    });
}

/// For every point of a tile: the jet of u from the output streams, through `point` to a weight and the derivative
/// with respect to that jet, and back to the output streams, times that weight.
fn each_point(
    objective: &Objective,
    rows: Rows,
    sampled: Sampled<'_>,
    out: &[f64],
    bar: &mut [f64],
    mut point: impl FnMut(usize, &Equation, &Local) -> (f64, Local),
) {
    let d = sampled.points.len() / sampled.data.len();
    bar[..rows.columns()].fill(0.0);
    for i in 0..sampled.data.len() {
        let net = jet_at(rows, out, i);
        let variable;
        let equation = if sampled.coefficients.is_empty() {
            &objective.equation
        } else {
            let numbers = Equation::numbers(d);
            variable = objective.equation.with(&sampled.coefficients[i * numbers..(i + 1) * numbers]);
            &variable
        };
        let (weight, net_bar) = match sampled.built.get(i) {
            None => point(i, equation, &net),
            Some(Built { lift, factor }) => {
                let u = compose(lift, factor, &net, d);
                let (weight, u_bar) = point(i, equation, &u);
                (weight, pull_back(factor, &u_bar, d))
            }
        };
        put(rows, bar, i, weight, &net_bar);
    }
}

/// Writes `weight` times the adjoint of a jet to the streams of point `i`.
fn put(rows: Rows, bar: &mut [f64], i: usize, weight: f64, net_bar: &Local) {
    let n = rows.points;
    bar[i] = weight * net_bar.value;
    for j in 0..rows.gradients {
        bar[(1 + j) * n + i] = weight * net_bar.gradient[j];
    }
    if rows.laplacian {
        bar[(1 + rows.gradients) * n + i] = weight * net_bar.laplacian;
    }
}

/// The jet at point `i` of a tile from the output streams.
pub(super) fn jet_at(rows: Rows, out: &[f64], i: usize) -> Local {
    let n = rows.points;
    let mut net = Local { value: out[i], ..ZERO };
    for j in 0..rows.gradients {
        net.gradient[j] = out[(1 + j) * n + i];
    }
    if rows.laplacian {
        net.laplacian = out[(1 + rows.gradients) * n + i];
    }
    net
}

/// The jet of u = G + ωN by the product rule.
pub(super) fn compose(lift: &Local, b: &Local, net: &Local, d: usize) -> Local {
    let mut u = *lift;
    u.value += b.value * net.value;
    let mut mixed = 0.0;
    for j in 0..d {
        u.gradient[j] += b.gradient[j] * net.value + b.value * net.gradient[j];
        mixed += b.gradient[j] * net.gradient[j];
    }
    u.laplacian += b.laplacian * net.value + 2.0 * mixed + b.value * net.laplacian;
    u
}

/// The adjoint of [`compose`].
fn pull_back(b: &Local, u_bar: &Local, d: usize) -> Local {
    let mut net_bar = Local {
        value: b.value * u_bar.value + b.laplacian * u_bar.laplacian,
        gradient: [0.0; MOST_AXES],
        laplacian: b.value * u_bar.laplacian,
    };
    for j in 0..d {
        net_bar.value += b.gradient[j] * u_bar.gradient[j];
        net_bar.gradient[j] = b.value * u_bar.gradient[j] + 2.0 * b.gradient[j] * u_bar.laplacian;
    }
    net_bar
}
