//! The red-black sweep: nodes with an even sum of indices, then the odd ones, in one pass over
//! memory.
//!
//! Within a block, red values of three rows stand in scratch; as soon as a row's upper neighbour is
//! red, its black values follow from scratch. Red values of the rows next to a block are computed
//! twice, once by either block, which is cheaper than making one block wait for the other. Rows are
//! computed as a whole and only the values of one colour are kept: half the arithmetic is thrown away,
//! and what is left runs at the speed of memory, as vectors.

use multiversion::multiversion;

use crate::classical::stencil::{Run, Stencil, Weights, weigh};

/// Values of scratch: three rows a block, in 1-D the block and a node on either side.
pub(crate) fn scratch(stencil: &Stencil) -> usize {
    stencil.blocks()
        * if stencil.rows > 1 { 3 * stencil.columns } else { stencil.block().min(stencil.nodes()) + 2 }
}

/// One sweep from `u` to `next`.
pub(crate) fn sweep(stencil: &Stencil, u: &[f64], f: &[f64], next: &mut [f64], scratch: &mut [f64]) {
    let weights = stencil.relaxation_weights(1.0);
    stencil.for_blocks(next, scratch, |first, out, scratch| {
        if stencil.rows > 1 {
            rows(*stencil, weights, u, f, first, out, scratch);
        } else {
            line(*stencil, weights, u, f, first, out, scratch);
        }
    });
}

/// Keeps new values at nodes of `colour` (0 red, 1 black) in a run whose first node has the sum of
/// indices `sum`.
#[inline(always)]
fn keep(colour: usize, sum: usize) -> impl Fn(usize, f64, f64) -> f64 {
    let parity = (colour + sum) & 1;
    move |i, new, old| if i & 1 == parity { new } else { old }
}

#[multiversion(targets = "simd")]
fn rows(
    stencil: Stencil,
    weights: Weights,
    u: &[f64],
    f: &[f64],
    first: usize,
    out: &mut [f64],
    scratch: &mut [f64],
) {
    let columns = stencil.columns;
    let (begin, end) = (first / columns, (first + out.len()) / columns);
    let (begin, end) = (begin.max(1), end.min(stencil.rows - 1));
    let inner = |row: usize| row * columns + 1..(row + 1) * columns - 1;
    for red in begin - 1..end + 1 {
        let line = &mut scratch[red % 3 * columns..][..columns];
        let old = &u[red * columns..][..columns];
        if (1..stencil.rows - 1).contains(&red) {
            (line[0], line[columns - 1]) = (old[0], old[columns - 1]);
            let run = stencil.run(u, inner(red));
            weigh(weights, run, &f[inner(red)], &mut line[1..columns - 1], keep(0, red + 1));
        } else {
            line.copy_from_slice(old);
        }
        if red > begin {
            let black = red - 1;
            let line = |row: usize| &scratch[row % 3 * columns..][..columns];
            let here = line(black);
            let run = Run {
                left: &here[..columns - 2],
                here: &here[1..columns - 1],
                right: &here[2..],
                across: Some([&line(black - 1)[1..columns - 1], &line(black + 1)[1..columns - 1]]),
            };
            let out = &mut out[black * columns + 1 - first..][..columns - 2];
            weigh(weights, run, &f[inner(black)], out, keep(1, black + 1));
        }
    }
}

#[multiversion(targets = "simd")]
fn line(
    stencil: Stencil,
    weights: Weights,
    u: &[f64],
    f: &[f64],
    first: usize,
    out: &mut [f64],
    scratch: &mut [f64],
) {
    let last = stencil.columns - 1;
    let (begin, end) = (first.max(1), (first + out.len()).min(last));
    // Scratch holds the nodes from begin − 1 to end.
    let red = &mut scratch[..end + 1 - (begin - 1)];
    red.copy_from_slice(&u[begin - 1..end + 1]);
    let (from, to) = ((begin - 1).max(1), (end + 1).min(last));
    let reds = &mut red[from - (begin - 1)..to - (begin - 1)];
    weigh(weights, stencil.run(u, from..to), &f[from..to], reds, keep(0, from));
    let run =
        Run { left: &red[..red.len() - 2], here: &red[1..red.len() - 1], right: &red[2..], across: None };
    weigh(weights, run, &f[begin..end], &mut out[begin - first..end - first], keep(1, begin));
}
