//! The discrete system against the differential equation, by refinement, and against a matrix
//! written down entry by entry.

use std::f64::consts::PI;

use super::*;
use crate::{Coefficient, Domain, Points, Spec, order, reduce};

/// u = ∏ cos(πx_i/2 + phase_i) with ε = 1 + x₀/2 and κ² = 1 + x₀, or ε = 2 and κ² = 3.
#[derive(Debug)]
struct Made {
    domain: Domain,
    variable: bool,
}

const PHASE: [f64; 3] = [0.3, -0.2, 0.5];

impl Made {
    /// ∂u/∂x_axis or, with `twice`, the second derivative.
    fn derivative(x: &[f64], axis: usize, twice: bool) -> f64 {
        let mut value = 1.0;
        for (i, x) in x.iter().enumerate() {
            let phase = 2.0 * PI * x + PHASE[i];
            value *= match (i == axis, twice) {
                (false, _) => phase.cos(),
                (true, false) => -2.0 * PI * phase.sin(),
                (true, true) => -4.0 * PI * PI * phase.cos(),
            };
        }
        value
    }

    fn epsilon(&self, x: &[f64]) -> f64 {
        if self.variable { 1.5 + 0.5 * (2.0 * PI * x[0]).sin() } else { 2.0 }
    }

    fn kappa(&self, x: &[f64]) -> f64 {
        if self.variable { 1.0 + x[0] * (1.0 - x[0]) } else { 3.0 }
    }
}

impl Problem for Made {
    fn spec(&self) -> Spec {
        Spec::new("made")
    }
    fn title(&self) -> String {
        "made".into()
    }
    fn domain(&self) -> &Domain {
        &self.domain
    }
    fn permittivity(&self) -> Coefficient {
        if self.variable { Coefficient::Variable } else { Coefficient::Constant(2.0) }
    }
    fn permittivity_at(&self, points: Points<'_>, out: &mut [f64]) {
        points.evaluate(out, |x| self.epsilon(x));
    }
    fn screening(&self) -> Coefficient {
        if self.variable { Coefficient::Variable } else { Coefficient::Constant(3.0) }
    }
    fn screening_at(&self, points: Points<'_>, out: &mut [f64]) {
        points.evaluate(out, |x| self.kappa(x));
    }
    fn source(&self, points: Points<'_>, out: &mut [f64]) {
        points.evaluate(out, |x| {
            let laplacian: f64 = (0..x.len()).map(|axis| Self::derivative(x, axis, true)).sum();
            let slope = if self.variable { PI * (2.0 * PI * x[0]).cos() } else { 0.0 };
            let u: f64 = x.iter().zip(PHASE).map(|(x, phase)| (2.0 * PI * x + phase).cos()).product();
            -self.epsilon(x) * laplacian - slope * Self::derivative(x, 0, false) + self.kappa(x) * u
        });
    }
    fn boundary(&self, points: Points<'_>, out: &mut [f64]) {
        self.exact(points, out);
    }
    fn flux(&self, axis: usize, upper: bool, points: Points<'_>, out: &mut [f64]) {
        let sign = if upper { 1.0 } else { -1.0 };
        points.evaluate(out, |x| sign * self.epsilon(x) * Self::derivative(x, axis, false));
    }
    fn exact(&self, points: Points<'_>, out: &mut [f64]) -> bool {
        points
            .evaluate(out, |x| x.iter().zip(PHASE).map(|(x, phase)| (2.0 * PI * x + phase).cos()).product());
        true
    }
    fn wave_number(&self) -> Option<f64> {
        None
    }
}

/// Solves the system by Gauss–Seidel, node by node through [`Discrete::residual`]: slow and independent
/// of every solver.
fn solve(discrete: &Discrete) -> Field {
    let mut u = discrete.lift();
    let mut r = vec![0.0; u.values().len()];
    // Richardson with Chebyshev's steps would be faster; grids here are tiny.
    let step = 1.0 / discrete.largest_diagonal();
    for _ in 0..200_000 {
        discrete.impose_boundary(u.values_mut());
        discrete.residual(u.values(), &mut r);
        for (u, r) in u.values_mut().iter_mut().zip(&r) {
            *u += step * r;
        }
        discrete.fix_constant(u.values_mut());
        if reduce::max_abs(&r) < 1e-10 * discrete.rhs_norm() {
            break;
        }
    }
    discrete.impose_boundary(u.values_mut());
    u
}

#[test]
fn every_mixture_of_sides_is_second_order_accurate() {
    use Condition::{Dirichlet as D, Neumann as N, Periodic as P};
    for sides in [
        vec![[D, D]],
        vec![[N, D]],
        vec![[D, N]],
        vec![[N, N]],
        vec![[P, P]],
        vec![[D, N], [P, P]],
        vec![[N, N], [N, D]],
        vec![[P, P], [D, D]],
        vec![[N, D], [P, P], [D, N]],
    ] {
        for variable in [false, true] {
            let d = sides.len();
            let problem = Made { domain: Domain::new(&vec![[0.0, 1.0]; d], &sides).unwrap(), variable };
            let sizes = if d == 3 { [8, 16] } else { [16, 32] };
            let errors = sizes.map(|n| {
                let cells: Vec<usize> = (0..d).map(|axis| n + axis % 2).collect();
                let grid = Grid::new(problem.domain.bounds(), &cells).unwrap();
                let discrete = Discrete::new(&problem, &grid).unwrap();
                let u = solve(&discrete);
                let exact = Field::from_batch(&grid, |points, out| {
                    problem.exact(points, out);
                });
                u.values().iter().zip(exact.values()).map(|(u, v)| (u - v).abs()).fold(0.0, f64::max)
            });
            let order = order::observed(&sizes.map(|n| 1.0 / n as f64), &errors)[0];
            assert!((1.8..2.4).contains(&order), "{sides:?} variable: {variable}: {errors:?}, order {order}");
        }
    }
}

const HOLES: &str = r#"
box = [[0, 1], [0, 1]]
domain = "box - (disc | slit | corner)"
source = 1
[shapes]
disc = { disc = { centre = [0.4, 0.6], radius = 0.2 } }
slit = { box = [[0.7, 0.71], [0.2, 0.9]] }
corner = { polygon = [[0.8, 0], [1, 0], [1, 0.2]] }
[sides]
x-lower = "neumann"
"#;

/// Over pieces of any length the flux of a linear u is exact, so that with ε = 1 no residual is left; and nodes
/// outside have equations of their own.
#[test]
fn cut_rows_are_those_of_the_scheme() {
    let text = HOLES.replace("source = 1", "exact = \"2*x - 3*y + 1\"");
    let problem = crate::file::ProblemFile::new("my.toml", &text).build(&Spec::new("my.toml")).unwrap();
    let grid = Grid::new(problem.domain().bounds(), &[20]).unwrap();
    let discrete = Discrete::new(problem.as_ref(), &grid).unwrap();
    let mut u = Field::from_batch(&grid, |points, out| {
        problem.exact(points, out);
    });
    discrete.impose_boundary(u.values_mut());
    let mut r = vec![0.0; grid.nodes()];
    discrete.residual(u.values(), &mut r);
    assert!(reduce::max_abs(&r) < 1e-9 * discrete.largest_diagonal(), "{:e}", reduce::max_abs(&r));
    let outside: Vec<usize> = (0..grid.nodes()).filter(|node| !discrete.is_inside(*node)).collect();
    assert!(outside.len() > 50 && outside.iter().all(|node| u.values()[*node] == 0.0));
    // Every coefficient between nodes inside and outside is 0, and over the slit, thinner than a cell, as well.
    let Coefficients::Variable { faces, .. } = discrete.coefficients() else { panic!("shapes vary") };
    for (axis, faces) in faces.iter().enumerate() {
        for (node, coefficient) in faces.iter().enumerate() {
            let at = grid.indices(node);
            if at[axis] < 20 {
                let next = node + grid.stride(axis);
                let x = grid.axes()[0].coordinate(at[0]);
                let slit = axis == 0 && (0.66..0.7).contains(&x) && (5..18).contains(&at[1]);
                let open = discrete.is_inside(node) && discrete.is_inside(next) && !slit;
                assert_eq!(*coefficient > 0.0, open, "axis {axis} at {at:?}");
            }
        }
    }
}

/// Between the nodes, up to the boundary, the field that is carried on is as accurate as inside: order two.
#[test]
fn fields_are_carried_on_to_second_order() {
    for (text, sizes) in [
        (HOLES.replace("source = 1", "exact = \"cos(3*x)*exp(y)\""), [32, 64]),
        (
            "box = [[-1, 1], [-1, 1], [-1, 1]]\ndomain = \"it\"\nexact = \"cos(2*x)*exp(y)*z\"\n[shapes.it]\nball = { \
             centre = [0, 0.1, 0], radius = 0.8 }"
                .to_string(),
            [16, 32],
        ),
    ] {
        let problem = crate::file::ProblemFile::new("my.toml", &text).build(&Spec::new("my.toml")).unwrap();
        let (region, bounds) = (problem.domain().region().unwrap(), problem.domain().bounds());
        let mut seed = 0.0f64;
        let draw = |x: &mut [f64]| {
            seed += 1.0;
            x.iter_mut().zip([0.618_033_988_75, 0.414_213_562_37, 0.732_050_807_57]).for_each(|(x, step)| {
                *x = (seed * step).fract();
            });
        };
        let mut points = vec![0.0; 3000 * bounds.len()];
        assert!(crate::geometry::interior_points(region, bounds, draw, &mut points));
        // The slit is thinner than a cell, and fields know nothing of it.
        points = points
            .chunks(bounds.len())
            .filter(|x| bounds.len() == 3 || !(0.64..0.77).contains(&x[0]))
            .flatten()
            .copied()
            .collect();
        let points = Points::new(&points, bounds.len());
        let errors = sizes.map(|n| {
            let grid = Grid::new(bounds, &[n]).unwrap();
            let discrete = Discrete::new(problem.as_ref(), &grid).unwrap();
            let mut u = Field::from_batch(&grid, |points, out| {
                problem.exact(points, out);
            });
            discrete.fill_outside(u.values_mut(), f64::NAN);
            discrete.extend(problem.as_ref(), &mut u);
            let (mut found, mut exact) = (vec![0.0; points.len()], vec![0.0; points.len()]);
            u.interpolate(points, &mut found);
            problem.exact(points, &mut exact);
            found.iter().zip(&exact).map(|(u, v)| (u - v).abs()).fold(0.0, reduce::max_or_nan)
        });
        let order = (errors[0] / errors[1]).log2();
        assert!(order > 1.8, "{errors:?}: order {order}");
    }
}
