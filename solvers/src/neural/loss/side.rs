//! The terms of points on the boundary and on the interface.
//!
//! ```text
//! u = g                   β Σ w (u − g)²
//! au + v·∇u = g, v = εn   β Σ w (au + v·∇u − g)², and for the energy Σ w (½au² − gu), its own boundary term
//! v·∇u = 0, v = [ε]n      a weight times Σ w (v·∇u)², the flux jump as `kink` writes it; for residuals alone
//! ```
//!
//! The minimiser of the energy meets the second kind by itself: it is a natural condition (Strang and Fix, *An Analysis of
//! the Finite Element Method*, 1973, §1.3).

use super::{Built, Local, Loss, Objective, Sampled, ZERO, compose, jet_at, pull_back, put};
use crate::neural::activation::Rows;

/// What a point adds: to the term of the energy, or to that of the penalty, without its weight; and its row.
struct Term {
    natural: f64,
    penalty: f64,
    /// Derivative of what it adds with respect to the jet of u, weight included.
    bar: Local,
    /// The row without √w, and its derivative.
    row: (f64, Local),
}

/// The term of a point with au + v·∇u = g and the weight `beta`.
fn term(loss: Loss, beta: f64, operator: &[f64], g: f64, u: &Local) -> Term {
    let (a, v) = (operator[0], &operator[1..]);
    let is_flux = v.iter().any(|v| *v != 0.0);
    let mut bar = ZERO;
    if loss == Loss::Ritz && is_flux {
        bar.value = a * u.value - g;
        let root = a.sqrt();
        let row = Local::constant(root);
        return Term {
            natural: (0.5 * a * u.value - g) * u.value,
            penalty: 0.0,
            bar,
            row: (root * u.value, row),
        };
    }
    let along: f64 = v.iter().zip(u.gradient).map(|(v, g)| v * g).sum();
    let residual = a * u.value + along - g;
    let root = (2.0 * beta).sqrt();
    let mut row = Local::constant(root * a);
    bar.value = 2.0 * beta * residual * a;
    for (axis, v) in v.iter().enumerate() {
        bar.gradient[axis] = 2.0 * beta * residual * v;
        row.gradient[axis] = root * v;
    }
    Term { natural: 0.0, penalty: residual * residual, bar, row: (root * residual, row) }
}

/// The terms of a tile of such points: of the energy, of the penalty without β, and of flux jumps without their weight; the
/// derivative of their sum with the weights goes to `bar`.
pub(in super::super) fn boundary(
    objective: &Objective,
    rows: Rows,
    sampled: Sampled<'_>,
    out: &[f64],
    bar: &mut [f64],
) -> [f64; 3] {
    bar[..rows.columns()].fill(0.0);
    let mut totals = [0.0; 3];
    let beta = objective.beta;
    if sampled.coefficients.is_empty() {
        // u is the network itself.
        for ((u, g), (weight, bar)) in out.iter().zip(sampled.data).zip(sampled.weights.iter().zip(bar)) {
            totals[1] += weight * (u - g) * (u - g);
            *bar = 2.0 * beta * weight * (u - g);
        }
        return totals;
    }
    each_point(rows, sampled, out, bar, |i, operator, u| {
        let (weight, total) = weight(objective, sampled, i);
        let Term { natural, penalty, bar, .. } = term(objective.loss, weight, operator, sampled.data[i], u);
        totals[0] += sampled.weights[i] * natural;
        totals[total] += sampled.weights[i] * penalty;
        (sampled.weights[i], bar)
    });
    totals
}

/// The weight of the penalty of point `i`, and the number of its total.
fn weight(objective: &Objective, sampled: Sampled<'_>, i: usize) -> (f64, usize) {
    if i + sampled.jumps < sampled.data.len() { (objective.beta, 1) } else { (objective.jump_weight, 2) }
}

/// The row of every point of a tile of boundary points goes to `rho`, its derivative to `bar`.
pub(in super::super) fn linearise_boundary(
    objective: &Objective,
    rows: Rows,
    sampled: Sampled<'_>,
    out: &[f64],
    bar: &mut [f64],
    rho: &mut [f64],
) {
    bar[..rows.columns()].fill(0.0);
    rho.fill(0.0);
    if sampled.coefficients.is_empty() {
        let targets = sampled.data.iter().zip(sampled.weights);
        for ((u, (g, weight)), (bar, rho)) in out.iter().zip(targets).zip(bar.iter_mut().zip(rho)) {
            let root = (2.0 * objective.beta * weight).sqrt();
            *rho = root * (u - g);
            *bar = root;
        }
        return;
    }
    each_point(rows, sampled, out, bar, |i, operator, u| {
        let (weight, _) = weight(objective, sampled, i);
        let (value, bar) = term(objective.loss, weight, operator, sampled.data[i], u).row;
        let root = sampled.weights[i].sqrt();
        rho[i] = root * value;
        (root, bar)
    });
}

fn each_point(
    rows: Rows,
    sampled: Sampled<'_>,
    out: &[f64],
    bar: &mut [f64],
    mut point: impl FnMut(usize, &[f64], &Local) -> (f64, Local),
) {
    let count = sampled.data.len();
    let d = sampled.points.len() / count;
    for (i, operator) in sampled.coefficients.chunks(sampled.coefficients.len() / count).enumerate() {
        let net = jet_at(rows, out, i);
        let (weight, net_bar) = match sampled.built.get(i) {
            None => point(i, operator, &net),
            Some(Built { lift, factor }) => {
                let (weight, u_bar) = point(i, operator, &compose(lift, factor, &net, d));
                (weight, pull_back(factor, &u_bar, d))
            }
        };
        put(rows, bar, i, weight, &net_bar);
    }
}
