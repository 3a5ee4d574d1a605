//! Derivatives against differences, values against definitions, and numbers beyond the finite ones.

use super::*;

/// σ and its derivatives at one argument.
fn at(sigma: Activation, z: f64) -> [f64; 4] {
    fn of<S: Sigma<T>, T: Real>(z: T) -> [f64; 4] {
        let (a, memo) = S::value::<false>(z);
        let [first, second, third] = S::derivatives(a, memo);
        [a, first, second, third].map(T::wide)
    }
    dispatch!(sigma, of, z)
}

#[test]
fn each_derivative_is_that_of_the_one_before() {
    let h = 1e-5;
    for sigma in Activation::ALL {
        // Away from the kinks, which are whole numbers.
        for z in [-7.3, -1.7, -0.4, 0.2, 0.7, 1.3, 1.8, 2.4, 2.9, 3.6, 12.2] {
            let (below, here, above) = (at(sigma, z - h), at(sigma, z), at(sigma, z + h));
            for order in 0..3 {
                let difference = (above[order] - below[order]) / (2.0 * h);
                let error = (difference - here[order + 1]).abs();
                // Third derivatives are up to w³ of s2relu, whose own third derivative is w⁵.
                let tolerance = if sigma == Activation::S2Relu { 1e-6 } else { 1e-8 };
                assert!(error < tolerance, "{sigma:?} {order} at {z}: {error:e}");
            }
        }
    }
}

#[test]
fn values_are_those_of_the_definitions() {
    for (sigma, z, right) in [
        (Activation::Phi, 1.5, 1.5),
        (Activation::PhiHalf, 1.5, 0.75),
        (Activation::SRelu, 0.5, 0.25),
        (Activation::SRelu2, 0.5, 0.0625),
        (Activation::SRelu3, 0.5, 0.015_625),
        (Activation::S2Relu, 0.25, 0.1875),
        (Activation::Cos, 0.0, 1.0),
        // 1 Φ(1), of any table of the normal distribution.
        (Activation::Gelu, 1.0, 0.841_344_746_068_542_9),
        (Activation::Silu, 1.0, 1.0 / (1.0 + (-1f64).exp())),
    ] {
        assert!((at(sigma, z)[0] - right).abs() < 1e-15, "{sigma:?}: {}", at(sigma, z)[0]);
    }
}

#[test]
fn single_precision_is_double_precision_rounded() {
    let rows = Rows { points: 16, gradients: 1, laplacian: true, stride: 48 };
    for sigma in Activation::ALL {
        let start: Vec<f64> = (0..48).map(|i| (f64::from(i) * 0.37).sin() * 1.4 + 0.3).collect();
        let (mut z, mut a) = (start.clone(), [0.0; 48]);
        forward(sigma, rows, &[0.125], &mut z, &mut a);
        let (mut z, mut single) = (start.iter().map(|&z| z as f32).collect::<Vec<_>>(), [0f32; 48]);
        forward(sigma, rows, &[0.125], &mut z, &mut single);
        for (a, single) in a.iter().zip(single) {
            assert!((a - f64::from(single)).abs() < 2e-5 * a.abs().max(1.0), "{sigma:?}: {a} {single}");
        }
    }
}

#[test]
fn a_layer_keeps_infinities_and_not_a_number_where_they_are() {
    let rows = Rows { points: ABREAST, gradients: 0, laplacian: false, stride: ABREAST };
    let inf = f64::INFINITY;
    for sigma in Activation::ALL {
        let eight = [0.3, f64::NAN, inf, -inf, 1e300, -1e300, 4e7, 0.0];
        let start: [f64; ABREAST] = std::array::from_fn(|i| eight[i % 8]);
        let mut z = start;
        let mut a = [0.0; ABREAST];
        forward(sigma, rows, &[0.0], &mut z, &mut a);
        for (z, a) in start.iter().zip(a) {
            let right = match sigma {
                Activation::Tanh => z.tanh(),
                Activation::Sin => z.sin(),
                Activation::Cos => z.cos(),
                _ if z.is_nan() => *z,
                _ if *z == 0.3 => a,
                Activation::Relu | Activation::Gelu | Activation::Silu if *z > 0.0 => *z,
                _ => 0.0,
            };
            let same = (a - right).abs() <= 1e-15 || (a.is_nan() && right.is_nan()) || a == right;
            assert!(same, "{sigma:?}({z}) = {a}, not {right}");
        }
    }
}
