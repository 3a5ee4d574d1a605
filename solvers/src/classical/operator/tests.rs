//! Matrices and sweeps against the residual of the discrete system, which knows nothing of layouts.

use modewise_problems::{Coefficient, Condition, Discrete, Domain, Field, Grid, Points, Problem, Spec};

use super::*;
use crate::classical::sweep::{
    Layers,
    colours::{self, Order, Workspace},
    pass::{self, Formula},
};

/// Smooth data on a box with any sides.
#[derive(Debug)]
pub(crate) struct Any {
    pub domain: Domain,
    pub variable: bool,
}

impl Problem for Any {
    fn spec(&self) -> Spec {
        Spec::new("any")
    }
    fn title(&self) -> String {
        "any".into()
    }
    fn domain(&self) -> &Domain {
        &self.domain
    }
    fn permittivity(&self) -> Coefficient {
        if self.variable { Coefficient::Variable } else { Coefficient::Constant(3.0) }
    }
    fn permittivity_at(&self, points: Points<'_>, out: &mut [f64]) {
        points.evaluate(out, |x| 2.0 + x.iter().map(|x| (6.0 * x).sin()).product::<f64>());
    }
    fn screening(&self) -> Coefficient {
        if self.variable { Coefficient::Variable } else { Coefficient::Constant(7.0) }
    }
    fn screening_at(&self, points: Points<'_>, out: &mut [f64]) {
        points.evaluate(out, |x| 5.0 * x[0] * x[0]);
    }
    fn source(&self, points: Points<'_>, out: &mut [f64]) {
        points.evaluate(out, |x| x.iter().map(|x| (4.0 * x + 1.0).cos()).sum());
    }
    fn boundary(&self, points: Points<'_>, out: &mut [f64]) {
        points.evaluate(out, |x| 1.0 + x[0]);
    }
    fn flux(&self, _axis: usize, _upper: bool, points: Points<'_>, out: &mut [f64]) {
        points.evaluate(out, |x| x[0] - 0.5);
    }
    fn exact(&self, _points: Points<'_>, _out: &mut [f64]) -> bool {
        false
    }
    fn wave_number(&self) -> Option<f64> {
        None
    }
}

const D: Condition = Condition::Dirichlet;
const N: Condition = Condition::Neumann;
const P: Condition = Condition::Periodic;

/// Every kind of side, constant and variable, even and odd numbers of cells.
pub(crate) fn systems() -> Vec<(String, Discrete)> {
    let mut systems = Vec::new();
    for sides in [
        vec![[D, D]],
        vec![[N, D]],
        vec![[P, P]],
        vec![[D, D], [D, D]],
        vec![[N, D], [P, P]],
        vec![[P, P], [D, N]],
        vec![[D, D], [D, D], [D, D]],
        vec![[N, N], [P, P], [D, D]],
        vec![[P, P], [D, N], [N, N]],
    ] {
        for variable in [false, true] {
            for base in [8, 9] {
                let d = sides.len();
                let domain = Domain::new(&vec![[0.0, 1.0]; d], &sides).unwrap();
                let problem = Any { domain, variable };
                let cells: Vec<usize> = (0..d).map(|axis| base + axis).collect();
                let grid = Grid::new(problem.domain.bounds(), &cells).unwrap();
                let name = format!("{sides:?} variable {variable} cells {cells:?}");
                systems.push((name, Discrete::new(&problem, &grid).unwrap()));
            }
        }
    }
    systems
}

pub(crate) fn noise(discrete: &Discrete) -> Field {
    let mut field = Field::zeros(discrete.grid());
    field
        .values_mut()
        .iter_mut()
        .enumerate()
        .for_each(|(i, u)| *u = (i * i * 7919 % 1009) as f64 / 500.0 - 1.0);
    discrete.impose_boundary(field.values_mut());
    field
}

fn loaded(discrete: &Discrete, operator: &Operator<f64>, field: &Field) -> Buffer<f64> {
    let mut values = Buffer::zeroed(operator.layout().len());
    operator.layout().load(discrete.grid(), field.values(), &mut values);
    values
}

#[test]
fn residuals_are_those_of_the_discrete_system() {
    for (name, discrete) in systems() {
        let operator = Operator::<f64>::of(&discrete);
        let layout = operator.layout().clone();
        let (u, f) = (noise(&discrete), operator.load_source(&discrete));
        let u_values = loaded(&discrete, &operator, &u);
        let mut r = Buffer::<f64>::zeroed(layout.len());
        pass::apply(&operator, Formula::Residual, &u_values, &f, &mut r);
        let mut expected = Field::zeros(discrete.grid());
        discrete.residual(u.values(), expected.values_mut());
        let mut expected_values = Buffer::<f64>::zeroed(layout.len());
        layout.load(discrete.grid(), expected.values(), &mut expected_values);
        if let Operator::Variable(_) = operator {
            scale_by_volumes(&layout, &mut expected_values);
        }
        layout.seal_all(&mut expected_values);
        let scale = discrete.largest_diagonal();
        let worst = r.iter().zip(expected_values.iter()).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(worst < 1e-14 * scale, "{name}: {worst:e} of {scale:e}");
        // Constant coefficients in arrays are the same matrix up to volumes.
        let arrays = Operator::Variable(Variable::<f64>::of(&discrete));
        let f = arrays.load_source(&discrete);
        let mut again = Buffer::<f64>::zeroed(layout.len());
        pass::apply(&arrays, Formula::Residual, &u_values, &f, &mut again);
        if let Operator::Constant(_) = operator {
            scale_by_volumes(&layout, &mut expected_values);
        }
        layout.seal_all(&mut expected_values);
        layout.seal_all(&mut again);
        let worst = again.iter().zip(expected_values.iter()).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(worst < 1e-14 * scale, "{name} in arrays: {worst:e} of {scale:e}");
    }
}

#[test]
fn matrices_are_symmetric_in_their_scalar_product() {
    for (name, discrete) in systems() {
        let operator = Operator::<f64>::of(&discrete);
        let layout = operator.layout();
        let mut sums = vec![0.0; Layers::of(layout).places().len()];
        let vector = |seed: usize| {
            let mut field = Field::zeros(discrete.grid());
            field
                .values_mut()
                .iter_mut()
                .enumerate()
                .for_each(|(i, u)| *u = ((i + seed) * (i + 3) % 101) as f64);
            let mut values = loaded(&discrete, &operator, &field);
            clear_held(layout, &mut values);
            values
        };
        let (a, b) = (vector(1), vector(17));
        let (mut aa, mut ab) = (Buffer::zeroed(layout.len()), Buffer::zeroed(layout.len()));
        pass::apply(&operator, Formula::Apply, &a, &a, &mut aa);
        pass::apply(&operator, Formula::Apply, &b, &b, &mut ab);
        let one = pass::scalar_product(&operator, &aa, &b, &mut sums);
        let other = pass::scalar_product(&operator, &a, &ab, &mut sums);
        assert!((one - other).abs() < 1e-12 * one.abs(), "{name}: {one:e} and {other:e}");
    }
}

/// Held layers of a vector of corrections are zero.
fn clear_held(layout: &Layout, values: &mut [f64]) {
    let mut clean = vec![0.0; values.len()];
    for plane in layout.places(0) {
        for row in layout.places(1) {
            let start = plane * layout.stride(0) + row * layout.stride(1);
            clean[start + 1..start + 1 + layout.unknowns[2]]
                .copy_from_slice(&values[start + 1..start + 1 + layout.unknowns[2]]);
        }
    }
    layout.seal_all(&mut clean);
    values.copy_from_slice(&clean);
}

#[test]
fn red_black_sweeps_solve_each_equation_in_turn() {
    for (name, discrete) in systems() {
        let operator = Operator::<f64>::of(&discrete);
        let layout = operator.layout().clone();
        let f = operator.load_source(&discrete);
        let mut u = loaded(&discrete, &operator, &noise(&discrete));
        let mut work = Workspace::new(&layout);
        colours::sweep(&operator, Order::RedBlack, None, &mut u, &f, &mut work);
        // After a sweep the equations of the second colour hold, but at seams of odd periodic axes.
        let mut r = Buffer::<f64>::zeroed(layout.len());
        pass::apply(&operator, Formula::Residual, &u, &f, &mut r);
        let odd_seam = (0..3).any(|axis| {
            layout.ends[axis][0] == crate::classical::layout::End::Wrap && layout.unknowns[axis] % 2 == 1
        });
        if odd_seam {
            continue;
        }
        for plane in layout.places(0) {
            for row in layout.places(1) {
                for p in layout.places(2) {
                    let r = r[plane * layout.stride(0) + row * layout.stride(1) + p];
                    if (plane + row + p) % 2 == 1 {
                        assert!(r.abs() < 1e-11, "{name} at {plane}, {row}, {p}: {r:e}");
                    }
                }
            }
        }
        // Sweeps converge to the solution of the discrete system.
        for _ in 0..4000 {
            colours::sweep(&operator, Order::BlackRed, None, &mut u, &f, &mut work);
        }
        let mut solution = Field::zeros(discrete.grid());
        layout.store(discrete.grid(), &u, solution.values_mut());
        discrete.impose_boundary(solution.values_mut());
        let residual = discrete.relative_residual(solution.values());
        assert!(residual < 1e-12, "{name}: {residual:e}");
    }
}
