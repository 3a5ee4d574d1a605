//! What a neural solver is told: its settings, checked, and the [`Solver`] made of them.

use std::sync::Arc;

use modewise_problems::{Coefficient, Condition, Grid, Problem, Settings, Spec, SpecError};

use super::{
    activation::Activation,
    boundary::{MOST_AXES, Trial},
    init::Init,
    live::{Live, SCALARS},
    loss::Loss,
    network::Network,
    sampler::Sampler,
    tiles,
};
use crate::{Iteration, Meter, Need, Snapshot, Solver, SolverError, Task, Unsupported};

/// How the Dirichlet data get into u.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Boundary {
    /// u = L + B N carries them for any network.
    Exact,
    /// The loss has β Σ (u − g)².
    Penalty,
}

impl Boundary {
    /// The names a spec may use, in the order of [`Boundary::ALL`].
    pub const NAMES: [&'static str; 2] = ["exact", "penalty"];
    /// Both.
    pub const ALL: [Self; 2] = [Self::Exact, Self::Penalty];

    /// Its name in a spec.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }
}

/// The settings of a neural solver.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Neurons of each hidden layer (of each subnet).
    pub widths: Vec<usize>,
    /// σ.
    pub activation: Activation,
    /// What is minimised.
    pub loss: Loss,
    /// How boundary data are met.
    pub boundary: Boundary,
    /// Weight of the penalty.
    pub beta: f64,
    /// Scales a_i; a single 1 for a plain network.
    pub scales: Vec<f64>,
    /// 1 or 2, as in arXiv 2007.11207.
    pub structure: usize,
    /// Learning rate of the first step.
    pub lr: f64,
    /// lr ← (1 − lr_decay) lr after every step.
    pub lr_decay: f64,
    /// Points inside.
    pub points: usize,
    /// Points on the boundary.
    pub boundary_points: usize,
    /// Steps between batches; 0 for one batch for good.
    pub resample: usize,
    /// How parameters start.
    pub init: Init,
}

/// More than anyone trains, and small enough that no product of them overflows.
const MOST_NEURONS: usize = 1_000_000;
const MOST_LAYERS: usize = 100;
const MOST_IN_ALL: usize = 10_000_000;
const MOST_SAMPLES: usize = 1_000_000_000;

impl Config {
    fn read(settings: &Settings<'_>, scaled: bool) -> Result<Self, SpecError> {
        let within = |key: &str, most: usize, least: usize| match settings.count(key, least)? {
            count if count <= most => Ok(count),
            _ => Err(settings.bad(key, &format!("a whole number from {least} to {most}"))),
        };
        let mut widths = settings.counts("width", 1)?;
        if widths.iter().any(|&width| width > MOST_NEURONS) || widths.len() > MOST_LAYERS {
            return Err(settings
                .bad("width", &format!("at most {MOST_NEURONS} neurons a layer and {MOST_LAYERS} layers")));
        }
        if widths.len() == 1 {
            widths = vec![widths[0]; within("depth", MOST_LAYERS, 1)?];
        }
        let positive = |key: &str| settings.number(key, "a positive number", |x| x > 0.0);
        let (scales, structure) = if scaled {
            let scales = settings.numbers(
                "scales",
                "a positive number, or a list of them that is not empty",
                |a| a > 0.0,
            )?;
            let structure = within("structure", 2, 1)?;
            if structure == 1 && scales.len() > widths[0] {
                return Err(settings.bad(
                    "scales",
                    &format!("at most as many as the {} neurons of the first layer (structure 1)", widths[0]),
                ));
            }
            (scales, structure)
        } else {
            (vec![1.0], 1)
        };
        let neurons = widths.iter().sum::<usize>().saturating_mul(scales.len());
        if neurons > MOST_IN_ALL {
            let key = if scales.len() > 1 { "scales" } else { "width" };
            return Err(settings.bad(key, &format!("few enough for {MOST_IN_ALL} neurons in all")));
        }
        let init = settings.text("init").ok().and_then(Init::parse);
        Ok(Self {
            widths,
            activation: Activation::ALL[settings.choice("activation", &Activation::NAMES)?],
            loss: Loss::ALL[settings.choice("loss", &Loss::NAMES)?],
            boundary: Boundary::ALL[settings.choice("boundary", &Boundary::NAMES)?],
            beta: settings.number("beta", "a number that is not negative", |x| x >= 0.0)?,
            scales,
            structure,
            lr: positive("lr")?,
            lr_decay: settings.number("lr_decay", "a number in [0, 1)", |x| (0.0..1.0).contains(&x))?,
            points: within("points", MOST_SAMPLES, 3)?,
            boundary_points: within("boundary_points", MOST_SAMPLES, 1)?,
            resample: settings.count("resample", 0)?,
            init: init.ok_or_else(|| {
                settings.bad("init", "glorot, glorot-double or normal:STD with a standard deviation")
            })?,
        })
    }

    fn spec(&self, name: &str, scaled: bool) -> Spec {
        let uniform = self.widths.iter().all(|width| *width == self.widths[0]);
        let widths: Vec<i64> = self.widths.iter().map(|&width| width as i64).collect();
        let mut spec = Spec::new(name)
            .with("depth", self.widths.len() as i64)
            .with("activation", self.activation.name())
            .with("loss", self.loss.name())
            .with("boundary", self.boundary.name())
            .with("beta", self.beta)
            .with("lr", self.lr)
            .with("lr_decay", self.lr_decay)
            .with("points", self.points as i64)
            .with("boundary_points", self.boundary_points as i64)
            .with("resample", self.resample as i64)
            .with("init", self.init.name());
        spec = if uniform { spec.with("width", widths[0]) } else { spec.with("width", widths) };
        if scaled {
            spec = spec.with("scales", self.scales.clone()).with("structure", self.structure as i64);
        }
        spec
    }

    /// The network, without parameters.
    pub(super) fn network(&self, dimension: usize) -> Network {
        let blocks: Vec<&[f64]> = match self.structure {
            1 => vec![&self.scales],
            _ => self.scales.chunks(1).collect(),
        };
        Network::new(dimension, &self.widths, self.activation, &blocks)
    }

    /// The sampler of a run with this seed.
    pub(super) fn sampler(&self, seed: u64) -> Sampler {
        let penalised = self.boundary == Boundary::Penalty && self.loss != Loss::Regression;
        Sampler {
            loss: self.loss,
            points: self.points,
            boundary_points: if penalised { self.boundary_points } else { 0 },
            resample: self.resample as u64,
            seed,
        }
    }
}

/// A neural solver with its settings.
#[derive(Debug, Clone)]
pub struct Neural {
    name: &'static str,
    scaled: bool,
    config: Config,
}

/// Reads the settings of `name`; `scaled` if it has `scales` and `structure`.
pub(super) fn build(
    name: &'static str,
    scaled: bool,
    settings: &Settings<'_>,
) -> Result<Arc<dyn Solver>, SpecError> {
    Ok(Arc::new(Neural { name, scaled, config: Config::read(settings, scaled)? }))
}

/// Boundary data that L cannot carry.
pub(super) fn not_liftable(solver: &str) -> Unsupported {
    Unsupported {
        solver: solver.into(),
        reason: "boundary=exact needs data that are linear along every side".into(),
        advice: "use boundary=penalty".into(),
    }
}

/// The constant ε of a problem that the losses are for: −εΔu = f with u given on every side.
pub(super) fn permittivity(solver: &str, problem: &dyn Problem) -> Result<f64, Unsupported> {
    let refuse = |reason: &str| {
        Err(Unsupported {
            solver: solver.into(),
            reason: reason.into(),
            advice: "use a classical solver, such as multigrid".into(),
        })
    };
    if !problem.domain().is_all(Condition::Dirichlet) {
        return refuse("its losses know Dirichlet sides only");
    }
    match (problem.permittivity(), problem.screening()) {
        (Coefficient::Constant(permittivity), Coefficient::Constant(0.0)) => Ok(permittivity),
        (Coefficient::Constant(_), _) => refuse("its losses have no term κ²u"),
        _ => refuse("its losses are for a constant ε"),
    }
}

impl Neural {
    fn refuse(&self, reason: String, advice: &str) -> Unsupported {
        Unsupported { solver: self.name.into(), reason, advice: advice.into() }
    }
}

impl Solver for Neural {
    fn spec(&self) -> Spec {
        self.config.spec(self.name, self.scaled)
    }

    fn check(&self, problem: &dyn Problem, grid: Option<&Grid>) -> Result<Need, Unsupported> {
        let config = &self.config;
        let dimension = problem.domain().dimension();
        if dimension > MOST_AXES {
            return Err(
                self.refuse(format!("networks here have at most {MOST_AXES} inputs"), "take fewer axes")
            );
        }
        permittivity(self.name, problem)?;
        if config.loss == Loss::Residual && !config.activation.has_second_derivative() {
            return Err(self.refuse(
                format!(
                    "loss=residual needs second derivatives, and those of {} are not functions",
                    config.activation.name()
                ),
                "use loss=ritz, or activation=tanh, sin or phi",
            ));
        }
        if config.boundary == Boundary::Exact && Trial::new(problem).is_none() {
            return Err(not_liftable(self.name));
        }
        let nodes = grid.map_or(0, Grid::nodes);
        let (inside, sides) = config.sampler(0).sizes(dimension, nodes);
        let batch = (inside + sides) as f64 * (dimension + 1) as f64;
        // Estimated before any layer is laid out: the network itself may not fit.
        let network = config.network(dimension);
        let bytes = 8.0 * (3.0 * network.parameters() as f64 + batch)
            + tiles::bytes(&network, config.loss, inside, sides, rayon::current_num_threads());
        Ok(Need { bytes: bytes as u64, uses_initial: false, discrete: false })
    }

    fn scalar_names(&self) -> Vec<String> {
        SCALARS.map(String::from).to_vec()
    }

    fn init<'p>(&self, task: &Task<'p>, _: &mut Meter) -> Result<Box<dyn Iteration + 'p>, SolverError> {
        Ok(Box::new(Live::new(&self.config, self.name, task)?))
    }

    fn resume<'p>(
        &self,
        task: &Task<'p>,
        from: &Snapshot,
        _: &mut Meter,
    ) -> Result<Box<dyn Iteration + 'p>, SolverError> {
        let mut live = Live::new(&self.config, self.name, task)?;
        live.restore(from)?;
        Ok(Box::new(live))
    }
}
