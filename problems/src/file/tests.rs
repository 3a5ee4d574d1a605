//! Problem files: what they mean, and what is said of those that mean nothing.

use super::*;
use crate::{Coefficient, Condition, Discrete, Grid, Points, catalog};

fn build(text: &str) -> Result<Arc<dyn Problem>, SpecError> {
    ProblemFile::new("my.toml", text).build(&Spec::new("my.toml"))
}

fn at(evaluate: impl FnOnce(Points<'_>, &mut [f64]), point: &[f64]) -> f64 {
    let mut out = [f64::NAN];
    evaluate(Points::new(point, point.len()), &mut out);
    out[0]
}

const WAVES: &str = r#"
title = "{mu} waves"
box = [[0, 1], [-1, "pi/2"]]
permittivity = "1 + x*y^2"
kappa2 = "mu"
exact = "sin(mu*x)*cos(s)"
wave_number = "2*mu"
[parameters]
mu = 3
k = { default = "mu - 1", unit = "1/length", help = "in y" }
[define]
s = "k*y"
[sides]
x-upper = "neumann"
y = "neumann"
"#;

/// By hand: u = sin μx cos ky, ε = 1 + xy², so −∇·(ε∇u) = ε(μ² + k²)u − y² u_x − 2xy u_y.
#[test]
fn source_boundary_and_flux_follow_from_the_exact_solution() {
    for (keys, mu) in [("", 3.0), (",mu=4.5", 4.5)] {
        let spec: Spec = format!("my.toml{keys}").parse().unwrap();
        let problem = ProblemFile::new("my.toml", WAVES).build(&spec).unwrap();
        let k: f64 = mu - 1.0;
        assert_eq!(problem.title(), format!("{mu} waves"));
        assert_eq!(problem.spec().to_string(), format!("my.toml,k={k},mu={mu}"));
        assert_eq!(problem.wave_number(), Some(2.0 * mu));
        assert_eq!(problem.permittivity(), Coefficient::Variable);
        assert_eq!(problem.screening(), Coefficient::Constant(mu));
        for point in [[0.3, 0.7], [0.9, -0.2], [1.0, 1.5]] {
            let [x, y] = point;
            let u = (mu * x).sin() * (k * y).cos();
            let slope = mu * (mu * x).cos() * (k * y).cos();
            let (epsilon, rise) = (1.0 + x * y * y, -k * (mu * x).sin() * (k * y).sin());
            let source = epsilon * (mu * mu + k * k) * u - y * y * slope - 2.0 * x * y * rise + mu * u;
            let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-12 * b.abs().max(1.0), "{a} and {b}");
            close(at(|p, out| problem.source(p, out), &point), source);
            close(at(|p, out| problem.permittivity_at(p, out), &point), epsilon);
            close(at(|p, out| problem.boundary(p, out), &point), u);
            close(at(|p, out| assert!(problem.exact(p, out)), &point), u);
            close(at(|p, out| problem.flux(0, true, p, out), &point), epsilon * slope);
            close(at(|p, out| problem.flux(1, false, p, out), &point), -epsilon * rise);
        }
        // What the file says with the value that was set is the same problem.
        let again = build(&problem.to_file().unwrap()).unwrap();
        assert_eq!((again.spec(), again.title()), (problem.spec(), problem.title()));
    }
}

#[test]
fn sides_are_dirichlet_unless_said_otherwise_and_the_nearest_word_counts() {
    let problem = build(
        r#"
        box = [[0, 1], [0, 2], [0, 1]]
        source = 1
        [sides]
        all = { neumann = "x + z" }
        x = { dirichlet = "y" }
        x-upper = { dirichlet = 5 }
        z = "periodic"
        "#,
    )
    .unwrap();
    use Condition::{Dirichlet, Neumann, Periodic};
    assert_eq!(problem.domain().sides(), [[Dirichlet; 2], [Neumann; 2], [Periodic; 2]]);
    assert_eq!(at(|p, out| problem.boundary(p, out), &[0.0, 1.5, 0.3]), 1.5);
    assert_eq!(at(|p, out| problem.boundary(p, out), &[1.0, 1.5, 0.3]), 5.0);
    assert_eq!(at(|p, out| problem.flux(1, true, p, out), &[0.25, 2.0, 0.5]), 0.75);
    assert!(!problem.has_exact() && problem.wave_number().is_none());
    let plain = build("box = [[0, 1]]\nsource = \"x\"").unwrap();
    assert!(plain.domain().is_all(Dirichlet));
    assert_eq!(at(|p, out| plain.boundary(p, out), &[1.0]), 0.0);
    assert!(plain.title().contains("on (0, 1); source = \"x\""), "{}", plain.title());
}

const SHAPES: &str = r#"
box = [[-1, 1], [-1, 1]]
domain = "(box - hole) & half"
exact = "x^2 + y"
permittivity = 2
[parameters]
r = 0.3
[shapes.hole]
disc = { centre = [0, "r/3"], radius = "r" }
dirichlet = "y + x*x"
[shapes.half]
half-plane = { point = ["2*r", 0], normal = [1, 0] }
[sides]
y = { robin = { coefficient = "1 + r", value = "x" } }
x-lower = { robin = { coefficient = "x^2" } }
"#;

/// Shapes follow parameters, their data and those of Robin sides the exact solution.
#[test]
fn shapes_and_robin_sides_are_read_and_derived() {
    let text = SHAPES.replace(", value = \"x\"", "");
    for r in [0.3, 0.4] {
        let spec: Spec = format!("my.toml,r={r}").parse().unwrap();
        let problem = ProblemFile::new("my.toml", &text).build(&spec).unwrap();
        let region = problem.domain().region().unwrap();
        for (x, inside) in [
            ([0.0, r * 4.0 / 3.0 - 1e-9], false),
            ([0.0, r * 4.0 / 3.0 + 1e-9], true),
            ([2.0 * r + 1e-9, 0.9], false),
            ([2.0 * r - 1e-9, 0.9], true),
        ] {
            assert_eq!(region.contains(&x), inside, "{x:?}");
        }
        let point = [0.2, 0.7];
        assert_eq!(region.shapes()[0].0, "hole");
        for part in 0..2 {
            let found = at(|p, out| problem.shape_boundary(part, p, out), &point);
            assert!((found - 0.74).abs() < 1e-15);
        }
        // ε ∂u/∂n + au, outwards: 2 + (1 + r)u on the upper side, and −2·2x + x²u on that of x.
        let u = 0.2f64 * 0.2 + 1.0;
        let found = at(|p, out| problem.flux(1, true, p, out), &[0.2, 1.0]);
        assert!((found - (2.0 + (1.0 + r) * u)).abs() < 1e-14, "{found}");
        let found = at(|p, out| problem.flux(0, false, p, out), &[-1.0, 0.5]);
        assert!((found - (4.0 + 1.5)).abs() < 1e-14, "{found}");
        assert_eq!(at(|p, out| assert!(problem.robin(1, false, p, out)), &[0.2, 1.0]), 1.0 + r);
        assert!(problem.is_robin(0, false) && !problem.is_robin(0, true) && !problem.is_uniform());
        assert!((problem.domain().measure() - shown(r)).abs() < 1e-3, "{}", problem.domain().measure());
        let again = build(&problem.to_file().unwrap()).unwrap();
        assert_eq!((again.spec(), again.domain()), (problem.spec(), problem.domain()));
    }
    let error = build(SHAPES).unwrap_err().to_string();
    assert!(error.contains("`sides.y.robin.value` = \"x\""), "{error}");
}

/// The area of the box left of 2r, without the disc.
fn shown(r: f64) -> f64 {
    2.0 * (1.0 + 2.0 * r) - std::f64::consts::PI * r * r
}

#[test]
fn ten_axes_are_for_networks() {
    let axes = ["[0, 1]"; 10].join(",");
    let sum: Vec<String> = (1..=10).map(|axis| format!("sin(pi*x{axis})")).collect();
    let problem = build(&format!("box = [{axes}]\nexact = \"{}\"", sum.join(" + "))).unwrap();
    let half = [0.5; 10];
    let squared = std::f64::consts::PI.powi(2);
    assert!((at(|p, out| problem.source(p, out), &half) - 10.0 * squared).abs() < 1e-12);
}

/// Published settings come back as they stand.
#[test]
fn published_settings_are_the_solvers() {
    let problem = build("box = [[0, 1]]\nsource = 1\n[published.dnn]\nwidth = [4, 5]\nlr = 1e-3").unwrap();
    assert_eq!(
        problem.published("dnn"),
        toml::toml! { width = [4, 5]
        lr = 1e-3 }
    );
    assert!(problem.published("mscale-dnn").is_empty());
}

#[test]
fn what_is_not_finite_on_the_grid_is_named_with_point_and_formula() {
    for (text, parts) in [
        ("box = [[-1, 1]]\nsource = \"1/x\"", ["source is not a finite number at [0.0]", "source = \"1/x\""]),
        (
            "box = [[0, 1]]\npermittivity = \"x - 0.3\"\nsource = 1",
            ["permittivity is -2.375e-1", "permittivity = \"x - 0.3\""],
        ),
        ("box = [[0, 1]]\nkappa2 = \"-x\"\nsource = 1", ["screening is -", "kappa2 = \"-x\""]),
        (
            "box = [[-1, 1]]\nexact = \"sqrt(abs(x)) - 1\"",
            ["source is not a finite", "derived from exact = \"sqrt(abs(x)) - 1\""],
        ),
        (
            "box = [[0, 1], [0, 1]]\nsource = 1\n[sides]\nx = { dirichlet = \"log(y)\" }",
            ["boundary value is not a finite number at [0.0, 0.0]", "dirichlet = \"log(y)\""],
        ),
    ] {
        let problem = build(text).unwrap();
        let grid = Grid::new(problem.domain().bounds(), &[8]).unwrap();
        let error = Discrete::new(problem.as_ref(), &grid).unwrap_err().to_string();
        assert!(parts.iter().all(|part| error.contains(part)), "{error}");
    }
}

#[test]
fn parameters_that_are_not_there_name_the_nearest() {
    let file = ProblemFile::new("my.toml", WAVES);
    for (spec, part) in [
        ("my.toml,nu=3", "did you mean `mu`?"),
        ("my.toml,mu=word", "mu = word is not a finite number"),
        ("my.toml,mu=[1]", "mu = [1] is not a finite number"),
        ("my.toml,mu=nan", "is not a finite number"),
    ] {
        let error = file.build(&spec.parse().unwrap()).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
    let (title, declared) = file.declared().unwrap();
    assert_eq!((title.as_str(), declared[1].unit.as_str()), ("3 waves", "1/length"));
    assert_eq!((declared[0].default.as_str(), declared[1].default.as_str()), ("3", "\"mu - 1\""));
}

#[test]
fn files_are_found_by_their_path() {
    let error = catalog::build(&Spec::new("/nowhere/my.toml")).unwrap_err().to_string();
    assert!(error.contains("cannot read the problem file /nowhere/my.toml"), "{error}");
}

proptest::proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in "[-a-z0-9=\"'.,{}#\\[\\]\n ]{0,80}", value in ".{0,20}") {
        let _ = build(&text);
        for key in [
            "title", "box", "permittivity", "sides", "sides.x", "parameters.a", "define.a", "published.a", "domain", "shapes",
            "shapes.a", "shapes.a.interval", "shapes.a.ball", "domain = 'box - a'\nshapes.a.interval", "sides.x.robin",
        ] {
            let _ = build(&format!("box = [[0, 1]]\nsource = 1\n{key} = {value}"));
            let quoted = format!("box = [[0, 1]]\nsource = 1\n{key} = {}", toml::Value::from(value.clone()));
            let _ = build(&quoted);
        }
    }
}
