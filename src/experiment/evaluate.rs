//! The solution of a finished run at points of the user's own.

use std::{path::Path, sync::Arc};

use modewise_problems::{Discrete, Field, Grid, Points, Problem, catalog};
use modewise_solvers::{Meter, Sites, Snapshot, Solver, SolverError, Task, registry};

use super::{
    config_error::ConfigError,
    execute::{ExperimentError, plan_of},
    gridless,
    ground::Ground,
    labels,
};
use crate::store::{
    network,
    read::{read_field, stored_fields},
};

/// A solver's answer, to be evaluated anywhere in the box.
pub struct Solution {
    /// The solver's label.
    pub label: String,
    /// The seed of its run.
    pub seed: u64,
    problem: Arc<dyn Problem>,
    grid: Option<Grid>,
    answer: Answer,
}

enum Answer {
    /// A network, defined everywhere.
    Network(Arc<dyn Solver>, Snapshot),
    /// Values on the grid's nodes.
    Nodes(Field),
}

impl Solution {
    /// Opens the run in `folder`. Where it has several solvers, `label` names one; `seed` is by default the first.
    ///
    /// # Errors
    /// It is no run folder, has no such solver or seed, or the run did not come to its end.
    pub fn open(folder: &Path, label: Option<&str>, seed: Option<u64>) -> Result<Self, ExperimentError> {
        let plan = plan_of(folder)?;
        let labels = labels::unique(&plan.solvers)?;
        let refuse = |reason: String| ConfigError::Missing(format!("{}: {reason}", folder.display()));
        let place = match label {
            None if labels.len() == 1 => Some(0),
            None => None,
            Some(label) => labels.iter().position(|known| known == label),
        };
        let place = place.ok_or_else(|| {
            refuse(format!("choose one of its solvers with --solver: {}", labels.join(", ")))
        })?;
        let label = labels[place].clone();
        let seed = seed.unwrap_or(plan.seed);
        let problem = catalog::build(&plan.problem).map_err(ConfigError::from)?;
        let on_grid = || Grid::new(problem.domain().bounds(), &plan.grid).map_err(ConfigError::from);
        let grid = (!gridless::is(problem.as_ref())).then(on_grid).transpose()?;
        let solver = registry::build(&plan.solvers[place].spec).map_err(ConfigError::from)?;
        let need = solver.check(problem.as_ref(), grid.as_ref()).map_err(ConfigError::from)?;
        let unfinished =
            "there is none, because the run did not come to its end; `modewise resume` goes on with it";
        let answer = if let Some(grid) = grid.as_ref().filter(|_| need.discrete) {
            if seed != plan.seed {
                return Err(
                    refuse(format!("of `{label}` only the field of seed {} is kept", plan.seed)).into()
                );
            }
            let last = stored_fields(folder, &label).pop();
            let last = last.ok_or_else(|| refuse(format!("a field of `{label}`: {unfinished}")))?;
            let values = read_field(&last.path, &plan.grid)?.into_iter().collect();
            // Invariant: `read_field` has compared the shape with the grid's.
            let mut field = Field::from_values(grid, values).expect("as many values as nodes");
            if problem.domain().region().is_some() {
                let discrete = Discrete::new(problem.as_ref(), grid).map_err(ConfigError::from)?;
                discrete.extend(problem.as_ref(), &mut field);
            }
            Answer::Nodes(field)
        } else {
            let mut stored = network::read_all(folder)?;
            stored.retain(|stored| stored.label.name == label && stored.label.seed == seed);
            let stored = stored.pop();
            let stored = stored.ok_or_else(|| match plan.all_seeds().any(|known| known == seed) {
                true => refuse(format!("a network of `{label}` with seed {seed}: {unfinished}")),
                false => {
                    let known: Vec<String> = plan.all_seeds().map(|seed| seed.to_string()).collect();
                    refuse(format!("seed {seed} is none of the run's, which are {}", known.join(", ")))
                }
            })?;
            Answer::Network(solver, stored.snapshot)
        };
        Ok(Self { label, seed, problem, grid, answer })
    }

    /// Lower and upper end of the box, per axis.
    pub fn bounds(&self) -> &[[f64; 2]] {
        self.problem.domain().bounds()
    }

    /// Whether a point of the box is in the domain or on its boundary.
    pub fn covers(&self, x: &[f64]) -> bool {
        let widths = self.bounds().iter().map(|[lower, upper]| upper - lower);
        let near = f64::EPSILON.sqrt() * widths.fold(0.0, f64::max);
        self.problem.domain().region().is_none_or(|region| region.signed_distance(x) <= near)
    }

    /// Whether u is known at nodes only, and interpolated between them.
    pub fn is_interpolated(&self) -> bool {
        matches!(self.answer, Answer::Nodes(_))
    }

    /// u at `points`, one value a point.
    ///
    /// # Errors
    /// A stored network that does not fit its solver.
    pub fn evaluate(&self, points: Points<'_>) -> Result<Vec<f64>, ExperimentError> {
        let mut out = vec![0.0; points.len()];
        match &self.answer {
            Answer::Nodes(field) => field.interpolate(points, &mut out),
            Answer::Network(solver, snapshot) => {
                let failed =
                    |error: SolverError| ExperimentError::Resume { label: self.label.clone(), error };
                let ground = Ground::new(self.problem.as_ref(), self.grid.as_ref())?;
                // A regression asks for what it fits, and does not look at it before its next step.
                let target = self.grid.as_ref().map(Field::zeros);
                let mut task = Task::on(self.problem.as_ref(), ground.support()).with_seed(self.seed);
                task.target = target.as_ref();
                let mut meter = Meter::new(1.0);
                let live = solver.resume(&task, snapshot, &mut meter).map_err(failed)?;
                live.sample(&Sites::Points(points), &mut out, &mut meter).map_err(failed)?;
            }
        }
        Ok(out)
    }
}
