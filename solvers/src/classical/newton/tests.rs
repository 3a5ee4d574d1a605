//! Newton's method against exact solutions and the numbers of the Gouy–Chapman layer.

use std::sync::Arc;

use modewise_problems::{Discrete, Field, Problem, order};

use crate::{
    Initial,
    classical::{
        direct::slope,
        testing::{Live, catalogued, discretise, distance, of_text},
    },
};

fn exact(problem: &dyn Problem, discrete: &Discrete) -> Field {
    Field::from_batch(discrete.grid(), |points, out| {
        problem.exact(points, out);
    })
}

/// A run from `initial` until the residual is below `goal`: the residuals of all steps, and the solution.
fn run(
    spec: &str,
    problem: &dyn Problem,
    discrete: &Discrete,
    initial: Initial,
    goal: f64,
) -> (Vec<f64>, Field) {
    let mut live = Live::start(spec, problem, discrete, initial);
    let mut residuals = vec![discrete.relative_residual(live.u.values())];
    while residuals.last().is_some_and(|last| last.is_nan() || *last > goal) && residuals.len() < 500 {
        live.advance(1);
        residuals.push(discrete.relative_residual(live.u.values()));
    }
    (residuals, live.u)
}

/// Steps and maximum error from zero.
fn solve(problem: &dyn Problem, cells: &[usize], goal: f64) -> (usize, f64) {
    let discrete = discretise(problem, cells);
    let (residuals, u) = run("newton", problem, &discrete, Initial::Zero, goal);
    (residuals.len() - 1, distance(&u, &exact(problem, &discrete)))
}

fn orders(problem: &dyn Problem, cells: &[usize], goal: f64) -> Vec<f64> {
    let dimension = problem.domain().dimension();
    let errors: Vec<f64> = cells.iter().map(|n| solve(problem, &vec![*n; dimension], goal).1).collect();
    let spacings: Vec<f64> = cells.iter().map(|n| 1.0 / *n as f64).collect();
    order::observed(&spacings, &errors)
}

/// With u₀ = 1 the exact solution is 0.3613822 at κx = 1 and 0.1326331 at κx = 2.
#[test]
fn the_layer_of_gouy_and_chapman_is_second_order_accurate_and_its_numbers_are_met() {
    let problem = catalogued("gouy-chapman-1d");
    for order in orders(problem.as_ref(), &[64, 128, 256, 512], 1e-13) {
        assert!((1.97..2.03).contains(&order), "{order}");
    }
    let discrete = discretise(problem.as_ref(), &[2560]);
    let (_, u) = run("newton", problem.as_ref(), &discrete, Initial::Zero, 1e-13);
    assert!((u.values()[256] - 0.361_382_2).abs() < 4e-7, "{}", u.values()[256]);
    assert!((u.values()[512] - 0.132_633_1).abs() < 4e-7, "{}", u.values()[512]);
}

#[test]
fn steep_layers_are_second_order_accurate_on_fine_grids() {
    for (u0, tolerance) in [(8, 0.03), (12, 0.15)] {
        let problem = catalogued(&format!("gouy-chapman-1d,u0={u0}"));
        for order in orders(problem.as_ref(), &[1 << 13, 1 << 15, 1 << 17], 1e-12) {
            assert!((order - 2.0).abs() < tolerance, "u0 = {u0}: {order}");
        }
    }
}

/// Few steps from zero however large the data; g is never too large for a number.
#[test]
fn it_converges_from_zero_for_all_data() {
    for u0 in [1, 4, 8, 12, 100, 1000] {
        for cells in [64, 4096] {
            let problem = catalogued(&format!("gouy-chapman-1d,u0={u0}"));
            let discrete = discretise(problem.as_ref(), &[cells]);
            let (residuals, _) = run("newton", problem.as_ref(), &discrete, Initial::Zero, 1e-12);
            assert!(residuals.len() <= 16, "u0 = {u0}, {cells} cells: {residuals:?}");
        }
    }
}

/// sinh u outside of an ellipse at which ε jumps, u bends and κ² jumps: the equations next to it are not symmetric.
const BLOB: &str = r#"
    box = [[-1, 1], [-1.3, 1.2]]
    interface = "blob"
    reaction = "sinh"
    permittivity = "if(s < 0, 2 + x/2, 10*(2 + x/2))"
    kappa2 = "if(s < 0, 0, 5)"
    exact = "if(s < 0, s, s/10)*exp(y/3) + 1"
    [define]
    s = "(x - 0.07)^2/0.36 + (y + 0.03)^2/0.16 - 1"
    [shapes]
    blob = { ellipse = { centre = [0.07, -0.03], axes = [0.6, 0.4], angle = 0 } }
"#;

/// Near the solution every residual is the square of the one before, up to a factor that stays.
#[test]
fn convergence_is_quadratic() {
    let one = catalogued("gouy-chapman-1d,u0=8");
    let two = catalogued("sinh-waves-2d");
    let jumping = of_text(BLOB);
    for (problem, cells) in [(one, vec![1024]), (two, vec![24, 24]), (jumping, vec![48, 48])] {
        let discrete = discretise(problem.as_ref(), &cells);
        let (residuals, _) = run("newton", problem.as_ref(), &discrete, Initial::Zero, 1e-13);
        println!("{residuals:?}");
        let near = residuals.windows(2).filter(|r| r[0] < 5e-2 && r[1] > 1e-13);
        let factors: Vec<f64> = near.map(|r| r[1] / (r[0] * r[0])).collect();
        assert!(
            factors.len() >= 2 && factors.iter().all(|factor| *factor < 300.0),
            "{residuals:?}: {factors:?}"
        );
    }
}

#[test]
fn two_and_three_dimensions_are_second_order_accurate_in_a_number_of_steps_that_stays() {
    for (spec, sizes) in [("sinh-waves-2d", [16, 32, 64]), ("sinh-waves-3d", [16, 24, 32])] {
        let problem = catalogued(spec);
        let dimension = problem.domain().dimension();
        let found = sizes.map(|n| solve(problem.as_ref(), &vec![n; dimension], 1e-11));
        let orders = order::observed(&sizes.map(|n| 1.0 / n as f64), &found.map(|(_, error)| error));
        assert!(orders.iter().all(|order| (1.85..2.15).contains(order)), "{spec}: {orders:?}");
        let steps = found.map(|(steps, _)| steps);
        assert!(steps.iter().all(|one| one.abs_diff(steps[0]) <= 1), "{spec}: {steps:?}");
    }
}

/// With equations that are not symmetric the order is two and the number of steps stays.
#[test]
fn across_interfaces_the_order_is_two_in_a_number_of_steps_that_stays() {
    let problem = of_text(BLOB);
    let cells = [32, 48, 64, 96, 128, 192];
    let found = cells.map(|n| solve(problem.as_ref(), &[n], 1e-10));
    let order = slope(&cells, &found.map(|(_, error)| error));
    println!("{found:?}, order {order:.2}");
    assert!((1.8..2.5).contains(&order), "{found:?}, order {order}");
    assert!(found.iter().all(|(steps, _)| steps.abs_diff(found[0].0) <= 1), "{found:?}");
}

#[test]
fn a_linear_problem_takes_one_step() {
    for spec in [
        "sines-1d,kappa2=3",
        "sines-1d,sides=periodic",
        "sines-2d,sides=neumann",
        "jump-2d",
        "dielectric-disc-2d",
        "sines-3d",
    ] {
        let problem = catalogued(spec);
        let dimension = problem.domain().dimension();
        let discrete = discretise(problem.as_ref(), &vec![12; dimension]);
        let mut live = Live::start("newton", problem.as_ref(), &discrete, Initial::Zero);
        let residual = discrete.relative_residual(live.advance(1).values());
        assert!(residual < 1e-11, "{spec}: {residual:e}");
    }
}

/// Periodic and Neumann sides, ε and κ² that jump, and nothing that holds u but κ².
#[test]
fn every_kind_of_side_and_coefficient_is_solved_to_rounding() {
    let waves = "exact = \"3*sin(2*pi*x)*cos(pi*y)\"\n[sides]\nx = \"periodic\"\ny = \"neumann\"";
    let texts = [
        format!("box = [[0, 1], [0, 1]]\nkappa2 = 5\nreaction = \"sinh\"\n{waves}"),
        format!("box = [[0, 1], [0, 1]]\npermittivity = \"2 + sin(2*pi*x)\"\nkappa2 = \"1 + y\"\nreaction = \"sinh\"\n{waves}"),
        "box = [[0, 1], [0, 1]]\npermittivity = \"if(x < 0.4, 80, 2)\"\nkappa2 = \"if(x < 0.4, 800, 0)\"\nreaction = \
         \"sinh\"\nsource = \"1000*exp(-100*((x - 0.7)^2 + (y - 0.5)^2))\""
            .to_string(),
        "box = [[0, 1]]\nkappa2 = 1\nreaction = \"sinh\"\nsource = \"1e5*cos(2*pi*x)\"\n[sides]\nall = \"periodic\"".to_string(),
        "box = [[0, 1]]\nkappa2 = \"x\"\nreaction = \"sinh\"\nsource = 1e8\n[sides]\nall = \"neumann\"".to_string(),
    ];
    for text in texts {
        let problem = of_text(&text);
        let discrete = discretise(problem.as_ref(), &vec![20; problem.domain().dimension()]);
        let (residuals, u) = run("newton", problem.as_ref(), &discrete, Initial::Zero, 1e-12);
        assert!(residuals.len() < 40, "{text}: {residuals:?}");
        if problem.has_exact() {
            assert!(distance(&u, &exact(problem.as_ref(), &discrete)) < 0.05, "{text}");
        }
    }
}

/// A ring between two circles, where the boundary cuts grid lines anywhere.
#[test]
fn shapes_are_second_order_accurate() {
    let problem = of_text(
        "box = [[-1, 1], [-1, 1]]\nkappa2 = \"4 + x\"\nreaction = \"sinh\"\nexact = \"3*cos(2*x)*exp(y)/exp(1)\"\ndomain = \
         \"outer - hole\"\n[shapes]\nouter = { disc = { centre = [0, 0], radius = 0.9 } }\nhole = { disc = { centre = [0.2, \
         0.1], radius = 0.3 } }",
    );
    let found = [32, 64, 128].map(|n| {
        let discrete = discretise(problem.as_ref(), &[n, n]);
        let (residuals, u) = run("newton", problem.as_ref(), &discrete, Initial::Zero, 1e-11);
        let mut exact = exact(problem.as_ref(), &discrete);
        discrete.fill_outside(exact.values_mut(), 0.0);
        (residuals.len(), distance(&u, &exact))
    });
    // Where the circles cut grid lines is another matter on every grid.
    let order = (found[0].1 / found[2].1).log2() / 2.0;
    assert!((1.7..2.3).contains(&order), "{found:?}");
    assert!(found.iter().all(|(steps, _)| *steps <= 12), "{found:?}");
}

/// From far outside it comes in by about one a step, and from where g cannot be written too.
#[test]
fn any_start_will_do() {
    let problem = catalogued("gouy-chapman-1d,u0=4");
    let discrete = discretise(problem.as_ref(), &[64]);
    for (value, most) in [(50.0, 80), (-50.0, 80), (1e6, 350)] {
        let mut start = Field::zeros(discrete.grid());
        start.values_mut().fill(value);
        let initial = Initial::Field(Arc::new(start));
        let (residuals, _) = run("newton", problem.as_ref(), &discrete, initial, 1e-11);
        assert!(residuals.len() < most, "{value}: {} steps", residuals.len());
    }
}

/// Without damping the first step towards 100 kT/e goes where g is larger than any residual can be.
#[test]
fn damping_can_be_seen_and_turned_off() {
    let problem = catalogued("gouy-chapman-1d,u0=100");
    let discrete = discretise(problem.as_ref(), &[256]);
    let first = |spec: &str| {
        let mut live = Live::start(spec, problem.as_ref(), &discrete, Initial::Zero);
        let residual = discrete.relative_residual(live.advance(1).values());
        let mut scalars = [0.0; 3];
        live.iteration.scalars(&mut scalars);
        (residual, scalars)
    };
    let (damped, [inner, lambda, _]) = first("newton");
    assert!(damped < 10.0 && inner == 1.0 && lambda < 0.5, "{damped} with λ = {lambda}");
    let (full, [_, lambda, _]) = first("newton,damping=none");
    assert!(full > 1e30 && lambda == 1.0, "{full}");
}

/// With a fixed η the residual falls by about η a step, with fewer steps of the linear solver in each.
#[test]
fn a_fixed_forcing_makes_convergence_linear() {
    let problem = catalogued("sinh-waves-2d");
    let discrete = discretise(problem.as_ref(), &[32, 32]);
    let steps = |spec: &str| run(spec, problem.as_ref(), &discrete, Initial::Zero, 1e-10).0.len();
    assert!(steps("newton,forcing=0.3") > steps("newton") + 2);
}
