//! One solver after another: the first for M steps, then the second from its output.
//!
//! The idea of Xu et al. (arXiv 1901.06523, §V): a network learns the low frequencies that Jacobi is
//! slow at, and Jacobi finishes the high ones that the network is slow at. The meter counts both.

use std::{num::NonZeroU64, sync::Arc};

use modewise_problems::{Field, Grid, Parameter, Problem, Settings, Spec, SpecError};
use toml::Value;

use crate::{
    Initial, Iteration, Meter, Need, Progress, Sites, Snapshot, Solver, SolverError, Status, Task,
    Unsupported,
    registry::{self, Entry},
};

pub(crate) const ENTRY: Entry = Entry {
    name: "hybrid",
    summary: "any first solver for some steps, then any second one from its output",
    parameters: &[
        Parameter {
            key: "first",
            default: "(jacobi,omega=0.5)",
            unit: "a solver",
            help: "the solver that begins",
        },
        Parameter {
            key: "steps",
            default: "100",
            unit: "steps",
            help: "steps of the first before it hands over; 0 starts the second from its initial sample",
        },
        Parameter {
            key: "second",
            default: "(jacobi,omega=1)",
            unit: "a solver",
            help: "the solver that goes on from the output of the first",
        },
    ],
    build,
};

/// The recipe.
#[derive(Debug, Clone)]
pub struct Hybrid {
    first: Arc<dyn Solver>,
    steps: u64,
    second: Arc<dyn Solver>,
}

fn build(settings: &Settings<'_>) -> Result<Arc<dyn Solver>, SpecError> {
    Ok(Arc::new(Hybrid {
        first: registry::build(&settings.spec("first")?)?,
        steps: settings.count("steps", 0)? as u64,
        second: registry::build(&settings.spec("second")?)?,
    }))
}

impl Hybrid {
    /// Starts the second solver from what the first has reached; charged to the step that does it.
    fn hand_over<'p>(
        &self,
        task: &Task<'p>,
        first: &dyn Iteration,
        meter: &mut Meter,
    ) -> Result<Box<dyn Iteration + 'p>, SolverError> {
        let discrete = task.discrete().ok_or_else(|| SolverError::NoGrid(ENTRY.name.into()))?;
        let mut field = Field::zeros(discrete.grid());
        first.sample(&Sites::Grid(discrete.grid()), field.values_mut(), meter)?;
        let task = task.clone().with_initial(Initial::Field(Arc::new(field)));
        self.second.init(&task, meter)
    }

    fn both<'p>(&self, task: &Task<'p>, stage: Stage<'p>, done: u64) -> Both<'p> {
        Both { recipe: self.clone(), task: task.clone(), stage, done }
    }
}

impl Solver for Hybrid {
    fn spec(&self) -> Spec {
        Spec::new(ENTRY.name)
            .with("first", Value::Table(self.first.spec().to_table()))
            .with("steps", self.steps as i64)
            .with("second", Value::Table(self.second.spec().to_table()))
    }

    fn check(&self, problem: &dyn Problem, grid: Option<&Grid>) -> Result<Need, Unsupported> {
        let first = self.first.check(problem, grid)?;
        let second = self.second.check(problem, grid)?;
        if !second.uses_initial {
            return Err(Unsupported {
                solver: ENTRY.name.into(),
                reason: format!(
                    "`{}` ignores where it starts, so the work of the first solver would be lost",
                    self.second.spec().name
                ),
                advice: "take an iteration such as jacobi or multigrid as second".into(),
            });
        }
        Ok(Need {
            bytes: first.bytes + second.bytes,
            uses_initial: first.uses_initial,
            discrete: second.discrete,
        })
    }

    fn scalar_names(&self) -> Vec<String> {
        let mut names = vec![STAGE.to_string()];
        let first = self.first.scalar_names().into_iter().map(|name| outer_name("first", name));
        let second = self.second.scalar_names().into_iter().map(|name| outer_name("second", name));
        for name in first.chain(second) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    fn init<'p>(&self, task: &Task<'p>, meter: &mut Meter) -> Result<Box<dyn Iteration + 'p>, SolverError> {
        let first = self.first.init(task, meter)?;
        let stage = if self.steps == 0 {
            Stage::Second(self.hand_over(task, first.as_ref(), meter)?)
        } else {
            Stage::First(first)
        };
        Ok(Box::new(self.both(task, stage, 0)))
    }

    fn resume<'p>(
        &self,
        task: &Task<'p>,
        from: &Snapshot,
        meter: &mut Meter,
    ) -> Result<Box<dyn Iteration + 'p>, SolverError> {
        let done = from.counter("done")?;
        let stage = if from.counter("stage")? == 1 {
            Stage::First(self.first.resume(task, &from.inside("first"), meter)?)
        } else {
            Stage::Second(self.second.resume(task, &from.inside("second"), meter)?)
        };
        Ok(Box::new(self.both(task, stage, done)))
    }
}

/// The scalar that tells which stage runs.
const STAGE: &str = "stage";

/// The name of a part's scalar: its own, but a hybrid's stage inside a hybrid says whose it is.
fn outer_name(part: &str, name: String) -> String {
    if name.ends_with(STAGE) { format!("{part}.{name}") } else { name }
}

enum Stage<'p> {
    First(Box<dyn Iteration + 'p>),
    Second(Box<dyn Iteration + 'p>),
}

struct Both<'p> {
    recipe: Hybrid,
    task: Task<'p>,
    stage: Stage<'p>,
    done: u64,
}

impl<'p> Both<'p> {
    fn live(&self) -> &dyn Iteration {
        match &self.stage {
            Stage::First(live) | Stage::Second(live) => live.as_ref(),
        }
    }
}

impl Iteration for Both<'_> {
    fn advance(&mut self, most: NonZeroU64, meter: &mut Meter) -> Result<Progress, SolverError> {
        let progress = match &mut self.stage {
            Stage::Second(second) => second.advance(most, meter)?,
            Stage::First(first) => {
                let left = self.recipe.steps - self.done;
                let progress =
                    first.advance(NonZeroU64::new(left).map_or(most, |left| left.min(most)), meter)?;
                let through = progress.status != Status::Running;
                let hand_over = self.done + progress.steps >= self.recipe.steps || through;
                if hand_over {
                    let second = self.recipe.hand_over(&self.task, first.as_ref(), meter)?;
                    self.stage = Stage::Second(second);
                }
                Progress { status: Status::Running, milestone: hand_over || progress.milestone, ..progress }
            }
        };
        self.done += progress.steps;
        Ok(progress)
    }

    fn sample(&self, sites: &Sites<'_>, out: &mut [f64], meter: &mut Meter) -> Result<(), SolverError> {
        self.live().sample(sites, out, meter)
    }

    /// `stage` is 1 or 2; the scalars of the stage that does not run are not a number.
    fn scalars(&self, out: &mut [f64]) {
        out.fill(f64::NAN);
        let (number, part, recipe) = match self.stage {
            Stage::First(_) => (1.0, "first", &self.recipe.first),
            Stage::Second(_) => (2.0, "second", &self.recipe.second),
        };
        out[0] = number;
        let names = self.recipe.scalar_names();
        let own: Vec<String> = recipe.scalar_names().into_iter().map(|name| outer_name(part, name)).collect();
        let mut values = vec![f64::NAN; own.len()];
        self.live().scalars(&mut values);
        for (name, value) in own.iter().zip(values) {
            if let Some(place) = names.iter().position(|other| other == name) {
                out[place] = value;
            }
        }
    }

    fn advice(&self) -> Option<String> {
        self.live().advice()
    }

    fn snapshot(&self) -> Result<Snapshot, SolverError> {
        let (stage, mut snapshot) = match &self.stage {
            Stage::First(first) => (1, first.snapshot()?.nested("first")),
            Stage::Second(second) => (2, second.snapshot()?.nested("second")),
        };
        snapshot.counters.insert("stage".into(), stage);
        snapshot.counters.insert("done".into(), self.done);
        Ok(snapshot)
    }
}
