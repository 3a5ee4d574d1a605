//! The transforms against their definitions, their inverses and the difference operator.

use std::f64::consts::PI;

use num_complex::Complex64;

use super::*;
use crate::{Condition, Field, Grid};
use Condition::{Dirichlet as D, Neumann as N, Periodic as P};

fn noise(len: usize) -> Vec<f64> {
    (0..len).map(|i| ((i * i * 7919 + 13 * i) % 1000) as f64 / 500.0 - 1.0).collect()
}

fn indices(mut index: usize, shape: &[usize]) -> Vec<usize> {
    let mut out = vec![0; shape.len()];
    for (i, m) in out.iter_mut().zip(shape).rev() {
        *i = index % m;
        index /= m;
    }
    out
}

fn farthest(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

fn boxes() -> Vec<(Vec<usize>, Vec<[Condition; 2]>)> {
    let every = [[D, D], [N, N], [D, N], [N, D], [P, P]];
    let mut boxes = Vec::new();
    for sides in every {
        boxes.extend([2, 3, 8, 9, 10].map(|n| (vec![n], vec![sides])));
        boxes.extend(every.map(|other| (vec![6, 5], vec![sides, other])));
    }
    boxes.push((vec![4, 3, 6], vec![[D, N], [P, P], [N, N]]));
    boxes.push((vec![3, 5, 4], vec![[P, P], [D, D], [N, D]]));
    boxes
}

/// Every basis: amplitudes of noise, put into Σ a_k ∏ φ_k(t) as it stands, give the noise again, and so
/// does the inverse. A transform that comes back could still be in another basis; a sum over the
/// functions' values cannot.
#[test]
fn amplitudes_are_those_of_the_functions_of_the_basis() {
    for (cells, sides) in boxes() {
        let grid = Grid::new(&vec![[0.0, 1.0]; cells.len()], &cells).unwrap();
        let modal = Modal::new(&grid, &sides);
        let values = noise(grid.nodes());
        let mut amplitudes = vec![0.0; modal.len()];
        modal.forward(&values, &mut amplitudes);
        let mut back = vec![f64::NAN; grid.nodes()];
        modal.inverse(&amplitudes, &mut back);
        let mut in_place = values.clone();
        modal.forward_along(0..cells.len(), &mut in_place);
        modal.inverse_along(0..cells.len(), &mut in_place);
        let shape = modal.shape();
        for node in 0..grid.nodes() {
            let at = grid.indices(node);
            let is_unknown = (0..at.len()).all(|i| modal.basis(i).unknowns(cells[i]).contains(&at[i]));
            assert_eq!(back[node].is_nan(), !is_unknown, "{cells:?} {sides:?}: node {at:?}");
            if !is_unknown {
                assert_eq!(in_place[node], values[node]);
                continue;
            }
            let sum: f64 = amplitudes
                .iter()
                .enumerate()
                .map(|(index, amplitude)| {
                    let k = indices(index, &shape);
                    let t = |i: usize| at[i] as f64 / cells[i] as f64;
                    let product: f64 =
                        (0..k.len()).map(|i| modal.basis(i).value(cells[i], k[i], t(i))).product();
                    amplitude * product
                })
                .sum();
            assert!((sum - values[node]).abs() < 1e-13, "{cells:?} {sides:?}: {sum} {}", values[node]);
            assert!((back[node] - values[node]).abs() < 1e-14 * 8.0);
            assert!((in_place[node] - values[node]).abs() < 1e-14 * 8.0);
        }
    }
}

/// −φ₋ + 2φ − φ₊ = λφ at unknowns, with φ mirrored at Neumann sides and wrapped on periodic ones.
#[test]
fn functions_are_eigenvectors_of_second_differences() {
    for sides in [[D, D], [N, N], [D, N], [N, D], [P, P]] {
        for n in [2, 7, 12] {
            let basis = Basis::of(sides);
            for index in 0..basis.unknowns(n).len() {
                // Beyond the sides the functions go on as the ghost nodes ask.
                let value = |j: f64| basis.value(n, index, j / n as f64);
                let lambda = basis.eigenvalue(n, index);
                for j in basis.unknowns(n) {
                    let j = j as f64;
                    let second = 2.0 * value(j) - value(j - 1.0) - value(j + 1.0);
                    assert!((second - lambda * value(j)).abs() < 1e-13, "{sides:?} n = {n}, index {index}");
                }
            }
        }
    }
}

/// The library of the definitions: 2/n Σ sin for sines, 2/n Σ'' cos for cosines (halved at both ends).
#[test]
fn sines_and_cosines_agree_with_their_sums() {
    let n = 11;
    let grid = Grid::new(&[[0.0, 1.0]], &[n]).unwrap();
    let values = noise(n + 1);
    let (sine, cosine) = (Sine::new(&grid), Cosine::new(&grid));
    let (mut b, mut a) = (vec![0.0; sine.len()], vec![0.0; cosine.len()]);
    sine.forward(&values, &mut b);
    cosine.forward(&values, &mut a);
    let half = |k: usize| if k == 0 || k == n { 0.5 } else { 1.0 };
    for k in 0..=n {
        let phase = |j: usize| (k * j) as f64 * PI / n as f64;
        let cosines: f64 = (0..=n).map(|j| half(j) * values[j] * phase(j).cos()).sum();
        assert!((a[k] - 2.0 / n as f64 * half(k) * cosines).abs() < 1e-14);
        if (1..n).contains(&k) {
            let sines: f64 = (1..n).map(|j| values[j] * phase(j).sin()).sum();
            assert!((b[k - 1] - 2.0 / n as f64 * sines).abs() < 1e-14);
        }
    }
}

#[test]
fn fourier_agrees_with_its_definition() {
    for cells in [vec![10], vec![6, 9], vec![3, 4, 2]] {
        let grid = Grid::new(&vec![[0.0, 1.0]; cells.len()], &cells).unwrap();
        let values = noise(grid.nodes());
        let fourier = Fourier::new(&grid);
        let mut c = vec![Complex64::default(); values.len()];
        fourier.forward(&values, &mut c);
        for (index, amplitude) in c.iter().enumerate() {
            let k = indices(index, fourier.shape());
            let sum: Complex64 = (0..grid.nodes())
                .map(|node| {
                    let j = grid.indices(node);
                    let phase: f64 = (0..k.len())
                        .map(|i| 2.0 * PI * (k[i] * j[i]) as f64 / fourier.shape()[i] as f64)
                        .sum();
                    Complex64::from_polar(values[node], -phase)
                })
                .sum();
            assert!((amplitude - sum / values.len() as f64).norm() < 1e-14);
        }
    }
    let grid = Grid::new(&[[0.0, 1.0]], &[4]).unwrap();
    let fourier = Fourier::new(&grid);
    assert_eq!((0..5).map(|j| fourier.wave_number(0, j)).collect::<Vec<_>>(), [0, 1, 2, -2, -1]);
}

/// Large enough for several threads: a single mode comes out alone, to rounding, with the same bits on
/// any number of them.
#[test]
fn large_transforms_on_several_threads_agree_with_small_steps() {
    for (cells, sides, k) in [
        (vec![256, 200], vec![[D, D], [D, D]], vec![2, 6]),
        (vec![130, 251], vec![[P, P], [N, D]], vec![126, 9]),
        (vec![24, 33, 40], vec![[N, N], [D, N], [P, P]], vec![5, 0, 39]),
    ] {
        let grid = Grid::new(&vec![[0.0, 1.0]; cells.len()], &cells).unwrap();
        let modal = Modal::new(&grid, &sides);
        let field = Field::from_batch(&grid, |points, out| {
            points.evaluate(out, |x| {
                (0..x.len()).map(|i| modal.basis(i).value(cells[i], k[i], x[i])).product()
            });
        });
        let spectra = [1, 2, 3].map(|threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let mut amplitudes = vec![0.0; modal.len()];
            pool.install(|| modal.forward(field.values(), &mut amplitudes));
            amplitudes
        });
        assert!(spectra[0] == spectra[1] && spectra[0] == spectra[2]);
        let place = k.iter().zip(modal.shape()).fold(0, |place, (k, m)| place * m + k);
        let mut expected = vec![0.0; modal.len()];
        expected[place] = 1.0;
        assert!(farthest(&spectra[0], &expected) < 1e-14);
    }
}

/// Noise, forth and back, loses a few units in the last place only, at any length.
#[test]
fn long_rows_keep_their_digits() {
    for sides in [[D, D], [N, N], [D, N], [N, D], [P, P]] {
        for n in [4096, 5000, 4099] {
            let grid = Grid::new(&[[0.0, 1.0]], &[n]).unwrap();
            let modal = Modal::new(&grid, &[sides]);
            let values = noise(n + 1);
            let mut back = values.clone();
            modal.forward_along(0..1, &mut back);
            modal.inverse_along(0..1, &mut back);
            assert!(farthest(&values, &back) < 2e-15 * 2.0, "{sides:?} {n}: {}", farthest(&values, &back));
        }
    }
}
