use std::f64::consts::PI;

use modewise_problems::transform::Sine;

use crate::{
    Initial,
    classical::{
        operator::tests::systems,
        testing::{Live, Made, bits, norm},
    },
    registry,
};

/// After k steps a mode with eigenvalue λ of D⁻¹A is T_k((b + a − 2λ)/(b − a)) / T_k((b + a)/(b − a)) of what it
/// was.
#[test]
fn every_mode_follows_its_chebyshev_polynomial() {
    let (n, steps) = (32, 25);
    let problem = Made::nothing(1);
    let discrete = problem.on(&[n]);
    let lambda = |k: usize| 2.0 * (0.5 * k as f64 * PI / n as f64).sin().powi(2);
    for (spec, a, b) in [("chebyshev", lambda(1), lambda(n - 1)), ("chebyshev,lower=0.5,upper=2", 0.5, 2.0)] {
        let mut live = Live::start(spec, &problem, &discrete, Initial::White);
        let sine = Sine::new(discrete.grid());
        let (mut start, mut now) = (vec![0.0; sine.len()], vec![0.0; sine.len()]);
        sine.forward(live.u.values(), &mut start);
        sine.forward(live.advance(steps).values(), &mut now);
        let polynomial = |x: f64| {
            let (mut before, mut t) = (1.0, x);
            for _ in 1..steps {
                (before, t) = (t, 2.0 * x * t - before);
            }
            t
        };
        for k in 1..n {
            let expected = polynomial((b + a - 2.0 * lambda(k)) / (b - a)) / polynomial((b + a) / (b - a));
            let measured = now[k - 1] / start[k - 1];
            assert!((measured - expected).abs() < 1e-12, "{spec}, mode {k}: {measured} for {expected}");
        }
    }
}

#[test]
fn the_rate_is_that_of_the_root_of_the_condition_number() {
    for (dimension, n) in [(1, 64), (2, 32)] {
        let problem = Made::nothing(dimension);
        let discrete = problem.on(&[n]);
        let mut live = Live::start("chebyshev", &problem, &discrete, Initial::Random);
        let root = 1.0 / (0.5 * PI / n as f64).tan();
        let expected = (root - 1.0) / (root + 1.0);
        // The leading mode alone is left of the envelope; whole periods average the oscillation out.
        let before = norm(live.advance(100));
        let measured = (norm(live.advance(200)) / before).powf(0.005);
        assert!((measured - expected).abs() < 2e-3, "{dimension}-D: {measured} for {expected}");
    }
}

#[test]
fn it_converges_on_every_kind_of_side() {
    for (name, discrete) in systems() {
        let problem = Made::nothing(discrete.grid().dimension());
        let mut live = Live::start("chebyshev", &problem, &discrete, Initial::Random);
        let residual = discrete.relative_residual(live.advance(500).values());
        assert!(residual < 1e-10, "{name}: {residual:e}");
    }
}

#[test]
fn threads_do_not_change_bits_and_nonsense_is_refused() {
    for cells in [vec![300, 200], vec![40, 30, 20]] {
        let one = bits("chebyshev", &cells, 4, 1);
        for threads in [2, 3, 8] {
            assert!(one == bits("chebyshev", &cells, 4, threads), "{cells:?}, {threads} threads");
        }
    }
    for text in ["chebyshev,lower=0", "chebyshev,upper=nan", "chebyshev,lower=1,upper=0.5"] {
        let error = registry::build(&text.parse().unwrap()).unwrap_err().to_string();
        assert!(error.contains("lower") || error.contains("upper"), "{error}");
    }
}
