//! White noise on a box: every mode at the same amplitude, signs and phases from a seed.

use modewise_problems::{
    Discrete, Field,
    transform::{Basis, Modal},
};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

/// The field whose modes under `modal` all have this amplitude. Along periodic axes the modes are waves
/// A e^{i(k·θ + φ)} and their conjugates, φ one of four right angles; k and −k of several periodic axes are
/// different waves for every choice of signs but one and its opposite.
pub(super) fn white(discrete: &Discrete, modal: &Modal, amplitude: f64, random: &mut ChaCha8Rng) -> Field {
    let cells = discrete.grid().cells();
    let shape = modal.shape();
    let mut coefficients = vec![0.0; modal.len()];
    let periodic = |axis: usize| modal.basis(axis) == Basis::Fourier;
    for place in 0..modal.len() {
        let index = indices(place, &shape);
        // The products with a sine along a periodic axis are reached from that of the cosines.
        if (0..shape.len()).any(|axis| periodic(axis) && 2 * index[axis] > cells[axis]) {
            continue;
        }
        let is_paired = |&axis: &usize| periodic(axis) && index[axis] > 0 && 2 * index[axis] < cells[axis];
        let paired: Vec<usize> = (0..shape.len()).filter(is_paired).collect();
        let sign = |flip: bool| if flip { -1.0 } else { 1.0 };
        if paired.is_empty() {
            coefficients[place] = amplitude * sign(random.random());
            continue;
        }
        // Bit a of `signs` is set where the wave number along paired axis a is negative, of `sines` where
        // the product of real functions has a sine: Re(e^{iφ} ∏ (cos θ_a ± i sin θ_a)).
        for signs in 0..1usize << (paired.len() - 1) {
            let (flip, quarter): (bool, bool) = (random.random(), random.random());
            for sines in 0..1usize << paired.len() {
                let turns = sines.count_ones() + u32::from(quarter);
                if turns.is_multiple_of(2) {
                    let negative = (signs & sines).count_ones() + turns / 2;
                    let mut at = index;
                    for (_, &axis) in paired.iter().enumerate().filter(|(bit, _)| sines >> bit & 1 == 1) {
                        at[axis] = cells[axis] - index[axis];
                    }
                    let at = at.iter().zip(&shape).fold(0, |place, (i, n)| place * n + i);
                    coefficients[at] += 2.0 * amplitude * sign(flip) * sign(negative % 2 == 1);
                }
            }
        }
    }
    if discrete.is_singular() {
        // The constant is no error: u is defined up to it.
        coefficients[0] = 0.0;
    }
    let mut noise = Field::zeros(discrete.grid());
    modal.inverse(&coefficients, noise.values_mut());
    noise
}

/// The index along each axis, zeros after the last.
fn indices(mut place: usize, shape: &[usize]) -> [usize; 3] {
    let mut indices = [0; 3];
    for (index, n) in indices.iter_mut().zip(shape).rev() {
        *index = place % n;
        place /= n;
    }
    indices
}
