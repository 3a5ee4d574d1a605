//! A solver that starts from the trained network of another run.
//!
//! `start=RUN_DIR` or `start=RUN_DIR:LABEL` in a spec. Step 0 of the run is that of its solver with the parameters
//! of the stored network in place of random ones: optimiser, points and seed start anew.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use modewise_problems::{Grid, Problem, Spec};
use modewise_solvers::{Iteration, Meter, Need, Snapshot, Solver, SolverError, Task, Unsupported, registry};

use super::config_error::ConfigError;
use crate::store::network::{self, StoredNetwork};

/// The arrays of a network's snapshot that hold its parameters: the best so far, where they are kept, and the latest.
const PARAMETERS: [&str; 2] = ["memory.best", "parameters"];
/// The keys of a spec that say what function the parameters stand for.
const ARCHITECTURE: [&str; 15] = [
    "width",
    "depth",
    "activation",
    "residual",
    "scales",
    "structure",
    "weights",
    "relaxation",
    "trainable",
    "fine_width",
    "fine_depth",
    "fine_activation",
    "alpha",
    // u is the network, or G + ωN; and it sees an interface or does not.
    "boundary",
    "interface",
];

/// The recipe.
#[derive(Debug)]
pub(super) struct WarmStart {
    solver: Arc<dyn Solver>,
    /// Seed of the stored run and its parameters; one for all where there is one.
    networks: Vec<(u64, Vec<f64>)>,
    /// Where they come from, as it can be written into an experiment file.
    pub source: String,
}

impl WarmStart {
    /// `solver` on `problem` with each of `seeds`, from the network at `start`.
    ///
    /// # Errors
    /// There is no such network, or it has another shape; both shapes are named.
    pub fn new(
        solver: Arc<dyn Solver>,
        start: &str,
        problem: &dyn Problem,
        seeds: impl Iterator<Item = u64>,
    ) -> Result<Self, ConfigError> {
        let refuse = |reason: String| ConfigError::Missing(format!("start={start}: {reason}"));
        let (folder, label) = folder_and_label(start);
        let folder = folder.canonicalize().map_err(|error| {
            refuse(format!("{error}; give the run folder of a network, or RUN_DIR:LABEL for one of several"))
        })?;
        let all = network::read_all(&folder).map_err(|error| refuse(error.to_string()))?;
        let mut labels: Vec<&str> = all.iter().map(|stored| stored.label.name.as_str()).collect();
        labels.dedup();
        let label = match (label, labels.as_slice()) {
            (_, []) => return Err(refuse("there is no trained network in this folder".into())),
            (None, [only]) => *only,
            (Some(label), known) if known.contains(&label) => label,
            (_, known) => {
                return Err(refuse(format!(
                    "choose one of its networks with RUN_DIR:LABEL: {}",
                    known.join(", ")
                )));
            }
        };
        let stored: Vec<&StoredNetwork> = all.iter().filter(|stored| stored.label.name == label).collect();
        let own = shape(&solver.spec(), problem.domain().dimension());
        for stored in &stored {
            // With the defaults of keys that are younger than the file.
            let spec = registry::build(&stored.label.spec.parse::<Spec>()?)?.spec();
            let theirs = shape(&spec, stored.label.dimension);
            if theirs != own {
                return Err(refuse(format!("the network there is {theirs}; the one to be started is {own}")));
            }
            let is_auto = spec.keys.get("scales").and_then(|scales| scales.as_str()) == Some("auto");
            if is_auto && stored.label.problem != problem.spec().to_string() {
                return Err(refuse(format!(
                    "the network there has scales=auto, which are those of {}; give both the same list of scales",
                    stored.label.problem
                )));
            }
        }
        if let Some(missing) = seeds.into_iter().find(|seed| of_seed(&stored, *seed).is_none()) {
            let known: Vec<String> = stored.iter().map(|stored| stored.label.seed.to_string()).collect();
            return Err(refuse(format!(
                "it has no network of seed {missing}, only of {}; choose --seed and --seeds among them",
                known.join(", ")
            )));
        }
        let parameters = |stored: &&StoredNetwork| {
            let mut kept = PARAMETERS.iter().filter_map(|name| stored.snapshot.arrays.get(*name));
            kept.next().map(|parameters| (stored.label.seed, parameters.clone()))
        };
        let networks = stored.iter().map(parameters).collect::<Option<_>>();
        let networks = networks.ok_or_else(|| refuse(format!("`{label}` keeps no network to start from")))?;
        Ok(Self { solver, networks, source: format!("{}:{label}", folder.display()) })
    }
}

/// A folder, or a folder and a label after a colon.
fn folder_and_label(start: &str) -> (PathBuf, Option<&str>) {
    match start.rsplit_once(':') {
        Some((folder, label)) if !Path::new(start).is_dir() => (folder.into(), Some(label)),
        _ => (start.into(), None),
    }
}

/// The network of a seed; the only one is for all.
fn of_seed<'s>(stored: &[&'s StoredNetwork], seed: u64) -> Option<&'s StoredNetwork> {
    match stored {
        [only] => Some(only),
        several => several.iter().find(|stored| stored.label.seed == seed).copied(),
    }
}

/// What function of x the parameters stand for.
fn shape(spec: &Spec, dimension: usize) -> String {
    let mut shape = Spec::new(&spec.name);
    shape.keys.extend(
        spec.keys
            .iter()
            .filter(|(key, _)| ARCHITECTURE.contains(&key.as_str()))
            .map(|(key, value)| (key.clone(), value.clone())),
    );
    format!("{shape} of {dimension} variables")
}

impl Solver for WarmStart {
    fn spec(&self) -> Spec {
        self.solver.spec()
    }

    fn check(&self, problem: &dyn Problem, grid: Option<&Grid>) -> Result<Need, Unsupported> {
        self.solver.check(problem, grid)
    }

    fn scalar_names(&self) -> Vec<String> {
        self.solver.scalar_names()
    }

    fn init<'p>(&self, task: &Task<'p>, meter: &mut Meter) -> Result<Box<dyn Iteration + 'p>, SolverError> {
        let mut start = self.solver.init(task, meter)?.snapshot()?;
        let own = self.networks.iter().find(|(seed, _)| *seed == task.seed).or(self.networks.first());
        if let Some((_, parameters)) = own {
            for (name, own) in &mut start.arrays {
                if PARAMETERS.contains(&name.as_str()) {
                    own.clone_from(parameters);
                }
            }
        }
        self.solver.resume(task, &start, meter)
    }

    fn resume<'p>(
        &self,
        task: &Task<'p>,
        from: &Snapshot,
        meter: &mut Meter,
    ) -> Result<Box<dyn Iteration + 'p>, SolverError> {
        self.solver.resume(task, from, meter)
    }
}
