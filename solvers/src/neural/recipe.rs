//! The [`Solver`] made of settings: what it can solve, what it needs, and how it starts.

use std::sync::Arc;

use modewise_problems::{Coefficient, Condition, Grid, Problem, Settings, Spec, SpecError};

use super::{
    architecture::Kind,
    boundary::{MOST_AXES, Trial},
    config::{Boundary, Config},
    live::{COUPLING, Live, SCALARS},
    loss::{Equation, Loss},
    optimizer::{Layout, MOST_DENSE, Method},
    tiles,
};
use crate::{Iteration, Meter, Need, Snapshot, Solver, SolverError, Task, Unsupported};

/// A neural solver with its settings.
#[derive(Debug, Clone)]
pub struct Neural {
    config: Config,
}

/// Reads the settings of a solver.
pub(super) fn build(kind: Kind, settings: &Settings<'_>) -> Result<Arc<dyn Solver>, SpecError> {
    Ok(Arc::new(Neural::new(Config::read(settings, kind)?)))
}

/// Boundary data that L cannot carry.
pub(super) fn not_liftable(solver: &str) -> Unsupported {
    Unsupported {
        solver: solver.into(),
        reason: "boundary=exact needs data that are linear along every side".into(),
        advice: "use boundary=penalty".into(),
    }
}

/// The coefficients of a problem that the losses are for, where they are constant, with u given on every side.
pub(super) fn equation(solver: &str, problem: &dyn Problem) -> Result<Equation, Unsupported> {
    if !problem.domain().is_all(Condition::Dirichlet) {
        return Err(Unsupported {
            solver: solver.into(),
            reason: "its losses know Dirichlet sides only".into(),
            advice: "use a classical solver, such as multigrid".into(),
        });
    }
    if problem.domain().region().is_some() {
        return Err(Unsupported {
            solver: solver.into(),
            reason: "its points and trial functions are those of whole boxes, and here shapes are cut out"
                .into(),
            advice: "use a classical solver, such as pcg or multigrid".into(),
        });
    }
    // Where one varies, both are read point by point.
    let constant = |coefficient, other| match coefficient {
        Coefficient::Constant(value) => value,
        _ => other,
    };
    let (permittivity, screening) = (problem.permittivity(), problem.screening());
    let equation = Equation::constant(constant(permittivity, 1.0), constant(screening, 0.0));
    Ok(Equation { reaction: problem.reaction(), ..equation })
}

/// Whether the loss has a term κ²g(u).
pub(super) fn has_screening(problem: &dyn Problem) -> bool {
    problem.screening() != Coefficient::Constant(0.0)
}

impl Neural {
    pub(super) fn new(config: Config) -> Self {
        Self { config }
    }

    pub(super) fn config(&self) -> &Config {
        &self.config
    }

    fn name(&self) -> &'static str {
        self.config.architecture.kind.name()
    }

    fn refuse(&self, reason: String, advice: &str) -> Unsupported {
        Unsupported { solver: self.name().into(), reason, advice: advice.into() }
    }

    /// Optimisers that the other settings do not go with.
    fn check_optimizers(&self, parameters: usize) -> Result<(), Unsupported> {
        for stage in self.config.optimizer.iter() {
            let name = stage.method.name();
            if stage.method.needs_fixed_points() && self.config.resample > 0 {
                return Err(self.refuse(
                    format!(
                        "optimizer={name} learns from differences of gradients, which new points would spoil"
                    ),
                    "use resample=0",
                ));
            }
            if stage.method == Method::SsBroyden && parameters > MOST_DENSE {
                return Err(self.refuse(
                    format!("optimizer={name} keeps a matrix of {parameters}² numbers; {MOST_DENSE}² are the most here"),
                    "use lbfgs, gauss-newton or natural-gradient, or a smaller network",
                ));
            }
        }
        Ok(())
    }
}

impl Solver for Neural {
    fn spec(&self) -> Spec {
        self.config.spec()
    }

    fn check(&self, problem: &dyn Problem, grid: Option<&Grid>) -> Result<Need, Unsupported> {
        let config = &self.config;
        let dimension = problem.domain().dimension();
        if dimension > MOST_AXES {
            return Err(
                self.refuse(format!("networks here have at most {MOST_AXES} inputs"), "take fewer axes")
            );
        }
        equation(self.name(), problem)?;
        if let (Loss::Residual, Some(kinked)) = (config.loss, config.architecture.kinked()) {
            return Err(self.refuse(
                format!(
                    "loss=residual needs second derivatives, and those of {} are not functions",
                    kinked.name()
                ),
                "use loss=ritz, or activation=tanh, sin or phi",
            ));
        }
        if config.boundary == Boundary::Exact && Trial::new(problem).is_none() {
            return Err(not_liftable(self.name()));
        }
        let nodes = grid.map_or(0, Grid::nodes);
        let (inside, sides) = config.sampler(0).sizes(dimension, nodes);
        let batch = (inside + sides) as f64 * (dimension + 1) as f64;
        // Estimated before any layer is laid out: the network itself may not fit.
        let network = config.architecture.network(problem)?;
        let layout = Layout::new(&network, config.loss, has_screening(problem), inside, sides);
        self.check_optimizers(network.parameters())?;
        let equations = layout.equations();
        let optimizer = config.optimizer.iter().map(|stage| {
            let own = stage.method.bytes(network.parameters(), equations.rows, equations.are_residuals);
            if stage.method.uses_jacobian() { own + layout.bytes() } else { own }
        });
        // A sequence drops one optimiser before it makes the next.
        let optimizer = optimizer.fold(0.0, f64::max);
        let bytes = 8.0 * (3.0 * network.parameters() as f64 + batch)
            + tiles::bytes(&network, config.loss, config.dtype, inside, sides, rayon::current_num_threads())
            + optimizer;
        Ok(Need { bytes: bytes as u64, uses_initial: false, discrete: false })
    }

    fn scalar_names(&self) -> Vec<String> {
        let coupling = self.config.architecture.coupling().map_or(&[][..], |_| &COUPLING);
        SCALARS.iter().chain(coupling).map(ToString::to_string).collect()
    }

    fn init<'p>(&self, task: &Task<'p>, _: &mut Meter) -> Result<Box<dyn Iteration + 'p>, SolverError> {
        Ok(Box::new(Live::new(&self.config, task)?))
    }

    fn resume<'p>(
        &self,
        task: &Task<'p>,
        from: &Snapshot,
        _: &mut Meter,
    ) -> Result<Box<dyn Iteration + 'p>, SolverError> {
        let mut live = Live::new(&self.config, task)?;
        live.restore(from)?;
        Ok(Box::new(live))
    }
}
