//! What the gradients are swept over beside networks: losses, boundaries and equations, with batches from the sampler.

use std::{collections::HashMap, sync::Arc};

use modewise_problems::{Field, Grid, Problem, Spec, file::ProblemFile};

use super::kinks;
use crate::neural::{
    boundary::Trial,
    loss::{Equation, Loss, Objective},
    network::{Network, Part},
    recipe,
    sampler::{Batch, Sampler, Sampling, Wanted},
    tests::{reference, structures::parameters},
    trainer::Trainer,
};

/// Points inside of which those away from kinks are chosen, and how many of these; and points on the boundary.
const CANDIDATES: usize = 150;
const INSIDE: usize = 16;
const SIDES: usize = 24;
/// How far from a kink arguments have to be.
const MARGIN: f64 = 0.03;

/// κ²g(u).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Term {
    None,
    Linear,
    Sinh,
}

/// One loss on one problem.
pub struct Case {
    pub loss: Loss,
    /// p.
    pub exponent: f64,
    pub term: Term,
    /// Whether ε and κ² depend on the point.
    pub varies: bool,
    /// Whether data of u are built in, and whether some sides give a flux instead.
    pub exact: bool,
    pub has_fluxes: bool,
    pub problem: Arc<dyn Problem>,
    /// All candidates.
    batch: Batch,
}

/// f, u and the flux on the boundary, a, and ε and κ² where they vary, are functions without symmetry.
fn problem(dimension: usize, term: Term, varies: bool, has_fluxes: bool) -> Arc<dyn Problem> {
    let permittivity = if varies { "1.5 + 0.6*sin(2*x + Y)" } else { "1.5" };
    let screening = match term {
        Term::None => "0",
        _ if varies => "2.5 + cos(x + 2*Y)",
        _ => "2.5",
    };
    let reaction = if term == Term::Sinh { "sinh" } else { "linear" };
    let robin = "{ robin = { coefficient = \"0.7 + x^2\", value = \"x - 0.4\" } }";
    let fluxes = match (has_fluxes, dimension) {
        (false, _) => String::new(),
        (true, 1) => format!("x-upper = {robin}"),
        _ => format!("x-upper = {{ neumann = \"1 + y\" }}\ny-lower = {robin}"),
    };
    let text = format!(
        "box = [{}]\npermittivity = \"{permittivity}\"\nkappa2 = \"{screening}\"\nreaction = \"{reaction}\"\n\
         source = \"1 + sin(3*x) + sin(3*Y)\"\n[sides]\nall = {{ dirichlet = \"0.3 + 0.5*x - 0.2*x*Y\" }}\n{fluxes}",
        ["[-1, 1.5]", "[0, 1]"][..dimension].join(", ")
    );
    let text = text.replace('Y', if dimension == 1 { "0" } else { "y" });
    ProblemFile::new("swept.toml", &text).build(&Spec::new("swept.toml")).unwrap()
}

/// Every loss, with every boundary and, where the equation is in it, every equation.
pub fn all(dimension: usize) -> Vec<Case> {
    let mut cases = Vec::new();
    for (exact, has_fluxes) in [(true, false), (true, true), (false, false), (false, true)] {
        let mut push = |loss, exponent, term, varies| {
            let problem = problem(dimension, term, varies, has_fluxes);
            let batch = candidates(problem.as_ref(), loss, exact);
            cases.push(Case { loss, exponent, term, varies, exact, has_fluxes, problem, batch });
        };
        push(Loss::Regression, 2.0, Term::None, false);
        for term in [Term::None, Term::Linear, Term::Sinh] {
            for varies in [false, true] {
                push(Loss::Ritz, 2.0, term, varies);
                push(Loss::Ritz, 5.0, term, varies);
                push(Loss::Residual, 2.0, term, varies);
            }
        }
    }
    cases
}

/// The batch of a run; the target of a regression is cos x₁.
fn candidates(problem: &dyn Problem, loss: Loss, exact: bool) -> Batch {
    let wanted = Wanted {
        loss,
        sampling: Sampling::Uniform,
        points: CANDIDATES,
        boundary_points: SIDES,
        is_penalised: !exact,
        has_jumps: false,
        resample: 1,
        seed: 2,
    };
    let sampler = Sampler::new(wanted, problem);
    let bounds = problem.domain().bounds();
    let grid = Grid::new(bounds, &[if bounds.len() == 1 { 400 } else { 20 }]).unwrap();
    let target = Field::from_batch(&grid, |points, out| points.evaluate(out, |x| x[0].cos()));
    let trial = exact.then(|| Trial::new(problem).unwrap());
    let mut batch = sampler.batch(problem, grid.nodes());
    sampler.fill(0, problem, Some(&target), trial.as_ref(), None, &mut batch);
    batch
}

impl Case {
    pub fn name(&self) -> String {
        let Self { loss, exponent, term, varies, exact, has_fluxes, .. } = self;
        format!("{loss:?}, p={exponent}, {term:?}, varies={varies}, exact={exact}, fluxes={has_fluxes}")
    }

    pub fn trainer(&self, network: &Network, batch: &Batch) -> Trainer {
        let problem = self.problem.as_ref();
        let trial = self.exact.then(|| Trial::new(problem).unwrap());
        let equation = Equation { exponent: self.exponent, ..recipe::equation("swept", problem).unwrap() };
        let loss = self.loss;
        let objective =
            Objective { loss, equation, trial, kink: None, beta: 7.0, jump_weight: 3.0, gamma: 20.0 };
        Trainer::new(network.clone(), objective, batch)
    }

    /// The side of the box that each point on the boundary is on.
    fn sides(&self) -> Vec<usize> {
        let bounds = self.problem.domain().bounds();
        let side = |x: &[f64]| {
            let ends = x.iter().zip(bounds).enumerate();
            let mut ends = ends.filter_map(|(j, (x, ends))| Some(2 * j + ends.iter().position(|e| e == x)?));
            ends.next().expect("on a side")
        };
        self.batch.sides.chunks(bounds.len()).map(side).collect()
    }

    /// What is left of the batch away from kinks: so many points inside, and some on every side that has any. No two
    /// points count the same.
    fn away(&self, is_away: &mut impl FnMut(&[f64]) -> bool) -> Option<Batch> {
        let (d, from) = (self.problem.domain().dimension(), &self.batch);
        let mut kept = |points: &[f64]| -> Vec<usize> {
            (0..points.len() / d).filter(|&i| is_away(&points[i * d..(i + 1) * d])).collect()
        };
        let (mut inside, on) = (kept(&from.points), kept(&from.sides));
        let sides = self.sides();
        let is_seen = sides.iter().all(|side| on.iter().any(|&i| sides[i] == *side));
        if inside.len() < INSIDE || !is_seen {
            return None;
        }
        inside.truncate(INSIDE);
        let (count, side_count) = (from.data.len(), from.side_data.len());
        Some(Batch {
            points: pick(&from.points, count, &inside),
            data: pick(&from.data, count, &inside),
            weights: (0..inside.len()).map(|i| 0.1 + 0.01 * i as f64).collect(),
            coefficients: pick(&from.coefficients, count, &inside),
            sides: pick(&from.sides, side_count, &on),
            side_data: pick(&from.side_data, side_count, &on),
            side_weights: (0..on.len()).map(|i| 0.5 + 0.1 * i as f64).collect(),
            side_operators: pick(&from.side_operators, side_count, &on),
            built: [pick(&from.built[0], count, &inside), pick(&from.built[1], side_count, &on)],
            ..Batch::default()
        })
    }
}

/// The entries of some of `count` points.
fn pick<T: Copy>(of: &[T], count: usize, kept: &[usize]) -> Vec<T> {
    let each = of.len() / count.max(1);
    kept.iter().flat_map(|&i| &of[i * each..(i + 1) * each]).copied().collect()
}

/// The distance of the arguments at `x` from the kinks.
fn distance(parts: &[Part], theta: &[f64], x: &[f64]) -> f64 {
    let x: Vec<_> = x.iter().map(|x| (*x).into()).collect();
    let mut least = f64::INFINITY;
    // All parts of a structure have the same σ, or the kinks of both count.
    let kinks: Vec<f64> = parts.iter().flat_map(|part| kinks(part.activation)).copied().collect();
    reference::network(parts, theta, &x, |argument| {
        least = kinks.iter().fold(least, |least, kink| least.min((argument - kink).abs()));
    });
    least
}

/// Parameters, and the batch of every case away from all kinks.
pub fn away_from_kinks(parts: &[Part], network: &Network, cases: &[Case]) -> (Vec<f64>, Vec<Batch>) {
    for seed in 0..400 {
        let theta = parameters(network, seed);
        // Cases share most of their points.
        let mut known: HashMap<Vec<u64>, bool> = HashMap::new();
        let mut is_away = |x: &[f64]| {
            let bits = x.iter().map(|x| x.to_bits()).collect();
            *known.entry(bits).or_insert_with(|| distance(parts, &theta, x) > MARGIN)
        };
        if let Some(batches) = cases.iter().map(|case| case.away(&mut is_away)).collect() {
            return (theta, batches);
        }
    }
    panic!("no parameters keep {INSIDE} points away from the kinks of {parts:?}");
}

/// Value, Neumann and Robin points are where they should be, and ε and κ² vary where they should: an empty sweep
/// finds nothing.
#[test]
fn cases_have_what_their_names_say() {
    for dimension in [1, 2] {
        for case in all(dimension) {
            let (what, batch) = (format!("{}, {dimension}-D", case.name()), &case.batch);
            let is_regression = case.loss == Loss::Regression;
            let varies = case.varies && !is_regression;
            assert_eq!(
                batch.coefficients.len(),
                usize::from(varies) * (2 + dimension) * CANDIDATES,
                "{what}"
            );
            assert_eq!(batch.built[0].len(), if case.exact { CANDIDATES } else { 0 }, "{what}");
            let given = usize::from(!case.exact && !is_regression);
            let fluxes = usize::from(case.has_fluxes && !is_regression);
            let mut sides = case.sides();
            sides.sort_unstable();
            sides.dedup();
            let wanted = given * (2 - fluxes) * dimension + fluxes * dimension;
            assert_eq!(sides.len(), wanted, "{what}: {sides:?}");
            let mut kinds: Vec<_> = batch
                .side_operators
                .chunks(1 + dimension)
                .map(|numbers| (numbers[0] != 0.0, numbers[1..].iter().any(|v| *v != 0.0)))
                .collect();
            kinds.sort_unstable();
            kinds.dedup();
            let neumann = (fluxes == 1 && dimension == 2).then_some((false, true));
            let value = (fluxes * given == 1).then_some((true, false));
            let robin = (fluxes == 1).then_some((true, true));
            let wanted: Vec<_> = neumann.into_iter().chain(value).chain(robin).collect();
            assert_eq!(kinds, wanted, "{what}");
        }
    }
}
