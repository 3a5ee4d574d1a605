//! Sequences of optimisers: `adam`, `gauss-newton`, `[adam:2000,lbfgs:500,gauss-newton]`.

use super::{
    Function, Optimizer, Step,
    adam::{Adam, Rate},
    curvature::Curvature,
    gauss_newton::GaussNewton,
    lbfgs::Lbfgs,
    natural_gradient::NaturalGradient,
    ssbroyden::SsBroyden,
};
use crate::{Snapshot, SolverError};

/// An optimiser's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::neural) enum Method {
    Adam,
    Lbfgs,
    SsBroyden,
    GaussNewton,
    NaturalGradient,
}

impl Method {
    /// The names a spec may use, in the order of [`Method::ALL`].
    pub const NAMES: [&'static str; 5] = ["adam", "lbfgs", "ssbroyden", "gauss-newton", "natural-gradient"];
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Adam, Self::Lbfgs, Self::SsBroyden, Self::GaussNewton, Self::NaturalGradient];

    /// Its name in a spec.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    /// Whether it builds on what earlier steps told it of the loss, which then must not change.
    pub fn needs_fixed_points(self) -> bool {
        matches!(self, Self::Lbfgs | Self::SsBroyden)
    }

    /// Whether it looks at the Jacobian.
    pub fn uses_jacobian(self) -> bool {
        matches!(self, Self::GaussNewton | Self::NaturalGradient)
    }

    /// Bytes for `n` parameters and `rows` rows of J, without those of J.
    pub fn bytes(self, n: usize, rows: usize, are_residuals: bool) -> f64 {
        match self {
            Self::Adam => Adam::bytes(n),
            Self::Lbfgs => Lbfgs::bytes(n),
            Self::SsBroyden => SsBroyden::bytes(n),
            Self::GaussNewton | Self::NaturalGradient => {
                Curvature::bytes(n, rows, are_residuals) + 40.0 * n as f64
            }
        }
    }
}

/// One optimiser of a sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::neural) struct Stage {
    pub method: Method,
    /// Its steps; `None` to run on.
    pub steps: Option<u64>,
}

impl Stage {
    fn parse(text: &str) -> Option<Self> {
        let (name, steps) = match text.split_once(':') {
            Some((name, steps)) => (name, Some(steps.parse().ok().filter(|&steps: &u64| steps > 0)?)),
            None => (text, None),
        };
        let method = Method::NAMES.iter().position(|known| *known == name)?;
        Some(Self { method: Method::ALL[method], steps })
    }

    fn name(self) -> String {
        match self.steps {
            Some(steps) => format!("{}:{steps}", self.method.name()),
            None => self.method.name().into(),
        }
    }
}

/// A sequence: one stage at least, of which only the last may run on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::neural) struct Stages(Vec<Stage>);

impl Stages {
    /// Reads the stages of a list.
    pub fn parse(items: &[&str]) -> Option<Self> {
        let stages: Vec<Stage> = items.iter().map(|item| Stage::parse(item)).collect::<Option<_>>()?;
        let (_, earlier) = stages.split_last()?;
        earlier.iter().all(|stage| stage.steps.is_some()).then_some(Self(stages))
    }

    /// The names that [`Stages::parse`] reads.
    pub fn names(&self) -> Vec<String> {
        self.0.iter().map(|stage| stage.name()).collect()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Stage> {
        self.0.iter()
    }

    /// The steps of all stages, if the last one does not run on.
    pub fn steps(&self) -> Option<u64> {
        self.0.iter().try_fold(0u64, |sum, stage| Some(sum.saturating_add(stage.steps?)))
    }
}

/// A live sequence: the optimiser at work and where it stands.
pub(in crate::neural) struct Sequence {
    stages: Stages,
    rate: Rate,
    /// The stage at work, and the steps it has taken.
    stage: usize,
    taken: u64,
    optimizer: Box<dyn Optimizer>,
}

impl Sequence {
    /// At the start of the first stage.
    pub fn new(stages: Stages, rate: Rate, function: &dyn Function) -> Self {
        let optimizer = build(stages.0[0], rate, function);
        Self { stages, rate, stage: 0, taken: 0, optimizer }
    }

    /// The method at work.
    pub fn method(&self) -> Method {
        self.stages.0[self.stage].method
    }

    /// The learning rate and the damping of the last step; not a number where the method has none.
    pub fn rates(&self) -> [f64; 2] {
        [self.optimizer.learning_rate(), self.optimizer.damping()].map(|rate| rate.unwrap_or(f64::NAN))
    }

    /// The loss is another function from now on.
    pub fn forget(&mut self) {
        self.optimizer.forget();
    }

    /// One step, by the next stage where the last one is through. `is_stuck` only where no stage is left.
    ///
    /// # Errors
    /// Linear algebra that fails.
    pub fn step(&mut self, function: &mut dyn Function, theta: &mut [f64]) -> Result<Step, SolverError> {
        let step = self.optimizer.step(function, theta)?;
        self.taken += 1;
        let is_through = step.is_stuck || self.stages.0[self.stage].steps == Some(self.taken);
        if !is_through {
            return Ok(step);
        }
        if self.stage + 1 == self.stages.0.len() {
            return Ok(Step { is_stuck: true, ..step });
        }
        self.stage += 1;
        self.taken = 0;
        self.optimizer = build(self.stages.0[self.stage], self.rate, function);
        Ok(Step { is_stuck: false, ..step })
    }

    /// Whether all stages have done the steps that they were given.
    pub fn is_spent(&self) -> bool {
        self.stage + 1 == self.stages.0.len() && self.stages.0[self.stage].steps == Some(self.taken)
    }

    /// Everything [`Sequence::restore`] needs.
    pub fn snapshot(&self) -> Snapshot {
        let mut snapshot = Snapshot::default();
        self.optimizer.snapshot(&mut snapshot);
        snapshot.counters.insert("stage".into(), self.stage as u64);
        snapshot.counters.insert("taken".into(), self.taken);
        snapshot
    }

    /// Puts a snapshot in place of the start.
    ///
    /// # Errors
    /// It is of another run.
    pub fn restore(&mut self, from: &Snapshot, function: &dyn Function) -> Result<(), SolverError> {
        let stage = from.counter("stage")? as usize;
        if stage >= self.stages.0.len() {
            return Err(SolverError::Snapshot(format!("the run has no stage {}", stage + 1)));
        }
        self.stage = stage;
        self.taken = from.counter("taken")?;
        self.optimizer = build(self.stages.0[self.stage], self.rate, function);
        self.optimizer.restore(from)
    }
}

fn build(stage: Stage, rate: Rate, function: &dyn Function) -> Box<dyn Optimizer> {
    match stage.method {
        Method::Adam => Box::new(Adam::new(function.len(), rate, stage.steps)),
        Method::Lbfgs => Box::new(Lbfgs::new(function.len())),
        Method::SsBroyden => Box::new(SsBroyden::new(function.len())),
        Method::GaussNewton => Box::new(GaussNewton::new(function)),
        Method::NaturalGradient => Box::new(NaturalGradient::new(function)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::neural::optimizer::{adam::Schedule, testing::Rosenbrock};

    const RATE: Rate = Rate { first: 1e-2, schedule: Schedule::Decay(0.0) };

    #[test]
    fn stages_read_back_and_only_the_last_runs_on() {
        let stages = Stages::parse(&["adam:2000", "lbfgs:5", "gauss-newton"]).unwrap();
        assert_eq!(stages.names(), ["adam:2000", "lbfgs:5", "gauss-newton"]);
        assert_eq!(stages.steps(), None);
        assert_eq!(Stages::parse(&["adam:3", "lbfgs:4"]).unwrap().steps(), Some(7));
        for wrong in [&["sgd"][..], &["adam", "lbfgs"], &["adam:0"], &["adam:x"], &[]] {
            assert_eq!(Stages::parse(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn every_adam_has_a_cosine_of_its_own() {
        let rate = Rate { first: 1e-2, schedule: Schedule::Cosine };
        let mut function = Rosenbrock::default();
        let stages = Stages::parse(&["adam:4", "lbfgs:2", "adam:2"]).unwrap();
        let mut sequence = Sequence::new(stages, rate, &function);
        let mut theta = [-1.2, 1.0];
        let mut rates = Vec::new();
        for _ in 0..7 {
            sequence.step(&mut function, &mut theta).unwrap();
            rates.push(sequence.rates()[0] / rate.first);
        }
        assert!((rates[1] - 0.5 * (1.0 + 0.5f64.sqrt())).abs() < 1e-15, "{rates:?}");
        // The first step of the second one.
        assert_eq!((rates[0], rates[6]), (1.0, 1.0), "{rates:?}");
    }

    /// Wherever a run through all methods is cut, what follows has the same bits.
    #[test]
    fn a_sequence_resumes_bit_for_bit_at_every_step() {
        let stages = ["adam:3", "lbfgs:3", "ssbroyden:3", "gauss-newton:3", "natural-gradient"];
        let start = |function: &Rosenbrock| Sequence::new(Stages::parse(&stages).unwrap(), RATE, function);
        let total = 16;
        let mut function = Rosenbrock::default();
        let mut whole = start(&function);
        let mut theta = [-1.2, 1.0];
        let mut kept = Vec::new();
        for _ in 0..total {
            kept.push((theta, whole.snapshot()));
            whole.step(&mut function, &mut theta).unwrap();
        }
        assert!((theta[0] - 1.0).abs() < 1.0, "{theta:?}");
        for (cut, (mut at, snapshot)) in kept.into_iter().enumerate() {
            let mut resumed = start(&function);
            resumed.restore(&snapshot, &function).unwrap();
            for _ in cut..total {
                resumed.step(&mut function, &mut at).unwrap();
            }
            assert_eq!(at.map(f64::to_bits), theta.map(f64::to_bits), "cut at {cut}");
            assert_eq!(resumed.snapshot(), whole.snapshot());
        }
    }
}
