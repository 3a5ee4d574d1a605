//! The solution of the differential equation where nobody states it: by refinement, with an error bar, made once and kept.
//!
//! The discrete solutions u_h, u_2h and u_4h show the order p of their error, and the reference is E_h, extrapolated from them
//! (`richardson`). Where p is near 2, the order of the scheme, the bar is that of E_h. Where it is not, at corners for
//! instance, the bar is the estimated error of u_h, (u_h − u_2h)/(2^p − 1) times a factor of safety; below 1 or above 2.5 u_h
//! itself is the reference.
//!
//! References lie in the user's cache folder (or where `MODEWISE_CACHE` says), one file a problem and grid, under a checksum;
//! one that is damaged or of another problem is made again.

use std::path::{Path, PathBuf};

use modewise_problems::{Discrete, Errors, Field, Grid, Problem, catalog};
use modewise_solvers::{Reference, ReferenceKind};

use super::{
    ExperimentError,
    config_error::ConfigError,
    error_bar::solve,
    plan::Plan,
    richardson::{self, Difference, extrapolated, restricted},
};
use crate::store::{
    StoreError,
    reference::{self as stored, Kept},
};

/// Cells a side of the finest grid, at least; by dimension.
const FINEST: [usize; 3] = [8192, 1024, 128];
/// A coarsest grid with fewer cells shows nothing.
const FEWEST: usize = 4;
/// Orders with which the solution is extrapolated.
const ORDERS: std::ops::RangeInclusive<f64> = 1.0..=2.5;

/// The solution of the differential equation by refinement.
#[derive(Debug, Clone)]
pub struct Refined {
    /// Cells of the finest grid that was solved on.
    pub finest: Vec<usize>,
    /// The order that the grids show.
    pub order: Option<f64>,
    /// The estimated error: relative in L2, and in the maximum.
    pub bar: Errors,
    /// The file that keeps it.
    pub path: PathBuf,
    /// On the grid of half as many cells as the finest.
    field: Field,
}

/// Whether errors of `plan` are measured against such a reference.
pub(super) fn is_wanted(plan: &Plan, problem: &dyn Problem) -> bool {
    match plan.reference {
        Some(ReferenceKind::Refined) => true,
        Some(ReferenceKind::Exact) => !problem.has_exact(),
        _ => false,
    }
}

impl Refined {
    /// That of the plan's problem for its grid, or the grid of the default number of cells: made anew and kept.
    ///
    /// # Errors
    /// A problem or grid that cannot be had, or a cache folder that cannot be written.
    pub fn remake(plan: &Plan) -> Result<Self, ExperimentError> {
        let problem = catalog::build(&plan.problem).map_err(ConfigError::from)?;
        let cells = super::setup::cells(plan, problem.as_ref());
        let grid = Grid::new(problem.domain().bounds(), &cells).map_err(ConfigError::from)?;
        let made = Self::make(plan, problem.as_ref(), &finest(&grid.cells()))?;
        made.keep(problem.as_ref())?;
        Ok(made)
    }

    /// The one that is kept for grids of `cells` cells, or else a new one. That it cannot be kept is no reason to fail.
    pub(super) fn find(plan: &Plan, problem: &dyn Problem, cells: &[usize]) -> Result<Self, ConfigError> {
        let finest = finest(cells);
        if let Some(kept) = Self::kept(problem, &finest) {
            return Ok(kept);
        }
        let made = Self::make(plan, problem, &finest)?;
        let _ = made.keep(problem);
        Ok(made)
    }

    /// On the nodes of a system's grid, which the reference's has all of.
    pub(super) fn on(&self, discrete: &Discrete) -> Reference {
        let mut field = restricted(&self.field, discrete.grid());
        discrete.fill_outside(field.values_mut(), 0.0);
        Reference::new(ReferenceKind::Refined, field)
    }

    fn make(plan: &Plan, problem: &dyn Problem, finest: &[usize]) -> Result<Self, ConfigError> {
        let at = |by: usize| solve(plan, problem, &finest.iter().map(|n| n / by).collect::<Vec<_>>());
        let [coarse, middle, fine] = [at(4)?, at(2)?, at(1)?];
        let first = Difference::of(&fine, &middle);
        let order = richardson::order(first.l2, Difference::of(&middle, &coarse).l2);
        let seen = order.unwrap_or(0.0);
        let (field, bar) = if richardson::is_of_scheme(seen) {
            richardson::with_bar(&fine, &middle, &coarse)
        } else {
            let field = match ORDERS.contains(&seen) {
                true => extrapolated(&fine, &middle, richardson::power(seen)),
                false => restricted(&fine, middle.grid()),
            };
            (field, first.errors(richardson::divisor(seen)))
        };
        Ok(Self { finest: finest.to_vec(), order, bar, path: path(problem, finest), field })
    }

    fn kept(problem: &dyn Problem, finest: &[usize]) -> Option<Self> {
        let path = path(problem, finest);
        let (kept, values) = stored::read(&path).ok()??;
        let cells: Vec<usize> = finest.iter().map(|n| n / 2).collect();
        let grid = Grid::new(problem.domain().bounds(), &cells).ok()?;
        let field = Field::from_values(&grid, values)?;
        (kept.problem == text(problem) && kept.finest == finest).then_some(Self {
            finest: kept.finest,
            order: kept.order,
            bar: Errors { l2: kept.bar_l2, max: kept.bar_max },
            path,
            field,
        })
    }

    fn keep(&self, problem: &dyn Problem) -> Result<(), StoreError> {
        let kept = Kept {
            problem: text(problem),
            finest: self.finest.clone(),
            order: self.order,
            bar_l2: self.bar.l2,
            bar_max: self.bar.max,
        };
        stored::write(&self.path, &kept, self.field.values())
    }
}

/// The finest grid for a grid of `cells` cells: a power of two times as many, at least twice, so that grids of 64, 128 and
/// 256 cells share one; and twice more often halved.
fn finest(cells: &[usize]) -> Vec<usize> {
    let least = FINEST[cells.len().clamp(1, 3) - 1];
    let mut factor = 2usize;
    let is_enough = |factor: usize| {
        let finest = cells.iter().map(|n| n.saturating_mul(factor));
        finest.clone().max().is_none_or(|n| n >= least)
            && finest.clone().all(|n| n % 4 == 0 && n / 4 >= FEWEST)
    };
    while !is_enough(factor) {
        factor *= 2;
    }
    cells.iter().map(|n| n.saturating_mul(factor)).collect()
}

/// What the reference is of: the file of the problem, or its spec.
fn text(problem: &dyn Problem) -> String {
    problem.to_file().unwrap_or_else(|_| problem.spec().to_string())
}

fn path(problem: &dyn Problem, finest: &[usize]) -> PathBuf {
    let spec = problem.spec();
    let name = Path::new(&spec.name).file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let cells: Vec<String> = finest.iter().map(usize::to_string).collect();
    let sum = crc32fast::hash(text(problem).as_bytes());
    stored::folder().join(format!("{name}-{sum:08x}-{}.safetensors", cells.join("x")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(problem: &str) -> Plan {
        let mut table = toml::Table::new();
        table.insert("problem".into(), problem.into());
        table.insert("solver".into(), "direct".into());
        Plan::from_table(&table).unwrap()
    }

    /// Of solutions that are known, with layers, corners, interfaces and nonlinear ones: the bar is no shorter than the error, and
    /// that is below the error of the finest grid, by more than ten times where all is smooth.
    #[test]
    fn bars_hold_the_true_errors() {
        for (spec, cells, gain) in [
            ("sines-1d,modes=[1,5]", 256, 50.0),
            ("gouy-chapman-1d,u0=4", 2048, 10.0),
            ("sines-2d,sides=[neumann,dirichlet],kappa2=5", 128, 50.0),
            ("wave-front-2d", 256, 10.0),
            ("sinh-waves-2d", 128, 10.0),
            ("disc-2d", 128, 1.0),
            ("l-shape-2d", 128, 1.0),
            ("dielectric-disc-2d", 192, 0.5),
            ("sines-3d", 32, 10.0),
        ] {
            let plan = plan(spec);
            let problem = catalog::build(&plan.problem).unwrap();
            let finest = vec![cells; problem.domain().dimension()];
            let refined = Refined::make(&plan, problem.as_ref(), &finest).unwrap();
            let grid = refined.field.grid();
            let discrete = Discrete::new(problem.as_ref(), grid).unwrap();
            let exact = super::super::reference::exact(problem.as_ref(), &discrete).unwrap();
            let error = exact.errors(refined.on(&discrete).values());
            let fine = solve(&plan, problem.as_ref(), &finest).unwrap();
            let plain = exact.errors(restricted(&fine, grid).values());
            assert!(
                error.l2 <= refined.bar.l2 && error.max <= refined.bar.max,
                "{spec}: {error:?} beyond {:?}",
                refined.bar
            );
            assert!(gain * error.l2 <= plain.l2, "{spec}: {error:?} after {plain:?}");
            assert!(refined.bar.l2 <= 3.0 * plain.l2, "{spec}: {:?} for {plain:?}", refined.bar);
        }
    }

    #[test]
    fn grids_share_finest_ones() {
        assert_eq!([64, 128, 256, 512].map(|n| finest(&[n, n])[0]), [1024; 4]);
        assert_eq!(finest(&[1024, 512]), [2048, 1024]);
        assert_eq!(finest(&[1]), [8192]);
        assert_eq!(finest(&[33, 33, 7]), [132, 132, 28]);
    }
}
