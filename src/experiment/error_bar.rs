//! How far an answer is from the solution of the differential equation, where nobody knows that solution: an error bar.
//!
//! Two parts are added. How far the answer is from the solution of the discrete system is measured. How far that is from
//! the solution of the differential equation is estimated from the grids of half and of a quarter as many cells: where the
//! error falls like h^p, the solutions u_h and u_2h differ by 2^p − 1 times the error of u_h, and u_2h and u_4h by 2^p
//! times as much, which tells p (Richardson, *Phil. Trans. Roy. Soc. A* 210 (1911) 307; Roache, *Verification and
//! Validation in Computational Science and Engineering*, 1998, ch. 5).
//!
//! p is not taken to be more than 2, the order of the scheme, and where it is less the bar is longer by a factor of safety
//! (`richardson`). With two grids only p counts as 1. Where p is near 2, the answer extrapolated from two grids is closer
//! to the solution than the answer itself, and has a bar of its own (`richardson`).

use std::time::Instant;

use modewise_problems::{Discrete, Errors, Field, Grid, Problem};
use modewise_solvers::{Reference, ReferenceKind};

use super::{
    config_error::ConfigError,
    memory,
    plan::Plan,
    reference::Way,
    richardson::{self, Difference, Extrapolation},
};

/// 2^p − 1 of two grids, whose p is unknown: 1, three times as cautious as the order of the scheme.
const UNKNOWN: f64 = 1.0;
/// A grid with fewer cells along an axis shows nothing.
const FEWEST: usize = 4;
/// A bar that does not fall by this from grid to grid, so many times in a row, will not.
const FALL: f64 = 0.9;
const STALLS: usize = 2;
/// The fastest wave of a solution turns by at most this much from node to node where a bar is believed.
const TURN: f64 = 1.0;

/// The estimated error of the discrete solution on a grid.
#[derive(Debug, Clone)]
pub struct ErrorBar {
    /// Relative L2 and maximum error.
    pub estimate: Errors,
    /// p in L2, where there are three grids and they differ.
    pub order: Option<f64>,
    /// The discrete solution.
    pub solution: Reference,
    /// Where three grids show the order of the scheme: the way to an answer that is closer still, on half as many cells.
    pub extrapolation: Option<Extrapolation>,
    /// Why no finer grid was taken though a smaller bar was asked for.
    pub limit: Option<String>,
}

impl ErrorBar {
    /// That of the nodal values `u` on the same grid.
    pub fn of(&self, u: &[f64]) -> Errors {
        let own = self.solution.errors(u);
        Errors { l2: self.estimate.l2 + own.l2, max: self.estimate.max + own.max }
    }

    /// Whether the discrete solution, or what is extrapolated from it, is as close as this in L2.
    fn reaches(&self, accuracy: f64) -> bool {
        let extrapolated = self.extrapolation.as_ref().map_or(f64::INFINITY, |both| both.bar.l2);
        self.estimate.l2.min(extrapolated) <= accuracy
    }
}

/// The system on the grid with these numbers of cells, and its bar.
pub(super) fn on_grid(
    plan: &Plan,
    problem: &dyn Problem,
    cells: &[usize],
) -> Result<(Discrete, ErrorBar), ConfigError> {
    let ladder = Ladder { plan, problem };
    let coarser = ladder.coarser(cells)?;
    let (discrete, fine) = ladder.solve(cells)??;
    Ok((discrete, bar(fine, &coarser)))
}

/// The system on the first of the grids with these numbers of cells, twice as many, … whose bar is at `accuracy` or below, or
/// on the last one there is memory and time for.
pub(super) fn refine(
    plan: &Plan,
    problem: &dyn Problem,
    cells: &[usize],
    accuracy: f64,
) -> Result<(Discrete, ErrorBar), ConfigError> {
    let (ladder, begin) = (Ladder { plan, problem }, Instant::now());
    let mut cells = cells.to_vec();
    let mut coarser = ladder.coarser(&cells)?;
    let (mut discrete, fine) = ladder.solve(&cells)??;
    let mut best = bar(fine, &coarser);
    let mut stalls = 0;
    loop {
        let resolved = ladder.resolves(&cells)?;
        if best.reaches(accuracy) && resolved {
            return Ok((discrete, best));
        }
        let spent = begin.elapsed().as_secs_f64();
        if plan.stop.seconds.is_some_and(|seconds| spent > seconds) {
            best.limit = Some(format!("the seconds of the stop rule are spent after {spent:.1}"));
            return Ok((discrete, best));
        }
        let finer: Vec<usize> = cells.iter().map(|n| n.saturating_mul(2)).collect();
        let (system, next) = match ladder.solve(&finer) {
            Ok(Ok(solved)) => solved,
            Ok(Err(error)) => {
                best.limit = Some(error.to_string());
                return Ok((discrete, best));
            }
            Err(ConfigError::Grid(error)) => {
                best.limit = Some(error.to_string());
                return Ok((discrete, best));
            }
            Err(error) => return Err(error),
        };
        coarser = best.solution.field().cloned().into_iter().chain(coarser).take(2).collect();
        let before = best.estimate.l2;
        let next = bar(next, &coarser);
        stalls = if resolved && next.estimate.l2 > FALL * before { stalls + 1 } else { 0 };
        if stalls == STALLS {
            best.limit = Some(format!(
                "twice as many cells would leave {:.1e}: rounding, or a solution that no refinement of a uniform grid gets \
                 closer to",
                next.estimate.l2
            ));
            return Ok((discrete, best));
        }
        (cells, discrete, best) = (finer, system, next);
    }
}

/// The discrete solution on the grid of half as many cells, if there is one.
pub(super) fn half(plan: &Plan, problem: &dyn Problem, cells: &[usize]) -> Option<Field> {
    if !cells.iter().all(|n| n % 2 == 0 && n / 2 >= FEWEST) {
        return None;
    }
    let cells: Vec<usize> = cells.iter().map(|n| n / 2).collect();
    solve(plan, problem, &cells).ok()
}

/// The discrete solution on the grid with these numbers of cells.
pub(super) fn solve(plan: &Plan, problem: &dyn Problem, cells: &[usize]) -> Result<Field, ConfigError> {
    Ladder { plan, problem }.solve(cells)?.map(|(_, field)| field)
}

/// Discrete solutions on one grid after the other.
struct Ladder<'a> {
    plan: &'a Plan,
    problem: &'a dyn Problem,
}

impl Ladder<'_> {
    /// The system and its solution; the inner error says why it cannot be had.
    fn solve(&self, cells: &[usize]) -> Result<Result<(Discrete, Field), ConfigError>, ConfigError> {
        let grid = Grid::new(self.problem.domain().bounds(), cells)?;
        let own = memory::own(self.plan, &grid, self.problem);
        let (way, _) = Way::find(ReferenceKind::Discrete, self.problem, &grid, own);
        let missing = |why: &str| {
            Err(ConfigError::Missing(format!(
                "the discrete solution on {cells:?} cells cannot be had: {why}"
            )))
        };
        const MEMORY: &str = "it takes more memory than there is";
        if matches!(way, Way::No) {
            return Ok(missing(MEMORY));
        }
        let discrete = Discrete::new(self.problem, &grid)?;
        Ok(match way.solve(self.problem, &discrete) {
            Ok(Some(field)) => Ok((discrete, field)),
            Ok(None) => missing(MEMORY),
            Err(why) => missing(&why),
        })
    }

    /// The solutions on the grids with half and, where there is one, a quarter of the cells.
    fn coarser(&self, cells: &[usize]) -> Result<Vec<Field>, ConfigError> {
        let divided = |by: usize| -> Option<Vec<usize>> {
            let good = cells.iter().all(|n| n % by == 0 && n / by >= FEWEST);
            good.then(|| cells.iter().map(|n| n / by).collect())
        };
        let Some(half) = divided(2) else {
            return Err(ConfigError::BadValue {
                key: "grid".into(),
                value: cells.iter().map(usize::to_string).collect::<Vec<_>>().join(","),
                expected: format!(
                    "of even numbers from {} on, which error-bar and accuracy ask for: the grid of half as many cells is \
                     compared with it",
                    2 * FEWEST
                ),
            });
        };
        let mut fields = Vec::new();
        for cells in [Some(half), divided(4)].into_iter().flatten() {
            fields.push(self.solve(&cells)??.1);
        }
        Ok(fields)
    }

    /// Whether the grid shows the fastest wave of the solution, as far as that is known.
    fn resolves(&self, cells: &[usize]) -> Result<bool, ConfigError> {
        let grid = Grid::new(self.problem.domain().bounds(), cells)?;
        let coarsest = grid.axes().iter().map(|axis| axis.spacing()).fold(0.0, f64::max);
        Ok(self.problem.wave_number().is_none_or(|k| k * coarsest <= TURN))
    }
}

/// The bar of `fine` from the solutions on half and, if there is one, a quarter of the cells.
fn bar(fine: Field, coarser: &[Field]) -> ErrorBar {
    let mut differences = Vec::new();
    let mut finer = &fine;
    for coarse in coarser {
        differences.push(Difference::of(finer, coarse));
        finer = coarse;
    }
    let order = |value: fn(&Difference) -> f64| match differences.as_slice() {
        [first, second] => richardson::order(value(first), value(second)),
        _ => None,
    };
    let estimate = |value: fn(&Difference) -> f64| {
        let divisor = order(value).map_or(UNKNOWN, richardson::divisor);
        differences.first().map_or(f64::INFINITY, |first| value(first) / divisor)
    };
    let [l2, max]: [fn(&Difference) -> f64; 2] = [|difference| difference.l2, |difference| difference.max];
    let size = differences.first().map_or(0.0, |first| first.size);
    let relative = if size > 0.0 { estimate(l2) / size } else { estimate(l2) };
    let extrapolation = match coarser {
        [middle, coarse] if order(l2).is_some_and(richardson::is_of_scheme) => {
            Some(Extrapolation::new(&fine, middle, coarse))
        }
        _ => None,
    };
    ErrorBar {
        estimate: Errors { l2: relative, max: estimate(max) },
        order: order(l2),
        extrapolation,
        solution: Reference::new(ReferenceKind::Discrete, fine),
        limit: None,
    }
}

#[cfg(test)]
mod tests {
    use modewise_problems::{Spec, catalog};

    use super::*;

    fn plan(problem: &str) -> Plan {
        let mut table = toml::Table::new();
        table.insert("problem".into(), problem.into());
        table.insert("solver".into(), "multigrid".into());
        Plan::from_table(&table).unwrap()
    }

    /// The true error of the discrete solution, relative in L2 and in the maximum, over the bar's.
    fn honesty(problem: &dyn Problem, bar: &ErrorBar) -> [f64; 2] {
        let exact = Field::from_batch(bar.solution.field().unwrap().grid(), |points, out| {
            problem.exact(points, out);
        });
        let error = Reference::new(ReferenceKind::Exact, exact).errors(bar.solution.values());
        [error.l2 / bar.estimate.l2, error.max / bar.estimate.max]
    }

    /// Linear and nonlinear problems, smooth ones and one with a layer, against solutions that are known.
    #[test]
    fn bars_are_as_long_as_the_true_errors() {
        for (spec, cells) in [
            ("sines-1d,modes=[1,5]", vec![128]),
            ("gouy-chapman-1d,u0=4", vec![1024]),
            ("bump-2d", vec![64]),
            ("wave-front-2d", vec![256]),
            ("sines-2d,sides=[neumann,dirichlet],kappa2=5", vec![64, 32]),
            ("sinh-waves-2d", vec![64]),
            ("sines-3d", vec![16]),
        ] {
            let problem = catalog::build(&spec.parse::<Spec>().unwrap()).unwrap();
            let cells = if cells.len() == 1 { vec![cells[0]; problem.domain().dimension()] } else { cells };
            let bar = on_grid(&plan(spec), problem.as_ref(), &cells).unwrap().1;
            let ratios = honesty(problem.as_ref(), &bar);
            assert!(ratios.iter().all(|ratio| (0.8..1.2).contains(ratio)), "{spec}: {ratios:?}");
            assert!(bar.order.is_some_and(|order| (1.8..2.2).contains(&order)), "{spec}: {:?}", bar.order);
        }
    }

    /// Answers extrapolated from grids that show the order are no further from the solution than their bars, which are shorter
    /// than those of the answers themselves.
    #[test]
    fn extrapolated_answers_are_within_their_bars() {
        for (spec, cells) in [
            ("sines-1d,modes=[1,5]", vec![128]),
            ("gouy-chapman-1d,u0=4", vec![1024]),
            ("wave-front-2d", vec![256; 2]),
            ("sines-2d,sides=[neumann,dirichlet],kappa2=5", vec![64, 32]),
            ("sinh-waves-2d", vec![64; 2]),
            ("disc-2d", vec![128; 2]),
            ("sines-3d", vec![16; 3]),
        ] {
            let problem = catalog::build(&spec.parse::<Spec>().unwrap()).unwrap();
            let (_, bar) = on_grid(&plan(spec), problem.as_ref(), &cells).unwrap();
            let Some(both) = &bar.extrapolation else { panic!("{spec}: order {:?}", bar.order) };
            let (answer, own) = both.of(bar.solution.field().unwrap());
            let discrete = Discrete::new(problem.as_ref(), answer.grid()).unwrap();
            let exact = super::super::reference::exact(problem.as_ref(), &discrete).unwrap();
            let error = exact.errors(answer.values());
            assert!(error.l2 <= own.l2 && error.max <= own.max, "{spec}: {error:?} beyond {own:?}");
            assert!(own.l2 < bar.estimate.l2, "{spec}: {own:?} and {:?}", bar.estimate);
        }
    }

    /// Before grids show the order bars are longer, not shorter, than errors.
    #[test]
    fn bars_of_coarse_grids_are_on_the_safe_side() {
        for (spec, cells) in
            [("wave-front-2d", 32), ("gouy-chapman-1d,u0=12", 128), ("sines-1d,modes=[1,9]", 32)]
        {
            let problem = catalog::build(&spec.parse::<Spec>().unwrap()).unwrap();
            let cells = vec![cells; problem.domain().dimension()];
            let bar = on_grid(&plan(spec), problem.as_ref(), &cells).unwrap().1;
            let [l2, max] = honesty(problem.as_ref(), &bar);
            assert!(l2 < 1.5 && max < 2.0, "{spec}: {l2}, {max}");
        }
    }

    #[test]
    fn refinement_ends_at_the_accuracy_and_says_why_it_cannot() {
        let problem = catalog::build(&"sinh-waves-2d".parse::<Spec>().unwrap()).unwrap();
        let (discrete, bar) = refine(&plan("sinh-waves-2d"), problem.as_ref(), &[16, 16], 2e-4).unwrap();
        let cells = discrete.grid().cells();
        assert!(cells[0] > 16 && bar.reaches(2e-4) && bar.limit.is_none(), "{cells:?}");
        let ratios = honesty(problem.as_ref(), &bar);
        assert!(ratios[0] < 1.2, "{ratios:?}");
        let mut hasty = plan("sines-1d");
        hasty.stop = "rtol=1e-9,seconds=1e-9".parse().unwrap();
        let problem = catalog::build(&hasty.problem).unwrap();
        let (discrete, bar) = refine(&hasty, problem.as_ref(), &[64], 1e-15).unwrap();
        assert!(
            discrete.grid().cells() == [64]
                && bar.limit.is_some_and(|why| why.contains("seconds of the stop rule"))
        );
        let error = on_grid(&plan("sines-1d"), problem.as_ref(), &[65]).unwrap_err().to_string();
        assert!(error.contains("grid = 65 is not of even numbers"), "{error}");
    }
}
