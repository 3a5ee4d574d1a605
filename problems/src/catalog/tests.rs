//! Every problem of the catalog, and some specs that turn on what defaults leave out, against the
//! differential equation, its sides and the discrete system.

use std::sync::Arc;

use super::*;
use crate::{Condition, Discrete, Grid, GridError, Points, discrete::check_at, error, grid};

/// Besides the defaults.
const MORE: [&str; 13] = [
    "gouy-chapman-1d,u0=3,kappa=2,length=2",
    "multiscale-elliptic-1d,epsilon=0.02",
    "multiscale-elliptic-2d,p=4",
    "p-laplace-1d,p=8",
    "p-laplace-1d,p=2,epsilon=0.05",
    "sines-1d,modes=[1,3],sides=neumann,kappa2=40",
    "sines-1d,sides=dirichlet-neumann",
    "sines-1d,sides=neumann-dirichlet,amplitudes=[1,-2,0.5]",
    "sines-1d,modes=[1,2],sides=periodic",
    "sines-2d,modes=[[1,2],[4,3]],amplitudes=[1,-0.5],sides=[periodic,neumann-dirichlet],kappa2=7",
    "sines-2d,sides=neumann",
    "sines-3d,modes=[2,1,3],sides=[neumann,dirichlet,periodic],kappa2=1",
    "sines-3d,sides=periodic",
];

fn all() -> Vec<Arc<dyn Problem>> {
    let defaults = entries().into_iter().map(|entry| Spec::new(entry.name));
    let more = MORE.iter().map(|spec| spec.parse().unwrap());
    defaults.chain(more).map(|spec| build(&spec).unwrap()).collect()
}

fn exact(problem: &dyn Problem, x: &[f64]) -> f64 {
    let mut out = [f64::NAN];
    assert!(problem.exact(Points::new(x, x.len()), &mut out));
    out[0]
}

fn permittivity(problem: &dyn Problem, x: &[f64]) -> f64 {
    let mut out = [f64::NAN];
    problem.permittivity_at(Points::new(x, x.len()), &mut out);
    out[0]
}

fn screening(problem: &dyn Problem, x: &[f64]) -> f64 {
    let mut out = [f64::NAN];
    problem.screening_at(Points::new(x, x.len()), &mut out);
    out[0]
}

/// Points of a Weyl sequence in the domain, at least `margin` from its boundary.
fn samples(problem: &dyn Problem, margin: f64) -> impl Iterator<Item = Vec<f64>> {
    let inside = move |x: &Vec<f64>| {
        problem.domain().region().is_none_or(|region| region.signed_distance(x) < -margin)
    };
    let points = (0..400).map(move |sample| {
        let steps =
            [0.618_033_988_75, 0.414_213_562_37, 0.732_050_807_57, 0.236_067_977_50, 0.645_751_311_06];
        let bounds = problem.domain().bounds().iter();
        bounds
            .zip(steps)
            .map(|(&[a, b], step)| {
                a + margin + (0.37 + f64::from(sample) * step).fract() * (b - a - 2.0 * margin)
            })
            .collect()
    });
    points.filter(inside).take(200)
}

fn moved(x: &[f64], axis: usize, by: f64) -> Vec<f64> {
    let mut x = x.to_vec();
    x[axis] += by;
    x
}

/// ε|∇u|^{p−2}, with ∇u by differences of order eight.
fn conductivity(problem: &dyn Problem, x: &[f64]) -> f64 {
    let epsilon = permittivity(problem, x);
    if problem.exponent() == 2.0 {
        return epsilon;
    }
    let slopes = (0..x.len()).map(|axis| slope(problem, exact, x, axis));
    epsilon * slopes.map(|slope| slope * slope).sum::<f64>().powf(0.5 * problem.exponent() - 1.0)
}

/// ∂/∂x of a function by central differences of order eight.
fn slope(problem: &dyn Problem, function: fn(&dyn Problem, &[f64]) -> f64, x: &[f64], axis: usize) -> f64 {
    const WEIGHTS: [f64; 5] = [0.0, 4.0 / 5.0, -1.0 / 5.0, 4.0 / 105.0, -1.0 / 280.0];
    let h = spacing(problem);
    let at = |by: f64| function(problem, &moved(x, axis, by));
    WEIGHTS.iter().enumerate().map(|(i, w)| w * (at(i as f64 * h) - at(-(i as f64) * h))).sum::<f64>() / h
}

/// The spacing of differences.
fn spacing(problem: &dyn Problem) -> f64 {
    0.05 / problem.wave_number().unwrap_or(25.0)
}

/// −ε u″ − ε′u′ + κ²g(u) along every axis by central differences of order eight, ε times |∇u|^{p−2}, against f.
#[test]
fn sources_are_those_of_the_exact_solutions() {
    const SECOND: [f64; 5] = [-205.0 / 72.0, 8.0 / 5.0, -1.0 / 5.0, 8.0 / 315.0, -1.0 / 560.0];
    let mut checked = 0;
    for problem in all().iter().map(Arc::as_ref).filter(|problem| problem.has_exact()) {
        let h = spacing(problem);
        let (mut worst, mut scale) = (0.0f64, 0.0f64);
        // Differences of differences reach twice as far.
        let reach = if problem.exponent() == 2.0 { 5.0 } else { 10.0 };
        for x in samples(problem, reach * h) {
            let mut f = [0.0];
            problem.source(Points::new(&x, x.len()), &mut f);
            let (u, epsilon) = (exact(problem, &x), conductivity(problem, &x));
            let near = (0..2 * x.len()).map(|side| [5.0, -5.0][side % 2] * h).enumerate();
            let mut near = near.map(|(side, by)| conductivity(problem, &moved(&x, side / 2, by)));
            if near.any(|other| (other - epsilon).abs() > 0.5 * epsilon) {
                // Across a jump there is no second derivative, and next to a point with ∇u = 0 differences see none.
                continue;
            }
            let mut divergence = 0.0;
            for axis in 0..x.len() {
                let mut second = SECOND[0] * u;
                for (i, weight) in SECOND.iter().enumerate().skip(1) {
                    let at = |by: f64| exact(problem, &moved(&x, axis, by));
                    second += weight * (at(i as f64 * h) + at(-(i as f64) * h));
                }
                second /= h * h;
                let [rise, along] = [conductivity, exact].map(|function| slope(problem, function, &x, axis));
                divergence += epsilon * second + rise * along;
                scale = scale.max((epsilon * second).abs());
            }
            let reaction = screening(problem, &x) * problem.reaction().value(u);
            scale = scale.max(reaction.abs());
            worst = worst.max((reaction - divergence - f[0]).abs());
        }
        assert!(
            worst < 1e-7 * scale,
            "{}: −∇·(ε∇u) + κ²g(u) misses f by {worst:e} of {scale:e}",
            problem.spec()
        );
        checked += 1;
    }
    assert_eq!(
        checked,
        entries().len() - 5 + MORE.len(),
        "all but the jumps, five-scales-2d, many-subdomains-2d and pinnacle-pb-2d are known exactly"
    );
}

/// On every side: u is the Dirichlet value, ε ∂u/∂n the flux (and au more on Robin sides), u and ∂u/∂n those of the opposite side.
#[test]
fn exact_solutions_carry_the_data_of_their_sides() {
    /// First derivative at the end of a one-sided stencil of order six.
    const WEIGHTS: [f64; 7] =
        [-49.0 / 20.0, 6.0, -15.0 / 2.0, 20.0 / 3.0, -15.0 / 4.0, 6.0 / 5.0, -1.0 / 6.0];
    let mut seen = [0; 3];
    for problem in all().iter().map(Arc::as_ref).filter(|problem| problem.has_exact()) {
        let h = spacing(problem);
        let size = samples(problem, 0.0).map(|x| exact(problem, &x).abs()).fold(0.0, f64::max);
        for (axis, conditions) in problem.domain().sides().iter().enumerate() {
            let ends = problem.domain().bounds()[axis];
            for x in samples(problem, 0.0).take(20) {
                let on = |upper: usize| moved(&x, axis, ends[upper] - x[axis]);
                let slope = |upper: usize| -> f64 {
                    let inwards = if upper == 1 { -h } else { h };
                    let terms = WEIGHTS.iter().enumerate();
                    terms
                        .map(|(i, w)| w * exact(problem, &moved(&on(upper), axis, i as f64 * inwards)))
                        .sum::<f64>()
                        / inwards
                };
                for (upper, condition) in conditions.iter().enumerate() {
                    let x = on(upper);
                    let mut data = [f64::NAN];
                    let points = Points::new(&x, x.len());
                    let (found, tolerance) = match condition {
                        Condition::Dirichlet => {
                            problem.boundary(points, &mut data);
                            (exact(problem, &x), 1e-12 * size.max(1.0))
                        }
                        Condition::Neumann => {
                            problem.flux(axis, upper == 1, points, &mut data);
                            let outwards = if upper == 1 { 1.0 } else { -1.0 };
                            let mut a = [0.0];
                            problem.robin(axis, upper == 1, points, &mut a);
                            let flux = outwards * permittivity(problem, &x) * slope(upper);
                            (flux + a[0] * exact(problem, &x), 1e-6 * size / h)
                        }
                        Condition::Periodic => {
                            let other = on(1 - upper);
                            assert!((exact(problem, &x) - exact(problem, &other)).abs() < 1e-12 * size);
                            data = [slope(1 - upper)];
                            (slope(upper), 1e-6 * size / h)
                        }
                    };
                    assert!(
                        (found - data[0]).abs() <= tolerance,
                        "{} at {x:?}: {found} and {}",
                        problem.spec(),
                        data[0]
                    );
                    seen[*condition as usize] += 1;
                }
            }
        }
    }
    assert!(seen.iter().all(|&count| count > 100), "{seen:?}");
}

/// Every problem has a discrete system, and an exact solution on a whole box leaves the residual of the scheme's
/// truncation error only: a quarter of it on twice as many cells. (Next to shapes the truncation error is of order
/// one and the error of order two all the same.)
#[test]
fn every_problem_has_a_discrete_system() {
    for problem in all().into_iter().filter(|problem| problem.domain().dimension() <= grid::GRID_AXES) {
        let smooth =
            problem.has_exact() && problem.wave_number().is_some() && problem.domain().region().is_none();
        let residual = |cells: usize| {
            let grid = Grid::new(problem.domain().bounds(), &[cells]).unwrap();
            let discrete = Discrete::new(problem.as_ref(), &grid).unwrap();
            assert!(discrete.rhs_norm() > 0.0 && discrete.unknowns() > 0);
            smooth.then(|| {
                let mut u = crate::Field::from_batch(&grid, |points, out| {
                    problem.exact(points, out);
                });
                discrete.impose_boundary(u.values_mut());
                let scale = error::norm(discrete.source());
                // Without a source the mean over nodes, up to a factor.
                let scale = if scale > 0.0 { scale } else { (grid.nodes() as f64).sqrt() };
                discrete.residual_squares(u.values()).sqrt() / scale
            })
        };
        let k = problem.wave_number().unwrap_or(10.0);
        let longest = problem.domain().bounds().iter().map(|[a, b]| b - a).fold(0.0, f64::max);
        // Without a source all of the solution is a layer at one end, in which few nodes lie.
        let x: Vec<f64> = samples(problem.as_ref(), 0.0).flatten().collect();
        let mut f = vec![0.0; x.len() / problem.domain().dimension()];
        problem.source(Points::new(&x, problem.domain().dimension()), &mut f);
        let is_layer = problem.domain().dimension() == 1 && f.iter().all(|f| *f == 0.0);
        let layer = if is_layer { (24.0 * k * longest) as usize } else { 16 };
        let coarse = layer.max((k / 2.0) as usize * 8);
        if let (Some(one), Some(two)) = (residual(coarse), residual(2 * coarse)) {
            assert!((3.8..4.2).contains(&(one / two)), "{}: {one:e}, then {two:e}", problem.spec());
        }
    }
}

/// Problems of more axes have no grid, and functions that are numbers wherever networks look.
#[test]
fn problems_of_more_axes_have_no_grid() {
    let mut names = Vec::new();
    for problem in all().into_iter().filter(|problem| problem.domain().dimension() > grid::GRID_AXES) {
        let d = problem.domain().dimension();
        assert_eq!(Grid::new(problem.domain().bounds(), &[4]), Err(GridError::TooManyAxes(d)));
        let x: Vec<f64> = samples(problem.as_ref(), 0.0).flatten().collect();
        check_at(problem.as_ref(), Points::new(&x, d)).unwrap();
        names.push(problem.spec().name);
    }
    assert_eq!(names, ["multiscale-elliptic-5d", "sine-sum-5d"]);
}

#[test]
fn specs_build_the_same_problem_again() {
    for problem in all() {
        let again = build(&problem.spec().to_string().parse().unwrap()).unwrap();
        assert_eq!(problem.spec(), again.spec());
        assert_eq!(problem.title(), again.title());
    }
    for entry in entries() {
        assert_eq!(build(&Spec::new(entry.name)).unwrap().spec().name, entry.name);
    }
}

#[test]
fn unknown_problems_name_the_nearest() {
    let error = build(&Spec::new("sine-1d")).unwrap_err().to_string();
    assert!(error.contains("did you mean `sines-1d`?"), "{error}");
}

/// The same numbers come again from the file that a problem is shown as.
#[test]
fn shown_files_are_the_same_problems() {
    let mut refused = Vec::new();
    for problem in all() {
        let text = match problem.to_file() {
            Ok(text) => text,
            Err(why) => {
                assert!(why.len() > 10);
                refused.push(problem.spec().name);
                continue;
            }
        };
        let again = ProblemFile::new("shown.toml", &text).build(&Spec::new("shown.toml"));
        let again = again.unwrap_or_else(|error| panic!("{}: {error}\n{text}", problem.spec()));
        assert_eq!((again.title(), again.domain()), (problem.title(), problem.domain()));
        assert_eq!(again.wave_number(), problem.wave_number());
        assert_eq!((again.permittivity(), again.screening()), (problem.permittivity(), problem.screening()));
        assert_eq!(again.reaction(), problem.reaction());
        for solver in ["dnn", "mscale-dnn"] {
            assert_eq!(again.published(solver), problem.published(solver));
        }
        let x: Vec<f64> = samples(problem.as_ref(), 0.0).flatten().collect();
        let points = Points::new(&x, problem.domain().dimension());
        let all = |problem: &dyn Problem| {
            let mut columns = vec![vec![0.0; points.len()]; 5];
            problem.source(points, &mut columns[0]);
            problem.boundary(points, &mut columns[1]);
            problem.permittivity_at(points, &mut columns[2]);
            problem.screening_at(points, &mut columns[3]);
            problem.exact(points, &mut columns[4]);
            columns
        };
        for (ours, theirs) in all(problem.as_ref()).into_iter().zip(all(again.as_ref())) {
            let scale = ours.iter().fold(0.0f64, |scale, value| scale.max(value.abs()));
            assert!(
                ours.iter().zip(&theirs).all(|(a, b)| (a - b).abs() <= 1e-13 * scale),
                "{}",
                problem.spec()
            );
        }
    }
    assert_eq!(refused, ["bump-2d", "bump-3d"]);
}

/// The largest |u| of the Frequency Principle's problem and where it is, read off the paper's figure.
#[test]
fn the_maximum_of_fprinciple_is_the_published_one() {
    let problem = build(&Spec::new("fprinciple-1d")).unwrap();
    let x: Vec<f64> = (0..=20_000).map(|i| -1.0 + f64::from(i) * 1e-4).collect();
    let mut u = vec![0.0; x.len()];
    problem.exact(Points::new(&x, 1), &mut u);
    let best = (0..x.len()).max_by(|&i, &j| u[i].abs().total_cmp(&u[j].abs())).unwrap();
    assert!((u[best].abs() - 0.5912).abs() < 5e-5 && (x[best].abs() - 0.576).abs() < 1e-3);
}
