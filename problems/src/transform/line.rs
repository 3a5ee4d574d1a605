//! One axis: the transform of two real rows by one complex Fourier transform of z = x + iy.
//!
//! A row is continued as its basis asks, to 2n values (n if it is periodic). The odd or even
//! continuation of a real row has an imaginary or real spectrum, so that the spectra of x and y come out
//! side by side and need not be told apart. Quarter waves have frequencies k + ½: values are turned by
//! e^{iπj/2n} first, which moves the spectrum by half a step (Swarztrauber 1977).

use std::{f64::consts::PI, sync::Arc};

use multiversion::multiversion;
use num_complex::Complex64;
use rustfft::{Fft, FftPlanner};

use super::Basis;

/// From values to amplitudes, or back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Forward,
    Inverse,
}

/// The planned transform of an axis.
#[derive(Clone)]
pub(super) struct Line {
    pub basis: Basis,
    cells: usize,
    plan: Arc<dyn Fft<f64>>,
    /// e^{iπj/2n}, j = 0 … n; quarter waves only.
    turns: Vec<Complex64>,
}

/// What one transform works in: z, then what the Fourier transform needs.
#[derive(Default)]
pub(super) struct Scratch(Vec<Complex64>);

impl Line {
    pub fn new(basis: Basis, cells: usize, planner: &mut FftPlanner<f64>) -> Self {
        let length = if basis == Basis::Fourier { cells } else { 2 * cells };
        let turns = match basis {
            Basis::QuarterSine | Basis::QuarterCosine => {
                (0..=cells).map(|j| Complex64::cis(PI * j as f64 / length as f64)).collect()
            }
            _ => Vec::new(),
        };
        Self { basis, cells, plan: planner.plan_fft_forward(length), turns }
    }

    pub fn unknowns(&self) -> std::ops::Range<usize> {
        self.basis.unknowns(self.cells)
    }

    /// Transforms the rows x and y of unknowns in place.
    pub fn transform(&self, direction: Direction, x: &mut [f64], y: &mut [f64], scratch: &mut Scratch) {
        use Direction::{Forward, Inverse};
        let (length, work) = (self.plan.len(), self.plan.get_inplace_scratch_len());
        if scratch.0.len() < length + work {
            scratch.0.resize(length + work, Complex64::default());
        }
        let (z, work) = scratch.0.split_at_mut(length);
        let work = &mut work[..self.plan.get_inplace_scratch_len()];
        let n = self.cells as f64;
        // Quarter cosines are quarter sines seen from the other end, with signs (−1)^k.
        let mirrored = self.basis == Basis::QuarterCosine;
        if mirrored {
            for row in [&mut *x, &mut *y] {
                if direction == Forward { row.reverse() } else { alternate(row) }
            }
        }
        match (self.basis, direction) {
            (Basis::Sine, _) => odd(x, y, z),
            (Basis::Cosine, Forward) => even(x, y, 1.0, z),
            (Basis::Cosine, Inverse) => even(x, y, 0.5, z),
            (Basis::QuarterSine | Basis::QuarterCosine, Forward) => turned(x, y, &self.turns, z),
            (Basis::QuarterSine | Basis::QuarterCosine, Inverse) => shifted_odd(x, y, z),
            (Basis::Fourier, Forward) => pair(x, y, z),
            (Basis::Fourier, Inverse) => hermitian(x, y, z),
        }
        self.plan.process_with_scratch(z, work);
        match (self.basis, direction) {
            (Basis::Sine, Forward) => sines(&z[1..], 1.0 / n, x, y),
            (Basis::Sine, Inverse) => sines(&z[1..], 0.5, x, y),
            (Basis::Cosine, Forward) => {
                parts(z, 1.0 / n, x, y);
                for row in [&mut *x, &mut *y] {
                    row[0] *= 0.5;
                    row[self.cells] *= 0.5;
                }
            }
            (Basis::Cosine | Basis::Fourier, Inverse) => parts(z, 1.0, x, y),
            (Basis::QuarterSine | Basis::QuarterCosine, Forward) => sines(&z[1..], 1.0 / n, x, y),
            (Basis::QuarterSine | Basis::QuarterCosine, Inverse) => {
                for (z, turn) in z.iter_mut().zip(&self.turns) {
                    *z *= turn;
                }
                sines(&z[1..], 0.5, x, y);
            }
            (Basis::Fourier, Forward) => waves(z, 1.0 / n, x, y),
        }
        if mirrored {
            for row in [x, y] {
                if direction == Forward { alternate(row) } else { row.reverse() }
            }
        }
    }

    /// Flops of one row: half a complex transform of length L, 5L log₂ L, and some six a value to
    /// continue and unpack it.
    pub fn flops(&self) -> f64 {
        let length = self.plan.len() as f64;
        2.5 * length * length.log2() + 6.0 * self.cells as f64
    }
}

fn alternate(row: &mut [f64]) {
    row.iter_mut().skip(1).step_by(2).for_each(|a| *a = -*a);
}

/// 0, z₁ … z_{n−1}, 0, −z_{n−1} … −z₁.
#[multiversion(targets = "simd")]
fn odd(x: &[f64], y: &[f64], z: &mut [Complex64]) {
    let n = z.len() / 2;
    let (low, high) = z.split_at_mut(n);
    low[0] = Complex64::default();
    high[0] = Complex64::default();
    for ((x, y), z) in x.iter().zip(y).zip(&mut low[1..]) {
        *z = Complex64::new(*x, *y);
    }
    for ((x, y), z) in x.iter().zip(y).rev().zip(&mut high[1..]) {
        *z = Complex64::new(-*x, -*y);
    }
}

/// z₀, wz₁ … wz_{n−1}, z_n, wz_{n−1} … wz₁.
#[multiversion(targets = "simd")]
fn even(x: &[f64], y: &[f64], w: f64, z: &mut [Complex64]) {
    let n = z.len() / 2;
    let (low, high) = z.split_at_mut(n);
    let (inner_x, inner_y) = (&x[1..n], &y[1..n]);
    low[0] = Complex64::new(x[0], y[0]);
    high[0] = Complex64::new(x[n], y[n]);
    for ((x, y), z) in inner_x.iter().zip(inner_y).zip(&mut low[1..]) {
        *z = Complex64::new(w * x, w * y);
    }
    for ((x, y), z) in inner_x.iter().zip(inner_y).rev().zip(&mut high[1..]) {
        *z = Complex64::new(w * x, w * y);
    }
}

/// z₁ … z_n and their mirror images at 2n − j, turned by e^{iπj/2n}; 0 at j = 0.
fn turned(x: &[f64], y: &[f64], turns: &[Complex64], z: &mut [Complex64]) {
    let length = z.len();
    z[0] = Complex64::default();
    for (j, ((x, y), turn)) in x.iter().zip(y).zip(&turns[1..]).enumerate() {
        let value = Complex64::new(*x, *y);
        // e^{iπ(2n − j)/2n} = −e^{−iπj/2n}; at j = n both are the same entry.
        z[length - 1 - j] = -value * turn.conj();
        z[j + 1] = value * turn;
    }
}

/// a at k = 1 … n and −a at 1 − k, modulo 2n: odd about k = ½.
fn shifted_odd(x: &[f64], y: &[f64], z: &mut [Complex64]) {
    let length = z.len();
    for (i, (x, y)) in x.iter().zip(y).enumerate() {
        let value = Complex64::new(*x, *y);
        z[i + 1] = value;
        z[(length - i) % length] = -value;
    }
}

fn pair(x: &[f64], y: &[f64], z: &mut [Complex64]) {
    for ((x, y), z) in x.iter().zip(y).zip(z) {
        *z = Complex64::new(*x, *y);
    }
}

/// From cosine amplitudes c at k and sine amplitudes s at n − k: (c + is)/2 at k, its conjugate at n − k.
fn hermitian(x: &[f64], y: &[f64], z: &mut [Complex64]) {
    let n = z.len();
    z[0] = Complex64::new(x[0], y[0]);
    for k in 1..n.div_ceil(2) {
        let (cx, sx, cy, sy) = (x[k], x[n - k], y[k], y[n - k]);
        z[k] = 0.5 * Complex64::new(cx - sy, sx + cy);
        z[n - k] = 0.5 * Complex64::new(cx + sy, cy - sx);
    }
    if n.is_multiple_of(2) {
        z[n / 2] = Complex64::new(x[n / 2], y[n / 2]);
    }
}

/// The transform of an odd continuation of x + iy is 2(S_y − iS_x), S the sums with sines.
#[multiversion(targets = "simd")]
fn sines(z: &[Complex64], scale: f64, x: &mut [f64], y: &mut [f64]) {
    for ((z, x), y) in z.iter().zip(x).zip(y) {
        *x = -scale * z.im;
        *y = scale * z.re;
    }
}

#[multiversion(targets = "simd")]
fn parts(z: &[Complex64], scale: f64, x: &mut [f64], y: &mut [f64]) {
    for ((z, x), y) in z.iter().zip(x).zip(y) {
        *x = scale * z.re;
        *y = scale * z.im;
    }
}

/// The amplitudes of cosines at k and of sines at n − k, from the spectrum of x + iy.
fn waves(z: &[Complex64], scale: f64, x: &mut [f64], y: &mut [f64]) {
    let n = z.len();
    (x[0], y[0]) = (scale * z[0].re, scale * z[0].im);
    for k in 1..n.div_ceil(2) {
        let (p, q) = (z[k], z[n - k]);
        (x[k], x[n - k]) = (scale * (p.re + q.re), scale * (q.im - p.im));
        (y[k], y[n - k]) = (scale * (p.im + q.im), scale * (p.re - q.re));
    }
    if n.is_multiple_of(2) {
        (x[n / 2], y[n / 2]) = (scale * z[n / 2].re, scale * z[n / 2].im);
    }
}
