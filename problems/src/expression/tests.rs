//! Formulas against Rust's own arithmetic, and their derivatives against dual numbers.

use num_dual::{Dual2_64, DualNum};
use proptest::prelude::*;

use super::*;
use crate::Points;

fn value_at(graph: &Graph, expr: Expr, point: &[f64]) -> f64 {
    let mut out = [f64::NAN];
    Program::new(graph, expr).evaluate(Points::new(point, point.len()), &mut out);
    out[0]
}

fn value(text: &str, point: &[f64]) -> f64 {
    let mut graph = Graph::default();
    let scope = Scope::coordinates(&mut graph, point.len());
    let expr = graph.parse(text, &scope).unwrap_or_else(|error| panic!("{error}"));
    value_at(&graph, expr, point)
}

/// f, f′ and f″ of a formula in x.
fn jet(text: &str, x: f64) -> [f64; 3] {
    let mut graph = Graph::default();
    let scope = Scope::coordinates(&mut graph, 1);
    let f = graph.parse(text, &scope).unwrap_or_else(|error| panic!("{error}"));
    let df = graph.derivative(f, 0);
    let ddf = graph.derivative(df, 0);
    [f, df, ddf].map(|expr| value_at(&graph, expr, &[x]))
}

fn agree(ours: [f64; 3], theirs: Dual2_64, tolerance: f64) -> bool {
    let theirs = [theirs.re, theirs.v1, theirs.v2];
    ours.iter().zip(theirs).all(|(a, b)| {
        let scale = b.abs().max(1.0);
        (a - b).abs() <= tolerance * scale || !(a.is_finite() && b.is_finite())
    })
}

fn x() -> Dual2_64 {
    Dual2_64::from_re(0.7).derivative()
}

#[test]
fn precedence_is_that_of_mathematics() {
    for (text, expected) in [
        ("-3^2", -9.0),
        ("2^3^2", 512.0),
        ("2^-1", 0.5),
        ("2^-2^2", 0.0625),
        ("-2^-2", -0.25),
        ("--2", 2.0),
        ("2*-3", -6.0),
        ("1-2-3", -4.0),
        ("8/4/2", 1.0),
        ("2/3*3", 2.0),
        ("1 + 2*3^2", 19.0),
        ("1e-3*2", 0.002),
        ("1E3 + .5 + 2.", 1002.5),
        ("2*e", 2.0 * std::f64::consts::E),
        ("pi", std::f64::consts::PI),
        ("1 < 2", 1.0),
        ("1 + 1 >= 3", 0.0),
        ("if(1 > 2, 5, 6)", 6.0),
        ("if(0.1 != 0.2, 5, 6)", 5.0),
        ("min(2, max(1, 3))", 2.0),
        ("atan2(1, -1)", 0.75 * std::f64::consts::PI),
        ("hypot(3, 4) + pow(2, 0.5)^2", 7.0),
        ("sign(0) + sign(-2) + step(0) + step(-1)", 0.0),
        ("sqrt(4)^2", 4.0),
        ("-sin(pi/2)^2", -1.0),
    ] {
        assert!((value(text, &[0.0]) - expected).abs() < 1e-14, "{text} is {}", value(text, &[0.0]));
        // The same where nothing can be computed beforehand.
        let later = text.replace("3", "(3 + x)").replace("1e-(3 + x)", "1e-3").replace("1E(3 + x)", "1E3");
        assert!((value(&later, &[0.0]) - expected).abs() < 1e-14, "{later}");
    }
    assert_eq!(value("x - 2*y + z + x1*x2*x3", &[1.0, 2.0, 3.0]), 6.0);
}

/// What other parsers get wrong, and every function: value, first and second derivative.
#[test]
fn derivatives_are_those_of_dual_numbers() {
    let x = x();
    let exponent = x * 2.0;
    let cases: Vec<(&str, Dual2_64)> = vec![
        ("-x^2", -x.powi(2)),
        ("2^x^2", Dual2_64::from(2.0).powd(x.powi(2))),
        ("2^3^2*x", x * 512.0),
        ("1e-3*x", x * 1e-3),
        ("pi*x", x * std::f64::consts::PI),
        ("exp(-x^2)", (-x.powi(2)).exp()),
        ("-sin(x)^2", -x.sin().powi(2)),
        ("2*-x^3", -x.powi(3) * 2.0),
        ("x^-2", x.powi(-2)),
        ("x^2.5", x.powf(2.5)),
        ("pow(x, 2*x)", x.powd(exponent)),
        ("sin(3*x)", (x * 3.0).sin()),
        ("cos(3*x)", (x * 3.0).cos()),
        ("tan(x)", x.tan()),
        ("asin(x/2)", (x / 2.0).asin()),
        ("acos(x/2)", (x / 2.0).acos()),
        ("atan(x)", x.atan()),
        ("atan2(x, 2 - x^2)", (x / (-x.powi(2) + 2.0)).atan()),
        ("sinh(x)", x.sinh()),
        ("cosh(x)", x.cosh()),
        ("tanh(2*x)", (x * 2.0).tanh()),
        ("log(x)", x.ln()),
        ("sqrt(1 + x)", (x + 1.0).sqrt()),
        ("hypot(x, 2)", (x.powi(2) + 4.0).sqrt()),
        ("abs(x - 2)", -x + 2.0),
        ("sign(x)*x + step(x)", x + 1.0),
        ("min(x, x^2)", x.powi(2)),
        ("max(x, x^2)", x),
        ("if(x < 0.5, x, x^3)", x.powi(3)),
        ("(x > 0.5)*x^2 - (x == 3)", x.powi(2)),
        ("1/(2 + cos(2*pi*x/0.1))", ((x * (20.0 * std::f64::consts::PI)).cos() + 2.0).recip()),
        ("(x - 1)/(x + 1)", (x - 1.0) / (x + 1.0)),
    ];
    for (text, expected) in cases {
        assert!(agree(jet(text, 0.7), expected, 1e-12), "{text}: {:?} and {expected:?}", jet(text, 0.7));
    }
}

#[test]
fn partial_derivatives_hold_the_other_coordinates() {
    let mut graph = Graph::default();
    let scope = Scope::coordinates(&mut graph, 3);
    let f = graph.parse("x^2*y + sin(y*z)", &scope).unwrap();
    let point = [0.3, 0.8, -0.4];
    let [x, y, z] = point;
    let cosine = (y * z).cos();
    for (axis, expected) in [2.0 * x * y, x * x + z * cosine, y * cosine].into_iter().enumerate() {
        let slope = graph.derivative(f, axis);
        assert!((value_at(&graph, slope, &point) - expected).abs() < 1e-15);
    }
    let mixed = graph.derivative(f, 0);
    let mixed = graph.derivative(mixed, 2);
    assert_eq!(graph.value(mixed), Some(0.0));
}

/// A formula and what it is.
#[derive(Debug, Clone)]
enum Tree {
    X,
    Number(f64),
    Call(&'static str, Box<Tree>),
    Join(char, Box<Tree>, Box<Tree>),
}

impl Tree {
    /// With no parentheses but those that precedence asks for: 1 in a sum, 2 in a product, 3 after a sign, 4
    /// below a power.
    fn text(&self, least: u8) -> String {
        let (own, text) = match self {
            Self::X => (5, "x".to_string()),
            Self::Number(number) => (5, number.to_string()),
            Self::Call("-", a) => (3, format!("-{}", a.text(3))),
            Self::Call(name, a) => (5, format!("{name}({})", a.text(0))),
            Self::Join('+', a, b) => (1, format!("{} + {}", a.text(1), b.text(2))),
            Self::Join('-', a, b) => (1, format!("{}-{}", a.text(1), b.text(2))),
            Self::Join('^', a, b) => (4, format!("{}^{}", a.text(5), b.text(3))),
            Self::Join(sign, a, b) => (2, format!("{} {sign} {}", a.text(2), b.text(3))),
        };
        if own < least { format!("({text})") } else { text }
    }

    fn value(&self, x: Dual2_64) -> Dual2_64 {
        match self {
            Self::X => x,
            Self::Number(number) => Dual2_64::from(*number),
            Self::Call(name, a) => {
                let a = a.value(x);
                match *name {
                    "-" => -a,
                    "sin" => a.sin(),
                    "cos" => a.cos(),
                    "atan" => a.atan(),
                    "tanh" => a.tanh(),
                    _ => (-a.powi(2)).exp(),
                }
            }
            Self::Join(sign, a, b) => {
                let (a, b) = (a.value(x), b.value(x));
                match sign {
                    '+' => a + b,
                    '-' => a - b,
                    '*' => a * b,
                    '/' => a / b,
                    _ => a.powi(b.re as i32),
                }
            }
        }
    }
}

fn tree() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![Just(Tree::X), (1u8..40).prop_map(|n| Tree::Number(f64::from(n) / 8.0))];
    leaf.prop_recursive(5, 40, 2, |inner| {
        let functions = prop::sample::select(vec!["-", "sin", "cos", "atan", "tanh"]);
        let signs = prop::sample::select(vec!['+', '-', '*', '/']);
        prop_oneof![
            (functions, inner.clone()).prop_map(|(name, a)| Tree::Call(name, Box::new(a))),
            (signs, inner.clone(), inner.clone()).prop_map(|(sign, a, b)| Tree::Join(
                sign,
                Box::new(a),
                Box::new(b)
            )),
            (inner, 0u8..4)
                .prop_map(|(a, n)| { Tree::Join('^', Box::new(a), Box::new(Tree::Number(f64::from(n)))) }),
        ]
    })
}

proptest! {
    #[test]
    fn any_formula_has_the_value_and_the_derivatives_of_dual_numbers(tree in tree(), x in -2.0..2.0f64) {
        let expected = tree.value(Dual2_64::from_re(x).derivative());
        // Next to poles rounding is all that is left.
        prop_assume!([expected.re, expected.v1, expected.v2].iter().all(|v| v.abs() < 1e6));
        let text = tree.text(0);
        let ours = jet(&text, x);
        prop_assert!(agree(ours, expected, 1e-6), "{}: {:?} and {:?}", text, ours, expected);
        prop_assert!((ours[0] - expected.re).abs() <= 1e-9 * expected.re.abs().max(1.0), "{}", text);
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in ".{0,60}", more in "[-x1.e+*/^()<=!,sinfapow ]{0,60}") {
        let mut graph = Graph::default();
        let scope = Scope::coordinates(&mut graph, 2);
        for text in [text, more] {
            match graph.parse(&text, &scope) {
                Ok(expr) => { value_at(&graph, expr, &[0.5, 0.25]); }
                Err(error) => prop_assert!((1..=text.chars().count() + 1).contains(&error.at)),
            }
        }
    }
}

#[test]
fn errors_point_at_the_character_and_say_what_was_expected() {
    for (text, at, part) in [
        ("", 1, "expected a number"),
        ("2x", 2, "an operator such as `*`"),
        ("2 sin(x)", 3, "an operator such as `*`"),
        ("sin(x", 6, "expected `)`"),
        ("(x", 3, "operator or `)`"),
        ("x)", 2, "or the end"),
        ("sine(x)", 1, "did you mean `sin`?"),
        ("x + mü", 5, "there is no name `mü`"),
        ("sin x", 5, "`sin` is a function: expected `(`"),
        ("x(2)", 2, "`x` is no function"),
        ("atan2(x)", 8, "`atan2` takes 2 arguments: expected `,`"),
        ("sin(x, 2)", 6, "`sin` takes 1 argument: expected `)`"),
        ("x +", 4, "the formula goes on"),
        ("x**2", 3, "written with `^`"),
        ("1e999", 1, "finite"),
        (".", 1, "finite"),
        ("x < 1 < 2", 7, "or the end"),
        ("x # y", 3, "or the end"),
        ("é€ + 1", 1, "there is no name `é`"),
    ] {
        let mut graph = Graph::default();
        let scope = Scope::coordinates(&mut graph, 1);
        let error = graph.parse(text, &scope).unwrap_err();
        assert_eq!(error.at, at, "{text}: {error}");
        assert!(error.to_string().contains(part), "{text}: {error}");
    }
}

#[test]
fn deep_and_long_texts_end() {
    let mut graph = Graph::default();
    let scope = Scope::coordinates(&mut graph, 1);
    for deep in ["(".repeat(100_000), "-".repeat(100_000), "2^".repeat(100_000), "sin(".repeat(100_000)] {
        let error = graph.parse(&deep, &scope).unwrap_err().to_string();
        assert!(error.contains("inside one another") && error.len() < 400, "{error}");
    }
    let long = vec!["x*sin(x)"; 20_000].join(" + ");
    let sum = graph.parse(&long, &scope).unwrap();
    let slope = graph.derivative(sum, 0);
    assert!((value_at(&graph, slope, &[1.0]) / 20_000.0 - (1.0f64.sin() + 1.0f64.cos())).abs() < 1e-9);
}

/// Equal parts are one node, so that derivatives do not swell.
#[test]
fn derivatives_share_their_parts() {
    let mut graph = Graph::default();
    let scope = Scope::coordinates(&mut graph, 1);
    // 256 times x as a text, 16 functions as a graph.
    let nested = (0..8).fold("x".to_string(), |text, _| format!("sin({text})*exp({text}/9)"));
    let mut expr = graph.parse(&nested, &scope).unwrap();
    let before = graph.nodes().len();
    for _ in 0..2 {
        expr = graph.derivative(expr, 0);
    }
    assert!(graph.nodes().len() < 25 * before, "{} from {before}", graph.nodes().len());
}

/// Blocks, batches and threads do not show in the values.
#[test]
fn any_number_of_points_gives_the_same_bits() {
    let mut graph = Graph::default();
    let scope = Scope::coordinates(&mut graph, 2);
    let f = graph.parse("if(x < y, sin(9*x)*exp(-y^2), hypot(x, y)/(1 + x^4)) + y/7", &scope).unwrap();
    let program = Program::new(&graph, f);
    let coordinates: Vec<f64> = (0..2 * 10_001).map(|i| f64::from(i * 7919 % 1000) / 500.0 - 1.0).collect();
    let mut all = vec![0.0; 10_001];
    program.evaluate(Points::new(&coordinates, 2), &mut all);
    for (i, point) in coordinates.chunks(2).enumerate().step_by(37) {
        assert_eq!(all[i].to_bits(), value_at(&graph, f, point).to_bits());
        let [x, y] = [point[0], point[1]];
        let expected =
            if x < y { (9.0 * x).sin() * (-(y * y)).exp() } else { x.hypot(y) / (1.0 + x.powi(4)) } + y / 7.0;
        assert!((all[i] - expected).abs() < 1e-14);
    }
}

/// Abramowitz & Stegun, *Handbook of Mathematical Functions*, table 9.1; derivatives by J₀″ = −J₀ + J₁/x and Bessel's
/// equation for J₁; at 0 the slope of J₁ is ½.
#[test]
fn bessel_functions_are_those_of_the_tables() {
    for (x, j0, j1) in [
        (1.0, 0.765_197_686_557_966_6, 0.440_050_585_744_933_5),
        (5.0, -0.177_596_771_314_338_3, -0.327_579_137_591_465_2),
        (10.0, -0.245_935_764_451_348_3, 0.043_472_746_168_861_4),
    ] {
        let close = |ours: [f64; 3], theirs: [f64; 3]| {
            assert!(
                ours.iter().zip(theirs).all(|(a, b)| (a - b).abs() < 1e-14),
                "{x}: {ours:?} and {theirs:?}"
            );
        };
        close(jet("j0(x)", x), [j0, -j1, j1 / x - j0]);
        let slope = j0 - j1 / x;
        close(jet("j1(x)", x), [j1, slope, -slope / x - (1.0 - 1.0 / (x * x)) * j1]);
    }
    assert_eq!(jet("j1(x)", 0.0)[..2], [0.0, 0.5]);
    assert_eq!(jet("j0(x)", 0.0), [1.0, 0.0, -0.5]);
}
