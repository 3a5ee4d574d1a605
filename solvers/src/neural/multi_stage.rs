//! Networks in stages: each learns what those before it have left, at its own size and frequencies.
//!
//! Training ends when the gradient drowns in rounding or in the curvature of the loss, at an error of 10⁻⁶ to 10⁻⁹,
//! whatever the size of the network. But the equation is linear: the error e = u − u₁ of the first network solves
//!
//! ```text
//! −∇·(ε∇e) + κ²e = r₁ = f + ∇·(ε∇u₁) − κ²u₁      e = 0 on the boundary (g − u₁ with a penalty)
//! ```
//!
//! a problem of the same kind whose source is known to full precision. Two things make it hard for a network, and both
//! are read off r₁ before training. It is small: with the amplitudes ê_k = r̂_k/(ε|k|² + κ²) of the error, the next
//! network learns e/c, c² = Σ ê_k², which is of order one. And it is fast, for low frequencies were learned
//! first: `init=source` deals the frequencies of r₁ to the first layer. u = u₁ + c₂u₂ + c₃u₃ + …, and each stage
//! takes away what the one before took away of the first.
//!
//! Two rules make stages work. Each has more points than parameters: a residual that vanishes at the points and swings
//! between them is as fast as the points are dense, and no next network learns it. And early stages stay
//! small and end early, for what they leave grows faster the longer they are trained. On `fprinciple-1d` these two end
//! between 7·10⁻¹³ and 9·10⁻¹² with each of five seeds, one network of 30 neurons a layer, at four times the work, between
//! 6·10⁻¹¹ and 2·10⁻¹⁰ with three:
//!
//! ```text
//! (dnn,width=14,depth=2,activation=sin,loss=residual,init=source,points=600,optimizer=natural-gradient:50)
//! (dnn,width=26,depth=2,activation=sin,loss=residual,init=source,points=1200,optimizer=natural-gradient:70)
//! ```
//!
//! A stage is any network of its own settings, trained on the energy or the residual, and ends with its optimisers
//! (or on a plateau). A step is a step of the stage at work; the loss is that of its scaled problem, and
//! `scale` is its c. Cost: as training the networks one after another, and for each batch of points one
//! evaluation of the stages before.
//!
//! Source: Wang & Lai, *J. Comput. Phys.* 504 (2024) 112865 (arXiv 2307.08934).

mod correction;
mod live;

use std::sync::Arc;

use modewise_problems::{Condition, Grid, Parameter, Problem, Settings, Spec, SpecError};
use toml::Value;

use self::live::Live;
use super::{architecture::Kind, config::Config, loss::Loss, recipe::Neural};
use crate::{
    Iteration, Meter, Need, Snapshot, Solver, SolverError, Task, Unsupported,
    registry::{self, Entry},
    solver::needs_linear,
};

pub(crate) const ENTRY: Entry = Entry {
    name: "multi-stage",
    summary: "networks one after another, each on the residual of the equation that those before have left",
    parameters: &[Parameter {
        key: "stages",
        default: "[(dnn,width=12,depth=2,activation=sin,loss=residual,init=source,points=400,optimizer=natural-gradient:40),\
                  (dnn,width=16,depth=2,activation=sin,loss=residual,init=source,points=600,optimizer=natural-gradient:40)]",
        unit: "a list of networks",
        help: "the networks in order; all but the last with the steps of all their optimizers, or with a plateau",
    }],
    build,
};

/// Stages at most.
const MOST: usize = 100;

/// The recipe.
#[derive(Debug, Clone)]
pub struct MultiStage {
    stages: Vec<Neural>,
}

fn build(settings: &Settings<'_>) -> Result<Arc<dyn Solver>, SpecError> {
    let specs = settings.specs("stages")?;
    if specs.len() > MOST {
        return Err(settings.bad("stages", &format!("at most {MOST} networks")));
    }
    let stage = |spec: &Spec| {
        let kind = Kind::ALL.into_iter().find(|kind| kind.name() == spec.name);
        let kind = kind.ok_or_else(|| {
            let known: Vec<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
            settings.bad("stages", &format!("a list of networks ({})", known.join(", ")))
        })?;
        let entry = registry::entry(&spec.name)?;
        Ok(Neural::new(Config::read(&Settings::new(spec, entry.parameters)?, kind)?))
    };
    Ok(Arc::new(MultiStage { stages: specs.iter().map(stage).collect::<Result<_, SpecError>>()? }))
}

fn refuse(reason: String, advice: &str) -> Unsupported {
    Unsupported { solver: ENTRY.name.into(), reason, advice: advice.into() }
}

impl MultiStage {
    fn config(&self, stage: usize) -> &Config {
        self.stages[stage].config()
    }

    fn refuse_stages(&self) -> Result<(), Unsupported> {
        let last = self.stages.len() - 1;
        for stage in 0..=last {
            let config = self.config(stage);
            let number = stage + 1;
            if config.loss == Loss::Regression {
                return Err(refuse(
                    format!("stage {number} has loss=regression, and stages learn residuals of the equation"),
                    "use loss=ritz or loss=residual",
                ));
            }
            if config.boundary != self.config(0).boundary {
                return Err(refuse(
                    format!("stages 1 and {number} treat the boundary in different ways"),
                    "give all stages the same boundary=",
                ));
            }
            if stage == last {
                continue;
            }
            if let Some(sigma) = config.architecture.kinked() {
                return Err(refuse(
                    format!(
                        "stage {number} leaves a residual with the second derivatives of {}, which are no functions",
                        sigma.name()
                    ),
                    "use activation=tanh or sin in all stages but the last",
                ));
            }
            if config.optimizer.steps().is_none() && config.plateau == 0 {
                return Err(refuse(
                    format!("stage {number} has no end, so that the next would never begin"),
                    "give its optimizers their steps, optimizer=gauss-newton:100, or a plateau=",
                ));
            }
        }
        Ok(())
    }
}

impl Solver for MultiStage {
    fn spec(&self) -> Spec {
        let stages: Vec<Value> =
            self.stages.iter().map(|stage| Value::Table(stage.spec().to_table())).collect();
        Spec::new(ENTRY.name).with("stages", stages)
    }

    fn check(&self, problem: &dyn Problem, grid: Option<&Grid>) -> Result<Need, Unsupported> {
        needs_linear(problem, ENTRY.name)?;
        self.refuse_stages()?;
        if problem.domain().dimension() > 3 {
            return Err(refuse("spectra of residuals are for up to three axes".into(), "use one network"));
        }
        if problem.domain().region().is_some() || !problem.domain().is_all(Condition::Dirichlet) {
            return Err(refuse(
                "residuals are split into the waves of a whole box with u given on its sides".into(),
                "use one network: dnn or mscale-dnn with optimizer=gauss-newton",
            ));
        }
        if problem.interface().is_some() {
            return Err(refuse(
                "stages know nothing of the interface of this problem".into(),
                "use one network: dnn or mscale-dnn with interface=kink",
            ));
        }
        let mut bytes = 0;
        for stage in &self.stages {
            // Stages after the first are refused for the same reasons on a residual.
            bytes += stage.check(problem, grid)?.bytes;
        }
        Ok(Need { bytes, uses_initial: false, discrete: false })
    }

    fn scalar_names(&self) -> Vec<String> {
        let longest = self.stages.iter().map(Neural::scalar_names).max_by_key(Vec::len);
        ["stage", "scale"].map(String::from).into_iter().chain(longest.into_iter().flatten()).collect()
    }

    fn init<'p>(&self, task: &Task<'p>, _: &mut Meter) -> Result<Box<dyn Iteration + 'p>, SolverError> {
        Ok(Box::new(Live::new(self, task)?))
    }

    fn resume<'p>(
        &self,
        task: &Task<'p>,
        from: &Snapshot,
        _: &mut Meter,
    ) -> Result<Box<dyn Iteration + 'p>, SolverError> {
        Ok(Box::new(Live::resume(self, task, from)?))
    }
}

#[cfg(test)]
mod tests;
