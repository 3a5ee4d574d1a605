//! A field's amplitudes by mode: the sine transform of the interior or the Fourier transform of all
//! nodes, in the transform's own order. A mode's *place* is where it stands in that order; its wave
//! vector and its name follow from the place, so that a million modes cost four bytes each.

use modewise_problems::{
    Field, Grid, reduce,
    transform::{Fourier, Sine},
};
use num_complex::Complex64;
use rayon::prelude::*;

use super::Amplitudes;
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
    Sine(Sine),
    Fourier(Fourier),
}

/// Marks the place of a wave vector whose negative is listed instead.
const MIRRORED: u32 = u32::MAX;

/// A block of places is one thread's work; there are at most this many, whatever the threads.
const MOST_BLOCKS: usize = 64;

/// The modes of a grid and the plan to compute them.
pub struct Spectrum {
    plan: Plan,
    /// The wave number at every index of every axis.
    wave_numbers: Vec<Vec<i32>>,
    /// round(|k|) of the mode at each place.
    shells: Vec<u32>,
    /// Which shells have a mode.
    populated: Vec<bool>,
    modes: usize,
    flops: f64,
}

impl Spectrum {
    /// All modes of `grid` under `kind`: DST from k = 1; of the DFT of a real field k = 0 and one of
    /// each pair ±k, that whose first component with a sign is positive. On an axis of N points the
    /// wave numbers 0 and N/2 have none, being their own negatives.
    pub fn new(grid: &Grid, kind: TransformKind) -> Self {
        let (plan, shape) = match kind {
            TransformKind::Sine => (Plan::Sine(Sine::new(grid)), grid.interior_shape()),
            TransformKind::Fourier => (Plan::Fourier(Fourier::new(grid)), grid.shape()),
        };
        let wave_number = |axis: usize, index: usize| match &plan {
            Plan::Sine(_) => index as i32 + 1,
            Plan::Fourier(fourier) => fourier.wave_number(axis, index) as i32,
        };
        let wave_numbers: Vec<Vec<i32>> = shape
            .iter()
            .enumerate()
            .map(|(axis, &m)| (0..m).map(|index| wave_number(axis, index)).collect())
            .collect();
        let shells = shells(&wave_numbers, kind);
        let (mut modes, mut populated) = (0, Vec::new());
        for shell in shells.iter().filter(|&&shell| shell != MIRRORED).map(|&shell| shell as usize) {
            modes += 1;
            if populated.len() <= shell {
                populated.resize(shell + 1, false);
            }
            populated[shell] = true;
        }
        // The usual count for a complex FFT, 5 N log₂ N; a sine transform works on twice the length.
        let length = match kind {
            TransformKind::Sine => 2.0 * shells.len() as f64,
            TransformKind::Fourier => shells.len() as f64,
        };
        Self { plan, wave_numbers, shells, populated, modes, flops: 5.0 * length * length.log2() }
    }

    /// Number of modes.
    pub fn modes(&self) -> usize {
        self.modes
    }

    /// Number of places; some of the DFT's hold the mirror of a mode.
    pub fn places(&self) -> usize {
        self.shells.len()
    }

    /// Number of axes.
    pub fn dimension(&self) -> usize {
        self.wave_numbers.len()
    }

    /// Flops of one transform.
    pub fn flops(&self) -> f64 {
        self.flops
    }

    /// round(|k|) of the mode at a place, or `None` for the mirror of a mode.
    pub fn shell(&self, place: usize) -> Option<usize> {
        let shell = self.shells[place];
        (shell != MIRRORED).then_some(shell as usize)
    }

    /// The places of all modes, ascending.
    pub fn all(&self) -> impl Iterator<Item = u32> {
        (0..).zip(&self.shells).filter(|&(_, &shell)| shell != MIRRORED).map(|(place, _)| place)
    }

    /// Whether any mode is in shell `s`.
    pub fn has_shell(&self, s: u64) -> bool {
        self.populated.get(s as usize).copied().unwrap_or(false)
    }

    /// One more than the highest shell.
    pub fn shell_count(&self) -> usize {
        self.populated.len()
    }

    /// The wave vector at a place, zeros after its last component.
    pub fn wave_vector(&self, mut place: usize) -> [i32; 3] {
        let mut k = [0; 3];
        for (axis, numbers) in self.wave_numbers.iter().enumerate().rev() {
            k[axis] = numbers[place % numbers.len()];
            place /= numbers.len();
        }
        k
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
        for (&k, axis) in k.iter().zip(&self.wave_numbers) {
            let index = match self.plan {
                Plan::Sine(_) => k.checked_sub(1)?,
                Plan::Fourier(_) => k.rem_euclid(axis.len() as i64),
            };
            let index = usize::try_from(index).ok()?;
            if axis.get(index).is_none_or(|&there| i64::from(there) != k) {
                return None;
            }
            place = place * axis.len() + index;
        }
        self.shell(place).map(|_| place)
    }

    /// The names of the modes of least and of greatest |k|.
    pub fn ends(&self) -> [ModeName; 2] {
        let end = |pick: fn(&[i32]) -> i32| {
            ModeName::Single(self.wave_numbers.iter().map(|axis| i64::from(pick(axis))).collect())
        };
        // The first wave number of an axis is its least in modulus, its greatest is positive.
        [end(|axis| axis[0]), end(|axis| axis.iter().copied().max().unwrap_or(0))]
    }

    /// Puts places in the order of their modes: lowest |k| first, then by k.
    pub fn sort(&self, places: &mut [u32]) {
        places.sort_by_cached_key(|&place| {
            let k = self.wave_vector(place as usize);
            (k.iter().map(|&k| i64::from(k).pow(2)).sum::<i64>(), k)
        });
    }

    /// The amplitude at every place of a field on the grid; `out` is made to fit.
    pub fn amplitudes(&self, nodal: &[f64], out: &mut Amplitudes) {
        match &self.plan {
            Plan::Sine(sine) => {
                if !matches!(out, Amplitudes::Real(b) if b.len() == sine.len()) {
                    *out = Amplitudes::Real(vec![0.0; sine.len()]);
                }
                if let Amplitudes::Real(b) = out {
                    sine.forward(nodal, b);
                }
            }
            Plan::Fourier(fourier) => {
                if !matches!(out, Amplitudes::Complex(c) if c.len() == nodal.len()) {
                    *out = Amplitudes::Complex(vec![Complex64::default(); nodal.len()]);
                }
                if let Amplitudes::Complex(c) = out {
                    fourier.forward(nodal, c);
                }
            }
        }
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
        let block = values.len().div_ceil(MOST_BLOCKS).max(reduce::BLOCK);
        let sums = |(values, shells): (&[T], &[u32])| {
            let mut sums = vec![0.0; self.populated.len()];
            for (&value, &shell) in values.iter().zip(shells) {
                // Mirrors have no shell.
                if let Some(sum) = sums.get_mut(shell as usize) {
                    *sum += square(value);
                }
            }
            sums
        };
        let parts: Vec<Vec<f64>> =
            values.par_chunks(block).zip(self.shells.par_chunks(block)).map(sums).collect();
        let mut total = vec![0.0; self.populated.len()];
        for part in parts {
            total.iter_mut().zip(part).for_each(|(total, part)| *total += part);
        }
        total
    }
}

/// round(|k|) at every place, row by row along the last axis.
fn shells(wave_numbers: &[Vec<i32>], kind: TransformKind) -> Vec<u32> {
    let Some((last, leading)) = wave_numbers.split_last() else { return Vec::new() };
    // The sign that tells k from −k: none for 0, and none for N/2 under the DFT.
    let sign = |axis: &[i32], k: i32| {
        let own_negative = kind == TransformKind::Fourier && 2 * i64::from(k) == axis.len() as i64;
        if own_negative { 0 } else { k.signum() }
    };
    let rows: usize = leading.iter().map(Vec::len).product();
    let mut shells = vec![MIRRORED; rows * last.len()];
    shells.par_chunks_mut(last.len()).enumerate().with_min_len(16).for_each(|(mut row, shells)| {
        let (mut square, mut row_sign) = (0.0, 0);
        for axis in leading.iter().rev() {
            let k = axis[row % axis.len()];
            row /= axis.len();
            square += f64::from(k).powi(2);
            let sign = sign(axis, k);
            row_sign = if sign == 0 { row_sign } else { sign };
        }
        for (shell, &k) in shells.iter_mut().zip(last) {
            let sign = if row_sign == 0 { sign(last, k) } else { row_sign };
            if sign >= 0 {
                *shell = (square + f64::from(k).powi(2)).sqrt().round() as u32;
            }
        }
    });
    shells
}

#[cfg(test)]
mod tests {
    use std::f64::consts::PI;

    use super::*;

    fn spectrum(cells: &[usize], kind: TransformKind) -> Spectrum {
        let grid = Grid::new(&vec![[0.0, 1.0]; cells.len()], cells).unwrap();
        Spectrum::new(&grid, kind)
    }

    fn modes(spectrum: &Spectrum) -> Vec<u32> {
        let mut places: Vec<u32> = spectrum.all().collect();
        spectrum.sort(&mut places);
        places
    }

    fn names(cells: &[usize], kind: TransformKind) -> Vec<String> {
        let spectrum = spectrum(cells, kind);
        modes(&spectrum).iter().map(|&place| spectrum.name(place as usize).to_string()).collect()
    }

    #[test]
    fn lists_the_modes_of_each_transform_lowest_first() {
        assert_eq!(names(&[4], TransformKind::Sine), ["1", "2", "3"]);
        assert_eq!(names(&[4], TransformKind::Fourier), ["0", "1", "2"]);
        assert_eq!(names(&[3, 3], TransformKind::Sine), ["1:1", "1:2", "2:1", "2:2"]);
        // 3 × 3 nodes: nine wave vectors, 0 and one of each pair ±k.
        assert_eq!(names(&[2, 2], TransformKind::Fourier), ["0:0", "0:1", "1:0", "1:-1", "1:1"]);
        // 4 × 3 nodes: 2 is its own negative along x, so that 2:1 and 2:-1 are one mode.
        assert_eq!(
            names(&[3, 2], TransformKind::Fourier),
            ["0:0", "0:1", "1:0", "1:-1", "1:1", "2:0", "2:1"]
        );
    }

    /// Every place is a mode or the conjugate of exactly one, places and names are inverse, and
    /// shells and order are those of |k|.
    #[test]
    fn modes_places_and_shells_agree() {
        for kind in [TransformKind::Sine, TransformKind::Fourier] {
            for cells in [vec![7], vec![8], vec![5, 6], vec![7, 7], vec![3, 4, 5], vec![5, 3, 3]] {
                let spectrum = spectrum(&cells, kind);
                let places = modes(&spectrum);
                assert_eq!(places.len(), spectrum.modes());
                let listed: Vec<ModeName> =
                    places.iter().map(|&place| spectrum.name(place as usize)).collect();
                let key = |name: &ModeName| (name.magnitude(), name.clone());
                assert!(listed.windows(2).all(|pair| key(&pair[0]) < key(&pair[1])));
                assert_eq!([&listed[0], &listed[listed.len() - 1]], spectrum.ends().each_ref());
                for (&place, name) in places.iter().zip(&listed) {
                    let ModeName::Single(k) = name else { panic!() };
                    assert_eq!(spectrum.place(k), Some(place as usize));
                    assert_eq!(spectrum.shell(place as usize), Some(name.magnitude().round() as usize));
                    assert!(spectrum.shell_count() > name.magnitude().round() as usize);
                }
                let nodes: Vec<i64> = cells.iter().map(|&n| n as i64 + 1).collect();
                for place in (0..spectrum.places()).filter(|_| kind == TransformKind::Fourier) {
                    let k = spectrum.wave_vector(place);
                    let same = |m: &[i64], sign: i64| {
                        m.iter().zip(k).zip(&nodes).all(|((m, k), n)| (m - sign * i64::from(k)) % n == 0)
                    };
                    let kin = |m: &&ModeName| match m {
                        ModeName::Single(m) => same(m, 1) || same(m, -1),
                        ModeName::Shell(_) => false,
                    };
                    assert_eq!(listed.iter().filter(kin).count(), 1, "{k:?} of {cells:?} cells");
                }
                for wrong in
                    [vec![], vec![0; cells.len() + 1], vec![i64::MIN; cells.len()], vec![99; cells.len()]]
                {
                    assert_eq!(spectrum.place(&wrong), None);
                }
            }
        }
    }

    #[test]
    fn finds_the_amplitude_of_a_mode() {
        let grid = Grid::new(&[[0.0, 1.0]; 2], &[16, 24]).unwrap();
        let field = Field::from_batch(&grid, |points, out| {
            points.evaluate(out, |x| -0.3 * (2.0 * PI * x[0]).sin() * (5.0 * PI * x[1]).sin());
        });
        let spectrum = Spectrum::new(&grid, TransformKind::Sine);
        let amplitudes = spectrum.of(&field);
        let at = spectrum.place(&[2, 5]).unwrap();
        assert!((amplitudes.at(at).re + 0.3).abs() < 1e-14);
        assert_eq!(spectrum.shell(at), Some(5));
    }

    /// Parseval: Σ b² over all shells is (4/n²) Σ u² for the DST in 2-D; blocks and threads do not
    /// change a bit.
    #[test]
    fn shells_hold_all_energy_and_are_the_same_on_any_number_of_threads() {
        let grid = Grid::new(&[[0.0, 1.0]; 2], &[200]).unwrap();
        let noise = |i: usize| ((i * i * 7919 + 13 * i) % 1000) as f64 / 500.0 - 1.0;
        let inner = |i: usize| grid.indices(i).iter().all(|&j| j > 0 && j < 200);
        let values = (0..grid.nodes()).map(|i| if inner(i) { noise(i) } else { 0.0 }).collect();
        let field = Field::from_values(&grid, values).unwrap();
        let spectrum = Spectrum::new(&grid, TransformKind::Sine);
        let shells = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| spectrum.shell_amplitudes(&spectrum.of(&field)))
        };
        let energy: f64 = shells(1).iter().map(|a| a * a).sum();
        let expected: f64 = field.values().iter().map(|u| u * u).sum::<f64>() * 4.0 / (200.0 * 200.0);
        assert!((energy - expected).abs() < 1e-12 * expected);
        assert_eq!(shells(1), shells(3));
    }
}
