//! What a transform returns: one amplitude a place.

use num_complex::Complex64;

/// The amplitudes of a field, by place.
#[derive(Debug, Clone)]
pub enum Amplitudes {
    /// Of the sine transform.
    Real(Vec<f64>),
    /// Of the Fourier transform.
    Complex(Vec<Complex64>),
}

impl Amplitudes {
    /// The amplitude at a place.
    pub fn at(&self, place: usize) -> Complex64 {
        match self {
            Self::Real(values) => values[place].into(),
            Self::Complex(values) => values[place],
        }
    }

    /// Its modulus.
    pub fn modulus(&self, place: usize) -> f64 {
        match self {
            Self::Real(values) => values[place].abs(),
            Self::Complex(values) => modulus(values[place]),
        }
    }
}

/// |c|, without the cost of `hypot` where the square neither overflows nor underflows.
fn modulus(c: Complex64) -> f64 {
    let square = c.norm_sqr();
    if (1e-280..1e300).contains(&square) { square.sqrt() } else { c.norm() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moduli_do_not_overflow() {
        for size in [1e-300, 1e-150, 1.0, 1e200, 1e300] {
            let found = modulus(Complex64::new(3.0 * size, -4.0 * size));
            assert!((found / size - 5.0).abs() < 1e-14);
        }
        assert!(modulus(Complex64::new(f64::NAN, 1.0)).is_nan());
    }
}
