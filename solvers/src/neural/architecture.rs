//! The keys that say what network a solver trains, and the parts it is made of.

use modewise_problems::{Coefficient, Problem, Settings, Spec, SpecError};
use toml::Value;

use super::{
    activation::Activation,
    network::{First, Network, Part, Weight},
    source_spectrum::{LEAST, Spectrum},
};
use crate::Unsupported;

/// The structures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Plain,
    Mscale,
    Fourier,
    Subspace,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Plain, Self::Mscale, Self::Fourier, Self::Subspace];

    /// The name of the solver.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => super::dnn::ENTRY.name,
            Self::Mscale => super::mscale_dnn::ENTRY.name,
            Self::Fourier => super::fourier_dnn::ENTRY.name,
            Self::Subspace => super::subspace_dnn::ENTRY.name,
        }
    }
}

/// The factors that inputs are multiplied by.
#[derive(Debug, Clone, PartialEq)]
enum Scales {
    Given(Vec<f64>),
    /// Powers of two up to the highest frequency of the equation.
    Auto,
}

/// The weights of a sum of subnets.
#[derive(Debug, Clone, PartialEq)]
enum Weights {
    /// One for all, or one each.
    Fixed(Vec<f64>),
    Trained,
}

/// The part for high frequencies of a subspace network, and how it goes with the other.
#[derive(Debug, Clone, PartialEq)]
struct Fine {
    widths: Vec<usize>,
    activation: Activation,
    /// α.
    weight: f64,
    /// γ.
    coupling: f64,
}

/// What network.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Architecture {
    pub kind: Kind,
    /// Of all parts, or of that for low frequencies.
    widths: Vec<usize>,
    activation: Activation,
    is_residual: bool,
    /// A single 1 for a plain network.
    scales: Scales,
    /// 1 or 2, as in arXiv 2007.11207.
    structure: usize,
    weights: Weights,
    /// Of a Fourier layer.
    relaxation: f64,
    is_trained: bool,
    fine: Option<Fine>,
}

/// More than anyone trains, and small enough that no product of them overflows.
const MOST_NEURONS: usize = 1_000_000;
const MOST_LAYERS: usize = 100;
const MOST_IN_ALL: usize = 10_000_000;
/// Powers of two that `auto` may come to: the finest grid of a spectrum has no more.
const MOST_AUTO: usize = 24;

impl Architecture {
    pub fn read(settings: &Settings<'_>, kind: Kind) -> Result<Self, SpecError> {
        let widths = read_widths(settings, "width", "depth")?;
        let mut architecture = Self {
            kind,
            activation: Activation::ALL[settings.choice("activation", &Activation::NAMES)?],
            is_residual: settings.flag("residual")?,
            widths,
            scales: Scales::Given(vec![1.0]),
            structure: 1,
            weights: Weights::Fixed(vec![1.0]),
            relaxation: 1.0,
            is_trained: true,
            fine: None,
        };
        match kind {
            Kind::Plain => {}
            Kind::Mscale => {
                architecture.scales = read_scales(settings)?;
                architecture.structure = match settings.count("structure", 1)? {
                    structure if structure <= 2 => structure,
                    _ => return Err(settings.bad("structure", "1 or 2")),
                };
                architecture.weights = architecture.read_weights(settings)?;
            }
            Kind::Fourier | Kind::Subspace => {
                architecture.scales = read_scales(settings)?;
                architecture.relaxation = settings.number("relaxation", "a positive number", |s| s > 0.0)?;
                architecture.is_trained = settings.flag("trainable")?;
            }
        }
        if kind == Kind::Subspace {
            architecture.fine = Some(Fine {
                widths: read_widths(settings, "fine_width", "fine_depth")?,
                activation: Activation::ALL[settings.choice("fine_activation", &Activation::NAMES)?],
                weight: settings.number("alpha", "a number that is not zero", |alpha| alpha != 0.0)?,
                coupling: settings.number("gamma", "a number that is not negative", |gamma| gamma >= 0.0)?,
            });
        }
        architecture.check_all_is_read(settings)?;
        let first = architecture.dealt();
        if let (Scales::Given(scales), 1) = (&architecture.scales, architecture.structure)
            && scales.len() > first
        {
            let expected =
                format!("at most as many as the {first} of the first layer, which they are dealt to");
            return Err(settings.bad("scales", &expected));
        }
        let fine = architecture.fine.iter().flat_map(|fine| &fine.widths);
        let neurons = architecture.widths.iter().chain(fine).sum::<usize>();
        let neurons = neurons.saturating_mul(architecture.most_scales());
        if neurons > MOST_IN_ALL {
            let key = if architecture.most_scales() > 1 { "scales" } else { "width" };
            return Err(settings.bad(key, &format!("few enough for {MOST_IN_ALL} neurons in all")));
        }
        Ok(architecture)
    }

    /// Settings that no layer reads.
    fn check_all_is_read(&self, settings: &Settings<'_>) -> Result<(), SpecError> {
        let is_fourier = self.kind == Kind::Fourier;
        let fine = self.fine.as_ref().map(|fine| ("fine_activation", &fine.widths, true));
        let parts = || [("activation", &self.widths, is_fourier)].into_iter().chain(fine);
        for (activation, widths, is_fourier) in parts() {
            if is_fourier && widths.len() == 1 {
                settings.unused(activation, "one hidden layer, which is of waves")?;
            }
        }
        let adds = |widths: &[usize], is_fourier: bool| {
            // A wave is two neurons.
            let first = if is_fourier { 2 * widths[0] } else { widths[0] };
            let below = std::iter::once(&first).chain(&widths[1..]);
            below.zip(&widths[1..]).any(|(below, width)| below == width)
        };
        if !parts().any(|(_, widths, is_fourier)| adds(widths, is_fourier)) {
            settings.unused("residual", "hidden layers none of which is as wide as the one below it")?;
        }
        Ok(())
    }

    /// Neurons or waves of the first layer that scales are dealt to.
    fn dealt(&self) -> usize {
        self.fine.as_ref().map_or(self.widths[0], |fine| fine.widths[0])
    }

    fn most_scales(&self) -> usize {
        match &self.scales {
            Scales::Given(scales) => scales.len(),
            Scales::Auto => MOST_AUTO,
        }
    }

    fn read_weights(&self, settings: &Settings<'_>) -> Result<Weights, SpecError> {
        let count = match (&self.scales, self.structure) {
            (Scales::Given(scales), 2) => scales.len(),
            _ => 1,
        };
        let weights = match settings.text("weights") {
            Ok("trained") => Weights::Trained,
            _ => Weights::Fixed(settings.numbers(
                "weights",
                "trained, a number, or a list with one for each scale",
                |_| true,
            )?),
        };
        match &weights {
            Weights::Fixed(list) if list.iter().all(|weight| *weight == 0.0) => {
                Err(settings.bad("weights", "different from zero, which leaves no network"))
            }
            Weights::Fixed(list) if list.len() != 1 && list.len() != count => {
                Err(settings.bad("weights", &format!("one number, or as many as the {count} subnets")))
            }
            weights if self.structure == 1 && *weights != Weights::Fixed(vec![1.0]) => {
                Err(settings.bad("weights", "1 with structure=1, which has one network; use structure=2"))
            }
            _ => Ok(weights),
        }
    }

    /// Adds the keys that [`Architecture::read`] reads.
    pub fn write(&self, spec: Spec) -> Spec {
        let spec = write_widths(&self.widths, spec, "width", "depth")
            .with("activation", self.activation.name())
            .with("residual", self.is_residual);
        let scales = |spec: Spec| match &self.scales {
            Scales::Auto => spec.with("scales", "auto"),
            Scales::Given(scales) => spec.with("scales", scales.clone()),
        };
        match self.kind {
            Kind::Plain => spec,
            Kind::Mscale => {
                let weights = match &self.weights {
                    Weights::Trained => Value::from("trained"),
                    Weights::Fixed(list) => match list.as_slice() {
                        [one] => Value::from(*one),
                        _ => Value::from(list.clone()),
                    },
                };
                scales(spec).with("structure", self.structure as i64).with("weights", weights)
            }
            Kind::Fourier | Kind::Subspace => {
                let spec =
                    scales(spec).with("relaxation", self.relaxation).with("trainable", self.is_trained);
                let Some(fine) = &self.fine else { return spec };
                write_widths(&fine.widths, spec, "fine_width", "fine_depth")
                    .with("fine_activation", fine.activation.name())
                    .with("alpha", fine.weight)
                    .with("gamma", fine.coupling)
            }
        }
    }

    /// A σ in it that has no second derivative.
    pub fn kinked(&self) -> Option<Activation> {
        let fine = self.fine.as_ref().map(|fine| fine.activation);
        [Some(self.activation), fine].into_iter().flatten().find(|sigma| !sigma.has_second_derivative())
    }

    /// γ, where there are two parts that are coupled.
    pub fn coupling(&self) -> Option<f64> {
        self.fine.as_ref().map(|fine| fine.coupling)
    }

    /// The network for `problem` that sees so many functions of x beside x, without parameters.
    ///
    /// # Errors
    /// Scales that cannot be chosen, or are too many for the first layer.
    pub fn network(&self, problem: &dyn Problem, functions: usize) -> Result<Network, Unsupported> {
        let scales = match &self.scales {
            Scales::Given(scales) => scales.clone(),
            Scales::Auto => self.automatic(problem)?,
        };
        let part = |scales: &[f64]| Part {
            is_residual: self.is_residual,
            ..Part::new(&self.widths, self.activation, scales)
        };
        let first = First::Fourier { relaxation: self.relaxation, is_trained: self.is_trained };
        let d = problem.domain().dimension();
        if let Some(fine) = &self.fine {
            let fine = Part {
                first,
                is_residual: self.is_residual,
                weight: Weight::Fixed(fine.weight),
                ..Part::new(&fine.widths, fine.activation, &scales)
            };
            return Ok(Network::seeing(d, functions, &[part(&[1.0]), fine]).coupled());
        }
        let parts: Vec<Part> = match self.kind {
            Kind::Fourier => vec![Part { first, ..part(&scales) }],
            Kind::Mscale if self.structure == 2 => {
                let weight = |i: usize| match &self.weights {
                    Weights::Trained => Weight::Trained(1.0),
                    Weights::Fixed(list) => Weight::Fixed(list[i.min(list.len() - 1)]),
                };
                let subnets = scales.chunks(1).enumerate();
                subnets.map(|(i, scale)| Part { weight: weight(i), ..part(scale) }).collect()
            }
            _ => vec![part(&scales)],
        };
        Ok(Network::seeing(d, functions, &parts))
    }

    /// Powers of two, from 1 to the first that is not below the highest |kⱼ| that the equation tells of: neurons that see
    /// the input times a are dealt frequencies near a. With constant coefficients u has the frequencies of f; where ε
    /// varies, those of 1/ε too, because the flux ε∇u is smoother than ∇u.
    fn automatic(&self, problem: &dyn Problem) -> Result<Vec<f64>, Unsupported> {
        let refuse = |reason: String, advice: &str| Unsupported {
            solver: self.kind.name().into(),
            reason,
            advice: advice.into(),
        };
        let too_many_axes =
            || refuse("spectra are for up to three axes".into(), "give scales=[1,2,…] instead of auto");
        let source = Spectrum::of_source(problem, LEAST).ok_or_else(too_many_axes)?;
        let mut highest = source.highest.into_iter().fold(1.0, f64::max);
        if problem.permittivity() == Coefficient::Variable {
            let reciprocal = Spectrum::of(problem.domain().bounds(), LEAST, |points, out| {
                problem.permittivity_at(points, out);
                out.iter_mut().for_each(|value| *value = 1.0 / *value);
            });
            highest = reciprocal.ok_or_else(too_many_axes)?.highest.into_iter().fold(highest, f64::max);
        }
        let last = (highest.log2().ceil() as usize).min(MOST_AUTO - 1);
        let scales: Vec<f64> = (0..=last).map(|power| (power as f64).exp2()).collect();
        if self.structure == 1 && scales.len() > self.widths[0] {
            return Err(refuse(
                format!(
                    "scales=auto needs {} for the frequencies of this source, which the {} of the first layer are dealt",
                    scales.len(),
                    self.widths[0]
                ),
                "take a wider first layer, or give scales=[…]",
            ));
        }
        Ok(scales)
    }
}

/// The widths of all hidden layers: a list, or one number and how often.
fn read_widths(settings: &Settings<'_>, width: &str, depth: &str) -> Result<Vec<usize>, SpecError> {
    let widths = settings.counts(width, 1)?;
    if widths.iter().any(|&width| width > MOST_NEURONS) || widths.len() > MOST_LAYERS {
        return Err(
            settings.bad(width, &format!("at most {MOST_NEURONS} neurons a layer and {MOST_LAYERS} layers"))
        );
    }
    if let [one] = widths.as_slice() {
        return match settings.count(depth, 1)? {
            count if count <= MOST_LAYERS => Ok(vec![*one; count]),
            _ => Err(settings.bad(depth, &format!("a whole number from 1 to {MOST_LAYERS}"))),
        };
    }
    // Their number may be given as well.
    if settings.count(depth, 1)? != widths.len() {
        settings.unused(depth, &format!("a list of {} widths", widths.len()))?;
    }
    Ok(widths)
}

fn write_widths(widths: &[usize], spec: Spec, width: &str, depth: &str) -> Spec {
    let spec = spec.with(depth, widths.len() as i64);
    if widths.iter().all(|width| *width == widths[0]) {
        return spec.with(width, widths[0] as i64);
    }
    spec.with(width, widths.iter().map(|&width| width as i64).collect::<Vec<_>>())
}

fn read_scales(settings: &Settings<'_>) -> Result<Scales, SpecError> {
    if settings.text("scales") == Ok("auto") {
        return Ok(Scales::Auto);
    }
    let expected = "auto, a positive number, or a list of them that is not empty";
    Ok(Scales::Given(settings.numbers("scales", expected, |a| a > 0.0)?))
}

#[cfg(test)]
mod tests;
