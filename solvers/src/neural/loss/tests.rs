//! The energy of a p-Laplacian and its rows, point by point.

use super::*;

fn gradient(values: &[f64]) -> Local {
    let mut u = Local::constant(0.7);
    u.gradient[..values.len()].copy_from_slice(values);
    u
}

/// Rows make up the second derivatives of (ε/p)|∇u|^p in ∇u, which differences of its first derivatives give.
#[test]
fn rows_are_a_root_of_the_second_derivatives() {
    for p in [2.0, 2.5, 5.0, 8.0] {
        let equation = Equation { exponent: p, ..Equation::constant(1.5, 0.0) };
        for v in [&[0.3, -0.8, 0.5][..], &[1.2, 0.0][..], &[-0.4][..]] {
            let d = v.len();
            let u = gradient(v);
            let rows: Vec<Local> =
                (0..d).map(|row| row_at(Loss::Ritz, row, &equation, 0.4, d, &u).1).collect();
            let first = |v: &[f64]| at_point(Loss::Ritz, &equation, 0.4, d, &gradient(v)).1.gradient;
            let value = |v: &[f64]| at_point(Loss::Ritz, &equation, 0.4, d, &gradient(v)).0;
            let square: f64 = v.iter().map(|v| v * v).sum();
            assert!((value(v) - (1.5 / p * square.powf(0.5 * p) - 0.28)).abs() < 1e-14);
            for j in 0..d {
                let moved = |by: f64| {
                    let mut v = v.to_vec();
                    v[j] += by;
                    v
                };
                let h = 1e-3;
                let slope = (8.0 * (value(&moved(h)) - value(&moved(-h)))
                    - (value(&moved(2.0 * h)) - value(&moved(-2.0 * h))))
                    / (12.0 * h);
                assert!((slope - first(v)[j]).abs() < 1e-9, "p = {p}, {v:?}");
                for k in 0..d {
                    let at = |by: f64| first(&moved(by))[k];
                    let difference = (8.0 * (at(h) - at(-h)) - (at(2.0 * h) - at(-2.0 * h))) / (12.0 * h);
                    let product: f64 = rows.iter().map(|row| row.gradient[j] * row.gradient[k]).sum();
                    assert!((difference - product).abs() < 1e-8, "p = {p}, {v:?}: {difference} {product}");
                }
            }
        }
        // Nothing is infinite where ∇u = 0.
        let (value, bar) = at_point(Loss::Ritz, &equation, 0.4, 2, &gradient(&[0.0; 2]));
        let (_, row) = row_at(Loss::Ritz, 0, &equation, 0.4, 2, &gradient(&[0.0; 2]));
        assert!((value + 0.28).abs() < 1e-15 && bar.gradient[..2] == [0.0; 2] && row.gradient[0].is_finite());
    }
}
