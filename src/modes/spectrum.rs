//! A field's amplitudes by mode: the sine transform of the interior or the Fourier transform of all
//! nodes, behind one list of modes.

use modewise_problems::{
    Field, Grid,
    transform::{Fourier, Sine},
};
use num_complex::Complex64;

use crate::store::schema::ModeName;

/// Which transform splits the error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransformKind {
    /// DST-I over the interior: the eigenmodes of the Dirichlet Laplacian.
    Sine,
    /// DFT over all nodes, as in the papers.
    Fourier,
}

impl TransformKind {
    /// `dst` or `dft`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sine => "dst",
            Self::Fourier => "dft",
        }
    }
}

enum Plan {
    Sine(Sine, Vec<f64>),
    Fourier(Fourier, Vec<Complex64>),
}

/// The modes of a grid and the plan to compute them, with its buffers.
pub struct Spectrum {
    plan: Plan,
    /// Where each mode stands in the transform's output.
    places: Vec<usize>,
    names: Vec<ModeName>,
    /// round(|k|) of each mode, for shells.
    shells: Vec<usize>,
    flops: f64,
}

impl Spectrum {
    /// All modes of `grid` under `kind`: DST from k = 1; of the DFT of a real field the half-space
    /// of wave vectors whose first nonzero component is positive, and k = 0.
    pub fn new(grid: &Grid, kind: TransformKind) -> Self {
        let (plan, shape) = match kind {
            TransformKind::Sine => {
                let sine = Sine::new(grid);
                let buffer = vec![0.0; sine.len()];
                (Plan::Sine(sine, buffer), grid.interior_shape())
            }
            TransformKind::Fourier => {
                let fourier = Fourier::new(grid);
                let buffer = vec![Complex64::default(); grid.nodes()];
                (Plan::Fourier(fourier, buffer), grid.shape())
            }
        };
        let total: usize = shape.iter().product();
        let mut modes: Vec<(usize, ModeName)> = (0..total)
            .map(|place| (place, wave_vector(&plan, place, &shape)))
            .filter(|(_, k)| k.iter().find(|&&k| k != 0).is_none_or(|&k| k > 0))
            .map(|(place, k)| (place, ModeName::Single(k)))
            .collect();
        modes.sort_by(|a, b| a.1.magnitude().total_cmp(&b.1.magnitude()).then_with(|| a.1.cmp(&b.1)));
        let shells = modes.iter().map(|(_, name)| name.magnitude().round() as usize).collect();
        let (places, names) = modes.into_iter().unzip();
        // The usual count for a complex FFT, 5 N log₂ N; a sine transform works on twice the length.
        let length = match kind {
            TransformKind::Sine => 2.0 * total as f64,
            TransformKind::Fourier => total as f64,
        };
        Self { plan, places, names, shells, flops: 5.0 * length * length.log2() }
    }

    /// Mode names, lowest |k| first.
    pub fn names(&self) -> &[ModeName] {
        &self.names
    }

    /// round(|k|) of each mode.
    pub fn shells(&self) -> &[usize] {
        &self.shells
    }

    /// Flops of one transform.
    pub fn flops(&self) -> f64 {
        self.flops
    }

    /// The amplitude of every mode of a field on the grid, in the order of [`Spectrum::names`].
    pub fn amplitudes(&mut self, nodal: &[f64], out: &mut [Complex64]) {
        match &mut self.plan {
            Plan::Sine(sine, buffer) => {
                sine.forward(nodal, buffer);
                for (value, &place) in out.iter_mut().zip(&self.places) {
                    *value = buffer[place].into();
                }
            }
            Plan::Fourier(fourier, buffer) => {
                fourier.forward(nodal, buffer);
                for (value, &place) in out.iter_mut().zip(&self.places) {
                    *value = buffer[place];
                }
            }
        }
    }

    /// The amplitudes of a field, in a vector of their own.
    pub fn of(&mut self, field: &Field) -> Vec<Complex64> {
        let mut out = vec![Complex64::default(); self.names.len()];
        self.amplitudes(field.values(), &mut out);
        out
    }
}

fn wave_vector(plan: &Plan, mut place: usize, shape: &[usize]) -> Vec<i64> {
    let mut k = vec![0; shape.len()];
    for axis in (0..shape.len()).rev() {
        let index = place % shape[axis];
        place /= shape[axis];
        k[axis] = match plan {
            Plan::Sine(..) => index as i64 + 1,
            Plan::Fourier(fourier, _) => fourier.wave_number(axis, index),
        };
    }
    k
}

#[cfg(test)]
mod tests {
    use std::f64::consts::PI;

    use super::*;

    fn names(cells: &[usize], kind: TransformKind) -> Vec<String> {
        let grid = Grid::new(&vec![[0.0, 1.0]; cells.len()], cells).unwrap();
        Spectrum::new(&grid, kind).names().iter().map(ModeName::to_string).collect()
    }

    #[test]
    fn lists_the_modes_of_each_transform_lowest_first() {
        assert_eq!(names(&[4], TransformKind::Sine), ["1", "2", "3"]);
        assert_eq!(names(&[4], TransformKind::Fourier), ["0", "1", "2"]);
        assert_eq!(names(&[3, 3], TransformKind::Sine), ["1:1", "1:2", "2:1", "2:2"]);
        // 3 × 3 nodes: nine wave vectors, 0 and one of each pair ±k.
        assert_eq!(names(&[2, 2], TransformKind::Fourier), ["0:0", "0:1", "1:0", "1:-1", "1:1"]);
    }

    #[test]
    fn finds_the_amplitude_of_a_mode() {
        let grid = Grid::new(&[[0.0, 1.0]; 2], &[16, 24]).unwrap();
        let field = Field::from_batch(&grid, |points, out| {
            points.evaluate(out, |x| -0.3 * (2.0 * PI * x[0]).sin() * (5.0 * PI * x[1]).sin());
        });
        let mut spectrum = Spectrum::new(&grid, TransformKind::Sine);
        let amplitudes = spectrum.of(&field);
        let at = spectrum.names().iter().position(|name| name.to_string() == "2:5").unwrap();
        assert!((amplitudes[at].re + 0.3).abs() < 1e-14);
        assert_eq!(spectrum.shells()[at], 5);
    }
}
