//! The contract as a function: what every registered solver has to keep, whatever it does inside.
//!
//! [`check`] runs a solver on a task and holds it to the contract of [`crate::solver`]. A floor on
//! what it must achieve keeps a solver that does nothing from passing.

use std::{num::NonZeroU64, sync::atomic::AtomicBool};

use crate::{
    Clock, End, Iteration, Meter, Observer, Phase, Reference, Run, Sample, Schedule, Solver, Status,
    StopRule, Task, Values,
    observe::{ObserveError, Start},
    registry,
};

/// What a solver did while it was checked.
#[derive(Debug, Clone)]
pub struct Report {
    /// Steps taken.
    pub steps: u64,
    /// Relative L2 error at step 0 and at the end.
    pub errors: [f64; 2],
    /// Work units of all steps.
    pub work_units: f64,
}

/// Holds `solver` to the contract over `steps` steps on `task`; `improvement` is the factor by which
/// the relative L2 error has to fall.
///
/// # Errors
/// One sentence for each rule that is broken.
pub fn check(
    solver: &dyn Solver,
    task: &Task<'_>,
    reference: &Reference,
    steps: u64,
    improvement: f64,
) -> Result<Report, Vec<String>> {
    let mut broken = Broken(Vec::new());
    let rebuilt = registry::build(&solver.spec()).map(|again| again.spec());
    broken.unless(rebuilt == Ok(solver.spec()), "its spec does not build the same solver again");

    let watched = drive(solver, task, reference, steps, Schedule::Every(1));
    let unwatched = drive(solver, task, reference, steps, Schedule::Every(u64::MAX));
    let narrow = in_pool(1, || drive(solver, task, reference, steps, Schedule::Every(1)));
    let wide = in_pool(3, || drive(solver, task, reference, steps, Schedule::Every(1)));
    let runs = [watched, unwatched, narrow, wide];
    let mut good = Vec::new();
    for run in runs {
        match run {
            Ok(run) => good.push(run),
            Err(error) => broken.0.push(format!("it did not run: {error}")),
        }
    }
    let [watched, unwatched, narrow, wide] = match <[Watched; 4]>::try_from(good) {
        Ok(runs) => runs,
        Err(_) => return Err(broken.0),
    };
    broken.unless(same_bits(&watched.end.values, &unwatched.end.values), "observing it changes its answer");
    broken.unless(same_bits(&watched.end.values, &narrow.end.values), "one thread gives other bits");
    broken.unless(same_bits(&watched.end.values, &wide.end.values), "three threads give other bits");
    broken.unless(watched.end.step == unwatched.end.step, "observing it changes its number of steps");
    broken.unless(watched.end.work_units == unwatched.end.work_units, "observing it changes its work");
    broken.unless(watched.end.work_units > 0.0, "it charges nothing");
    broken.unless(watched.work.is_sorted(), "its work does not grow with its steps");
    broken.unless(watched.end.values.as_slice().iter().all(|u| u.is_finite()), "its answer is not finite");
    broken
        .unless(watched.scalars == solver.scalar_names().len(), "its scalars are not as many as their names");
    if let Err(error) = resumes(solver, task, steps, &mut broken) {
        broken.0.push(format!("it cannot be frozen and resumed: {error}"));
    }
    let errors = [watched.first_error, watched.end.errors.map_or(f64::NAN, |errors| errors.l2)];
    broken.unless(
        errors[1] * improvement <= errors[0],
        &format!("its error fell from {:.2e} to {:.2e} only", errors[0], errors[1]),
    );
    if broken.0.is_empty() {
        Ok(Report { steps: watched.end.step, errors, work_units: watched.end.work_units })
    } else {
        Err(broken.0)
    }
}

struct Broken(Vec<String>);

impl Broken {
    fn unless(&mut self, kept: bool, sentence: &str) {
        if !kept {
            self.0.push(sentence.to_string());
        }
    }
}

/// A clock that stands still: nothing in a run may depend on it.
struct StoppedClock;

impl Clock for StoppedClock {
    fn now(&self) -> f64 {
        0.0
    }
}

struct Watched {
    end: End,
    first_error: f64,
    work: Vec<f64>,
    scalars: usize,
}

struct Books {
    first_error: f64,
    work: Vec<f64>,
    scalars: usize,
}

impl Observer for Books {
    fn start(&mut self, start: &Start<'_>) -> Result<(), ObserveError> {
        self.scalars = start.scalar_names.len();
        Ok(())
    }

    fn observe(&mut self, sample: &Sample<'_>) -> Result<(), ObserveError> {
        if sample.step == 0 {
            self.first_error = sample.errors.map_or(f64::NAN, |errors| errors.l2);
        }
        if sample.scalars.len() != self.scalars {
            self.scalars = usize::MAX;
        }
        self.work.push(sample.work_units);
        Ok(())
    }
}

fn drive(
    solver: &dyn Solver,
    task: &Task<'_>,
    reference: &Reference,
    steps: u64,
    schedule: Schedule,
) -> Result<Watched, String> {
    let mut books = Books { first_error: f64::NAN, work: Vec::new(), scalars: 0 };
    let stop = StopRule::steps(steps);
    let end = Run::new(solver, task, &stop)
        .against(reference)
        .drive(&StoppedClock, &AtomicBool::new(false), &mut [(&mut books, schedule)])
        .map_err(|error| error.to_string())?;
    Ok(Watched { end, first_error: books.first_error, work: books.work, scalars: books.scalars })
}

/// Steps one at a time and in batches, with a snapshot in the middle, give the same bits.
fn resumes(
    solver: &dyn Solver,
    task: &Task<'_>,
    steps: u64,
    broken: &mut Broken,
) -> Result<(), crate::SolverError> {
    let mut meter = Meter::new(1.0);
    let mut whole = solver.init(task, &mut meter)?;
    let mut parts = solver.init(task, &mut meter)?;
    meter.enter(Phase::Iterate);
    let half = steps / 2;
    advance_by(whole.as_mut(), half, steps, &mut meter)?;
    advance_by(whole.as_mut(), steps - half, steps, &mut meter)?;
    advance_by(parts.as_mut(), half, 1, &mut meter)?;
    let snapshot = parts.snapshot()?;
    let mut parts = solver.resume(task, &snapshot, &mut meter)?;
    broken.unless(
        parts.snapshot()? == snapshot,
        "a snapshot of a resumed run differs from what it was resumed from",
    );
    advance_by(parts.as_mut(), steps - half, 1, &mut meter)?;
    let sites = task.support.sites();
    let mut samples = [task.support.zeros(), task.support.zeros()];
    let [one, other] = &mut samples;
    whole.sample(&sites, one.as_mut_slice(), &mut meter)?;
    parts.sample(&sites, other.as_mut_slice(), &mut meter)?;
    broken.unless(same_bits(one, other), "resumed one step at a time, it gives other bits than in one go");
    parts.sample(&sites, one.as_mut_slice(), &mut meter)?;
    broken.unless(same_bits(one, other), "sampling it twice gives different bits");
    let short = parts.sample(&sites, &mut [0.0], &mut meter);
    broken.unless(short.is_err(), "it samples into a buffer of the wrong length");
    broken.unless(
        solver.resume(task, &crate::Snapshot::default(), &mut meter).is_err(),
        "it resumes from nothing",
    );
    Ok(())
}

fn advance_by(
    live: &mut dyn Iteration,
    steps: u64,
    most: u64,
    meter: &mut Meter,
) -> Result<(), crate::SolverError> {
    let mut left = steps;
    while let Some(batch) = NonZeroU64::new(left.min(most)) {
        let progress = live.advance(batch, meter)?;
        left -= progress.steps.clamp(1, left);
        if progress.status != Status::Running {
            break;
        }
    }
    Ok(())
}

fn same_bits(a: &Values, b: &Values) -> bool {
    a.as_slice().iter().map(|x| x.to_bits()).eq(b.as_slice().iter().map(|x| x.to_bits()))
}

fn in_pool<T: Send>(threads: usize, job: impl FnOnce() -> Result<T, String> + Send) -> Result<T, String> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).stack_size(16 << 20).build();
    pool.map_err(|error| error.to_string())?.install(job)
}

#[cfg(test)]
mod tests {
    use modewise_problems::{Discrete, Field, Grid, catalog};

    use super::*;
    use crate::{Initial, ReferenceKind, classical::direct};

    /// Boxes of every dimension, with every kind of side, with κ², with ε and κ² that jump, on shapes, with Robin sides, and
    /// nonlinear ones, p-Laplacians among them. Networks take the first two.
    const PROBLEMS: [(&str, &[usize]); 14] = [
        ("sines-1d,modes=[1,3]", &[32]),
        ("bump-2d", &[16]),
        ("sines-1d,modes=[1,2],sides=neumann-dirichlet", &[16]),
        ("sines-2d,sides=[neumann,dirichlet],kappa2=5", &[12, 8]),
        ("sines-2d,sides=[dirichlet,periodic]", &[8, 12]),
        ("sines-3d", &[8, 6, 8]),
        ("jump-2d", &[12, 16]),
        ("pinnacle-pb-2d", &[20]),
        ("ball-3d", &[8]),
        ("many-subdomains-2d", &[10]),
        ("gouy-chapman-1d,u0=3", &[20]),
        ("sinh-waves-2d", &[12, 10]),
        ("p-laplace-1d,p=5", &[24]),
        ("p-laplace-2d,p=3", &[10, 8]),
    ];
    /// How many of them a solver has to take, so that refusing is no way out.
    const LEAST: usize = 2;

    /// Every solver on every problem that it does not refuse, from a random start.
    #[test]
    fn every_registered_solver_keeps_the_contract() {
        let mut taken = std::collections::BTreeMap::new();
        for (number, (problem, cells)) in PROBLEMS.into_iter().enumerate() {
            let problem = catalog::build(&problem.parse().unwrap()).unwrap();
            let grid = Grid::new(problem.domain().bounds(), cells).unwrap();
            let discrete = Discrete::new(problem.as_ref(), &grid).unwrap();
            let (kind, solution) = if problem.has_exact() {
                let mut exact = Field::from_batch(&grid, |points, out| {
                    problem.exact(points, out);
                });
                discrete.fill_outside(exact.values_mut(), 0.0);
                (ReferenceKind::Exact, exact)
            } else {
                (ReferenceKind::Discrete, direct::solve(&discrete).unwrap())
            };
            let reference = Reference::new(kind, solution.clone());
            let task = Task::new(problem.as_ref(), &discrete)
                .with_initial(Initial::Random)
                .with_target(&solution)
                .with_seed(3);
            for entry in registry::entries() {
                let mut spec = modewise_problems::Spec::new(entry.name);
                // Few points for networks: the contract is the same for any number.
                if entry.parameters.iter().any(|parameter| parameter.key == "points") {
                    spec = spec.with("points", 200);
                }
                let solver = registry::build(&spec).unwrap();
                let solver = registry::with_published(&solver.spec(), problem.as_ref())
                    .and_then(|spec| registry::build(&spec))
                    .unwrap();
                let Ok(need) = solver.check(problem.as_ref(), Some(&grid)) else { continue };
                if !need.discrete && number >= 2 {
                    continue;
                }
                match check(solver.as_ref(), &task, &reference, 60, 1.05) {
                    Ok(report) => assert!(report.steps > 0),
                    Err(broken) => panic!("{} on {}:\n  {}", entry.name, problem.spec(), broken.join("\n  ")),
                }
                *taken.entry(entry.name).or_insert(0) += 1;
            }
        }
        for entry in registry::entries() {
            let count = taken.get(entry.name).copied().unwrap_or(0);
            assert!(count >= LEAST, "{} takes {count} of the problems", entry.name);
        }
    }

    #[test]
    fn newton_and_networks_take_p_laplacians_and_all_others_name_them() {
        for (problem, cells) in [("p-laplace-1d", vec![16]), ("p-laplace-2d,p=8", vec![8, 8])] {
            let problem = catalog::build(&problem.parse().unwrap()).unwrap();
            let grid = Grid::new(problem.domain().bounds(), &cells).unwrap();
            let mut takers = Vec::new();
            for entry in registry::entries() {
                let solver = registry::build(&modewise_problems::Spec::new(entry.name)).unwrap();
                match solver.check(problem.as_ref(), Some(&grid)) {
                    Ok(_) => takers.push(entry.name),
                    Err(refusal) => {
                        let said = refusal.to_string();
                        let named = said.contains("p-Laplacian with p = ")
                            && said.contains("take newton, or a network");
                        assert!(named, "{}: {said}", entry.name);
                    }
                }
            }
            takers.sort_unstable();
            assert_eq!(takers, ["dnn", "fourier-dnn", "mscale-dnn", "newton", "subspace-dnn"]);
            let strong = registry::build(&"dnn,loss=residual".parse().unwrap()).unwrap();
            let refusal = strong.check(problem.as_ref(), Some(&grid)).unwrap_err().to_string();
            assert!(
                refusal.contains("loss=residual is for fluxes ε∇u") && refusal.contains("use loss=ritz"),
                "{refusal}"
            );
        }
    }

    /// A solver that does nothing fails: the check cannot pass vacuously.
    #[test]
    fn an_idle_solver_is_caught() {
        let problem = catalog::build(&"sines-1d".parse().unwrap()).unwrap();
        let grid = Grid::new(problem.domain().bounds(), &[8]).unwrap();
        let discrete = Discrete::new(problem.as_ref(), &grid).unwrap();
        let reference = Reference::new(ReferenceKind::Discrete, discrete.source().clone());
        let task = Task::new(problem.as_ref(), &discrete);
        let idle = registry::build(&"jacobi,omega=1e-12".parse().unwrap()).unwrap();
        let broken = check(idle.as_ref(), &task, &reference, 10, 1.05).unwrap_err();
        assert!(broken.iter().any(|sentence| sentence.contains("error fell")), "{broken:?}");
    }
}
