//! Sums of products of waves, each an eigenfunction of −Δ for the sides of the unit box: what
//! `sines-1d`, `sines-2d` and `sines-3d` have in common.
//!
//! u = Σ a ∏ φ(x_i) with φ″ = −w²φ on every axis, so −Δu + κ²u = Σ a (Σ_i w_i² + κ²) ∏ φ. Every φ meets
//! u = 0 on a Dirichlet side, u′ = 0 on a Neumann side, and its own other end on a periodic axis:
//!
//! | sides               | φ             |
//! |---------------------|---------------|
//! | `dirichlet`         | sin kπx       |
//! | `neumann`           | cos kπx       |
//! | `periodic`          | sin 2kπx      |
//! | `dirichlet-neumann` | sin (k − ½)πx |
//! | `neumann-dirichlet` | cos (k − ½)πx |

use std::{f64::consts::PI, sync::Arc};

use crate::{
    Coefficient,
    Condition::{self, Dirichlet, Neumann, Periodic},
    Domain, Parameter, Points, Problem, Settings, Spec, SpecError,
};

/// The sides of one axis.
#[derive(Debug, Clone, Copy)]
struct Sides {
    name: &'static str,
    conditions: [Condition; 2],
    /// Half waves of mode k: factor·k − shift.
    factor: f64,
    shift: f64,
    cosine: bool,
}

const SIDES: [Sides; 5] = [
    Sides::new("dirichlet", [Dirichlet, Dirichlet], 1.0, 0.0, false),
    Sides::new("neumann", [Neumann, Neumann], 1.0, 0.0, true),
    Sides::new("periodic", [Periodic, Periodic], 2.0, 0.0, false),
    Sides::new("dirichlet-neumann", [Dirichlet, Neumann], 1.0, 0.5, false),
    Sides::new("neumann-dirichlet", [Neumann, Dirichlet], 1.0, 0.5, true),
];

impl Sides {
    const fn new(
        name: &'static str,
        conditions: [Condition; 2],
        factor: f64,
        shift: f64,
        cosine: bool,
    ) -> Self {
        Self { name, conditions, factor, shift, cosine }
    }

    /// Half waves of mode `k` on (0, 1).
    fn half_waves(&self, k: usize) -> f64 {
        self.factor * k as f64 - self.shift
    }

    /// φ of mode `k` at `x`.
    fn wave(&self, k: usize, x: f64) -> f64 {
        let phase = self.half_waves(k) * PI * x;
        if self.cosine { phase.cos() } else { phase.sin() }
    }

    /// `sin 3πx`.
    fn term(&self, k: usize, variable: char) -> String {
        let function = if self.cosine { "cos" } else { "sin" };
        match self.half_waves(k) {
            1.0 => format!("{function} π{variable}"),
            waves => format!("{function} {waves}π{variable}"),
        }
    }
}

/// The parameters, with the default of `modes`.
pub(super) const fn parameters(modes: &'static str, help: &'static str) -> [Parameter; 4] {
    [
        Parameter { key: "modes", default: modes, unit: "half waves", help },
        Parameter {
            key: "amplitudes",
            default: "1",
            unit: "",
            help: "one amplitude a mode, or one for all of them",
        },
        Parameter {
            key: "sides",
            default: "dirichlet",
            unit: "",
            help: "one for all axes, or one an axis: dirichlet, neumann, periodic, dirichlet-neumann (lower and upper \
                   side), neumann-dirichlet",
        },
        Parameter {
            key: "kappa2", default: "0", unit: "1/length²", help: "the coefficient κ² ≥ 0 of u"
        },
    ]
}

#[derive(Debug)]
struct Sines {
    name: &'static str,
    domain: Domain,
    axes: Vec<Sides>,
    /// One wave number an axis.
    modes: Vec<Vec<usize>>,
    amplitudes: Vec<f64>,
    kappa2: f64,
}

/// The problem `name` in `dimension` dimensions.
pub(super) fn build(
    name: &'static str,
    dimension: usize,
    settings: &Settings<'_>,
) -> Result<Arc<dyn Problem>, SpecError> {
    let modes = match dimension {
        1 => settings.counts("modes", 1)?.into_iter().map(|k| vec![k]).collect(),
        _ => settings.groups("modes", dimension, 1)?,
    };
    let mut amplitudes = settings.numbers("amplitudes", "a finite number, or one a mode", |_| true)?;
    if amplitudes.len() == 1 {
        amplitudes = vec![amplitudes[0]; modes.len()];
    }
    if amplitudes.len() != modes.len() {
        return Err(
            settings.bad("amplitudes", &format!("one number, or one for each of the {} modes", modes.len()))
        );
    }
    let chosen = settings.choices("sides", &SIDES.map(|sides| sides.name))?;
    if chosen.len() != 1 && chosen.len() != dimension {
        return Err(settings.bad("sides", &format!("one word, or one for each of the {dimension} axes")));
    }
    let axes: Vec<Sides> = (0..dimension).map(|axis| SIDES[chosen[axis % chosen.len()]]).collect();
    let conditions: Vec<[Condition; 2]> = axes.iter().map(|sides| sides.conditions).collect();
    // Invariant: one pair an axis, and `SIDES` has no axis that is periodic on one side only.
    let domain = Domain::new(&vec![[0.0, 1.0]; dimension], &conditions).expect("sides that belong together");
    let kappa2 = settings.number("kappa2", "a number of at least 0", |kappa2| kappa2 >= 0.0)?;
    Ok(Arc::new(Sines { name, domain, axes, modes, amplitudes, kappa2 }))
}

const AXES: [char; 3] = ['x', 'y', 'z'];

/// Terms that a title lists.
const MOST_TERMS: usize = 6;

impl Sines {
    /// Σ weight(mode) a ∏ φ(x_i).
    fn sum(&self, x: &[f64], weight: impl Fn(&[usize]) -> f64) -> f64 {
        let terms = self.modes.iter().zip(&self.amplitudes);
        terms
            .map(|(mode, a)| {
                let waves = self.axes.iter().zip(mode).zip(x);
                a * weight(mode) * waves.map(|((sides, &k), &x)| sides.wave(k, x)).product::<f64>()
            })
            .sum()
    }

    /// Σ_i w_i² + κ² of a mode.
    fn eigenvalue(&self, mode: &[usize]) -> f64 {
        let squares = self.axes.iter().zip(mode).map(|(sides, &k)| (sides.half_waves(k) * PI).powi(2));
        squares.sum::<f64>() + self.kappa2
    }

    /// `-0.5*sin(3.0*pi*x)*cos(0.5*pi*y)`.
    fn formula(&self, mode: &[usize], amplitude: f64) -> String {
        let waves = self.axes.iter().zip(mode).zip(AXES).map(|((sides, &k), axis)| {
            let function = if sides.cosine { "cos" } else { "sin" };
            format!("*{function}({:?}*pi*{axis})", sides.half_waves(k))
        });
        format!("{amplitude:?}{}", waves.collect::<String>())
    }

    fn equation(&self) -> String {
        let (laplacian, box_) = match self.axes.len() {
            1 => ("−u″", "(0, 1)"),
            2 => ("−Δu", "(0, 1)²"),
            _ => ("−Δu", "(0, 1)³"),
        };
        let screening = match self.kappa2 {
            0.0 => String::new(),
            1.0 => " + u".into(),
            kappa2 => format!(" + {kappa2}u"),
        };
        format!("{laplacian}{screening} = f on {box_}, {}", self.conditions())
    }

    fn conditions(&self) -> String {
        let first = self.axes[0].name;
        if self.axes.iter().any(|sides| sides.name != first) {
            let names: Vec<&str> = self.axes.iter().map(|sides| sides.name).collect();
            return format!("sides {}", names.join(" × "));
        }
        match (self.axes[0].conditions, self.axes.len()) {
            ([Dirichlet, Dirichlet], 1) => "u(0) = u(1) = 0".into(),
            ([Neumann, Neumann], 1) => "u′(0) = u′(1) = 0".into(),
            ([Dirichlet, Neumann], 1) => "u(0) = u′(1) = 0".into(),
            ([Neumann, Dirichlet], 1) => "u′(0) = u(1) = 0".into(),
            ([Dirichlet, Dirichlet], _) => "u = 0 on the sides".into(),
            ([Neumann, Neumann], _) => "∂u/∂n = 0 on the sides".into(),
            _ => format!("sides {first}"),
        }
    }

    fn term(&self, mode: &[usize], amplitude: f64) -> String {
        let waves = self.axes.iter().zip(mode).zip(AXES);
        let product =
            waves.map(|((sides, &k), variable)| sides.term(k, variable)).collect::<Vec<_>>().join(" ");
        if amplitude == 1.0 { product } else { format!("{amplitude} {product}") }
    }
}

impl Problem for Sines {
    fn spec(&self) -> Spec {
        let whole = |k: &usize| toml::Value::from(*k as i64);
        let modes: Vec<toml::Value> = match self.axes.len() {
            1 => self.modes.iter().flatten().map(whole).collect(),
            _ => self.modes.iter().map(|mode| mode.iter().map(whole).collect::<Vec<_>>().into()).collect(),
        };
        let names: Vec<&str> = self.axes.iter().map(|sides| sides.name).collect();
        let sides: toml::Value =
            if names.iter().all(|name| *name == names[0]) { names[0].into() } else { names.into() };
        Spec::new(self.name)
            .with("modes", modes)
            .with("amplitudes", self.amplitudes.clone())
            .with("sides", sides)
            .with("kappa2", self.kappa2)
    }

    fn title(&self) -> String {
        let count = self.modes.len();
        if count > MOST_TERMS {
            return format!("{}; u a sum of {count} waves", self.equation());
        }
        let terms: Vec<String> =
            self.modes.iter().zip(&self.amplitudes).map(|(mode, &a)| self.term(mode, a)).collect();
        format!("{}; u = {}", self.equation(), terms.join(" + ").replace("+ -", "− "))
    }

    fn domain(&self) -> &Domain {
        &self.domain
    }

    fn screening(&self) -> Coefficient {
        Coefficient::Constant(self.kappa2)
    }

    fn source(&self, points: Points<'_>, out: &mut [f64]) {
        points.evaluate(out, |x| self.sum(x, |mode| self.eigenvalue(mode)));
    }

    fn exact(&self, points: Points<'_>, out: &mut [f64]) -> bool {
        points.evaluate(out, |x| self.sum(x, |_| 1.0));
        true
    }

    fn to_file(&self) -> Result<String, &'static str> {
        let terms: Vec<String> =
            self.modes.iter().zip(&self.amplitudes).map(|(mode, &a)| self.formula(mode, a)).collect();
        let bounds = vec!["[0, 1]"; self.axes.len()].join(", ");
        let mut file = format!("title = \"{}\"\nbox = [{bounds}]\n", self.title());
        file +=
            &format!("kappa2 = {:?}\nexact = \"{}\"\n", self.kappa2, terms.join(" + ").replace("+ -", "- "));
        file += &self.wave_number().map(|k| format!("wave_number = {k:?}\n")).unwrap_or_default();
        file += "\n[sides]\n";
        for (sides, axis) in self.axes.iter().zip(AXES) {
            for (condition, end) in sides.conditions.into_iter().zip(["lower", "upper"]) {
                let side = match condition {
                    Dirichlet => "{ dirichlet = 0 }",
                    Neumann => "{ neumann = 0 }",
                    Periodic => "\"periodic\"",
                };
                file += &format!("{axis}-{end} = {side}\n");
            }
        }
        Ok(file)
    }

    fn wave_number(&self) -> Option<f64> {
        let waves = self.modes.iter().flat_map(|mode| self.axes.iter().zip(mode));
        waves.map(|(sides, &k)| sides.half_waves(k) * PI).max_by(f64::total_cmp)
    }
}

#[cfg(test)]
mod tests {
    use crate::catalog;

    #[test]
    fn titles_say_the_equation_the_sides_and_the_waves() {
        for (spec, title) in [
            ("sines-1d,modes=[1,4]", "−u″ = f on (0, 1), u(0) = u(1) = 0; u = sin πx + sin 4πx"),
            (
                "sines-1d,modes=[1,2],amplitudes=[2,-3],sides=neumann-dirichlet",
                "−u″ = f on (0, 1), u′(0) = u(1) = 0; u = 2 cos 0.5πx − 3 cos 1.5πx",
            ),
            (
                "sines-2d,kappa2=25,sides=[periodic,neumann]",
                "−Δu + 25u = f on (0, 1)², sides periodic × neumann; u = sin 2πx cos πy",
            ),
            ("sines-3d,modes=2", "−Δu = f on (0, 1)³, u = 0 on the sides; u = sin 2πx sin 2πy sin 2πz"),
        ] {
            assert_eq!(catalog::build(&spec.parse().unwrap()).unwrap().title(), title);
        }
    }

    #[test]
    fn wrong_settings_are_refused_with_what_was_expected() {
        for (spec, part) in [
            ("sines-2d,modes=[1,2,3]", "a list of 2 whole numbers"),
            ("sines-2d,sides=[neumann,neumann,neumann]", "one for each of the 2 axes"),
            ("sines-2d,sides=robin", "one of dirichlet"),
            ("sines-3d,kappa2=-1", "at least 0"),
            ("sines-2d,modes=[[1,1],[2,2]],amplitudes=[1,2,3]", "one for each of the 2 modes"),
        ] {
            let error = catalog::build(&spec.parse().unwrap()).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
    }
}
