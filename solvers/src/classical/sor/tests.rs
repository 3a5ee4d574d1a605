use std::f64::consts::PI;

use crate::{
    Initial,
    classical::{
        operator::{Operator, tests::systems},
        spectrum,
        testing::{Live, Made, bits, norm},
    },
    registry,
};

#[test]
fn the_best_omega_is_that_of_theory() {
    for (dimension, n, radius) in [(1, 64, 0.906455), (2, 64, 0.906455), (1, 1000, 0.99374)] {
        let problem = Made::nothing(dimension);
        let discrete = problem.on(&[n]);
        let live = Live::start("sor", &problem, &discrete, Initial::Random);
        let omega = f64::from_bits(live.iteration.snapshot().unwrap().counters["omega"]);
        assert!((omega - 2.0 / (1.0 + (PI / n as f64).sin())).abs() < 1e-14);
        assert!((omega - 1.0 - radius).abs() < 1e-5, "{omega}");
        assert_eq!(live.meter.work_units(), 0.0);
    }
}

/// The asymptotic rate is ω* − 1. The leading eigenvalue has a Jordan block of size two, so that the norm
/// falls as (k + c)(ω* − 1)^k: from k to 2k sweeps by (ω* − 1)^k times a number from 1 to 2.
#[test]
fn the_spectral_radius_is_omega_minus_one() {
    for (dimension, n, order) in [(1, 64, "red-black"), (2, 32, "red-black"), (2, 32, "lexicographic")] {
        let problem = Made::nothing(dimension);
        let discrete = problem.on(&[n]);
        let mut live = Live::start(&format!("sor,order={order}"), &problem, &discrete, Initial::Random);
        let expected = 2.0 / (1.0 + (PI / n as f64).sin()) - 1.0;
        let k = 800;
        let before = norm(live.advance(k));
        let after = norm(live.advance(k));
        let factor = (after / before).ln() - k as f64 * expected.ln();
        assert!((-0.01..0.7).contains(&factor), "{dimension}-D {order}: e^{factor} times {expected}^{k}");
    }
}

/// The closed form and Lanczos' method against the rate at which Jacobi converges: 1 − ωλ for the smallest λ
/// once ω is small.
#[test]
fn ends_of_the_spectrum_are_those_of_jacobi() {
    for (name, discrete) in systems() {
        let operator = Operator::<f64>::of(&discrete);
        let ends = spectrum::ends(&discrete, &operator);
        assert!(
            ends.smallest > 0.0 && ends.largest > ends.smallest && ends.largest <= 2.0,
            "{name}: {ends:?}"
        );
        let problem = Made::nothing(discrete.grid().dimension());
        // Differences of iterates obey the homogeneous equation. A step of Jacobi with ω multiplies a mode by
        // 1 − ωλ: the smallest λ rules where ω < 1, the largest where ω is large.
        let rate = |omega: f64, steps: u64| {
            let spec = format!("jacobi,omega={omega:?}");
            let mut live = Live::start(&spec, &problem, &discrete, Initial::Random);
            let mut difference = |steps: u64| {
                let before = live.advance(steps - 1).clone();
                let mut after = live.advance(1).clone();
                after.values_mut().iter_mut().zip(before.values()).for_each(|(a, b)| *a -= b);
                norm(&after)
            };
            difference(steps);
            let before = difference(20);
            (difference(20) / before).powf(0.05)
        };
        let smallest = (1.0 - rate(0.9, 200)) / 0.9;
        assert!((smallest / ends.smallest - 1.0).abs() < 0.02, "{name}: {smallest} for {ends:?}");
        let largest = (1.0 + rate(1.6, 200)) / 1.6;
        assert!((largest / ends.largest - 1.0).abs() < 0.02, "{name}: {largest} for {ends:?}");
    }
}

#[test]
fn threads_do_not_change_bits() {
    for spec in ["sor", "sor,order=lexicographic", "gauss-seidel,order=symmetric"] {
        for cells in [vec![300, 200], vec![40, 30, 20], vec![20_000]] {
            let one = bits(spec, &cells, 4, 1);
            for threads in [2, 3, 8] {
                assert!(one == bits(spec, &cells, 4, threads), "{spec}, {cells:?}, {threads} threads");
            }
        }
    }
}

#[test]
fn omega_is_between_zero_and_two() {
    for text in ["sor,omega=0", "sor,omega=2", "sor,omega=nan", "sor,omega=best"] {
        let error = registry::build(&text.parse().unwrap()).unwrap_err().to_string();
        assert!(error.contains("between 0 and 2"), "{error}");
    }
}
