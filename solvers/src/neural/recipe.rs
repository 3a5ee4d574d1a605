//! The [`Solver`] made of settings: what it can solve, what it needs, and how it starts.

use std::sync::Arc;

use modewise_problems::{
    Coefficient, Condition, Grid, MOST_AXES, Points, Problem, Settings, Spec, SpecError, grid,
};

use super::{
    architecture::Kind,
    boundary::Trial,
    config::{Boundary, Config, Interface},
    live::{COUPLING, INTERFACE, Live, SCALARS},
    loss::{Equation, Loss},
    optimizer::{Layout, MOST_DENSE, Method},
    sampler::Ground,
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

/// Domains that no network is for.
pub(super) fn check_domain(solver: &str, problem: &dyn Problem) -> Result<(), Unsupported> {
    let refuse =
        |reason: String, advice: &str| Unsupported { solver: solver.into(), reason, advice: advice.into() };
    let (domain, classical) = (problem.domain(), "use a classical solver, such as multigrid");
    if domain.dimension() > MOST_AXES {
        return Err(refuse(format!("its points have at most {MOST_AXES} coordinates"), "take fewer axes"));
    }
    if domain.sides().iter().flatten().any(|side| *side == Condition::Periodic) {
        return Err(refuse("its functions are not periodic".into(), classical));
    }
    // Sides of which shapes leave nothing hold nothing.
    let shows = |axis: usize, upper: bool| {
        domain.region_of_fluxes().is_none() || Ground::new(problem).side_measure(axis, upper) > 0.0
    };
    let is_fixed = |axis: usize| {
        let sides = domain.sides()[axis];
        let holds = |end: usize| sides[end] == Condition::Dirichlet || problem.is_robin(axis, end == 1);
        (0..2).any(|end| holds(end) && shows(axis, end == 1))
    };
    let holds = |part: &usize| {
        let no_points = Points::new(&[], domain.dimension());
        !domain.is_natural(*part) || problem.shape_robin(*part, no_points, &mut [])
    };
    let shape_holds = domain.region().is_some_and(|region| {
        (0..region.shapes().len()).filter(|part| region.uses(*part)).any(|part| holds(&part))
    });
    if !shape_holds && !has_screening(problem) && !(0..domain.dimension()).any(is_fixed) {
        return Err(refuse("u is determined up to a constant only".into(), classical));
    }
    Ok(())
}

/// The coefficients of a problem that the losses are for, where they are constant.
pub(super) fn equation(solver: &str, problem: &dyn Problem) -> Result<Equation, Unsupported> {
    check_domain(solver, problem)?;
    // Where one varies, both are read point by point.
    let constant = |coefficient, other| match coefficient {
        Coefficient::Constant(value) => value,
        _ => other,
    };
    let (permittivity, screening) = (problem.permittivity(), problem.screening());
    let equation = Equation::constant(constant(permittivity, 1.0), constant(screening, 0.0));
    Ok(Equation { reaction: problem.reaction(), exponent: problem.exponent(), ..equation })
}

/// Interfaces that a network is not for that knows so much of them; `is_strong` says whether it solves for second derivatives.
pub(super) fn check_interface(
    solver: &str,
    problem: &dyn Problem,
    knows: Interface,
    is_strong: bool,
) -> Result<(), Unsupported> {
    let refuse = |reason: &str, advice: &str| {
        Err(Unsupported { solver: solver.into(), reason: reason.into(), advice: advice.into() })
    };
    let nothing = Points::new(&[], problem.domain().dimension());
    match (problem.interface(), knows) {
        (None, Interface::Kink) => refuse(
            "interface=kink is for problems that name their interface, and this one names none",
            "use interface=smooth, or give the problem file an `interface`",
        ),
        (Some(_), Interface::Kink) if problem.interface_lift(nothing, &mut []) => refuse(
            "u itself jumps at the interface of this problem, not its slope alone",
            "use bicgstab or direct",
        ),
        (Some(_), Interface::Smooth) if is_strong => refuse(
            "ε jumps at the interface of this problem and ∇u with it, which functions that are smooth there do not",
            "use interface=kink, a network with loss=ritz, or bicgstab",
        ),
        _ => Ok(()),
    }
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
        equation(self.name(), problem)?;
        check_interface(self.name(), problem, config.interface, config.loss == Loss::Residual)?;
        if let (Loss::Residual, Some(kinked)) = (config.loss, config.architecture.kinked()) {
            return Err(self.refuse(
                format!(
                    "loss=residual needs second derivatives, and those of {} are not functions",
                    kinked.name()
                ),
                "use loss=ritz, or activation=tanh, sin or phi",
            ));
        }
        if config.loss == Loss::Residual && problem.exponent() != 2.0 {
            return Err(self.refuse(
                format!(
                    "loss=residual is for fluxes ε∇u, and this problem is a p-Laplacian with p = {}",
                    problem.exponent()
                ),
                "use loss=ritz",
            ));
        }
        if config.loss == Loss::Regression && grid.is_none() {
            return Err(self.refuse(
                "loss=regression fits the nodes of a grid, and a problem of more than three axes has none"
                    .into(),
                "use loss=ritz or loss=residual",
            ));
        }
        if config.init.needs_spectrum() && dimension > grid::GRID_AXES {
            return Err(self.refuse(
                format!(
                    "init={} asks for the spectrum of the source, and those are for up to three axes",
                    config.init.name()
                ),
                "use init=waves:K, glorot or normal:STD",
            ));
        }
        if config.boundary == Boundary::Exact {
            Trial::new(problem).map_err(|why| why.of(self.name()))?;
        }
        let nodes = grid.map_or(0, Grid::nodes);
        let sampler = config.sampler(problem, 0);
        let (inside, sides) = sampler.sizes(nodes);
        if inside == 0 && config.loss != Loss::Regression {
            return Err(self.refuse(
                "no point of its sampling is in the domain".into(),
                "give more points, or sampling=sobol",
            ));
        }
        let built = if config.boundary == Boundary::Exact { 2 * (MOST_AXES + 2) } else { 0 };
        let batches = if config.needs_comparison() { 2.0 } else { 1.0 };
        let batch = batches * (inside + sides) as f64 * (2 * dimension + 4 + built) as f64;
        // Estimated before any layer is laid out: the network itself may not fit.
        let network = config.architecture.network(problem, config.functions())?;
        let has_fluxes = sampler.has_fluxes();
        let layout = Layout::new(&network, config.loss, has_screening(problem), [inside, sides], has_fluxes);
        self.check_optimizers(network.parameters())?;
        let equations = layout.equations();
        let optimizer = config.optimizer.iter().map(|stage| {
            let own = stage.method.bytes(network.parameters(), equations.rows, equations.are_residuals);
            if stage.method.uses_jacobian() { own + layout.bytes() } else { own }
        });
        // A sequence drops one optimiser before it makes the next.
        let optimizer = optimizer.fold(0.0, f64::max);
        let bytes = 8.0 * (3.0 * network.parameters() as f64 + batch)
            + tiles::bytes(
                &network,
                config.loss,
                config.dtype,
                inside,
                sides,
                has_fluxes,
                rayon::current_num_threads(),
            )
            + optimizer;
        Ok(Need { bytes: bytes as u64, uses_initial: false, discrete: false })
    }

    fn scalar_names(&self) -> Vec<String> {
        let coupling = self.config.architecture.coupling().map_or(&[][..], |_| &COUPLING);
        let interface = if self.config.has_jumps() { &INTERFACE[..] } else { &[] };
        SCALARS.iter().chain(interface).chain(coupling).map(ToString::to_string).collect()
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
