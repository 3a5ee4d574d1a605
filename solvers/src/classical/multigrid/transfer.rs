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
    /// everywhere else they are ½ and ½, but at a seam.
    pub last: Option<[T; 2]>,
    /// Where three fine cells make the last one of a periodic axis.
    pub seam: Option<Seam<T>>,
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

/// The last coarse cell of a periodic axis, with two fine places inside: m − 1 and m.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seam<T> {
    /// Weights of the last and the first coarse place at fine places m − 1 and m.
    pub interpolation: [[T; 2]; 2],
    /// The fourth weight of a restriction: of place m − 1 for the first coarse place, of m for the last.
    pub restriction: [T; 2],
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
            seam: None,
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
        let merges = wraps && 2 * coarse.unknowns() < m;
        if (m + shift) % 2 == 1 {
            transfer.last = Some(between(fine, m).map(T::from_f64));
        }
        let between = |p: usize| {
            let [lower, upper] = fine.steps(m);
            match p {
                _ if merges && p == m => [upper, 1.0 + lower].map(|far| far / (1.0 + lower + upper)),
                _ if merges && p + 1 == m => [lower + upper, 1.0].map(|far| far / (1.0 + lower + upper)),
                _ => between(fine, p),
            }
        };
        let volume = |p: usize| if per_volume { fine.volume(p) } else { 1.0 };
        let whole = |j: usize| if per_volume { 2.0 * coarse.volume(j) } else { 1.0 };
        let at = |j: usize| {
            let p = 2 * j - shift;
            // The place below the first one is the last one of a periodic axis, where that is no coarse one.
            let below = match p {
                1 if wraps && (transfer.last.is_some() || merges) => Some(m),
                1 => None,
                _ => Some(p - 1),
            };
            let above = (p < m).then_some(p + 1);
            [
                below.map_or(0.0, |p| between(p)[1] * volume(p) / whole(j)),
                volume(p) / whole(j),
                above.map_or(0.0, |p| between(p)[0] * volume(p) / whole(j)),
            ]
            .map(T::from_f64)
        };
        let inner = if per_volume { [0.25, 0.5, 0.25] } else { [0.5, 1.0, 0.5] };
        transfer.restriction =
            EndWeights { inner: inner.map(T::from_f64), first: at(1), last: at(transfer.unknowns[1]) };
        if merges {
            let first = between(m - 1)[1] * volume(m - 1) / whole(1);
            let last = between(m)[0] * volume(m) / whole(transfer.unknowns[1]);
            transfer.seam = Some(Seam {
                interpolation: [m - 1, m].map(|p| between(p).map(T::from_f64)),
                restriction: [first, last].map(T::from_f64),
            });
        }
        transfer
    }

    /// The fine places below, at and above coarse place `j` and, at a seam, one more, with their weights;
    /// a place of weight zero is one that can be read.
    #[inline(always)]
    pub fn children(&self, j: usize) -> [Weighted<T>; 4] {
        let zero = T::default();
        if !self.coarsened {
            return [(j, zero), (j, self.restriction.inner[1]), (j, zero), (j, zero)];
        }
        let ([m, coarse], p) = (self.unknowns, 2 * j - self.shift);
        let weights = self.restriction_at(j);
        let below = match p {
            1 if self.wraps => m,
            1 => p,
            _ => p - 1,
        };
        let seam = match self.seam {
            Some(seam) if j == 1 => (m - 1, seam.restriction[0]),
            Some(seam) if j == coarse => (m, seam.restriction[1]),
            _ => (p, zero),
        };
        [(below, weights[0]), (p, weights[1]), (if p < m { p + 1 } else { p }, weights[2]), seam]
    }

    /// The fine place at coarse place `j`, ends included.
    pub fn place(&self, j: usize) -> usize {
        match self.coarsened {
            true if j > self.unknowns[1] => self.unknowns[0] + 1,
            // The end below the first unknown is place 0 of both.
            true if j > 0 => 2 * j - self.shift,
            _ => j,
        }
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
        if let (Some(seam), true) = (self.seam, p + 1 >= self.unknowns[0]) {
            let [last, first] = seam.interpolation[p + 1 - self.unknowns[0]];
            return [(self.unknowns[1], last), (1, first)];
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
    /// Flops of restricting a residual that is there, five a coarse value along each coarsened axis; and of
    /// adding a correction, three a value between coarse ones, and one more a value.
    pub fn flops(&self) -> [f64; 2] {
        let mut values: f64 = self.axes.iter().map(|axis| axis.unknowns[0] as f64).product();
        let [mut down, mut up] = [0.0, values];
        for axis in self.axes.iter().filter(|axis| axis.coarsened) {
            let coarse = values * axis.unknowns[1] as f64 / axis.unknowns[0] as f64;
            down += 5.0 * coarse;
            up += 3.0 * (values - coarse);
            values = coarse;
        }
        [down, up]
    }
}
