//! The discrete p-Laplacian against its energy by hand, differences of that, and the linear scheme.

use crate::{Discrete, Field, Grid, Spec, file::ProblemFile, reduce};

fn on(text: &str, cells: &[usize]) -> Discrete {
    let problem = ProblemFile::new("my.toml", text).build(&Spec::new("my.toml")).unwrap();
    let grid = Grid::new(problem.domain().bounds(), cells).unwrap();
    Discrete::new(problem.as_ref(), &grid).unwrap()
}

/// A problem in so many dimensions, and a grid of few cells for it, no two axes alike.
fn made(dimension: usize, exponent: &str) -> Discrete {
    let axes = ["[0, 1]", "[-1, 1]", "[0, 2]"][..dimension].join(", ");
    let coordinates = ["x", "y", "z"][..dimension].join(" + 2*");
    let text = format!(
        "box = [{axes}]\nexponent = {exponent}\npermittivity = \"1.5 + sin({coordinates})\"\nsource = \"cos(3*({coordinates}))\"\n\
         [sides]\nall = {{ dirichlet = \"{coordinates}\" }}"
    );
    on(&text, &[7, 5, 4][..dimension])
}

fn bumpy(discrete: &Discrete, shift: f64) -> Field {
    let mut u = Field::from_batch(discrete.grid(), |points, out| {
        points.evaluate(out, |x| x.iter().zip([7.0, 5.0, 4.0]).map(|(x, k)| (k * x + shift).sin()).sum());
    });
    discrete.impose_boundary(u.values_mut());
    u
}

/// Σ over cells of the mean over corners of (ε/p)|∇u|^p, less Σ fu, written down once more: cell by cell.
fn energy(discrete: &Discrete, exponent: f64, u: &[f64]) -> f64 {
    let grid = discrete.grid();
    let d = grid.dimension();
    let mut sum: f64 = -discrete.source().values().iter().zip(u).map(|(f, u)| f * u).sum::<f64>();
    for node in 0..grid.nodes() {
        let lowest = grid.indices(node);
        if lowest.iter().zip(grid.axes()).any(|(i, axis)| *i == axis.cells) {
            continue;
        }
        for corner in 0..1usize << d {
            let bit = |axis: usize| corner >> axis & 1;
            let at = node + (0..d).map(|axis| bit(axis) * grid.stride(axis)).sum::<usize>();
            let mut square = 0.0;
            for (axis, along) in grid.axes().iter().enumerate() {
                let stride = grid.stride(axis);
                let [low, high] = if bit(axis) == 1 { [at - stride, at] } else { [at, at + stride] };
                let middle: Vec<f64> = (0..d)
                    .map(|other| {
                        let i = lowest[other] as f64 + if other == axis { 0.5 } else { bit(other) as f64 };
                        grid.axes()[other].lower + i * grid.axes()[other].spacing()
                    })
                    .collect();
                let x: f64 = middle[0] + 2.0 * middle[1..].iter().sum::<f64>();
                let epsilon = 1.5 + x.sin();
                square += epsilon.powf(2.0 / exponent) * ((u[high] - u[low]) / along.spacing()).powi(2);
            }
            sum += square.powf(0.5 * exponent) / exponent / f64::from(1 << d);
        }
    }
    sum
}

const EXPONENTS: [&str; 5] = ["2.5", "3", "5", "8", "13"];

#[test]
fn the_energy_is_that_of_cells_and_the_residual_its_slope() {
    for (dimension, text) in [1, 2, 3].into_iter().flat_map(|d| EXPONENTS.map(|p| (d, p))) {
        let discrete = made(dimension, text);
        let flux = discrete.p_laplace().unwrap();
        let (p, f) = (flux.exponent(), discrete.source().values());
        let (u, v) = (bumpy(&discrete, 0.0), bumpy(&discrete, 0.3));
        let [before, after] = [&u, &v].map(|u| energy(&discrete, p, u.values()));
        let change = flux.change(u.values(), v.values(), f);
        assert!(
            (change - (after - before)).abs() < 1e-12 * (after.abs() + before.abs()),
            "{dimension}-D, p = {p}"
        );
        let mut residual = vec![f64::NAN; f.len()];
        discrete.residual(u.values(), &mut residual);
        let squares = discrete.residual_squares(u.values());
        assert!((squares - reduce::sum_of_squares(&residual)).abs() <= 1e-12 * squares);
        let direction: Vec<f64> =
            bumpy(&discrete, 1.1).values().iter().zip(u.values()).map(|(v, u)| v - u).collect();
        // Moved along that direction, which is zero on the sides.
        let moved =
            |by: f64| -> Vec<f64> { u.values().iter().zip(&direction).map(|(u, d)| u + by * d).collect() };
        let slope = -residual.iter().zip(&direction).map(|(r, d)| r * d).sum::<f64>();
        let step = 1e-3 / p;
        let d = [1.0, 2.0, 3.0].map(|k| flux.change(&moved(-k * step), &moved(k * step), f));
        let difference = (45.0 * d[0] - 9.0 * d[1] + d[2]) / (60.0 * step);
        assert!(
            (difference - slope).abs() < 1e-8 * slope.abs(),
            "{dimension}-D, p = {p}: {difference} {slope}"
        );
        // Of a step that is short the change has all digits: it is that of the series.
        let short = flux.change(u.values(), &moved(1e-9), f);
        assert!((short / (1e-9 * slope) - 1.0).abs() < 1e-5, "{dimension}-D, p = {p}: {short:e}");
    }
}

/// Every row of the matrix, coupling by coupling, against differences of the residual.
#[test]
fn the_matrix_is_the_slope_of_the_residual() {
    for (dimension, p) in [1, 2, 3].into_iter().flat_map(|d| EXPONENTS[..4].iter().map(move |p| (d, *p))) {
        let discrete = made(dimension, p);
        let (grid, flux) = (discrete.grid(), discrete.p_laplace().unwrap());
        let columns = grid.axes()[dimension - 1].cells + 1;
        let u = bumpy(&discrete, 0.4);
        let inner: Vec<usize> =
            (0..grid.nodes()).step_by(columns).flat_map(|start| flux.inner_of_row(start)).collect();
        assert_eq!(inner.len(), discrete.unknowns());
        for &node in &inner {
            let mut row = vec![0.0; grid.nodes()];
            let diagonal = flux.hessian(u.values(), node, 0.0, |steps, coupling| {
                let along = |(axis, step): (usize, &i8)| isize::from(*step) * grid.stride(axis) as isize;
                let offset: isize = steps[..dimension].iter().enumerate().map(along).sum();
                row[node.wrapping_add_signed(offset)] -= coupling;
            });
            row[node] += diagonal;
            // The matrix is symmetric: its row is its column.
            let step = 1e-3 / discrete.p_laplace().unwrap().exponent();
            let mut at = |by: f64| {
                let mut moved = u.clone();
                moved.values_mut()[node] += by * step;
                let mut residual = vec![0.0; grid.nodes()];
                discrete.residual(moved.values(), &mut residual);
                residual
            };
            let [above, below] = [[1.0, 2.0, 3.0], [-1.0, -2.0, -3.0]].map(|by| by.map(&mut at));
            for &other in &inner {
                let d = [0, 1, 2].map(|k| below[k][other] - above[k][other]);
                let difference = (45.0 * d[0] - 9.0 * d[1] + d[2]) / (60.0 * step);
                assert!(
                    (difference - row[other]).abs() < 1e-6 * diagonal,
                    "{dimension}-D, p = {p}, {node} and {other}: {difference} {}",
                    row[other]
                );
            }
        }
    }
}

/// With p = 2 it is the scheme of ε∇u.
#[test]
fn two_is_the_linear_scheme() {
    for dimension in 1..=3 {
        let discrete = made(dimension, "2");
        assert!(discrete.p_laplace().is_none());
        let u = bumpy(&discrete, 0.2);
        let flux = super::PLaplace::new(&discrete, 2.0);
        let [mut linear, mut other] = [vec![0.0; u.values().len()], vec![0.0; u.values().len()]];
        discrete.residual(u.values(), &mut linear);
        flux.residual(u.values(), discrete.source().values(), &mut other);
        let scale = reduce::max_abs(&linear);
        assert!(linear.iter().zip(&other).all(|(a, b)| (a - b).abs() < 1e-13 * scale), "{dimension}-D");
    }
}

/// Problems made by programs say what they are as files do.
#[test]
fn exponents_below_two_and_what_goes_with_none_are_refused() {
    #[derive(Debug)]
    struct Odd(f64, crate::Domain);
    impl crate::Problem for Odd {
        fn spec(&self) -> Spec {
            Spec::new("odd")
        }
        fn title(&self) -> String {
            "odd".into()
        }
        fn domain(&self) -> &crate::Domain {
            &self.1
        }
        fn exponent(&self) -> f64 {
            self.0
        }
        fn source(&self, _: crate::Points<'_>, out: &mut [f64]) {
            out.fill(1.0);
        }
        fn exact(&self, _: crate::Points<'_>, _: &mut [f64]) -> bool {
            false
        }
        fn wave_number(&self) -> Option<f64> {
            None
        }
    }
    let grid = Grid::new(&[[0.0, 1.0]], &[8]).unwrap();
    let error = |exponent: f64, domain: crate::Domain| {
        Discrete::new(&Odd(exponent, domain), &grid).unwrap_err().to_string()
    };
    let held = || crate::Domain::dirichlet(&[[0.0, 1.0]]);
    assert!(error(1.5, held()).contains("here p is 1.5"));
    assert!(error(f64::NAN, held()).contains("here p is NaN"));
    assert!(error(f64::INFINITY, held()).contains("here p is inf"));
    let open = crate::Domain::new(&[[0.0, 1.0]], &[[crate::Condition::Dirichlet, crate::Condition::Neumann]])
        .unwrap();
    assert!(error(5.0, open).contains("here p is 5 and u is not given on all sides"));
}
