//! Cubic interpolation from a level to the next finer one: through the four coarse nodes nearest to a
//! fine one along every axis, −1/16, 9/16, 9/16, −1/16 away from the sides.
//!
//! Full multigrid needs it for solutions: a fourth-order start leaves the cycles that follow an error as
//! smooth as the solution. For corrections linear interpolation is enough (Trottenberg, Oosterlee,
//! Schüller, *Multigrid*, 2001, §2.6).

use multiversion::multiversion;

use super::{
    level::for_slabs,
    line::Line,
    transfer::{AxisTransfer, Weighted},
};
use crate::classical::{layout::Layout, real::Real, sweep::Layers};

/// Coarse places and weights for every fine place, axis by axis.
#[derive(Debug, Clone)]
pub(crate) struct Cubic<T> {
    axes: [Vec<Vec<Weighted<T>>>; 3],
    /// Pairs of fine places along a row that have the inner weights: those at and above these coarse places.
    inner: std::ops::Range<usize>,
    shift: usize,
    /// Flops a fine value.
    pub flops: f64,
}

impl<T: Real> Cubic<T> {
    /// From the level of `fine`, with its lines where axes are coarsened.
    pub fn new(layout: &Layout, lines: [Option<&Line>; 3], axes: &[AxisTransfer<T>; 3]) -> Self {
        let parents = std::array::from_fn(|axis| match lines[axis] {
            Some(line) => (0..=axes[axis].unknowns[0])
                .map(|p| if p == 0 { Vec::new() } else { nearest(line, axes[axis].unknowns[1], p) })
                .collect(),
            None => {
                // Place 0 is that of an absent axis.
                (0..=layout.places(axis).end).map(|p| vec![(p, T::from_f64(1.0))]).collect()
            }
        });
        let along = &axes[2];
        let mut inner = 0..0;
        if along.coarsened {
            // Four nodes with three whole cells between them.
            inner = 2..along.unknowns[1].saturating_sub(2).max(2);
        }
        Self { flops: flops(&parents), axes: parents, inner, shift: along.shift }
    }

    /// Writes the interpolation of `e` to the unknowns of `u`, or adds it.
    pub fn interpolate(
        &self,
        add: bool,
        fine: &Layout,
        coarse: &Layout,
        e: &[T],
        u: &mut [T],
        scratch: &mut [T],
    ) {
        for_slabs(fine, u, scratch, coarse.extent(2), |first, u, row| {
            self.slab(add, fine, coarse, e, first, u, row);
        });
    }

    #[expect(clippy::too_many_arguments, reason = "two levels, two arrays, a slab and its scratch")]
    fn slab(
        &self,
        add: bool,
        fine: &Layout,
        coarse: &Layout,
        e: &[T],
        first: usize,
        u: &mut [T],
        sum: &mut [T],
    ) {
        let layers = Layers::of(fine);
        let columns = fine.extent(2);
        for (l, u) in (first..).zip(u.chunks_exact_mut(layers.stride())) {
            for j in layers.rows() {
                let [plane, row] = layers.place(l, j);
                sum.fill(T::default());
                for (plane, outer) in &self.axes[0][plane] {
                    for (row, inner) in &self.axes[1][row] {
                        let start = plane * coarse.stride(0) + row * coarse.stride(1);
                        add_scaled(*outer * *inner, &e[start..start + sum.len()], sum);
                    }
                }
                let u = &mut u[j * columns..][..columns];
                if !add {
                    u[1..=fine.unknowns[2]].fill(T::default());
                }
                for p in (1..=fine.unknowns[2]).filter(|p| !self.is_inner(*p)) {
                    for (j, weight) in &self.axes[2][p] {
                        u[p] += *weight * sum[*j];
                    }
                }
                add_inner(self.inner.clone(), self.shift, sum, u);
                fine.seal(u);
            }
        }
    }

    fn is_inner(&self, p: usize) -> bool {
        self.inner.contains(&((p + self.shift) / 2))
    }
}

/// Flops a fine value: a product and an addition for every parent of a row, half as many values a coarse row
/// as a fine one, and for every parent along it.
fn flops<T>(parents: &[Vec<Vec<Weighted<T>>>; 3]) -> f64 {
    let mean = |axis: usize| {
        let places = parents[axis].iter().filter(|parents| !parents.is_empty());
        let (count, sum) = places.fold((0, 0), |(count, sum), parents| (count + 1, sum + parents.len()));
        f64::from(sum as u32) / f64::from(count.max(1))
    };
    mean(0) * mean(1) + 2.0 * mean(2)
}

#[multiversion(targets = "simd")]
fn add_scaled<T: Real>(weight: T, from: &[T], to: &mut [T]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to += weight * *from;
    }
}

/// Pairs of fine values at and above the coarse places `inner`.
#[multiversion(targets = "simd")]
fn add_inner<T: Real>(inner: std::ops::Range<usize>, shift: usize, e: &[T], u: &mut [T]) {
    if inner.is_empty() {
        return;
    }
    let [outer, near] = [-1.0 / 16.0, 9.0 / 16.0].map(T::from_f64);
    let e = &e[inner.start - 1..inner.end + 2];
    let pairs = &mut u[2 * inner.start - shift..][..2 * inner.len()];
    for (u, e) in pairs.as_chunks_mut::<2>().0.iter_mut().zip(e.windows(4)) {
        u[0] += e[1];
        u[1] += outer * (e[0] + e[3]) + near * (e[1] + e[2]);
    }
}

/// Lagrange weights at fine place `p` of the four nearest of `coarse` coarse nodes and, where u is
/// held, the ends.
fn nearest<T: Real>(fine: &Line, coarse: usize, p: usize) -> Vec<Weighted<T>> {
    let (shift, m) = (fine.shift(), fine.unknowns());
    let below = ((p + shift) / 2).min(coarse);
    if p + shift == 2 * below {
        return vec![(below, T::from_f64(1.0))];
    }
    let coarse = coarse as isize;
    let wraps = fine.wraps();
    let position = |j: isize| {
        // On a periodic axis places repeat with the period.
        let round = if wraps { (j - 1).div_euclid(coarse) } else { 0 };
        let j = j - round * coarse;
        let place = if j == coarse + 1 { m + 1 } else { (2 * j) as usize - shift };
        fine.coordinate(place) + round as f64 * fine.length()
    };
    let [lowest, highest] = match (wraps, fine.is_held()) {
        (true, _) => [isize::MIN / 2, isize::MAX / 2],
        (false, [lower, upper]) => [isize::from(!lower), coarse + isize::from(upper)],
    };
    let first = (below as isize - 1).clamp(lowest, (highest - 3).max(lowest));
    let nodes: Vec<isize> = (first..=(first + 3).min(highest)).collect();
    let x = fine.coordinate(p);
    nodes
        .iter()
        .map(|&j| {
            let others = nodes.iter().filter(|&&k| k != j);
            let weight: f64 = others.map(|&k| (x - position(k)) / (position(j) - position(k))).product();
            let place = if wraps { (j - 1).rem_euclid(coarse) + 1 } else { j };
            (place as usize, T::from_f64(weight))
        })
        .collect()
}
