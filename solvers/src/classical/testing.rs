//! What the tests of classical solvers share: a problem made to measure, and live runs of specs.

use std::{num::NonZeroU64, sync::Arc};

use modewise_problems::{
    Coefficient, Discrete, Domain, Field, Grid, Points, Problem, Spec, catalog, file::ProblemFile, reduce,
};

use crate::{Initial, Iteration, Meter, Phase, Sites, Task, registry};

/// A problem of the catalog.
pub(crate) fn catalogued(spec: &str) -> Arc<dyn Problem> {
    catalog::build(&spec.parse().unwrap()).unwrap()
}

/// A problem file.
pub(crate) fn of_text(text: &str) -> Arc<dyn Problem> {
    ProblemFile::new("my.toml", text).build(&Spec::new("my.toml")).unwrap()
}

/// −∇·(ε∇u) = f on a box, u given on its sides and ε = 1 unless said otherwise.
#[derive(Debug)]
pub(crate) struct Made {
    domain: Domain,
    exact: fn(&[f64]) -> f64,
    source: fn(&[f64]) -> f64,
    varies: bool,
}

impl Made {
    pub fn new(bounds: &[[f64; 2]], exact: fn(&[f64]) -> f64, source: fn(&[f64]) -> f64) -> Self {
        Self { domain: Domain::dirichlet(bounds), exact, source, varies: false }
    }

    /// f = 0 and u = 0 on the unit box.
    pub fn nothing(dimension: usize) -> Self {
        Self::new(&vec![[0.0, 1.0]; dimension], |_| 0.0, |_| 0.0)
    }

    /// The same with other sides.
    pub fn on_sides(self, domain: Domain) -> Self {
        Self { domain, ..self }
    }

    /// The same with ε = 2 + ∏ sin 6x; u is no longer the solution.
    pub fn varying(self) -> Self {
        Self { varies: true, ..self }
    }

    pub fn on(&self, cells: &[usize]) -> Discrete {
        discretise(self, cells)
    }

    pub fn solution(&self, grid: &Grid) -> Field {
        Field::from_batch(grid, |points, out| points.evaluate(out, self.exact))
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
        if self.varies { Coefficient::Variable } else { Coefficient::Constant(1.0) }
    }
    fn permittivity_at(&self, points: Points<'_>, out: &mut [f64]) {
        points.evaluate(out, |x| 2.0 + x.iter().map(|x| (6.0 * x).sin()).product::<f64>());
    }
    fn source(&self, points: Points<'_>, out: &mut [f64]) {
        points.evaluate(out, self.source);
    }
    fn boundary(&self, points: Points<'_>, out: &mut [f64]) {
        points.evaluate(out, self.exact);
    }
    fn exact(&self, points: Points<'_>, out: &mut [f64]) -> bool {
        points.evaluate(out, self.exact);
        true
    }
    fn wave_number(&self) -> Option<f64> {
        None
    }
}

pub(crate) fn discretise(problem: &dyn Problem, cells: &[usize]) -> Discrete {
    let grid = Grid::new(problem.domain().bounds(), cells).unwrap();
    Discrete::new(problem, &grid).unwrap()
}

/// A live run with its meter.
pub(crate) struct Live<'p> {
    pub iteration: Box<dyn Iteration + 'p>,
    pub meter: Meter,
    pub u: Field,
}

impl<'p> Live<'p> {
    pub fn start(spec: &str, problem: &'p dyn Problem, discrete: &'p Discrete, initial: Initial) -> Self {
        let solver = registry::build(&spec.parse().unwrap()).unwrap();
        let task = Task::new(problem, discrete).with_initial(initial).with_seed(7);
        let mut meter = Meter::new(discrete.sweep_flops());
        let iteration = solver.init(&task, &mut meter).unwrap();
        meter.enter(Phase::Iterate);
        let mut live = Self { iteration, meter, u: Field::zeros(discrete.grid()) };
        live.look();
        live
    }

    pub fn from(spec: &str, problem: &'p dyn Problem, discrete: &'p Discrete, field: &Field) -> Self {
        Self::start(spec, problem, discrete, Initial::Field(Arc::new(field.clone())))
    }

    /// Takes `steps` steps and looks at u.
    pub fn advance(&mut self, steps: u64) -> &Field {
        let mut left = steps;
        while let Some(most) = NonZeroU64::new(left) {
            left -= self.iteration.advance(most, &mut self.meter).unwrap().steps;
        }
        self.look();
        &self.u
    }

    fn look(&mut self) {
        let grid = self.u.grid().clone();
        self.iteration.sample(&Sites::Grid(&grid), self.u.values_mut(), &mut self.meter).unwrap();
    }
}

pub(crate) fn norm(u: &Field) -> f64 {
    reduce::sum_of_squares(u.values()).sqrt()
}

pub(crate) fn distance(u: &Field, v: &Field) -> f64 {
    u.values().iter().zip(v.values()).map(|(u, v)| (u - v).abs()).fold(0.0, f64::max)
}

/// The bits of u after `steps` steps on `threads` threads.
pub(crate) fn bits(spec: &str, cells: &[usize], steps: u64, threads: usize) -> Vec<u64> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| {
        let problem = Made::new(&vec![[0.0, 1.0]; cells.len()], |x| x[0] - 2.0, |x| (9.0 * x[0]).sin());
        let discrete = problem.on(cells);
        let mut live = Live::start(spec, &problem, &discrete, Initial::Random);
        live.advance(steps).values().iter().map(|u| u.to_bits()).collect()
    })
}
