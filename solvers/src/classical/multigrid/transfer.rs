//! Between a layout and the next coarser one: what a correction is interpolated with, and its transpose
//! for residuals, axis by axis.
//!
//! A fine place is either a coarse one or lies between two, and interpolation P is linear along every
//! axis: ½ and ½, but for the last place in front of a shorter cell. Restriction is its adjoint,
//!
//! R = V_c⁻¹ Pᵀ V_f for equations per unit of volume (constant coefficients): ¼, ½, ¼, full weighting;
//! R = Pᵀ for equations times volume (variable coefficients).
//!
//! An axis that is not coarsened stays as it is (semi-coarsening). Sources: Trottenberg, Oosterlee,
//! Schüller, *Multigrid*, 2001, §2.3 and §2.8.

use super::line::Line;
use crate::classical::real::Real;

/// A place and its weight.
pub(crate) type Weighted<T> = (usize, T);

/// Restriction and interpolation along one axis.
#[derive(Debug, Clone)]
pub(crate) struct AxisTransfer<T> {
    /// Whether the axis is coarsened; if not, places are the same and weights are 1.
    pub coarsened: bool,
    /// Unknowns along the fine and the coarse axis.
    pub unknowns: [usize; 2],
    /// Coarse place j is fine place 2j − shift.
    pub shift: usize,
    /// Weights of the fine places below, at and above a coarse place.
    pub restriction: EndWeights<[T; 3]>,
    /// Weights of the coarse places below and above the last fine place, where that is no coarse one;
    /// everywhere else they are ½ and ½.
    pub last: Option<[T; 2]>,
    /// Whether the axis is periodic and coarsened.
    pub wraps: bool,
}

/// Weights that are the same everywhere but at the first and the last place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EndWeights<W> {
    pub inner: W,
    pub first: W,
    /// That of `first` where there is one place only.
    pub last: W,
}

impl<T: Real> AxisTransfer<T> {
    /// An axis that is not coarsened, or is absent.
    pub fn identity(unknowns: usize) -> Self {
        let only = [0.0, 1.0, 0.0].map(T::from_f64);
        Self {
            coarsened: false,
            unknowns: [unknowns; 2],
            shift: 0,
            restriction: EndWeights { inner: only, first: only, last: only },
            last: None,
            wraps: false,
        }
    }

    /// From `fine` to `coarse`, its coarser line. `per_volume` tells equations per unit of volume from those
    /// times volume.
    pub fn new(fine: &Line, coarse: &Line, per_volume: bool, wraps: bool) -> Self {
        let (m, shift) = (fine.unknowns(), fine.shift());
        let mut transfer = Self { wraps, ..Self::identity(m) };
        transfer.unknowns[1] = coarse.unknowns();
        (transfer.coarsened, transfer.shift) = (true, shift);
        if (m + shift) % 2 == 1 {
            transfer.last = Some(between(fine, m).map(T::from_f64));
        }
        let at = |j: usize| {
            let p = 2 * j - shift;
            let volume = |p: usize| if per_volume { fine.volume(p) } else { 1.0 };
            // The place below the first one is the last one of a periodic axis, where that is no coarse one.
            let below = match p {
                1 if wraps && transfer.last.is_some() => Some(m),
                1 => None,
                _ => Some(p - 1),
            };
            let above = (p < m).then_some(p + 1);
            let whole = if per_volume { 2.0 * coarse.volume(j) } else { 1.0 };
            [
                below.map_or(0.0, |p| between(fine, p)[1] * volume(p) / whole),
                volume(p) / whole,
                above.map_or(0.0, |p| between(fine, p)[0] * volume(p) / whole),
            ]
            .map(T::from_f64)
        };
        let inner = if per_volume { [0.25, 0.5, 0.25] } else { [0.5, 1.0, 0.5] };
        transfer.restriction =
            EndWeights { inner: inner.map(T::from_f64), first: at(1), last: at(transfer.unknowns[1]) };
        transfer
    }

    /// The fine places below, at and above coarse place `j`, with their weights; a place of weight zero is
    /// one that can be read.
    #[inline(always)]
    pub fn children(&self, j: usize) -> [Weighted<T>; 3] {
        if !self.coarsened {
            return [(j, T::default()), (j, self.restriction.inner[1]), (j, T::default())];
        }
        let (m, p) = (self.unknowns[0], 2 * j - self.shift);
        let weights = self.restriction_at(j);
        let below = match p {
            1 if self.wraps => m,
            1 => p,
            _ => p - 1,
        };
        [(below, weights[0]), (p, weights[1]), (if p < m { p + 1 } else { p }, weights[2])]
    }

    /// The weights at coarse place `j`.
    #[inline(always)]
    pub fn restriction_at(&self, j: usize) -> [T; 3] {
        if j == self.unknowns[1] {
            self.restriction.last
        } else if j == 1 {
            self.restriction.first
        } else {
            self.restriction.inner
        }
    }

    /// The coarse places that fine place `p` is interpolated from. Held layers beyond the ends count, and hold
    /// zeros.
    #[inline(always)]
    pub fn parents(&self, p: usize) -> [Weighted<T>; 2] {
        let (zero, one, half) = (T::default(), T::from_f64(1.0), T::from_f64(0.5));
        if !self.coarsened {
            return [(p, one), (p, zero)];
        }
        let below = (p + self.shift) / 2;
        if (p + self.shift).is_multiple_of(2) {
            return [(below, one), (below, zero)];
        }
        let weights = match self.last {
            Some(last) if p == self.unknowns[0] => last,
            _ => [half; 2],
        };
        let above = match below {
            last if last == self.unknowns[1] && self.wraps => 1,
            // Nothing lies beyond the tail of a Neumann side.
            _ if weights[1] == zero => below,
            _ => below + 1,
        };
        [(below, weights[0]), (above, weights[1])]
    }
}

/// Weights of the coarse places below and above fine place `p`, which lies between.
fn between(fine: &Line, p: usize) -> [f64; 2] {
    match fine.distances(p) {
        [Some(lower), Some(upper)] => [upper / (lower + upper), lower / (lower + upper)],
        _ => [1.0, 0.0],
    }
}

/// All axes: planes, rows and columns.
#[derive(Debug, Clone)]
pub(crate) struct Transfer<T> {
    pub axes: [AxisTransfer<T>; 3],
}

impl<T: Real> Transfer<T> {
    /// Flops of restricting a residual that is there, and of adding a correction: along each coarsened axis
    /// five a coarse value and three a fine one.
    pub fn flops(&self) -> f64 {
        let mut values: f64 = self.axes.iter().map(|axis| axis.unknowns[0] as f64).product();
        let mut flops = values;
        for axis in self.axes.iter().filter(|axis| axis.coarsened) {
            let coarse = values * axis.unknowns[1] as f64 / axis.unknowns[0] as f64;
            flops += 5.0 * coarse + 3.0 * (values - coarse);
            values = coarse;
        }
        flops
    }
}
