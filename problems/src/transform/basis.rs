//! The functions of one axis.

use std::{f64::consts::PI, ops::Range};

use crate::Condition;

/// The eigenfunctions of second differences along an axis of n cells, t from 0 to 1 along it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// sin kπt, k = 1 … n − 1: u is given on both sides.
    Sine,
    /// cos kπt, k = 0 … n: the flux is given on both sides.
    Cosine,
    /// sin (k + ½)πt, k = 0 … n − 1: u is given on the lower side, the flux on the upper one.
    QuarterSine,
    /// cos (k + ½)πt, k = 0 … n − 1: the flux is given on the lower side, u on the upper one.
    QuarterCosine,
    /// cos 2πkt at index k = 0 … n/2 and sin 2πkt at index n − k: periodic.
    Fourier,
}

impl Basis {
    /// The basis for the conditions on the lower and upper side.
    pub fn of(sides: [Condition; 2]) -> Self {
        use Condition::{Dirichlet, Neumann, Periodic};
        match sides {
            [Periodic, _] | [_, Periodic] => Self::Fourier,
            [Dirichlet, Dirichlet] => Self::Sine,
            [Neumann, Neumann] => Self::Cosine,
            [Dirichlet, Neumann] => Self::QuarterSine,
            [Neumann, Dirichlet] => Self::QuarterCosine,
        }
    }

    /// The nodes of an axis of `cells` cells that are unknowns: as many as there are functions.
    pub fn unknowns(self, cells: usize) -> Range<usize> {
        match self {
            Self::Sine => 1..cells,
            Self::Cosine => 0..cells + 1,
            Self::QuarterSine => 1..cells + 1,
            Self::QuarterCosine | Self::Fourier => 0..cells,
        }
    }

    /// Half-waves along the axis of the function at `index`: m in sin mπt or cos mπt.
    pub fn half_waves(self, cells: usize, index: usize) -> f64 {
        match self {
            Self::Sine => (index + 1) as f64,
            Self::Cosine => index as f64,
            Self::QuarterSine | Self::QuarterCosine => index as f64 + 0.5,
            Self::Fourier => 2.0 * index.min(cells - index) as f64,
        }
    }

    /// Its eigenvalue under −u₋ + 2u − u₊: 4 sin²(mπ/2n).
    pub fn eigenvalue(self, cells: usize, index: usize) -> f64 {
        let half_waves = self.half_waves(cells, index);
        let sine = (0.5 * PI * half_waves / cells as f64).sin();
        4.0 * sine * sine
    }

    /// The value of the function at `index` at t.
    pub fn value(self, cells: usize, index: usize, t: f64) -> f64 {
        let phase = PI * self.half_waves(cells, index) * t;
        match self {
            Self::Sine | Self::QuarterSine => phase.sin(),
            Self::Cosine | Self::QuarterCosine => phase.cos(),
            Self::Fourier if 2 * index <= cells => phase.cos(),
            Self::Fourier => phase.sin(),
        }
    }
}
