//! Nodes and weights of Gauss and Legendre: n nodes integrate polynomials up to degree 2n − 1 exactly.
//!
//! The nodes are the zeros of the Legendre polynomial Pₙ, found by Newton's method from Tricomi's cosines; the
//! weights are 2/((1 − x²) Pₙ′(x)²). Cost: O(n²). Source: Davis & Rabinowitz, *Methods of Numerical Integration*, 2nd
//! ed. 1984, §2.7; Press et al., *Numerical Recipes*, §4.6.

use std::f64::consts::PI;

/// The `n` nodes on (−1, 1) in increasing order, each with its weight; weights add up to 2.
pub(in super::super) fn legendre(n: usize) -> Vec<[f64; 2]> {
    let mut rule = vec![[0.0; 2]; n];
    for i in 0..n.div_ceil(2) {
        let mut x = (PI * (i as f64 + 0.75) / (n as f64 + 0.5)).cos();
        // Quadratic convergence from an error of O(n⁻²): four steps are enough, eight are certain.
        for _ in 0..8 {
            let [value, slope] = polynomial(n, x);
            x -= value / slope;
        }
        // The middle one is zero exactly.
        let x = if 2 * i + 1 == n { 0.0 } else { x };
        let slope = polynomial(n, x)[1];
        let weight = 2.0 / ((1.0 - x * x) * slope * slope);
        rule[i] = [-x, weight];
        rule[n - 1 - i] = [x, weight];
    }
    rule
}

/// Pₙ(x) and Pₙ′(x) by the three-term recurrence, |x| < 1.
fn polynomial(n: usize, x: f64) -> [f64; 2] {
    let (mut before, mut value) = (0.0, 1.0);
    for k in 0..n {
        let k = k as f64;
        (before, value) = (value, ((2.0 * k + 1.0) * x * value - k * before) / (k + 1.0));
    }
    [value, n as f64 * (x * value - before) / (x * x - 1.0)]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ∫₋₁¹ x^m = 2/(m + 1) for even m up to 2n − 1, and no further.
    #[test]
    fn polynomials_up_to_twice_the_nodes_are_integrated_exactly() {
        for n in [1, 2, 3, 4, 7, 16, 33] {
            let rule = legendre(n);
            let moment = |m: usize| rule.iter().map(|[x, w]| w * x.powi(m as i32)).sum::<f64>();
            for m in 0..2 * n {
                let exact = if m % 2 == 0 { 2.0 / (m + 1) as f64 } else { 0.0 };
                assert!((moment(m) - exact).abs() < 1e-14, "{n} nodes, x^{m}: {}", moment(m));
            }
            if n <= 7 {
                assert!((moment(2 * n) - 2.0 / (2 * n + 1) as f64).abs() > 1e-5, "{n} nodes are too good");
            }
            assert!(rule.is_sorted_by(|a, b| a[0] < b[0]));
        }
    }

    /// The three-point rule in closed form: 0 and ±√(3/5), 8/9 and 5/9.
    #[test]
    fn three_nodes_are_those_of_the_textbook() {
        let rule = legendre(3);
        let right = [[-(0.6f64).sqrt(), 5.0 / 9.0], [0.0, 8.0 / 9.0], [(0.6f64).sqrt(), 5.0 / 9.0]];
        for (ours, right) in rule.iter().flatten().zip(right.iter().flatten()) {
            assert!((ours - right).abs() < 1e-15);
        }
    }
}
