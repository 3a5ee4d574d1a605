//! From a plan to the objects it names: problem, grid, discrete system, references and solvers. All
//! that can be refused is refused here, before anything is written.

use std::sync::Arc;

use modewise_problems::{Condition, Discrete, Errors, Field, Grid, Problem, catalog};
use modewise_solvers::{
    Need, Reference, ReferenceKind, Schedule, Solver, SolverError, StopRule, classical::direct, registry,
};

use super::{
    config_error::ConfigError,
    labels,
    plan::{Plan, Record, SolverPlan, Start, Watch},
};
use crate::{
    machine::free_memory,
    modes::{ModeWatch, TransformKind},
};

/// One solver, ready to run.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// Its unique label.
    pub label: String,
    /// The recipe.
    pub solver: Arc<dyn Solver>,
    /// When it stops.
    pub stop: StopRule,
    /// What it needs.
    pub need: Need,
}

/// A plan resolved.
pub struct Setup {
    /// The plan with every default and published setting filled in: reruns as it is.
    pub plan: Plan,
    /// The problem.
    pub problem: Arc<dyn Problem>,
    /// Its discrete system.
    pub discrete: Discrete,
    /// What errors are measured against.
    pub reference: Reference,
    /// The discretisation error, where the exact solution is known.
    pub floor: Option<Errors>,
    /// The transform.
    pub transform: TransformKind,
    /// The solvers, in order.
    pub solvers: Vec<Prepared>,
    /// A watch that has seen nothing; every run takes a copy.
    watch: ModeWatch,
}

/// Cells a side where the plan does not say.
const DEFAULT_CELLS: [usize; 2] = [256, 64];
/// Watched and recorded steps a decade where not every step is. The first is a multiple of the
/// second, so that what is recorded is watched.
const WATCHED_PER_DECADE: u32 = 100;
const RECORDED_PER_DECADE: u32 = 20;
/// A row of modes.csv.
const BYTES_A_ROW: f64 = 130.0;
const GIGABYTE: f64 = 1e9;

impl Setup {
    /// Resolves `plan`; `force` allows a gigabyte of output and more.
    ///
    /// # Errors
    /// Whatever cannot be done, with what to do instead.
    pub fn new(plan: &Plan, force: bool) -> Result<Self, ConfigError> {
        let problem = catalog::build(&plan.problem)?;
        let dimension = problem.domain().dimension();
        let default = [DEFAULT_CELLS[dimension.clamp(1, 2) - 1]];
        let cells = if plan.grid.is_empty() { &default[..] } else { &plan.grid[..] };
        let grid = Grid::new(problem.domain().bounds(), cells)?;
        let mut solvers = Vec::new();
        for (solver, label) in plan.solvers.iter().zip(labels::unique(&plan.solvers)?) {
            solvers.push(prepare(solver, label, plan, problem.as_ref(), &grid)?);
        }
        enough_memory(&grid, problem.as_ref(), &solvers)?;
        let discrete = Discrete::new(problem.as_ref(), &grid)?;
        let solution =
            direct::solve(&discrete).map_err(|error: SolverError| ConfigError::Missing(error.to_string()))?;
        let exact = problem.has_exact().then(|| {
            Field::from_batch(&grid, |points, out| {
                problem.exact(points, out);
            })
        });
        let discrete_reference = Reference::new(ReferenceKind::Discrete, solution);
        let floor = exact.as_ref().map(|exact| {
            Reference::new(ReferenceKind::Exact, exact.clone()).errors(discrete_reference.field())
        });
        let reference = match (plan.reference, exact) {
            (ReferenceKind::Discrete, _) => discrete_reference,
            (ReferenceKind::Exact, Some(exact)) => Reference::new(ReferenceKind::Exact, exact),
            (ReferenceKind::Exact, None) => {
                let name = problem.spec().name;
                return Err(ConfigError::Missing(format!(
                    "`{name}` has no known exact solution; use --reference discrete"
                )));
            }
        };
        let transform = plan.transform.unwrap_or_else(|| match problem.domain().sides()[0][0] {
            Condition::Dirichlet => TransformKind::Sine,
            _ => TransformKind::Fourier,
        });
        let mut resolved = plan.clone();
        resolved.problem = problem.spec();
        resolved.grid = grid.cells();
        resolved.transform = Some(transform);
        for (solver, prepared) in resolved.solvers.iter_mut().zip(&solvers) {
            solver.label = Some(prepared.label.clone());
            solver.spec = prepared.solver.spec();
        }
        let white = plan.initial == Start::White;
        let watch = ModeWatch::new(reference.field(), transform, &plan.modes, white, plan.tol)?;
        let setup = Self { plan: resolved, problem, discrete, reference, floor, transform, solvers, watch };
        let gigabytes = setup.output_bytes() / GIGABYTE;
        if gigabytes > 1.0 && !force {
            return Err(ConfigError::Output { gigabytes });
        }
        Ok(setup)
    }

    /// A warning where the solution oscillates faster than the grid can show.
    pub fn unresolved(&self) -> Option<String> {
        let k = self.problem.wave_number()?;
        let coarsest = self.discrete.grid().axes().iter().map(|axis| axis.spacing()).fold(0.0, f64::max);
        (k * coarsest >= std::f64::consts::PI).then(|| {
            let cells = (self.discrete.grid().cells().into_iter().max().unwrap_or(2) as f64 * k * coarsest
                / std::f64::consts::PI)
                .ceil();
            format!(
                "this grid cannot show the fastest wave of the solution; take at least {cells} cells a side"
            )
        })
    }

    /// A watch over the error of one run, which has seen nothing yet.
    pub fn watch(&self) -> ModeWatch {
        self.watch.fresh()
    }

    /// When modes are computed: the plan's schedule, and whatever is recorded.
    pub fn watch_schedule(&self, look_flops: f64) -> Schedule {
        let watch = match self.plan.watch {
            Watch::Auto => Schedule::Affordable { flops: look_flops, per_decade: WATCHED_PER_DECADE },
            Watch::Every(n) => Schedule::Every(n),
        };
        match self.record_schedule() {
            // On top of `every=N`, the default record takes what is watched.
            Some(record @ Schedule::Every(_)) => Schedule::Either(Box::new(watch), Box::new(record)),
            _ => watch,
        }
    }

    /// Which watched steps are stored; `None` for all.
    pub fn record_schedule(&self) -> Option<Schedule> {
        match self.plan.record {
            Record::Log => Some(Schedule::Log { per_decade: RECORDED_PER_DECADE }),
            Record::Every(n) => Some(Schedule::Every(n)),
            Record::All => None,
        }
    }

    /// Scalar columns of history.csv: the union over the solvers.
    pub fn scalar_names(&self) -> Vec<String> {
        let mut names = Vec::new();
        for name in self.solvers.iter().flat_map(|prepared| prepared.solver.scalar_names()) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// Seeds of the plan, in order.
    pub fn seeds(&self) -> impl Iterator<Item = u64> + use<> {
        (0..self.plan.seeds).map({
            let first = self.plan.seed;
            move |offset| first.wrapping_add(offset)
        })
    }

    /// An estimate of modes.csv and the fields, as far as budgets of steps are known.
    fn output_bytes(&self) -> f64 {
        let rows = self.watch.reported() as f64;
        let nodes = self.discrete.grid().nodes() as f64;
        let mut bytes = 0.0;
        for prepared in &self.solvers {
            let steps = prepared.stop.steps.map_or(1e6, |steps| steps as f64);
            let decades = steps.max(10.0).log10();
            let recorded = match (self.plan.record, self.plan.watch) {
                (Record::Log, _) => decades * f64::from(RECORDED_PER_DECADE),
                (Record::Every(n), _) | (Record::All, Watch::Every(n)) => steps / n as f64,
                (Record::All, Watch::Auto) => steps,
            };
            bytes += recorded.min(steps + 1.0) * rows * BYTES_A_ROW + 8.0 * nodes * (decades + 2.0);
        }
        bytes * self.plan.seeds as f64
    }
}

fn prepare(
    plan: &SolverPlan,
    label: String,
    whole: &Plan,
    problem: &dyn Problem,
    grid: &Grid,
) -> Result<Prepared, ConfigError> {
    let spec = registry::with_published(&plan.spec, problem)?;
    let solver = registry::build(&spec)?;
    let need = solver.check(problem, Some(grid))?;
    let stop = plan.steps.map_or_else(|| whole.stop.clone(), |steps| whole.stop.clone().with_steps(steps));
    Ok(Prepared { label, solver, stop, need })
}

/// Refuses what needs more memory than is free, before any of it is asked for.
fn enough_memory(grid: &Grid, problem: &dyn Problem, solvers: &[Prepared]) -> Result<(), ConfigError> {
    let reference = registry::build(&modewise_problems::Spec::new("direct"))?;
    let reference = reference.check(problem, Some(grid))?.bytes as f64;
    // Fields of driver and setup, and names, amplitudes and scales of the modes.
    let own = grid.nodes() as f64 * (10.0 * 8.0 + 250.0);
    let worst = solvers.iter().max_by_key(|prepared| prepared.need.bytes);
    let solver = worst.map_or(0.0, |prepared| prepared.need.bytes as f64);
    let need = own + solver.max(reference);
    let free = free_memory() as f64;
    if need > free {
        let who = worst.filter(|_| solver > own && solver > reference).map(|prepared| prepared.label.clone());
        return Err(ConfigError::Memory { need: need / GIGABYTE, have: free / GIGABYTE, who });
    }
    Ok(())
}
