//! Interfaces at which ε jumps: order of accuracy, what is exact, and that nothing changes where nothing jumps.

use std::num::NonZeroU64;

use modewise_problems::{Discrete, Field, Problem};

use super::shapes::{errors, is_second_order, slope};
use crate::{
    Sites,
    classical::testing::{catalogued, discretise, of_text},
};

#[test]
fn fields_across_dielectric_interfaces_are_second_order_in_the_maximum() {
    is_second_order("1:80", catalogued("dielectric-disc-2d").as_ref(), &[96, 128, 192, 256]);
    let inverse = catalogued("dielectric-disc-2d,eps_in=80,eps_out=1");
    is_second_order("80:1", inverse.as_ref(), &[64, 96, 128, 192]);
}

/// A charge q (1/2 − r) within r < 1/2 in a sphere r < 0.7: u and its flux follow from Gauss's law, and f is continuous.
const CHARGED: &str = r#"
    box = [[-1, 1], [-1, 1], [-1, 1]]
    interface = "sphere"
    permittivity = "if(r < 0.7, 1, 5)"
    source = "if(r < 0.5, q*(0.5 - r), 0)"
    exact = "if(r < 0.5, a - q*(r^2/12 - r^3/12), if(r < 0.7, c + Q/r, Q/(5*r)))"
    [define]
    r = "sqrt(x^2 + y^2 + z^2)"
    q = "96"
    Q = "q/192"
    c = "Q/3.5 - Q/0.7"
    a = "c + 2*Q + q/96"
    [shapes]
    sphere = { ball = { centre = [0, 0, 0], radius = 0.7 } }
"#;

/// In 3-D on grids for which an iteration has to do.
#[test]
fn so_are_fields_across_spheres() {
    let cells = [24, 32, 48, 64];
    for (name, problem) in [
        ("80:1", catalogued("dielectric-ball-3d,eps_in=80,eps_out=1")),
        ("1:5", catalogued("dielectric-ball-3d,eps_in=1,eps_out=5")),
        ("a charge", of_text(CHARGED)),
    ] {
        let errors: Vec<f64> =
            cells.iter().map(|&n| iterate("bicgstab", problem.as_ref(), n, 1e-9).1).collect();
        let order = slope(&cells, &errors);
        println!("{name}: {errors:?} order {order:.2}");
        assert!((1.8..2.6).contains(&order), "{name}: {errors:?}, order {order}");
    }
}

/// ε, κ² and f that vary on either side and jump, an interface of corners, spacings that differ.
#[test]
fn coefficients_may_vary_on_either_side() {
    let text = r#"
        box = [[-1, 1], [-1.3, 1.2]]
        interface = "blob"
        permittivity = "if(s < 0, 2 + x/2, 10*(2 + x/2))"
        kappa2 = "if(s < 0, 0, 5)"
        exact = "if(s < 0, 10*s, s)*exp(y/3) + 3"
        [define]
        s = "(x - 0.07)^2/0.36 + (y + 0.03)^2/0.16 - 1"
        [shapes]
        blob = { ellipse = { centre = [0.07, -0.03], axes = [0.6, 0.4], angle = 0 } }
    "#;
    is_second_order("ellipse", of_text(text).as_ref(), &[32, 48, 64, 96, 128, 192]);
}

/// Blocks whose faces are lines of the grid: ε, κ², f, fluxes and Robin coefficients jump at nodes and along faces, which take
/// the mean of both sides. With one side's, the error would be of first order.
#[test]
fn jumps_along_lines_of_the_grid_are_second_order() {
    let plane = r#"
        box = [[-1, 1], [-1, 1]]
        permittivity = "eps"
        kappa2 = "if(x < 0, 30, 2)"
        exact = "if(x < 0, cos(pi*x), cos(2*pi*x))*exp(y/3)"
        [define]
        eps = "if(x < 0, 1, 80)"
        [sides]
        y-lower = "neumann"
        y-upper = { robin = { coefficient = "if(x < 0, 7, 1)" } }
    "#;
    let quadrants = r#"
        box = [[-1, 1], [-1, 1], [0, 1]]
        permittivity = "if(x < 0, if(y < 0, 1, 80), if(y < 0, 20, 5))"
        exact = "cos(pi*x)*cos(pi*y)*sin(z)"
    "#;
    is_second_order("a plane", of_text(plane).as_ref(), &[16, 32, 64, 128]);
    is_second_order("quadrants", of_text(quadrants).as_ref(), &[12, 16, 24]);
}

/// In one dimension linear elements that bend at the interface are nodally exact where f = 0.
#[test]
fn one_dimension_is_exact_at_nodes() {
    let text = r#"
        box = [[0, 1]]
        interface = "left"
        permittivity = "if(x < c, 1, 80)"
        source = 0
        exact = "if(x < c, x, c + (x - c)/80)"
        [define]
        c = "0.4137"
        [shapes]
        left = { interval = [-1, 0.4137] }
    "#;
    for cells in [8, 13, 50] {
        assert!(errors(of_text(text).as_ref(), cells).max < 1e-13, "{cells} cells");
    }
}

#[test]
fn an_interface_where_nothing_jumps_changes_nothing() {
    let text = |interface: &str| {
        format!(
            "box = [[0, 1], [0, 1.5], [0, 0.8]]\n{interface}permittivity = \"2 + 0*x\"\nkappa2 = \"1 + 0*x\"\nexact = \"sin(x + 2*y - z)\"\n\
             [shapes]\nball = {{ ball = {{ centre = [0.5, 0.7, 0.41], radius = 0.23 }} }}\n"
        )
    };
    let with = discretise(of_text(&text("interface = \"ball\"\n")).as_ref(), &[9, 11, 8]);
    let without = discretise(of_text(&text("domain = \"box | ball\"\n")).as_ref(), &[9, 11, 8]);
    let u: Vec<f64> = (0..with.grid().nodes()).map(|i| ((i * i) as f64 * 0.37).sin()).collect();
    let residual = |discrete: &Discrete| {
        let mut r = vec![0.0; u.len()];
        discrete.residual(&u, &mut r);
        r
    };
    // Right-hand sides differ by what quadrature makes of a source that is not linear.
    let f = |discrete: &Discrete| discrete.source().values().to_vec();
    let (a, b) = (residual(&with), residual(&without));
    let (f, g) = (f(&with), f(&without));
    let largest = b.iter().fold(0.0f64, |largest, r| largest.max(r.abs()));
    for (((a, b), f), g) in a.iter().zip(&b).zip(&f).zip(&g) {
        assert!(((a - f) - (b - g)).abs() < 2e-2 * largest);
    }
    assert!(with.couplings().is_empty());
}

#[test]
fn an_interface_at_a_side_is_refused_with_the_point() {
    let problem = catalogued("dielectric-disc-2d,radius=0.97");
    let grid = modewise_problems::Grid::new(problem.domain().bounds(), &[32]).unwrap();
    let error = Discrete::new(problem.as_ref(), &grid).unwrap_err().to_string();
    assert!(error.contains("within two cells"), "{error}");
}

#[test]
fn preconditioned_steps_across_interfaces_depend_neither_on_the_grid_nor_on_the_jump() {
    for (name, grids, most) in [
        ("dielectric-disc-2d", [64, 128, 256], 12),
        ("dielectric-disc-2d,eps_out=10000", [64, 128, 256], 12),
        ("dielectric-disc-2d,eps_in=80,eps_out=1", [64, 128, 256], 12),
        ("dielectric-disc-2d,eps_in=10000,eps_out=1", [64, 128, 256], 12),
        ("dielectric-ball-3d", [16, 32, 48], 12),
        ("dielectric-ball-3d,eps_in=1,eps_out=10000", [16, 32, 48], 12),
    ] {
        let problem = catalogued(name);
        let steps = grids.map(|cells| iterate("bicgstab", problem.as_ref(), cells, 1e-8).0);
        println!("{name}: {steps:?}");
        let is_flat = steps.iter().all(|count| count.abs_diff(steps[1]) <= 2 && *count <= most);
        assert!(is_flat, "{name}: {steps:?}");
    }
}

/// Steps to a relative residual, and the largest error of u then.
fn iterate(solver: &str, problem: &dyn Problem, cells: usize, rtol: f64) -> (usize, f64) {
    let discrete = discretise(problem, &[cells]);
    let task = crate::Task::new(problem, &discrete);
    let mut meter = crate::Meter::new(discrete.sweep_flops());
    let solver = crate::registry::build(&solver.parse().unwrap()).unwrap();
    let mut live = solver.init(&task, &mut meter).unwrap();
    let exact = Field::from_batch(discrete.grid(), |points, out| {
        problem.exact(points, out);
    });
    let mut u = vec![0.0; discrete.grid().nodes()];
    for step in 1..200 {
        live.advance(NonZeroU64::MIN, &mut meter).unwrap();
        live.sample(&Sites::Grid(discrete.grid()), &mut u, &mut meter).unwrap();
        if discrete.relative_residual(&u) <= rtol {
            return (step, u.iter().zip(exact.values()).fold(0.0, |e: f64, (u, v)| e.max((u - v).abs())));
        }
    }
    (200, f64::INFINITY)
}
