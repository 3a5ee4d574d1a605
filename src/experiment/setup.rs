//! From a plan to the objects it names: problem, grid, discrete system, references and solvers. All
//! that can be refused is refused here, before anything is written.

mod notes;

use std::sync::Arc;

use modewise_problems::{Discrete, Errors, Field, Grid, Problem, Spec, catalog, file};
use modewise_solvers::{Need, Reference, ReferenceKind, Schedule, Solver, StopRule, registry};

use super::reference::{self, Way};
use super::{
    config_error::ConfigError,
    error_bar::{self, ErrorBar},
    gridless,
    ground::Ground,
    labels, memory,
    plan::{Plan, Record, SolverPlan, Start, Watch},
    refined::{self, Refined},
    warm_start::WarmStart,
};
use crate::{
    modes::{ModeChoice, ModeWatch, Spectrum, Split, TransformKind},
    store::folder::PROBLEM_FILE,
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
    /// A spec of the settings published with the problem that it took.
    pub published: Spec,
    /// Where its first network comes from, if it is that of another run.
    pub start: Option<String>,
}

/// A plan resolved.
pub struct Setup {
    /// The plan with every default and published setting filled in: reruns as it is.
    pub plan: Plan,
    /// The problem.
    pub problem: Arc<dyn Problem>,
    /// The text of its file, where it is one of the user's own.
    pub problem_file: Option<String>,
    /// Where it is solved, and errors are measured.
    pub ground: Ground,
    /// What errors are measured against, if anything is.
    pub reference: Option<Reference>,
    /// The estimated error of the reference itself, where it was made by refinement.
    pub reference_bar: Option<Errors>,
    /// The discretisation error, where the exact solution is known.
    pub floor: Option<Errors>,
    /// The estimated one, where it was asked for.
    pub bar: Option<ErrorBar>,
    /// The discrete solution on half as many cells, of problems with a free energy of solvation.
    pub(super) coarse: Option<Field>,
    /// The transform, axis by axis where they differ.
    pub transform: String,
    /// The solvers, in order.
    pub solvers: Vec<Prepared>,
    /// A watch that has seen nothing; every run takes a copy.
    watch: Option<ModeWatch>,
}

/// Cells a side where the plan does not say.
const DEFAULT_CELLS: [usize; 3] = [256, 64, 32];
/// Of a molecule, whose free energy is compared with that of half as many cells.
const MOLECULE_CELLS: usize = 64;
/// Nodes inside of shapes up to which `transform=auto` takes the eigenvectors of the operator.
const FEW_NODES: usize = 1024;
/// Watched and recorded steps a decade where not every step is. The first is a multiple of the
/// second, so that what is recorded is watched.
const WATCHED_PER_DECADE: u32 = 100;
const RECORDED_PER_DECADE: u32 = 20;
/// Nodes of a field that is stored on the way: 64 MiB.
const MOST_STORED: usize = 1 << 23;
/// A row of modes.csv.
const BYTES_A_ROW: f64 = 130.0;
const GIGABYTE: f64 = 1e9;

impl Setup {
    /// Resolves `plan`; `force` allows a gigabyte of output and more.
    ///
    /// # Errors
    /// Whatever cannot be done, with what to do instead.
    pub fn new(plan: &Plan, force: bool) -> Result<Self, ConfigError> {
        Self::resolve(plan, force, true)
    }

    /// Resolves the plan of a run folder, whose grid is what its accuracy asked for.
    ///
    /// # Errors
    /// As [`Setup::new`].
    pub fn again(plan: &Plan) -> Result<Self, ConfigError> {
        Self::resolve(plan, true, false)
    }

    fn resolve(plan: &Plan, force: bool, refines: bool) -> Result<Self, ConfigError> {
        let problem = catalog::build(&plan.problem)?;
        let setup = match gridless::is(problem.as_ref()) {
            true => Self::without_grid(plan, problem)?,
            false => Self::on_grid(plan, problem, refines)?,
        };
        let gigabytes = setup.output_bytes() / GIGABYTE;
        if gigabytes > 1.0 && !force {
            return Err(ConfigError::Output { gigabytes });
        }
        Ok(setup)
    }

    fn on_grid(plan: &Plan, problem: Arc<dyn Problem>, refines: bool) -> Result<Self, ConfigError> {
        let mut grid = Grid::new(problem.domain().bounds(), &cells(plan, problem.as_ref()))?;
        let bar = match plan.accuracy.filter(|_| refines) {
            Some(accuracy) => {
                prepare_all(plan, problem.as_ref(), Some(&grid))?;
                Some(error_bar::refine(plan, problem.as_ref(), &grid.cells(), accuracy)?)
            }
            None if plan.error_bar || plan.accuracy.is_some() => {
                prepare_all(plan, problem.as_ref(), Some(&grid))?;
                Some(error_bar::on_grid(plan, problem.as_ref(), &grid.cells())?)
            }
            None => None,
        };
        let (system, bar) = bar.unzip();
        if let Some(system) = &system {
            grid = system.grid().clone();
        }
        let solvers = prepare_all(plan, problem.as_ref(), Some(&grid))?;
        let own = memory::own(plan, &grid, problem.as_ref());
        let kind = plan.reference.unwrap_or(ReferenceKind::Discrete);
        let (way, bytes) = Way::find(kind, problem.as_ref(), &grid, own);
        memory::refuse_too_much(own, bytes, &solvers)?;
        let ground = match system {
            Some(system) => Ground::from(system),
            None => Ground::new(problem.as_ref(), Some(&grid))?,
        };
        // Invariant: on a grid there is a discrete system.
        let discrete = ground.discrete().expect("a system on a grid");
        let refined = refined::is_wanted(plan, problem.as_ref())
            .then(|| Refined::find(plan, problem.as_ref(), &grid.cells()))
            .transpose()?;
        let solved = bar.as_ref().map(|bar| &bar.solution);
        let (reference, floor) =
            reference::find(plan, &way, solved, refined.as_ref(), problem.as_ref(), discrete)?;
        let coarse = problem.solvation().and_then(|_| error_bar::half(plan, problem.as_ref(), &grid.cells()));
        let own_modes = ModeChoice::None != plan.modes && reference.is_some();
        let split = match plan.transform {
            Split::Waves(TransformKind::Auto) if own_modes && has_few_nodes_in_shapes(discrete) => {
                Split::Eigen
            }
            split => split,
        };
        let spectrum = match split {
            Split::Waves(kind) => Spectrum::new(&grid, discrete.sides(), kind),
            Split::Eigen => Spectrum::eigen(discrete)?,
        };
        let transform = spectrum.transform_name();
        let (mut resolved, problem_file) = resolved(plan, problem.as_ref(), &solvers, reference.as_ref());
        resolved.grid = grid.cells();
        let uniform = [TransformKind::Sine, TransformKind::Cosine, TransformKind::Fourier].map(Split::Waves);
        resolved.transform = uniform.into_iter().find(|kind| kind.name() == transform).unwrap_or(split);
        let white = plan.initial == Start::White;
        let watched = reference.as_ref().filter(|_| plan.modes != ModeChoice::None);
        let watch = watched
            .map(|reference| ModeWatch::new(reference, spectrum, &plan.modes, white, plan.tol))
            .transpose()?;
        Ok(Self {
            plan: resolved,
            problem,
            problem_file,
            ground,
            reference,
            reference_bar: refined.map(|refined| refined.bar),
            floor,
            bar,
            coarse,
            transform,
            solvers,
            watch,
        })
    }

    fn without_grid(plan: &Plan, problem: Arc<dyn Problem>) -> Result<Self, ConfigError> {
        gridless::check(plan, problem.as_ref())?;
        let solvers = prepare_all(plan, problem.as_ref(), None)?;
        memory::refuse_too_much(gridless::bytes(problem.as_ref()), 0.0, &solvers)?;
        let ground = Ground::new(problem.as_ref(), None)?;
        let reference = gridless::reference(plan, problem.as_ref(), ground.support())?;
        let (mut resolved, problem_file) = resolved(plan, problem.as_ref(), &solvers, reference.as_ref());
        resolved.modes = ModeChoice::None;
        Ok(Self {
            plan: resolved,
            problem,
            problem_file,
            ground,
            reference,
            reference_bar: None,
            floor: None,
            bar: None,
            coarse: None,
            transform: "none".into(),
            solvers,
            watch: None,
        })
    }

    /// A watch over the error of one run, which has seen nothing yet; `None` if no modes are watched.
    pub fn watch(&self) -> Option<ModeWatch> {
        self.watch.as_ref().map(ModeWatch::fresh)
    }

    /// When a run is looked at: the plan's schedule for modes, and whatever is recorded.
    pub fn watch_schedule(&self) -> Schedule {
        let watch = match (self.plan.watch, &self.watch) {
            (Watch::Every(n), _) => Schedule::Every(n),
            (Watch::Auto, Some(watch)) => {
                Schedule::Affordable { flops: watch.flops(), per_decade: WATCHED_PER_DECADE }
            }
            (Watch::Auto, None) => return self.record_schedule().unwrap_or(Schedule::Every(1)),
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

    /// Whether fields are stored on the way; of larger grids only the last u is, without a grid none.
    pub fn stores_fields(&self) -> bool {
        self.ground.grid().is_some_and(|grid| grid.nodes() <= MOST_STORED)
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
        self.plan.all_seeds()
    }

    /// An estimate of modes.csv and the fields, as far as budgets of steps are known.
    fn output_bytes(&self) -> f64 {
        let rows = self.watch.as_ref().map_or(0, ModeWatch::reported) as f64;
        let nodes = self.ground.grid().map_or(0, Grid::nodes) as f64;
        // The first, the last, and one a decade.
        let fields = |decades: f64| if self.stores_fields() { decades + 2.0 } else { 1.0 };
        let a_node: f64 = self.plan.fields.iter().map(|format| format.bytes).sum();
        let mut bytes = 0.0;
        for prepared in &self.solvers {
            let steps = prepared.stop.steps.map_or(1e6, |steps| steps as f64);
            let decades = steps.max(10.0).log10();
            let recorded = match (self.plan.record, self.plan.watch) {
                (Record::Log, _) => decades * f64::from(RECORDED_PER_DECADE),
                (Record::Every(n), _) | (Record::All, Watch::Every(n)) => steps / n as f64,
                (Record::All, Watch::Auto) => steps,
            };
            bytes += recorded.min(steps + 1.0) * rows * BYTES_A_ROW + a_node * nodes * fields(decades);
        }
        bytes * self.plan.seeds as f64
    }
}

/// Cells of the plan's grid, one number or one an axis; those of the dimension where it does not say.
pub(super) fn cells(plan: &Plan, problem: &dyn Problem) -> Vec<usize> {
    match plan.grid.as_slice() {
        [] if problem.solvation().is_some() => vec![MOLECULE_CELLS],
        [] => vec![DEFAULT_CELLS[problem.domain().dimension().clamp(1, 3) - 1]],
        cells => cells.to_vec(),
    }
}

/// `plan` with what it leaves open filled in, and the text of a problem file of the user's own.
fn resolved(
    plan: &Plan,
    problem: &dyn Problem,
    solvers: &[Prepared],
    reference: Option<&Reference>,
) -> (Plan, Option<String>) {
    let mut resolved = plan.clone();
    resolved.problem = problem.spec();
    let problem_file = file::is_path(&plan.problem.name).then(|| problem.to_file().ok()).flatten();
    if problem_file.is_some() {
        // The run folder keeps it.
        resolved.problem.name = PROBLEM_FILE.into();
    }
    resolved.reference = reference.map(Reference::kind);
    for (solver, prepared) in resolved.solvers.iter_mut().zip(solvers) {
        solver.label = Some(prepared.label.clone());
        solver.spec = prepared.solver.spec();
        solver.start.clone_from(&prepared.start);
    }
    (resolved, problem_file)
}

/// The solvers of `plan`; refuses what they cannot do.
fn prepare_all(
    plan: &Plan,
    problem: &dyn Problem,
    grid: Option<&Grid>,
) -> Result<Vec<Prepared>, ConfigError> {
    let labels = labels::unique(&plan.solvers)?;
    let solvers = plan.solvers.iter().zip(labels);
    solvers.map(|(solver, label)| prepare(solver, label, plan, problem, grid)).collect()
}

/// Whether shapes leave so few nodes that eigenvectors take less than a second.
fn has_few_nodes_in_shapes(discrete: &Discrete) -> bool {
    discrete.inside().is_some_and(|inside| inside.iter().filter(|inside| **inside).count() <= FEW_NODES)
}

fn prepare(
    plan: &SolverPlan,
    label: String,
    whole: &Plan,
    problem: &dyn Problem,
    grid: Option<&Grid>,
) -> Result<Prepared, ConfigError> {
    let spec = registry::with_published(&plan.spec, problem)?;
    let published = taken(&plan.spec, &spec);
    let solver = registry::build(&spec)?;
    let need = solver.check(problem, grid)?;
    let stop = plan.steps.map_or_else(|| whole.stop.clone(), |steps| whole.stop.clone().with_steps(steps));
    let Some(start) = &plan.start else {
        return Ok(Prepared { label, solver, stop, need, published, start: None });
    };
    let warm = WarmStart::new(solver, start, problem, whole.all_seeds())?;
    let start = Some(warm.source.clone());
    Ok(Prepared { label, solver: Arc::new(warm), stop, need, published, start })
}

/// `filled` with the keys alone that `given` has not.
fn taken(given: &Spec, filled: &Spec) -> Spec {
    let mut taken = filled.clone();
    taken.keys.retain(|key, _| !given.keys.contains_key(key));
    taken
}
