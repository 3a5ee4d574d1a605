//! The scheme on shapes, on Robin sides and with periodic axes: the order of the largest error by refinement.

use modewise_problems::{Discrete, Errors, Field, Points, Problem, error, order};

use crate::{
    Initial,
    classical::{
        direct,
        testing::{Live, catalogued, discretise, of_text},
    },
};

pub(super) fn errors(problem: &dyn Problem, cells: usize) -> Errors {
    let discrete = discretise(problem, &[cells]);
    against_exact(problem, &discrete, &direct::solve(&discrete).unwrap())
}

fn against_exact(problem: &dyn Problem, discrete: &Discrete, u: &Field) -> Errors {
    let mut exact = Field::from_batch(discrete.grid(), |points, out| {
        problem.exact(points, out);
    });
    discrete.fill_outside(exact.values_mut(), 0.0);
    Errors::between(u.values(), exact.values(), error::norm(&exact))
}

/// The slope of a line through all (log h, log error): cuts fall differently on every grid, so that neighbouring
/// grids scatter.
pub(in crate::classical) fn slope(cells: &[usize], errors: &[f64]) -> f64 {
    let points: Vec<[f64; 2]> = cells.iter().zip(errors).map(|(n, e)| [-(*n as f64).ln(), e.ln()]).collect();
    let count = points.len() as f64;
    let mean = [0, 1].map(|i| points.iter().map(|p| p[i]).sum::<f64>() / count);
    let above: f64 = points.iter().map(|p| (p[0] - mean[0]) * (p[1] - mean[1])).sum();
    above / points.iter().map(|p| (p[0] - mean[0]).powi(2)).sum::<f64>()
}

pub(super) fn is_second_order(name: &str, problem: &dyn Problem, cells: &[usize]) {
    let errors: Vec<Errors> = cells.iter().map(|&n| errors(problem, n)).collect();
    let (max, l2): (Vec<f64>, Vec<f64>) = errors.iter().map(|e| (e.max, e.l2)).unzip();
    let (p, q) = (slope(cells, &max), slope(cells, &l2));
    println!("{name}: {cells:?}, max {max:?} order {p:.2}, L2 {l2:?} order {q:.2}");
    assert!((1.8..2.5).contains(&p), "{name}: {max:?}, order {p}");
    assert!((1.8..2.5).contains(&q), "{name}: {l2:?}, order {q}");
}

#[test]
fn curved_dirichlet_boundaries_are_second_order_in_the_maximum() {
    is_second_order("disc-2d", catalogued("disc-2d").as_ref(), &[16, 32, 64, 128, 256]);
    is_second_order("annulus-2d", catalogued("annulus-2d").as_ref(), &[96, 128, 192, 256]);
    is_second_order(
        "perforated-square-2d",
        catalogued("perforated-square-2d").as_ref(),
        &[96, 128, 192, 256],
    );
    is_second_order("holes-waves-2d", catalogued("holes-waves-2d").as_ref(), &[96, 128, 192, 256]);
    is_second_order("ball-3d", catalogued("ball-3d").as_ref(), &[8, 12, 16, 24]);
}

/// ε and κ² that vary, every kind of shape and of side, a thin hole, in one to three dimensions.
#[test]
fn shapes_of_every_kind_between_sides_of_every_kind() {
    let interval = r#"
        box = [[0, 1]]
        domain = "box - (hole | other)"
        permittivity = "1 + x^2"
        kappa2 = "1 + x"
        exact = "exp(x)*sin(4*x)"
        [shapes]
        hole = { interval = [0.31, 0.33] }
        other = { interval = [0.712, 0.85] }
        [sides]
        x-upper = "neumann"
    "#;
    is_second_order("interval", of_text(interval).as_ref(), &[20, 40, 80, 160]);
    let mixed = r#"
        box = [[-1, 1], [-1, 1]]
        domain = "(box - ellipse - arrow) & plane"
        permittivity = "1.5 + sin(x + 2*y)/2"
        kappa2 = "2 + y"
        exact = "exp(x/2)*cos(3*y) + x*y^2"
        [shapes]
        ellipse = { ellipse = { centre = [-0.2, 0.3], axes = [0.45, 0.2], angle = 0.7 } }
        arrow = { polygon = [[0.2, -0.7], [0.65, -0.35], [0.25, -0.1], [0.35, -0.4]] }
        plane = { half-plane = { point = [0.8, 0.8], normal = [1, 0.7] } }
        [sides]
        all = "neumann"
        y-upper = "dirichlet"
        x-lower = { robin = { coefficient = "1 + y^2" } }
    "#;
    is_second_order("mixed", of_text(mixed).as_ref(), &[24, 32, 48, 64, 96, 128]);
    // Across the seam of two periodic axes, and beside it.
    let periodic = r#"
        box = [[0, 1], [0, 1]]
        domain = "box - (middle | a | b | c | d)"
        kappa2 = 3
        exact = "sin(2*pi*x)*cos(2*pi*y) + cos(4*pi*y)"
        [shapes]
        middle = { disc = { centre = [0.5, 0.45], radius = 0.2 } }
        a = { disc = { centre = [0, 0], radius = 0.15 } }
        b = { disc = { centre = [1, 0], radius = 0.15 } }
        c = { disc = { centre = [0, 1], radius = 0.15 } }
        d = { disc = { centre = [1, 1], radius = 0.15 } }
        [sides]
        all = "periodic"
    "#;
    is_second_order("periodic", of_text(periodic).as_ref(), &[24, 32, 48, 64, 96, 128]);
    let space = r#"
        box = [[0, 1], [0, 1], [0, 1]]
        domain = "box - ball - egg - slab"
        exact = "sin(2*x)*cos(2*pi*y)*exp(z)"
        [shapes]
        ball = { ball = { centre = [0.3, 0.4, 0.6], radius = 0.2 } }
        egg = { ellipsoid = { centre = [0.7, 0.3, 0.3], axes = [0.15, 0.2, 0.12] } }
        slab = { half-space = { point = [0, 0, 0.12], normal = [0, 0, 1] } }
        [sides]
        x = "neumann"
        y = "periodic"
    "#;
    is_second_order("space", of_text(space).as_ref(), &[10, 14, 20, 28]);
}

/// ε ∂u/∂n + au = g on all sides, with a that varies and is zero in places.
#[test]
fn robin_sides_are_second_order() {
    for (axes, sizes) in [(1, &[16, 32, 64][..]), (2, &[16, 32, 64]), (3, &[8, 12, 16])] {
        let names = ["x", "y", "z"][..axes].iter();
        let exact: Vec<String> = names.map(|x| format!("cos(2*{x} + 0.3)")).collect();
        let text = format!(
            "box = [{}]\npermittivity = \"1 + x/2\"\nexact = \"{}\"\n[sides]\nall = {{ robin = {{ coefficient = \"x\" }} }}\nx-upper = \
             {{ robin = {{ coefficient = 2 }} }}",
            ["[0, 1]"; 3][..axes].join(","),
            exact.join("*")
        );
        is_second_order(&format!("robin {axes}-D"), of_text(&text).as_ref(), sizes);
    }
}

/// −∇·(ε∇u) + κ² sinh u = f around holes and beside a Robin side, by Newton's method and by full approximation storage.
#[test]
fn nonlinear_problems_are_second_order_on_shapes() {
    let text = r#"
        box = [[-1, 1], [-1, 1]]
        domain = "box - disc - edge"
        permittivity = "1 + x^2/2"
        kappa2 = "3 + y"
        reaction = "sinh"
        exact = "2*cos(2*x)*sin(3*y) + x"
        [shapes]
        disc = { disc = { centre = [0.1, 0.2], radius = 0.4 } }
        edge = { half-plane = { point = [-0.7, -0.7], normal = [1, 2] } }
        [sides]
        x-upper = { robin = { coefficient = "1 + y^2" } }
    "#;
    let problem = of_text(text);
    for (solver, steps) in [("newton", 15), ("fas", 40)] {
        let cells = [32, 48, 64, 96];
        let errors = cells.map(|n| {
            let discrete = discretise(problem.as_ref(), &[n]);
            let mut live = Live::start(solver, problem.as_ref(), &discrete, Initial::Zero);
            let u = live.advance(steps).clone();
            assert!(discrete.relative_residual(u.values()) < 1e-9, "{solver} on {n} cells");
            against_exact(problem.as_ref(), &discrete, &u).max
        });
        let order = slope(&cells, &errors);
        assert!((1.8..2.5).contains(&order), "{solver}: {errors:?}, order {order}");
    }
}

/// Where ∇u is like r^{−1/3} at the corner the error falls like h^{4/3} in L2 and h^{2/3} in the maximum: that is
/// right for any second-order scheme on uniform grids.
#[test]
fn the_re_entrant_corner_limits_the_order() {
    let problem = catalogued("l-shape-2d");
    let cells = [16, 32, 64, 128, 256];
    let errors: Vec<Errors> = cells.iter().map(|&n| errors(problem.as_ref(), n)).collect();
    let spacings = cells.map(|n| 2.0 / n as f64);
    let l2 = order::observed(&spacings, &errors.iter().map(|e| e.l2).collect::<Vec<_>>());
    let max = order::observed(&spacings, &errors.iter().map(|e| e.max).collect::<Vec<_>>());
    // From below: the smooth part of the solution still has a share of the errors on coarse grids.
    assert!(l2.is_sorted() && (l2[3] - 4.0 / 3.0).abs() < 0.04, "{l2:?}");
    assert!(max.iter().all(|p| (p - 2.0 / 3.0).abs() < 0.05), "{max:?}");
}

/// The lowest and the highest node of PINNacle's finite-element solution (arXiv 2306.08827), good to about 1e-4, and
/// u there.
#[test]
fn the_published_values_around_four_discs_are_found() {
    let problem = catalogued("pinnacle-pb-2d");
    let discrete = discretise(problem.as_ref(), &[512]);
    let mut live = Live::start("pcg", problem.as_ref(), &discrete, Initial::Zero);
    let mut found = [0.0; 2];
    live.advance(12).interpolate(Points::new(&[-0.4850, -0.3816, 0.4863, 0.1194], 2), &mut found);
    for (found, published) in found.into_iter().zip([-0.703_576, 1.332_92]) {
        assert!((found - published).abs() < 2e-4, "{found} and {published}");
    }
}
