//! The modes along one axis: which wave numbers there are, and each mode as a combination of real
//! functions with the weights that measure them.

use std::f64::consts::PI;

use modewise_problems::{Condition, transform::Basis};
use num_complex::Complex64;

/// What the modes along an axis are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Those that the conditions on its sides ask for.
    Sides(Basis),
    /// e^{2πikj/N} over all N nodes, whatever the sides.
    Nodes,
    /// Eigenvectors of a whole system, numbered from 1 by their eigenvalues: the axis has no nodes.
    Ranks,
}

/// One axis of a spectrum.
#[derive(Debug, Clone)]
pub(super) struct Axis {
    kind: Kind,
    cells: usize,
    numbers: Vec<i32>,
}

/// A mode along an axis: Σ coefficient × amplitude of a real function.
pub(super) type Parts = ([(usize, Complex64); 2], usize);

impl Axis {
    /// Of `cells` cells with this basis. Wave numbers count half-waves, rounded up, or whole waves on a
    /// periodic axis, where they have a sign.
    pub fn of(basis: Basis, cells: usize) -> Self {
        let count = basis.unknowns(cells).len();
        let numbers = match basis {
            Basis::Fourier => signed(count),
            _ => (0..count).map(|index| basis.half_waves(cells, index).ceil() as i32).collect(),
        };
        Self { kind: Kind::Sides(basis), cells, numbers }
    }

    /// Of `cells` cells under the Fourier transform of all nodes.
    pub fn nodes(cells: usize) -> Self {
        Self { kind: Kind::Nodes, cells, numbers: signed(cells + 1) }
    }

    /// Of the `count` eigenvectors of a system.
    pub fn ranks(count: usize) -> Self {
        Self { kind: Kind::Ranks, cells: count, numbers: (1..=count as i32).collect() }
    }

    /// `dst`, `dct`, `dft`, `eigen`, or `quarter` for the quarter waves between unlike sides.
    pub fn name(&self) -> &'static str {
        match self.kind {
            Kind::Sides(Basis::Sine) => "dst",
            Kind::Sides(Basis::Cosine) => "dct",
            Kind::Sides(Basis::QuarterSine | Basis::QuarterCosine) => "quarter",
            Kind::Sides(Basis::Fourier) | Kind::Nodes => "dft",
            Kind::Ranks => "eigen",
        }
    }

    /// The wave number at every index.
    pub fn numbers(&self) -> &[i32] {
        &self.numbers
    }

    /// The index of wave number `k`.
    pub fn index(&self, k: i64) -> Option<usize> {
        let first = i64::from(self.numbers[0]);
        let index =
            if self.is_complex() { k.rem_euclid(self.numbers.len() as i64) } else { k.checked_sub(first)? };
        let index = usize::try_from(index).ok()?;
        (i64::from(*self.numbers.get(index)?) == k).then_some(index)
    }

    /// The eigenvalue of −u₋ + 2u − u₊ for the mode at `index`, if it is an eigenvector with these conditions
    /// on the sides.
    pub fn eigenvalue(&self, index: usize, sides: [Condition; 2]) -> Option<f64> {
        match self.kind {
            Kind::Sides(basis) if basis == Basis::of(sides) => {
                // Waves e^{±ik} share the eigenvalue of the cosine.
                let (parts, _) = self.parts(index);
                Some(basis.eigenvalue(self.cells, parts[0].0))
            }
            _ => None,
        }
    }

    /// Whether amplitudes have a phase, so that k and −k of a real field say the same.
    pub fn is_complex(&self) -> bool {
        matches!(self.kind, Kind::Sides(Basis::Fourier) | Kind::Nodes)
    }

    /// The sign that tells k from −k: none for 0, and none for N/2.
    pub fn sign(&self, k: i32) -> i32 {
        let own_negative = 2 * i64::from(k) == self.numbers.len() as i64;
        if own_negative || !self.is_complex() { 0 } else { k.signum() }
    }

    /// How many wave numbers are their own negatives.
    pub fn own_negatives(&self) -> usize {
        self.numbers.iter().filter(|&&k| self.sign(k) == 0).count()
    }

    /// The mode at `index` by real functions: itself, or c = (a ∓ ib)/2 of a cosine a and a sine b.
    pub fn parts(&self, index: usize) -> Parts {
        let k = self.numbers[index];
        let one = Complex64::from(1.0);
        let size = k.unsigned_abs() as usize;
        let turn = Complex64::new(0.0, -0.5 * f64::from(k.signum()));
        match self.kind {
            Kind::Sides(Basis::Fourier) if self.sign(k) == 0 => ([(size, one); 2], 1),
            Kind::Sides(Basis::Fourier) => ([(size, 0.5 * one), (self.cells - size, turn)], 2),
            Kind::Sides(_) | Kind::Ranks => ([(index, one); 2], 1),
            Kind::Nodes => ([(2 * size, 0.5 * one), (2 * size + 1, turn)], 2),
        }
    }

    /// The weights of all nodes in the amplitude of real function `function`: amplitude = Σ_j w_j u_j.
    pub fn weights(&self, function: usize) -> Vec<f64> {
        let n = self.cells;
        match self.kind {
            Kind::Ranks => Vec::new(),
            Kind::Nodes => (0..=n)
                .map(|j| {
                    let (k, nodes) = (function / 2, n + 1);
                    let phase = 2.0 * PI * ((k * j) % nodes) as f64 / nodes as f64;
                    2.0 / nodes as f64 * if function.is_multiple_of(2) { phase.cos() } else { phase.sin() }
                })
                .collect(),
            Kind::Sides(basis) => {
                let unknowns = basis.unknowns(n);
                let trapezoid = |j: usize| match basis {
                    _ if !unknowns.contains(&j) => 0.0,
                    Basis::Fourier => 1.0,
                    // An unknown at an end lies on a Neumann side.
                    _ => {
                        if j == 0 || j == n {
                            0.5
                        } else {
                            1.0
                        }
                    }
                };
                let quarters = (2.0 * basis.half_waves(n, function)) as usize;
                let sine = match basis {
                    Basis::Sine | Basis::QuarterSine => true,
                    Basis::Cosine | Basis::QuarterCosine => false,
                    Basis::Fourier => 2 * function > n,
                };
                // Whole turns are taken off while the phase is a whole number.
                let value = |j: usize| {
                    let phase = PI * ((quarters * j) % (4 * n)) as f64 / (2 * n) as f64;
                    if sine { phase.sin() } else { phase.cos() }
                };
                // The functions are orthogonal under the trapezoidal rule.
                let square: f64 = (0..=n).map(|j| trapezoid(j) * value(j).powi(2)).sum();
                (0..=n).map(|j| trapezoid(j) * value(j) / square).collect()
            }
        }
    }
}

/// 0, 1, …, N/2, −(N/2 − 1) …, −1: the order of a Fourier transform.
fn signed(n: usize) -> Vec<i32> {
    (0..n as i32).map(|j| if 2 * j <= n as i32 { j } else { j - n as i32 }).collect()
}
