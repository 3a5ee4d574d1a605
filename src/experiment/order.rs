//! The observed order of accuracy: one solver on several grids.
//!
//! Where the exact solution is known the total error is taken at the nodes of each grid; elsewhere the
//! difference from the next finer grid at the nodes both have, which falls with the same order (Roache,
//! *Verification and Validation in Computational Science and Engineering*, 1998, ch. 5).

use std::{
    sync::{Arc, atomic::AtomicBool},
    time::Instant,
};

use modewise_problems::{Discrete, Errors, Field, Grid, Problem, Spec, catalog, order, reduce};
use modewise_solvers::{Run, Solver, StopRule, Task, WallClock, registry, run::RunError};
use serde::Serialize;

use super::{ConfigError, ExperimentError, reference};

/// What one grid gave.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// Cells a side.
    pub grid: Vec<usize>,
    /// The largest spacing.
    pub h: f64,
    /// How the run ended.
    pub outcome: String,
    /// Steps it took.
    pub steps: u64,
    /// Set-up and steps.
    pub seconds: f64,
    /// Relative L2 error; without an exact solution, difference from the next grid.
    pub error_l2: Option<f64>,
    /// Largest error.
    pub error_max: Option<f64>,
    /// Order of the L2 error from the grid before.
    pub order_l2: Option<f64>,
    /// Order of the largest error from the grid before.
    pub order_max: Option<f64>,
}

/// Errors over grids.
#[derive(Debug, Clone, Serialize)]
pub struct Orders {
    /// The problem.
    pub problem: String,
    /// Its title.
    pub title: String,
    /// The solver.
    pub solver: String,
    /// What errors are against: `exact`, or `next grid`.
    pub against: &'static str,
    /// Grid by grid.
    pub rows: Vec<Row>,
}

impl Orders {
    /// Solves `problem` by `solver` on grids with these cells a side, coarsest first; `seen` hears of every grid.
    ///
    /// # Errors
    /// A problem, grid or solver that cannot be had, or a run that cannot be made.
    pub fn measure(
        problem: &Spec,
        solver: &Spec,
        grids: &[usize],
        stop: &StopRule,
        cancel: &AtomicBool,
        mut seen: impl FnMut(&Row),
    ) -> Result<Self, ExperimentError> {
        let problem = catalog::build(problem).map_err(ConfigError::from)?;
        let spec = registry::with_published(solver, problem.as_ref()).map_err(ConfigError::from)?;
        let solver = registry::build(&spec).map_err(ConfigError::from)?;
        let is_exact = problem.has_exact();
        if !is_exact && let Some(pair) = grids.windows(2).find(|pair| pair[1] % pair[0] != 0) {
            let reason = format!(
                "`{}` has no known exact solution, so each grid is compared with the next one, and {} is no multiple of {}",
                problem.spec().name,
                pair[1],
                pair[0]
            );
            return Err(ConfigError::Missing(reason).into());
        }
        let mut orders = Self {
            problem: problem.spec().to_string(),
            title: problem.title(),
            solver: solver.spec().to_string(),
            against: if is_exact { "exact" } else { "next grid" },
            rows: Vec::new(),
        };
        let mut coarser: Option<(Discrete, Field)> = None;
        for &cells in grids {
            let (discrete, field, row) = one(problem.as_ref(), &solver, cells, stop, cancel)?;
            seen(&row);
            orders.rows.push(row);
            let last = orders.rows.len() - 1;
            if is_exact {
                let exact = reference::exact(problem.as_ref(), &discrete)?;
                orders.rows[last].set(exact.errors(field.values()));
            } else if let Some((coarse, u)) = &coarser {
                orders.rows[last - 1].set(difference(coarse, u, &discrete, &field));
            }
            if orders.rows[last].outcome == modewise_solvers::Outcome::Interrupted.to_string() {
                break;
            }
            coarser = Some((discrete, field));
        }
        orders.set_orders();
        Ok(orders)
    }

    fn set_orders(&mut self) {
        let h: Vec<f64> = self.rows.iter().map(|row| row.h).collect();
        let of = |error: fn(&Row) -> Option<f64>| -> Vec<f64> {
            order::observed(
                &h,
                &self.rows.iter().map(|row| error(row).unwrap_or(f64::NAN)).collect::<Vec<_>>(),
            )
        };
        let (l2, max) = (of(|row| row.error_l2), of(|row| row.error_max));
        for (row, (l2, max)) in self.rows.iter_mut().skip(1).zip(l2.into_iter().zip(max)) {
            let finite = |order: f64| Some(order).filter(|order| order.is_finite());
            (row.order_l2, row.order_max) = (finite(l2), finite(max));
        }
    }
}

impl Row {
    fn set(&mut self, errors: Errors) {
        (self.error_l2, self.error_max) = (Some(errors.l2), Some(errors.max));
    }
}

fn one(
    problem: &dyn Problem,
    solver: &Arc<dyn Solver>,
    cells: usize,
    stop: &StopRule,
    cancel: &AtomicBool,
) -> Result<(Discrete, Field, Row), ExperimentError> {
    let grid = Grid::new(problem.domain().bounds(), &[cells]).map_err(ConfigError::from)?;
    solver.check(problem, Some(&grid)).map_err(ConfigError::from)?;
    let discrete = Discrete::new(problem, &grid).map_err(ConfigError::from)?;
    let task = Task::new(problem, &discrete);
    let start = Instant::now();
    let end = match Run::new(solver.as_ref(), &task, stop).drive(&WallClock::start(), cancel, &mut []) {
        Ok(end) => end,
        Err(RunError::Solver(error)) => return Err(ConfigError::Missing(error.to_string()).into()),
        Err(RunError::Observe(error)) => return Err(ExperimentError::Observe(error)),
    };
    let row = Row {
        grid: grid.cells(),
        h: grid.axes().iter().map(|axis| axis.spacing()).fold(0.0, f64::max),
        outcome: end.outcome.to_string(),
        steps: end.step,
        seconds: start.elapsed().as_secs_f64(),
        error_l2: None,
        error_max: None,
        order_l2: None,
        order_max: None,
    };
    // Invariant: a run on a grid ends with a field.
    let field = end.values.into_field().expect("a run on a grid");
    Ok((discrete, field, row))
}

/// The difference of two solutions at the nodes of the coarser grid that are inside on both.
fn difference(coarse: &Discrete, u: &Field, fine: &Discrete, v: &Field) -> Errors {
    let (grid, finer) = (coarse.grid(), fine.grid());
    let factors: Vec<usize> =
        finer.cells().iter().zip(grid.cells()).map(|(fine, coarse)| fine / coarse).collect();
    let mut values = [Vec::new(), Vec::new()];
    for node in (0..grid.nodes()).filter(|node| coarse.is_inside(*node)) {
        let at = grid.indices(node).into_iter().zip(&factors).enumerate();
        let other: usize = at.map(|(axis, (i, factor))| i * factor * finer.stride(axis)).sum();
        if fine.is_inside(other) {
            values[0].push(u.values()[node]);
            values[1].push(v.values()[other]);
        }
    }
    let [u, v] = values;
    Errors::between(&u, &v, reduce::sum_of_squares(&v).sqrt())
}
