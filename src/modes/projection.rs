//! The amplitudes of a few modes, without a whole transform.
//!
//! Modes are products over the axes, so that the field is contracted along one axis after the other
//! with the weights of the wave numbers that occur. For M of them along axis 0 of a grid with N nodes
//! the first contraction takes 2MN flops, and what is left is smaller by M/n: for a handful of modes
//! less than a Fourier transform, and one pass over memory, in which the error u − u_ref is formed and
//! its size taken too. The bits do not depend on the number of threads: blocks are fixed and summed in
//! index order.

use std::collections::BTreeSet;

use modewise_problems::reduce;
use multiversion::multiversion;
use num_complex::Complex64;
use rayon::prelude::*;

use super::axis::{Axis, Parts};

/// Columns a tile: a few rows of them and their sums stay in cache.
const TILE: usize = 512;
/// Rows taken at once.
const ROWS: usize = 4;
/// Blocks for the threads, at least where there are as many rows.
const BLOCKS: usize = 64;

/// Contracts errors to the amplitudes of chosen modes.
#[derive(Debug, Clone)]
pub(super) struct Projection {
    /// Nodes per axis.
    shape: Vec<usize>,
    /// Per axis, one row of weights after the other.
    weights: Vec<Vec<f64>>,
    /// Rows of weights per axis.
    counts: Vec<usize>,
    /// Per mode and axis the rows of weights and their coefficients.
    modes: Vec<Vec<Parts>>,
    parts: Vec<f64>,
    sums: [Vec<f64>; 2],
}

impl Projection {
    /// Of fields with `shape` nodes on the modes with these indices along each axis.
    pub fn new(axes: &[Axis], shape: &[usize], modes: &[Vec<usize>]) -> Self {
        let (mut weights, mut counts) = (Vec::new(), Vec::new());
        let mut by_mode = vec![Vec::with_capacity(axes.len()); modes.len()];
        for (number, axis) in axes.iter().enumerate() {
            let parts: Vec<Parts> = modes.iter().map(|mode| axis.parts(mode[number])).collect();
            let functions: BTreeSet<usize> =
                parts.iter().flat_map(|(parts, count)| &parts[..*count]).map(|part| part.0).collect();
            let functions: Vec<usize> = functions.into_iter().collect();
            for (mode, (mut parts, count)) in by_mode.iter_mut().zip(parts) {
                for part in &mut parts[..count] {
                    part.0 = functions.partition_point(|function| *function < part.0);
                }
                mode.push((parts, count));
            }
            weights.push(functions.iter().flat_map(|&function| axis.weights(function)).collect());
            counts.push(functions.len());
        }
        let shape = shape.to_vec();
        Self { shape, weights, counts, modes: by_mode, parts: Vec::new(), sums: [Vec::new(), Vec::new()] }
    }

    /// Flops of [`Projection::project`].
    pub fn flops(&self) -> f64 {
        let mut size: f64 = self.shape.iter().product::<usize>() as f64;
        let mut flops = size;
        for (&n, &count) in self.shape.iter().zip(&self.counts) {
            flops += 2.0 * count as f64 * size;
            size *= count as f64 / n as f64;
        }
        flops
    }

    /// The amplitudes of u − v, into `out`, one a mode; returns ‖u − v‖∞, not-a-number if any value is.
    pub fn project(&mut self, u: &[f64], v: &[f64], out: &mut [Complex64]) -> f64 {
        let size = self.first_axis(u, v);
        let [sums, next] = &mut self.sums;
        let mut planes = self.counts[0];
        for axis in 1..self.shape.len() {
            let (rows, count) = (self.shape[axis], self.counts[axis]);
            let columns = sums.len() / (planes * rows);
            next.clear();
            next.resize(planes * count * columns, 0.0);
            let jobs = next.par_chunks_mut(count * columns).zip(sums.par_chunks(rows * columns));
            let weights = &self.weights[axis];
            jobs.for_each(|(out, plane)| {
                for (row, values) in plane.chunks_exact(columns).enumerate() {
                    for (k, sums) in out.chunks_exact_mut(columns).enumerate() {
                        let weight = weights[k * rows + row];
                        sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += weight * value);
                    }
                }
            });
            std::mem::swap(sums, next);
            planes *= count;
        }
        for (mode, out) in self.modes.iter().zip(out) {
            *out = combine(mode, &self.counts, &|place| self.sums[0][place]);
        }
        size
    }

    /// Contracts u − v along axis 0 into `sums[0]`.
    fn first_axis(&mut self, u: &[f64], v: &[f64]) -> f64 {
        let (rows, count) = (self.shape[0], self.counts[0]);
        let columns = u.len() / rows;
        let tiles = columns.div_ceil(TILE);
        let bands = BLOCKS.div_ceil(tiles).min(rows.div_ceil(4 * ROWS));
        let height = rows.div_ceil(bands).next_multiple_of(ROWS);
        let bands = rows.div_ceil(height);
        self.parts.resize(tiles * bands * count * TILE, 0.0);
        let weights = &self.weights[0];
        let block = |errors: &mut Vec<f64>, (number, sums): (usize, &mut [f64])| {
            let (tile, band) = (number / bands, number % bands);
            let left = tile * TILE;
            let width = TILE.min(columns - left);
            let (mut size, mut bad) = (0.0, 0.0);
            sums.fill(0.0);
            errors.resize(ROWS * TILE, 0.0);
            let mut taken = [0.0; ROWS];
            for first in (band * height..rows.min((band + 1) * height)).step_by(ROWS) {
                let present = ROWS.min(rows - first);
                for (row, errors) in errors.chunks_exact_mut(TILE).enumerate() {
                    let start = (first + row) * columns + left;
                    if row < present {
                        subtract(
                            &u[start..start + width],
                            &v[start..start + width],
                            errors,
                            &mut size,
                            &mut bad,
                        );
                    } else {
                        errors.fill(0.0);
                    }
                }
                for (k, sums) in sums.chunks_exact_mut(TILE).enumerate() {
                    taken[..present].copy_from_slice(&weights[k * rows + first..][..present]);
                    add_rows(taken, errors, &mut sums[..width]);
                }
            }
            if bad == 0.0 { size } else { f64::NAN }
        };
        let sizes: Vec<f64> =
            self.parts.par_chunks_mut(count * TILE).enumerate().map_init(Vec::new, block).collect();
        let sums = &mut self.sums[0];
        sums.clear();
        sums.resize(count * columns, 0.0);
        for (number, part) in self.parts.chunks_exact(count * TILE).enumerate() {
            let left = number / bands * TILE;
            let width = TILE.min(columns - left);
            for (sums, part) in sums.chunks_exact_mut(columns).zip(part.chunks_exact(TILE)) {
                sums[left..left + width].iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
            }
        }
        sizes.into_iter().fold(0.0, reduce::max_or_nan)
    }
}

/// A mode's amplitude from those of the real functions, which `at` finds by place.
pub(super) fn combine(parts: &[Parts], counts: &[usize], at: &impl Fn(usize) -> f64) -> Complex64 {
    fn along(parts: &[Parts], counts: &[usize], place: usize, at: &impl Fn(usize) -> f64) -> Complex64 {
        let ([(parts, count), rest @ ..], [n, counts @ ..]) = (parts, counts) else {
            return at(place).into();
        };
        parts[..*count].iter().map(|(row, c)| c * along(rest, counts, place * n + row, at)).sum()
    }
    along(parts, counts, 0, at)
}

/// e ← u − v; `size` takes the largest modulus and `bad` becomes not-a-number if a value is not finite.
#[multiversion(targets = "simd")]
fn subtract(u: &[f64], v: &[f64], e: &mut [f64], size: &mut f64, bad: &mut f64) {
    let e = &mut e[..u.len()];
    for ((e, u), v) in e.iter_mut().zip(u).zip(v) {
        *e = u - v;
    }
    let (lanes, rest) = e.as_chunks::<8>();
    let (mut largest, mut zeros) = ([0.0f64; 8], [0.0f64; 8]);
    for e in lanes {
        for lane in 0..8 {
            let x = e[lane].abs();
            zeros[lane] += x * 0.0;
            largest[lane] = if x > largest[lane] { x } else { largest[lane] };
        }
    }
    *size = largest.into_iter().chain(rest.iter().map(|x| x.abs())).fold(*size, f64::max);
    *bad += zeros.into_iter().chain(rest.iter().map(|x| x * 0.0)).sum::<f64>();
}

/// sums ← sums + Σ weight × row.
#[multiversion(targets = "simd")]
fn add_rows(weights: [f64; ROWS], rows: &[f64], sums: &mut [f64]) {
    let n = sums.len();
    let [w0, w1, w2, w3] = weights;
    let (a, b) = (&rows[..n], &rows[TILE..TILE + n]);
    let (c, d) = (&rows[2 * TILE..2 * TILE + n], &rows[3 * TILE..3 * TILE + n]);
    for j in 0..n {
        sums[j] += (w0 * a[j] + w1 * b[j]) + (w2 * c[j] + w3 * d[j]);
    }
}
