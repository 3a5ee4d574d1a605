//! What a network is, written a second time: point by point from the definitions, without tiles, streams or
//! adjoints, in dual numbers, which carry value, first and second derivative along a direction.

use std::f64::consts::TAU;

use num_dual::{Dual2_64, DualNum};

use crate::neural::{
    activation::Activation,
    network::{First, Part, Weight},
};

/// N at `x`; the arguments of all σ are shown to `argument`.
pub fn network(parts: &[Part], theta: &[f64], x: &[Dual2_64], mut argument: impl FnMut(f64)) -> Dual2_64 {
    let mut rest = theta;
    let mut take = |count: usize| {
        let (taken, left) = rest.split_at(count);
        rest = left;
        taken
    };
    let mut total = Dual2_64::from(0.0);
    for part in parts {
        let mut below = x.to_vec();
        for (depth, &width) in part.widths.iter().enumerate() {
            let w = take(width * below.len());
            let mut z: Vec<Dual2_64> = w.chunks(below.len()).map(|w| product(w, &below)).collect();
            if depth == 0 {
                for (row, z) in z.iter_mut().enumerate() {
                    *z *= part.scales[row * part.scales.len() / width];
                }
            }
            let above: Vec<Dual2_64> = match part.first {
                First::Fourier { relaxation, .. } if depth == 0 => {
                    let waves = z.iter().map(|z| z.cos()).chain(z.iter().map(|z| z.sin()));
                    waves.map(|wave| wave * relaxation).collect()
                }
                _ => {
                    let mut neuron = |(z, b): (&Dual2_64, &f64)| {
                        argument(z.re + b);
                        sigma(part.activation, *z + *b)
                    };
                    z.iter().zip(take(width)).map(&mut neuron).collect()
                }
            };
            let joins = part.is_residual && depth > 0 && below.len() == above.len();
            below = match joins {
                true => below.iter().zip(&above).map(|(below, above)| below + above).collect(),
                false => above,
            };
        }
        let output = product(take(below.len()), &below) + take(1)[0];
        total += output
            * match part.weight {
                Weight::Fixed(weight) => weight,
                Weight::Trained(_) => take(1)[0],
            };
    }
    assert!(rest.is_empty(), "{} parameters are left", rest.len());
    total
}

fn product(w: &[f64], a: &[Dual2_64]) -> Dual2_64 {
    w.iter().zip(a).fold(Dual2_64::from(0.0), |sum, (w, a)| sum + *a * *w)
}

/// z₊.
fn plus(z: Dual2_64) -> Dual2_64 {
    if z.re > 0.0 { z } else { Dual2_64::from(0.0) }
}

/// z₊(1 − z)₊.
fn hat(z: Dual2_64) -> Dual2_64 {
    plus(z) * plus(-z + 1.0)
}

/// The cubic of MscaleDNN, by its definition.
fn phi(z: Dual2_64) -> Dual2_64 {
    let square = |shift: f64| plus(z - shift).powi(2);
    square(0.0) - square(1.0) * 3.0 + square(2.0) * 3.0 - square(3.0)
}

/// Φ of the normal distribution: ½ + φ(z) (z + z³/3 + z⁵/15 + …).
fn normal(z: Dual2_64) -> Dual2_64 {
    let (mut term, mut sum) = (z, z);
    for k in 1..200 {
        term = term * z * z / f64::from(2 * k + 1);
        sum += term;
    }
    (z * z * -0.5).exp() / TAU.sqrt() * sum + 0.5
}

fn sigma(sigma: Activation, z: Dual2_64) -> Dual2_64 {
    match sigma {
        Activation::Tanh => z.tanh(),
        Activation::Sin => z.sin(),
        Activation::Cos => z.cos(),
        Activation::SRelu => hat(z),
        Activation::SRelu2 => hat(z).powi(2),
        Activation::SRelu3 => hat(z).powi(3),
        Activation::Phi => phi(z),
        Activation::PhiHalf => phi(z) * 0.5,
        Activation::S2Relu => (z * TAU).sin() * hat(z),
        Activation::Relu => plus(z),
        Activation::Gelu => z * normal(z),
        Activation::Silu => z / ((-z).exp() + 1.0),
    }
}
