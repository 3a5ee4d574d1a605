//! What errors are measured against: the solution of the discrete system, of the differential equation, or
//! nothing.

use std::sync::{Arc, atomic::AtomicBool};

use modewise_problems::{Discrete, Errors, Field, Grid, Problem, Spec, discrete::DiscreteError};
use modewise_solvers::{
    Reference, ReferenceKind, Run, Solver, StopRule, Task, WallClock, classical::direct, registry,
};

use super::{
    config_error::ConfigError,
    plan::{Plan, Start},
    refined::Refined,
};
use crate::{machine::free_memory, modes::ModeChoice};

/// How the discrete solution will be had.
pub(super) enum Way {
    /// To rounding, by a direct method.
    Direct,
    /// Down to the rounding floor, by iteration; where that fails, by a direct method if there is one.
    Iterate {
        /// The iteration.
        solver: Arc<dyn Solver>,
        /// Whether there is memory for the other.
        or_direct: bool,
    },
    /// Not at all.
    No,
}

/// Where no direct method can, or is quick: the first of these that is registered and takes the problem.
const ITERATIONS: [&str; 4] = ["pcg,preconditioner=multigrid", "multigrid", "newton", "bicgstab"];
/// Steps to the rounding floor.
const STEPS: u64 = 1000;

impl Way {
    /// The way for this problem and grid, and the bytes it takes; `own` bytes are needed besides. Where errors are
    /// measured against the exact solution, an iteration on a grid too fine for direct methods is not worth its time.
    pub fn find(kind: ReferenceKind, problem: &dyn Problem, grid: &Grid, own: f64) -> (Self, f64) {
        let room = free_memory() as f64 - own;
        let candidate = |spec: &str| {
            let solver = spec.parse::<Spec>().ok().and_then(|spec| registry::build(&spec).ok())?;
            let bytes = solver.check(problem, Some(grid)).ok()?.bytes as f64;
            (bytes <= room).then_some((solver, bytes))
        };
        let direct = candidate("direct").map(|(_, bytes)| bytes);
        if let Some(bytes) = direct.filter(|_| direct::is_quick(problem, grid)) {
            return (Self::Direct, bytes);
        }
        let is_worth = kind == ReferenceKind::Discrete || direct.is_some();
        let iteration = ITERATIONS.iter().filter(|_| is_worth).find_map(|spec| candidate(spec));
        match (iteration, direct) {
            (Some((solver, own)), _) => {
                (Self::Iterate { solver, or_direct: direct.is_some() }, own.max(direct.unwrap_or(0.0)))
            }
            (None, Some(bytes)) => (Self::Direct, bytes),
            (None, None) => (Self::No, 0.0),
        }
    }

    /// The discrete solution, if there is a way to it.
    pub fn solve(&self, problem: &dyn Problem, discrete: &Discrete) -> Result<Option<Field>, String> {
        match self {
            Self::Direct => {
                let mut field = direct::solve(discrete).map_err(|error| error.to_string())?;
                discrete.fill_outside(field.values_mut(), 0.0);
                Ok(Some(field))
            }
            Self::No => Ok(None),
            Self::Iterate { solver, or_direct } => match iterate(solver.as_ref(), problem, discrete) {
                Err(_) if *or_direct => Self::Direct.solve(problem, discrete),
                solved => solved.map(Some),
            },
        }
    }
}

/// The solution down to the rounding floor.
fn iterate(solver: &dyn Solver, problem: &dyn Problem, discrete: &Discrete) -> Result<Field, String> {
    let task = Task::new(problem, discrete);
    let stop = StopRule { rtol: Some(f64::EPSILON), ..StopRule::steps(STEPS) };
    let end = Run::new(solver, &task, &stop)
        .drive(&WallClock::start(), &AtomicBool::new(false), &mut [])
        .map_err(|error| error.to_string())?;
    let u = end.values.as_slice();
    let residual = end.residual.unwrap_or(f64::INFINITY);
    let floor = discrete.residual_floor(u, modewise_problems::error::size(u).l2, residual);
    let missed = || format!("{} ends at a residual of {residual:.1e}", solver.spec().name);
    if residual > NEAR_FLOOR * floor.max(f64::EPSILON) {
        return Err(missed());
    }
    end.values.into_field().ok_or_else(missed)
}

/// A solution counts as one to rounding up to this many times the estimate of its residual.
const NEAR_FLOOR: f64 = 100.0;

/// The reference that the plan asks for, and the discretisation error where both solutions are known. The discrete
/// solution may be there already: `known`; `refined` stands for the exact one.
pub(super) fn find(
    plan: &Plan,
    way: &Way,
    known: Option<&Reference>,
    refined: Option<&Refined>,
    problem: &dyn Problem,
    discrete: &Discrete,
) -> Result<(Option<Reference>, Option<Errors>), ConfigError> {
    let exact = match refined {
        Some(refined) => Some(refined.on(discrete)),
        None => problem.has_exact().then(|| exact(problem, discrete)).transpose()?,
    };
    let solved = match known {
        Some(known) => Ok(Some(known.clone())),
        None => way
            .solve(problem, discrete)
            .map(|solution| solution.map(|field| Reference::new(ReferenceKind::Discrete, field))),
    };
    let floor = match (&solved, &exact) {
        (Ok(Some(solution)), Some(exact)) => Some(exact.errors(solution.values())),
        _ => None,
    };
    if matches!(plan.reference, Some(ReferenceKind::Exact | ReferenceKind::Refined)) {
        return Ok((exact, floor));
    }
    match solved {
        Ok(Some(solution)) => Ok((Some(solution), floor)),
        _ if !is_needed(plan) => Ok((None, None)),
        Ok(None) => Err(ConfigError::Missing(
            "the discrete solution, which errors are to be measured against, takes more memory than there is; \
             take a coarser grid, or --reference exact where the solution is known"
                .into(),
        )),
        Err(why) => Err(ConfigError::Missing(format!(
            "the discrete solution, which errors are to be measured against, cannot be had: {why}; take a coarser \
             grid, or --reference exact where the solution is known"
        ))),
    }
}

/// The exact solution on the nodes, 0 outside the domain; where it is known up to a constant only, the one whose mean is
/// zero, as the discrete solution's is.
pub(super) fn exact(problem: &dyn Problem, discrete: &Discrete) -> Result<Reference, ConfigError> {
    let grid = discrete.grid();
    let mut field = Field::from_batch(grid, |points, out| {
        problem.exact(points, out);
    });
    if discrete.is_singular() {
        discrete.fill_inactive(field.values_mut(), 0.0);
        discrete.fix_constant(field.values_mut());
    }
    discrete.fill_outside(field.values_mut(), 0.0);
    let Some(node) = field.values().iter().position(|u| !u.is_finite()) else {
        return Ok(Reference::new(ReferenceKind::Exact, field));
    };
    let (mut at, formula) = (Vec::new(), problem.stated("exact solution"));
    grid.coordinates_of(node..node + 1, &mut at);
    Err(DiscreteError::NotFinite { what: "exact solution", at, formula }.into())
}

/// Whether anything in the plan makes no sense without a reference.
fn is_needed(plan: &Plan) -> bool {
    plan.reference.is_some()
        || plan.stop.needs_reference()
        || plan.initial == Start::White
        || !matches!(plan.modes, ModeChoice::Auto | ModeChoice::None)
}
