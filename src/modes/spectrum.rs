//! A field's amplitudes by mode, in the transform's own order. A mode's *place* is where it stands in
//! that order; its wave vector and its name follow from the place, so that a million modes cost nothing
//! until they are asked for.

use std::sync::OnceLock;

use modewise_problems::{
    Condition, Discrete, Field, Grid, reduce,
    transform::{Fourier, Modal},
};
use modewise_solvers::{SolverError, classical::direct::Eigenmodes};
use num_complex::Complex64;
use rayon::prelude::*;

use super::{
    Amplitudes,
    axis::{Axis, Parts},
    projection::{Projection, combine},
};
use crate::store::schema::ModeName;

/// How the error is split.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Split {
    /// Into waves of the box.
    Waves(TransformKind),
    /// Into the eigenvectors of the discrete operator.
    Eigen,
}

impl Split {
    /// `eigen`, or the transform's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Waves(kind) => kind.name(),
            Self::Eigen => "eigen",
        }
    }
}

/// Which waves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransformKind {
    /// Along every axis the modes that its two sides ask for: sines, cosines, quarter waves, or whole
    /// waves where it is periodic.
    Auto,
    /// DST-I over the interior: the eigenmodes of the Dirichlet Laplacian.
    Sine,
    /// DCT-I over all nodes: the eigenmodes of the Neumann Laplacian.
    Cosine,
    /// DFT over all nodes, as in the papers.
    Fourier,
}

impl TransformKind {
    /// `auto`, `dst`, `dct` or `dft`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Sine => "dst",
            Self::Cosine => "dct",
            Self::Fourier => "dft",
        }
    }
}

enum Plan {
    Modal(Modal),
    Fourier(Fourier),
    Eigen(Eigenmodes),
}

/// Marks the place of a wave vector whose negative is listed instead.
const MIRRORED: u32 = u32::MAX;

/// A block of places is one thread's work; there are at most this many, whatever the threads.
const MOST_BLOCKS: usize = 64;

/// round(|k|) of all modes.
struct Shells {
    /// By place.
    at: Vec<u32>,
    /// Which shells have a mode.
    populated: Vec<bool>,
}

/// The modes of a grid and the plan to compute them.
pub struct Spectrum {
    plan: Plan,
    axes: Vec<Axis>,
    /// Nodes per axis.
    nodes: Vec<usize>,
    shells: OnceLock<Shells>,
    flops: f64,
}

impl Spectrum {
    /// All modes of `grid` under `kind`, where `sides` has these conditions. Of the waves of a real field
    /// along periodic axes, and of the DFT's, only one of each pair ±k is a mode: that whose first
    /// component with a sign is positive. On an axis of N points the wave numbers 0 and N/2 have none, being
    /// their own negatives.
    pub fn new(grid: &Grid, sides: &[[Condition; 2]], kind: TransformKind) -> Self {
        let all = |side: Condition| Modal::new(grid, &vec![[side; 2]; grid.dimension()]);
        let periodic = sides.iter().flatten().all(|side| *side == Condition::Periodic);
        let cells = grid.cells();
        let (plan, axes, flops): (_, Vec<Axis>, _) = if kind == TransformKind::Fourier && !periodic {
            let nodes = grid.nodes() as f64;
            // The usual count for a complex transform.
            let flops = 5.0 * nodes * nodes.log2();
            (Plan::Fourier(Fourier::new(grid)), cells.iter().map(|&n| Axis::nodes(n)).collect(), flops)
        } else {
            let modal = match kind {
                // The last node of a periodic axis is the first one again.
                TransformKind::Auto | TransformKind::Fourier => Modal::new(grid, sides),
                TransformKind::Sine => all(Condition::Dirichlet),
                TransformKind::Cosine => all(Condition::Neumann),
            };
            let axes = cells.iter().enumerate().map(|(axis, &n)| Axis::of(modal.basis(axis), n)).collect();
            let flops = modal.flops_along(0..cells.len());
            (Plan::Modal(modal), axes, flops)
        };
        Self { plan, axes, nodes: grid.shape(), shells: OnceLock::new(), flops }
    }

    /// The eigenvectors of `discrete`, numbered from 1 by their eigenvalues whatever its dimension.
    ///
    /// # Errors
    /// Too many unknowns for eigenvectors.
    pub fn eigen(discrete: &Discrete) -> Result<Self, SolverError> {
        let modes = Eigenmodes::of(discrete)?;
        Ok(Self {
            axes: vec![Axis::ranks(modes.values().len())],
            nodes: discrete.grid().shape(),
            shells: OnceLock::new(),
            flops: modes.flops(),
            plan: Plan::Eigen(modes),
        })
    }

    /// Number of modes.
    pub fn modes(&self) -> usize {
        let complex = || self.axes.iter().filter(|axis| axis.is_complex());
        let pairs: usize = complex().map(|axis| axis.numbers().len()).product();
        let own: usize = complex().map(Axis::own_negatives).product();
        let real = self.axes.iter().filter(|axis| !axis.is_complex());
        // Without complex axes both products are 1.
        real.map(|axis| axis.numbers().len()).product::<usize>() * (pairs + own) / 2
    }

    /// Number of places; some hold the mirror of a mode.
    pub fn places(&self) -> usize {
        self.axes.iter().map(|axis| axis.numbers().len()).product()
    }

    /// Number of axes.
    pub fn dimension(&self) -> usize {
        self.axes.len()
    }

    /// Flops of one transform.
    pub fn flops(&self) -> f64 {
        self.flops
    }

    /// The transform along each axis where they differ, as `dst:dft`, or of all of them.
    pub fn transform_name(&self) -> String {
        let mut names: Vec<&str> = self.axes.iter().map(Axis::name).collect();
        names.dedup();
        if names.len() > 1 {
            self.axes.iter().map(Axis::name).collect::<Vec<_>>().join(":")
        } else {
            names.concat()
        }
    }

    /// round(|k|) of the mode at a place, or `None` for the mirror of a mode.
    pub fn shell(&self, place: usize) -> Option<usize> {
        let k = self.wave_vector(place);
        self.is_mode(&k).then(|| shell_of(&k))
    }

    /// The places of all modes, ascending.
    pub fn all(&self) -> impl Iterator<Item = u32> {
        let mirrors = self.axes.iter().any(Axis::is_complex);
        (0..self.places())
            .filter(move |&place| !mirrors || self.is_mode(&self.wave_vector(place)))
            .map(|place| place as u32)
    }

    /// Whether any mode is in shell `s`.
    pub fn has_shell(&self, s: u64) -> bool {
        self.shells().populated.get(s as usize).copied().unwrap_or(false)
    }

    /// One more than the highest shell.
    pub fn shell_count(&self) -> usize {
        self.shells().populated.len()
    }

    /// The index along each axis at a place.
    fn indices(&self, mut place: usize) -> [usize; 3] {
        let mut indices = [0; 3];
        for (axis, index) in self.axes.iter().zip(&mut indices).rev() {
            *index = place % axis.numbers().len();
            place /= axis.numbers().len();
        }
        indices
    }

    /// The wave vector at a place, zeros after its last component.
    pub fn wave_vector(&self, place: usize) -> [i32; 3] {
        let mut k = [0; 3];
        for ((k, axis), index) in k.iter_mut().zip(&self.axes).zip(self.indices(place)) {
            *k = axis.numbers()[index];
        }
        k
    }

    fn is_mode(&self, k: &[i32; 3]) -> bool {
        let signs = self.axes.iter().zip(k).map(|(axis, &k)| axis.sign(k));
        signs.into_iter().find(|&sign| sign != 0).unwrap_or(0) >= 0
    }

    /// The name of the mode at a place.
    pub fn name(&self, place: usize) -> ModeName {
        let k = self.wave_vector(place);
        ModeName::Single(k[..self.dimension()].iter().map(|&k| i64::from(k)).collect())
    }

    /// The place of the mode with this wave vector.
    pub fn place(&self, k: &[i64]) -> Option<usize> {
        if k.len() != self.dimension() {
            return None;
        }
        let mut place = 0;
        for (&k, axis) in k.iter().zip(&self.axes) {
            place = place * axis.numbers().len() + axis.index(k)?;
        }
        self.is_mode(&self.wave_vector(place)).then_some(place)
    }

    /// The eigenvalue of −u₋ + 2u − u₊ along each axis for the mode at a place, if the modes are eigenvectors
    /// with these conditions on the sides.
    pub fn eigenvalues(&self, place: usize, sides: &[[Condition; 2]]) -> Option<Vec<f64>> {
        let axes = self.axes.iter().zip(self.indices(place)).zip(sides);
        axes.map(|((axis, index), &sides)| axis.eigenvalue(index, sides)).collect()
    }

    /// The names of the modes of least and of greatest |k|.
    pub fn ends(&self) -> [ModeName; 2] {
        let end = |pick: fn(&[i32]) -> i32| {
            ModeName::Single(self.axes.iter().map(|axis| i64::from(pick(axis.numbers()))).collect())
        };
        // The first wave number of an axis is its least in modulus, its greatest is positive.
        [end(|numbers| numbers[0]), end(|numbers| numbers.iter().copied().max().unwrap_or(0))]
    }

    /// Puts places in the order of their modes: lowest |k| first, then by k.
    pub fn sort(&self, places: &mut [u32]) {
        places.sort_by_cached_key(|&place| {
            let k = self.wave_vector(place as usize);
            (k.iter().map(|&k| i64::from(k).pow(2)).sum::<i64>(), k)
        });
    }

    /// The way to the amplitudes of the modes at a few places alone.
    pub(super) fn projection(&self, places: &[usize]) -> Projection {
        let modes: Vec<Vec<usize>> =
            places.iter().map(|&place| self.indices(place)[..self.dimension()].to_vec()).collect();
        Projection::new(&self.axes, &self.nodes, &modes)
    }

    /// The amplitude at every place of a field on the grid; `out` is made to fit.
    pub fn amplitudes(&self, nodal: &[f64], out: &mut Amplitudes) {
        match &self.plan {
            Plan::Fourier(fourier) => fourier.forward(nodal, complex(out, nodal.len())),
            Plan::Eigen(modes) => modes.forward(nodal, real(out, modes.values().len())),
            Plan::Modal(modal) => {
                let b = real(out, modal.len());
                modal.forward(nodal, b);
                if self.axes.iter().any(Axis::is_complex) {
                    *out = Amplitudes::Complex(self.paired(b));
                }
            }
        }
    }

    /// Cosines and sines along periodic axes as complex amplitudes.
    fn paired(&self, real: &[f64]) -> Vec<Complex64> {
        let parts: Vec<Vec<Parts>> = self
            .axes
            .iter()
            .map(|axis| (0..axis.numbers().len()).map(|index| axis.parts(index)).collect())
            .collect();
        let counts: Vec<usize> = parts.iter().map(Vec::len).collect();
        let amplitude = |place: usize| {
            let indices = self.indices(place);
            let mut mode = [([(0, Complex64::default()); 2], 0); 3];
            for ((mode, parts), index) in mode.iter_mut().zip(&parts).zip(indices) {
                *mode = parts[index];
            }
            combine(&mode[..self.dimension()], &counts, &|place| real[place])
        };
        (0..real.len()).into_par_iter().with_min_len(reduce::BLOCK).map(amplitude).collect()
    }

    /// The amplitudes of a field.
    pub fn of(&self, field: &Field) -> Amplitudes {
        let mut out = Amplitudes::Real(Vec::new());
        self.amplitudes(field.values(), &mut out);
        out
    }

    /// For every shell the root of the summed squares of its modes, in one pass over the places; the
    /// bits do not depend on the number of threads.
    pub fn shell_amplitudes(&self, amplitudes: &Amplitudes) -> Vec<f64> {
        let mut sums = match amplitudes {
            Amplitudes::Real(b) => self.shell_sums(b, |b| b * b),
            Amplitudes::Complex(c) => self.shell_sums(c, |c| c.norm_sqr()),
        };
        sums.iter_mut().for_each(|sum| *sum = sum.sqrt());
        sums
    }

    fn shell_sums<T: Copy + Sync>(&self, values: &[T], square: impl Fn(T) -> f64 + Sync) -> Vec<f64> {
        let shells = self.shells();
        let block = values.len().div_ceil(MOST_BLOCKS).max(reduce::BLOCK);
        let sums = |(values, at): (&[T], &[u32])| {
            let mut sums = vec![0.0; shells.populated.len()];
            for (&value, &shell) in values.iter().zip(at) {
                // Mirrors have no shell.
                if let Some(sum) = sums.get_mut(shell as usize) {
                    *sum += square(value);
                }
            }
            sums
        };
        let parts: Vec<Vec<f64>> =
            values.par_chunks(block).zip(shells.at.par_chunks(block)).map(sums).collect();
        let mut total = vec![0.0; shells.populated.len()];
        for part in parts {
            total.iter_mut().zip(part).for_each(|(total, part)| *total += part);
        }
        total
    }

    fn shells(&self) -> &Shells {
        self.shells.get_or_init(|| {
            let of = |place: usize| self.shell(place).map_or(MIRRORED, |shell| shell as u32);
            let at: Vec<u32> =
                (0..self.places()).into_par_iter().with_min_len(reduce::BLOCK).map(of).collect();
            let highest = at.iter().copied().filter(|&shell| shell != MIRRORED).max().unwrap_or(0);
            let mut populated = vec![false; highest as usize + 1];
            at.iter().filter(|&&shell| shell != MIRRORED).for_each(|&shell| populated[shell as usize] = true);
            Shells { at, populated }
        })
    }
}

fn real(out: &mut Amplitudes, len: usize) -> &mut [f64] {
    if !matches!(out, Amplitudes::Real(b) if b.len() == len) {
        *out = Amplitudes::Real(vec![0.0; len]);
    }
    match out {
        Amplitudes::Real(b) => b,
        Amplitudes::Complex(_) => &mut [],
    }
}

fn complex(out: &mut Amplitudes, len: usize) -> &mut [Complex64] {
    if !matches!(out, Amplitudes::Complex(c) if c.len() == len) {
        *out = Amplitudes::Complex(vec![Complex64::default(); len]);
    }
    match out {
        Amplitudes::Complex(c) => c,
        Amplitudes::Real(_) => &mut [],
    }
}

fn shell_of(k: &[i32; 3]) -> usize {
    k.iter().map(|&k| f64::from(k).powi(2)).sum::<f64>().sqrt().round() as usize
}

#[cfg(test)]
mod tests;
