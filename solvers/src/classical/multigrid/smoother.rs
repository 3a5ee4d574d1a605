//! Which relaxation smooths.

use modewise_problems::{Settings, Spec, SpecError};

use crate::classical::relaxation::Relaxation;

/// A smoother as a spec states it: independent of the dimension.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Smoother {
    kind: usize,
    /// ω of Jacobi; none for the best one of the dimension.
    omega: Option<f64>,
}

const KINDS: [&str; 2] = ["red-black", "jacobi"];

impl Smoother {
    /// From the keys `smoother` and `omega`.
    pub fn read(settings: &Settings<'_>) -> Result<Self, SpecError> {
        let omega = match settings.text("omega") {
            Ok("auto") => None,
            _ => Some(settings.number("omega", "`auto` or a positive number", |omega| omega > 0.0)?),
        };
        Ok(Self { kind: settings.choice("smoother", &KINDS)?, omega })
    }

    /// Into the same keys.
    pub fn write(self, spec: Spec) -> Spec {
        let spec = spec.with("smoother", KINDS[self.kind]);
        match self.omega {
            None => spec.with("omega", "auto"),
            Some(omega) => spec.with("omega", omega),
        }
    }

    /// The relaxation in `dimension` dimensions. ω = 2d/(2d + 1) makes the damping of the lowest and of
    /// the highest mode of the upper half of the spectrum equal, (2d − 1)/(2d + 1): the smoothing
    /// factor (Trottenberg et al., §2.1).
    pub fn relaxation(self, dimension: usize) -> Relaxation {
        let d = dimension as f64;
        match self.kind {
            0 => Relaxation::RedBlack,
            _ => Relaxation::Jacobi { omega: self.omega.unwrap_or(2.0 * d / (2.0 * d + 1.0)) },
        }
    }
}
