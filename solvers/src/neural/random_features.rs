//! Random features: a network with one hidden layer whose inner weights stay as they are drawn. Only the output is
//! found, and for that no training is needed: the problem is linear in it.
//!
//! u = G + ω Σⱼ cⱼ σ(wⱼ·x + bⱼ)
//!
//! with ω zero on the boundary and G carrying the data, so that u meets them exactly (or u = Σ and the boundary is
//! met by rows of its own, weighted by β ε|k|², and by β|k| where the flux is given). −∇·(ε∇u) + κ²u = f is asked for at more
//! points than there are features, each row weighted by the root of the volume its point stands for, and c minimises
//! ∫ (−∇·(ε∇u) + κ²u − f)² in least squares. On shapes points are drawn from what is inside.
//!
//! **Which features.** Waves sin(wⱼ·x + bⱼ) with w uniform in the box ∏ (−kᵢ, kᵢ). Frequencies beyond kᵢ are out of reach
//! and those far below are wasted, so that `frequency=auto` reads k off the spectrum of f, without knowing u.
//! With several frequencies features take them in turn, which makes scales as in a MscaleDNN. `hidden` puts layers that are
//! frozen too below the features, as in a deep network of which only the output is trained: waves of waves,
//! which reach beyond k by their harmonics.
//!
//! **Interfaces.** Where ε jumps, `interface=kink` lets the waves run through |φ| too, a function with a kink there (`kink`):
//! w·x + w_φ|φ(x)| + b. Rows for [ε ∂u/∂n] = 0, weighted by β|k|, make the kink the right one.
//!
//! **How accurate.** Errors fall exponentially with the number of features beyond the number of degrees of freedom
//! that functions of these frequencies have in the box, ∏ kᵢ(bᵢ − aᵢ)/π, until rounding stops them. No order of frequencies
//! is seen: all come at once. Cost for M features and N = `oversampling`·M points: 2NM² flops and NM numbers.
//!
//! Source: Rahimi & Recht, *NIPS* 2007; Chen, Chi, E, Yang, *J. Machine Learning* 1 (2022) 268 (random feature
//! method); Dong & Li, *Comput. Methods Appl. Mech. Engrg.* 387 (2021) 114129.

mod basis;
mod deep;
mod jumps;
mod least_squares;
mod live;
mod waves;

use std::sync::Arc;

use modewise_problems::{Coefficient, Grid, MOST_AXES, Parameter, Problem, Settings, Spec, SpecError};
use toml::Value;

use self::{
    deep::Deep,
    least_squares::{Method, System},
    live::Live,
    waves::Features,
};
use super::{
    boundary::Trial,
    config::{Boundary, Interface},
    loss::Loss,
    recipe,
    sampler::{Sampler, Sampling, Wanted},
};
use crate::{
    Iteration, Meter, Need, Snapshot, Solver, SolverError, Task, Unsupported, registry::Entry,
    solver::needs_linear,
};

const fn parameter(
    key: &'static str,
    default: &'static str,
    unit: &'static str,
    help: &'static str,
) -> Parameter {
    Parameter { key, default, unit, help }
}

pub(crate) const ENTRY: Entry = Entry {
    name: "random-features",
    summary: "random waves or steps, frozen; their sum by least squares in one step",
    parameters: &[
        parameter("count", "400", "features", "how many features: unknowns of the least squares"),
        parameter(
            "features",
            "sin",
            "a name",
            "sin (waves with random phases), fourier (cosine and sine of each wave) or tanh (steps)",
        ),
        parameter(
            "hidden",
            "0",
            "neurons",
            "frozen layers of the same kind below the features: their width or a list of widths; 0 for none",
        ),
        parameter(
            "frequency",
            "auto",
            "1/length",
            "the largest |k| along an axis, or a list that features take in turn; auto reads it off the source",
        ),
        parameter("sampling", "gauss", "a name", "collocation points: lattice, uniform, sobol or gauss"),
        parameter("oversampling", "2", "points", "collocation points a feature"),
        parameter(
            "boundary",
            "exact",
            "a name",
            "exact (features times a function that vanishes on the boundary, plus the data) or penalty",
        ),
        parameter("beta", "1", "", "weight of boundary rows over the largest ε|k|² (boundary=penalty)"),
        parameter(
            "interface",
            "smooth",
            "a name",
            "smooth (features know of none) or kink (they see a function with a kink at the interface beside x)",
        ),
        parameter("solver", "qr", "a name", "qr (pivoted Householder) or svd (least norm)"),
        parameter(
            "rcond",
            "1e-14",
            "",
            "columns or singular values below this part of the largest are left out",
        ),
    ],
    build,
};

/// More than memory holds, and small enough that no product overflows.
const MOST_FEATURES: usize = 10_000_000;
const MOST_LAYERS: usize = 100;

/// The recipe.
#[derive(Debug, Clone, PartialEq)]
pub struct RandomFeatures {
    count: usize,
    features: Features,
    /// Widths of frozen layers below.
    hidden: Vec<usize>,
    /// None for what the source says.
    frequency: Option<Vec<f64>>,
    sampling: Sampling,
    oversampling: f64,
    boundary: Boundary,
    beta: f64,
    interface: Interface,
    method: Method,
    rcond: f64,
}

fn build(settings: &Settings<'_>) -> Result<Arc<dyn Solver>, SpecError> {
    let count = settings.count("count", 1)?;
    if count > MOST_FEATURES {
        return Err(settings.bad("count", &format!("at most {MOST_FEATURES}")));
    }
    let hidden = match settings.counts("hidden", 0)?.as_slice() {
        [0] => Vec::new(),
        widths => widths.to_vec(),
    };
    if hidden.len() > MOST_LAYERS || hidden.iter().any(|width| !(1..=MOST_FEATURES).contains(width)) {
        let expected = format!("0, or at most {MOST_LAYERS} widths from 1 to {MOST_FEATURES}");
        return Err(settings.bad("hidden", &expected));
    }
    let frequency = match settings.text("frequency") {
        Ok("auto") => None,
        _ => Some(settings.numbers("frequency", "auto, a positive number or a list of them", |k| k > 0.0)?),
    };
    Ok(Arc::new(RandomFeatures {
        count,
        hidden,
        features: Features::ALL[settings.choice("features", &Features::NAMES)?],
        frequency,
        sampling: Sampling::ALL[settings.choice("sampling", &Sampling::NAMES)?],
        oversampling: settings
            .number("oversampling", "a number from 1 to 1000", |x| (1.0..=1000.0).contains(&x))?,
        boundary: Boundary::ALL[settings.choice("boundary", &Boundary::NAMES)?],
        beta: settings.number("beta", "a positive number", |x| x > 0.0)?,
        interface: Interface::ALL[settings.choice("interface", &Interface::NAMES)?],
        method: Method::ALL[settings.choice("solver", &Method::NAMES)?],
        rcond: settings.number("rcond", "a number in [0, 1)", |x| (0.0..1.0).contains(&x))?,
    }))
}

fn refuse(reason: &str, advice: &str) -> Unsupported {
    Unsupported { solver: ENTRY.name.into(), reason: reason.into(), advice: advice.into() }
}

impl RandomFeatures {
    /// The largest |kᵢ| of each axis, where it is not read off the source: a list is that of several groups of waves.
    fn given_frequencies(&self) -> Option<Vec<[f64; MOST_AXES]>> {
        let given = self.frequency.as_ref()?;
        Some(given.iter().map(|k| [*k; MOST_AXES]).collect())
    }

    /// What the rows of a run stand for.
    fn sampler(&self, problem: &dyn Problem, seed: u64) -> Sampler {
        let d = problem.domain().dimension();
        let asked = (self.oversampling * self.count as f64).ceil();
        let side = asked.powf(1.0 / d as f64).ceil();
        let wanted = Wanted {
            loss: Loss::Residual,
            sampling: self.sampling,
            points: asked as usize,
            boundary_points: 2 * d * side.powi(d as i32 - 1) as usize,
            is_penalised: self.boundary == Boundary::Penalty,
            has_jumps: self.interface == Interface::Kink,
            resample: 0,
            seed,
        };
        Sampler::new(wanted, problem)
    }
}

impl Solver for RandomFeatures {
    fn spec(&self) -> Spec {
        let spec = Spec::new(ENTRY.name)
            .with("count", self.count as i64)
            .with("features", self.features.name())
            .with("sampling", self.sampling.name())
            .with("oversampling", self.oversampling)
            .with("boundary", self.boundary.name())
            .with("beta", self.beta)
            .with("interface", self.interface.name())
            .with("solver", self.method.name())
            .with("rcond", self.rcond);
        let widths: Vec<i64> = self.hidden.iter().map(|&width| width as i64).collect();
        let spec = match widths.as_slice() {
            [] => spec.with("hidden", 0),
            [one] => spec.with("hidden", *one),
            _ => spec.with("hidden", widths),
        };
        match &self.frequency {
            None => spec.with("frequency", "auto"),
            Some(frequency) => spec.with("frequency", Value::from(frequency.clone())),
        }
    }

    fn check(&self, problem: &dyn Problem, _: Option<&Grid>) -> Result<Need, Unsupported> {
        let d = problem.domain().dimension();
        if d > 3 && self.frequency.is_none() {
            return Err(refuse(
                "frequency=auto asks for the spectrum of the source, and those are for up to three axes",
                "give frequency=K instead of auto",
            ));
        }
        needs_linear(problem, ENTRY.name)?;
        recipe::check_domain(ENTRY.name, problem)?;
        if let Some(given) = self.given_frequencies() {
            live::check_reach(&given, problem.domain().bounds())?;
        }
        recipe::check_interface(ENTRY.name, problem, self.interface, true)?;
        let sees = self.interface == Interface::Kink;
        if sees && !self.hidden.is_empty() {
            return Err(refuse("interface=kink is for features without hidden layers", "use hidden=0"));
        }
        if !sees
            && problem.permittivity() == Coefficient::Variable
            && let Some(at) = jumps::jump(problem)
        {
            return Err(refuse(
                &format!("its waves have no kinks, and u has one where ε jumps, as at {at:.3?}"),
                "name the interface in the problem file and use interface=kink, or use pcg",
            ));
        }
        if self.boundary == Boundary::Exact {
            Trial::new(problem).map_err(|why| why.of(ENTRY.name))?;
        }
        let (inside, sides) = self.sampler(problem, 0).sizes(0);
        if inside == 0 {
            return Err(refuse("no point of its sampling is in the domain", "use sampling=sobol"));
        }
        let rows = (inside + sides) as f64;
        let bytes = System::bytes(rows, self.count as f64, self.method)
            + 8.0 * (rows * (6 * d + 36) as f64 + (self.count * (d + 3)) as f64)
            + match self.hidden.as_slice() {
                [] => 0.0,
                hidden => Deep::bytes(hidden, self.count, d, rayon::current_num_threads()),
            };
        Ok(Need { bytes: bytes as u64, uses_initial: false, discrete: false })
    }

    fn scalar_names(&self) -> Vec<String> {
        ["rank", "fit", "frequency"].map(String::from).to_vec()
    }

    fn init<'p>(&self, task: &Task<'p>, meter: &mut Meter) -> Result<Box<dyn Iteration + 'p>, SolverError> {
        Ok(Box::new(Live::new(self, task, meter)?))
    }

    fn resume<'p>(
        &self,
        task: &Task<'p>,
        from: &Snapshot,
        meter: &mut Meter,
    ) -> Result<Box<dyn Iteration + 'p>, SolverError> {
        let mut live = Live::new(self, task, meter)?;
        live.restore(from)?;
        Ok(Box::new(live))
    }
}

#[cfg(test)]
mod tests;
