//! The settings of a neural solver, read from a spec and checked, and written back as one.

use modewise_problems::{Problem, Settings, Spec, SpecError, grid};

use super::{
    architecture::{Architecture, Kind},
    init::Init,
    loss::Loss,
    memory::Keep,
    optimizer::{Method, Rate, Schedule, Stages},
    penalty::BetaSchedule,
    real::Dtype,
    sampler::{Sampler, Sampling, Wanted},
};

/// How the Dirichlet data get into u.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Boundary {
    /// u = G + ωN carries them for any network.
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

/// What the network knows of an interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interface {
    /// Nothing: it is smooth there.
    Smooth,
    /// It sees a function with a kink there, beside x.
    Kink,
}

impl Interface {
    /// The names a spec may use, in the order of [`Interface::ALL`].
    pub const NAMES: [&'static str; 2] = ["smooth", "kink"];
    /// Both.
    pub const ALL: [Self; 2] = [Self::Smooth, Self::Kink];

    /// Its name in a spec.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }
}

/// The settings of a neural solver.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// What is trained.
    pub(super) architecture: Architecture,
    /// What is minimised.
    pub loss: Loss,
    /// How boundary data are met.
    pub boundary: Boundary,
    /// Weight of the penalty.
    pub beta: f64,
    /// What is known of an interface.
    pub interface: Interface,
    /// Weight of flux jumps.
    pub jump_weight: f64,
    /// Learning rate of the first step.
    pub lr: f64,
    /// lr ← (1 − lr_decay) lr after every step, if that is the schedule.
    pub lr_decay: f64,
    /// decay, cosine or restarts.
    pub lr_schedule: LrSchedule,
    /// Steps of the first wave of restarts.
    pub lr_period: usize,
    /// How β goes.
    pub beta_schedule: BetaSchedule,
    /// What minimises, one after the other.
    pub(super) optimizer: Stages,
    /// Steps without a lower loss that end the run; 0 for none.
    pub plateau: usize,
    /// The parameters that count.
    pub keep: Keep,
    /// What the passes of training compute in.
    pub dtype: Dtype,
    /// Points inside.
    pub points: usize,
    /// How points inside are chosen; none for a lattice (Sobol's points beyond three axes, of which a lattice of any
    /// size has few) that stays and random points that do not.
    pub sampling: Option<Sampling>,
    /// Points on the boundary.
    pub boundary_points: usize,
    /// Steps between batches; 0 for one batch for good.
    pub resample: usize,
    /// How parameters start.
    pub init: Init,
}

/// What `sampling` may be.
const SAMPLINGS: [&str; 5] =
    ["auto", Sampling::NAMES[0], Sampling::NAMES[1], Sampling::NAMES[2], Sampling::NAMES[3]];

/// How the learning rate goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LrSchedule {
    /// Times 1 − lr_decay.
    Decay,
    /// One cosine half-wave over the steps of Adam.
    Cosine,
    /// Cosine half-waves, each twice as long as the one before.
    Restarts,
}

impl LrSchedule {
    const NAMES: [&'static str; 3] = ["decay", "cosine", "restarts"];
    const ALL: [Self; 3] = [Self::Decay, Self::Cosine, Self::Restarts];
}

/// More than anyone asks for, and small enough that no product of them overflows.
const MOST_SAMPLES: usize = 1_000_000_000;

impl Config {
    pub(super) fn read(settings: &Settings<'_>, kind: Kind) -> Result<Self, SpecError> {
        let within = |key: &str, most: usize, least: usize| match settings.count(key, least)? {
            count if count <= most => Ok(count),
            _ => Err(settings.bad(key, &format!("a whole number from {least} to {most}"))),
        };
        let positive = |key: &str| settings.number(key, "a positive number", |x| x > 0.0);
        let init = settings.text("init").ok().and_then(Init::parse);
        let optimizer = Stages::parse(&settings.words("optimizer")?).ok_or_else(|| {
            let names = Method::NAMES.join(", ");
            settings.bad(
                "optimizer",
                &format!("{names}, or a list of them, all but the last with steps: adam:2000"),
            )
        })?;
        let lr_schedule = LrSchedule::ALL[settings.choice("lr_schedule", &LrSchedule::NAMES)?];
        let beta_schedule = BetaSchedule::ALL[settings.choice("beta_schedule", &BetaSchedule::NAMES)?];
        let adam = || optimizer.iter().filter(|stage| stage.method == Method::Adam);
        let has_adam = adam().next().is_some();
        if lr_schedule == LrSchedule::Cosine && (!has_adam || adam().any(|stage| stage.steps.is_none())) {
            let expected = "possible without the steps of every adam: optimizer=adam:2000";
            return Err(settings.bad("lr_schedule", expected));
        }
        if beta_schedule == BetaSchedule::Balanced && !has_adam {
            let expected =
                "possible without adam, in whose steps it is balanced: optimizer=[adam:1000,lbfgs]";
            return Err(settings.bad("beta_schedule", expected));
        }
        if beta_schedule == BetaSchedule::Staged && optimizer.steps().is_none() {
            return Err(settings
                .bad("beta_schedule", "possible without the steps of all optimizers: optimizer=adam:5000"));
        }
        for key in ["lr", "lr_decay", "lr_schedule", "lr_period"].into_iter().filter(|_| !has_adam) {
            settings.unused(key, &format!("optimizer={}, as it is adam's", optimizer.names().join(",")))?;
        }
        for (key, reader) in [("lr_decay", LrSchedule::Decay), ("lr_period", LrSchedule::Restarts)] {
            if lr_schedule != reader {
                let name = LrSchedule::NAMES[lr_schedule as usize];
                settings.unused(key, &format!("lr_schedule={name}"))?;
            }
        }
        let adam_alone = optimizer.iter().all(|stage| stage.method == Method::Adam);
        let sampling = match settings.choice("sampling", &SAMPLINGS)? {
            0 => None,
            one => Some(Sampling::ALL[one - 1]),
        };
        let is_gauss = sampling == Some(Sampling::Gauss);
        let resample = match settings.text("resample") {
            Ok("auto") => usize::from(adam_alone && !is_gauss),
            _ => settings.count("resample", 0)?,
        };
        if is_gauss && resample > 0 {
            return Err(settings.bad("resample", "0, and sampling=gauss has the same points always"));
        }
        let config = Self {
            architecture: Architecture::read(settings, kind)?,
            dtype: Dtype::ALL[settings.choice("dtype", &Dtype::NAMES)?],
            loss: Loss::ALL[settings.choice("loss", &Loss::NAMES)?],
            boundary: Boundary::ALL[settings.choice("boundary", &Boundary::NAMES)?],
            beta: settings.number("beta", "a number that is not negative", |x| x >= 0.0)?,
            interface: Interface::ALL[settings.choice("interface", &Interface::NAMES)?],
            jump_weight: settings.number("jump_weight", "a number that is not negative", |x| x >= 0.0)?,
            lr: positive("lr")?,
            lr_decay: settings.number("lr_decay", "a number in [0, 1)", |x| (0.0..1.0).contains(&x))?,
            points: within("points", MOST_SAMPLES, 3)?,
            sampling,
            boundary_points: within("boundary_points", MOST_SAMPLES, 1)?,
            lr_schedule,
            lr_period: within("lr_period", MOST_SAMPLES, 1)?,
            beta_schedule,
            optimizer,
            plateau: settings.count("plateau", 0)?,
            keep: Keep::ALL[settings.choice("keep", &Keep::NAMES)?],
            resample,
            init: init.ok_or_else(|| {
                settings.bad("init", "glorot, glorot-double, normal:STD, waves:K, waves or source")
            })?,
        };
        if config.loss == Loss::Regression && config.resample == 0 {
            settings.unused("points", "loss=regression and resample=0, which fit all nodes of the grid")?;
        }
        let is_penalty = config.boundary == Boundary::Penalty && config.loss != Loss::Regression;
        if is_penalty && config.beta == 0.0 && beta_schedule != BetaSchedule::Balanced {
            return Err(
                settings.bad("beta", "a positive number, without which nothing holds u at the boundary")
            );
        }
        if !config.has_jumps() {
            let (interface, loss) = (config.interface.name(), config.loss.name());
            settings.unused("jump_weight", &format!("interface={interface} and loss={loss}"))?;
        }
        Ok(config)
    }

    pub(super) fn spec(&self) -> Spec {
        let spec = Spec::new(self.architecture.kind.name())
            .with("dtype", Dtype::NAMES[self.dtype as usize])
            .with("loss", self.loss.name())
            .with("boundary", self.boundary.name())
            .with("beta", self.beta)
            .with("interface", self.interface.name())
            .with("jump_weight", self.jump_weight)
            .with("lr", self.lr)
            .with("lr_decay", self.lr_decay)
            .with("lr_schedule", LrSchedule::NAMES[self.lr_schedule as usize])
            .with("lr_period", self.lr_period as i64)
            .with("beta_schedule", self.beta_schedule.name())
            .with("plateau", self.plateau as i64)
            .with("keep", self.keep.name())
            .with("points", self.points as i64)
            .with("sampling", self.sampling.map_or(SAMPLINGS[0], Sampling::name))
            .with("boundary_points", self.boundary_points as i64)
            .with("resample", self.resample as i64)
            .with("init", self.init.name());
        let spec = match self.optimizer.names().as_slice() {
            [one] => spec.with("optimizer", one.as_str()),
            several => spec.with("optimizer", several.to_vec()),
        };
        self.architecture.write(spec)
    }

    /// Functions of x that the network sees beside x.
    pub(super) fn functions(&self) -> usize {
        usize::from(self.interface == Interface::Kink)
    }

    /// Whether losses are compared from step to step, on points that training does not keep.
    pub(super) fn needs_comparison(&self) -> bool {
        self.resample > 0 && (self.keep == Keep::Best || self.plateau > 0)
    }

    /// Whether flux jumps are a term of the loss.
    pub(super) fn has_jumps(&self) -> bool {
        self.interface == Interface::Kink && self.loss == Loss::Residual
    }

    /// The learning rate of Adam.
    pub(super) fn rate(&self) -> Rate {
        let schedule = match self.lr_schedule {
            LrSchedule::Decay => Schedule::Decay(self.lr_decay),
            LrSchedule::Cosine => Schedule::Cosine,
            LrSchedule::Restarts => Schedule::Restarts(self.lr_period as u64),
        };
        Rate { first: self.lr, schedule }
    }

    /// The sampler of a run on `problem` with this seed.
    pub(super) fn sampler(&self, problem: &dyn Problem, seed: u64) -> Sampler {
        let wanted = Wanted {
            loss: self.loss,
            sampling: match self.sampling {
                Some(sampling) => sampling,
                None if self.resample == 0 && problem.domain().dimension() > grid::GRID_AXES => {
                    Sampling::Sobol
                }
                None if self.resample == 0 => Sampling::Lattice,
                None => Sampling::Uniform,
            },
            points: self.points,
            boundary_points: self.boundary_points,
            is_penalised: self.boundary == Boundary::Penalty,
            has_jumps: self.has_jumps(),
            resample: self.resample as u64,
            seed,
        };
        Sampler::new(wanted, problem)
    }
}
