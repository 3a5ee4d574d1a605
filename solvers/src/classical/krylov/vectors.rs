//! The two passes over memory of a step of conjugate gradients: the next direction with its product, and
//! the update of u and r with its norm. Scalar products are those in which A is symmetric.

use multiversion::multiversion;
use rayon::prelude::*;

use crate::{
    classical::{
        layout::Layout,
        operator::{Operator, Row, Rows},
        real::Real,
        sweep::{
            Layers, View,
            pass::row_product,
            slabs::{Cut, Slabs},
        },
    },
    memory::Buffer,
};

/// Values that one thread converts at a time.
const PIECE: usize = 1 << 14;

/// The memory of passes over one layout.
#[derive(Debug)]
pub(crate) struct Workspace {
    slabs: Slabs,
    /// The new directions in the two layers next to each slab.
    halos: Buffer<f64>,
    /// A sum a layer.
    sums: Vec<f64>,
}

impl Workspace {
    pub fn new(layout: &Layout) -> Self {
        let layers = Layers::of(layout);
        let slabs = Slabs::of(layers);
        let halos = Buffer::zeroed(slabs.number() * 2 * layers.stride());
        Self { slabs, halos, sums: vec![0.0; layers.places().len()] }
    }
}

/// p ← γz + βp and q ← Ap; p·q. Held layers of z and p are zero; z may be of half the precision.
pub(crate) fn direction<Z: Real>(
    operator: &Operator<f64>,
    factors: [f64; 2],
    z: &[Z],
    p: &mut [f64],
    q: &mut [f64],
    work: &mut Workspace,
) -> f64 {
    match operator {
        Operator::Constant(rows) => direction_rows::<_, _, true>(rows, factors, z, p, q, work),
        Operator::Variable(rows) => direction_rows::<_, _, false>(rows, factors, z, p, q, work),
        Operator::Boxes(rows) => direction_rows::<_, _, false>(rows, factors, z, p, q, work),
    }
}

fn direction_rows<Z: Real, R: Rows<f64>, const WEIGHTED: bool>(
    rows: &R,
    factors: [f64; 2],
    z: &[Z],
    p: &mut [f64],
    q: &mut [f64],
    work: &mut Workspace,
) -> f64 {
    let layers = Layers::of(rows.layout());
    let (slabs, stride, places) = (work.slabs, layers.stride(), layers.places());
    // The directions next to a slab, before any slab changes them.
    let old: &[f64] = p;
    slabs.for_each(Cut { values: &mut work.halos[..], each: 2 * stride }, &|k, halos| {
        let slab = slabs.places(k);
        let next_to = [layers.neighbours(slab.start)[0], layers.neighbours(slab.end - 1)[1]];
        for (l, halo) in next_to.into_iter().zip(halos.values.chunks_exact_mut(stride)) {
            halo.copy_from_slice(layers.of_array(old, l));
            if places.contains(&l) {
                combine(layers, factors, layers.of_array(z, l), halo);
            }
        }
    });
    let halos = Cut { values: &mut work.halos[..], each: 2 * stride };
    let sums = Cut { values: &mut work.sums[..], each: slabs.height };
    let pieces = ((slabs.cut(p, stride), slabs.cut(q, stride)), (halos, sums));
    slabs.for_each(pieces, &|k, ((p, q), (halos, sums))| {
        let first = slabs.places(k).start;
        products::<_, _, WEIGHTED>(rows, factors, z, first, [p.values, q.values], halos.values, sums.values);
    });
    work.sums.iter().sum()
}

/// p ← γz + βp in one layer.
#[inline(always)]
fn combine<Z: Real>(layers: Layers<'_>, [gamma, beta]: [f64; 2], z: &[Z], p: &mut [f64]) {
    let columns = layers.layout.extent(2);
    for j in layers.rows() {
        let (z, p) = (&z[j * columns..][..columns], &mut p[j * columns..][..columns]);
        for (p, z) in p[1..columns - 1].iter_mut().zip(&z[1..columns - 1]) {
            *p = gamma * z.to_f64() + beta * *p;
        }
        layers.layout.seal(p);
    }
}

/// The pass over the layers of a slab from `first` on: a direction is made one layer ahead of the product
/// that reads it.
#[multiversion(targets = "simd")]
fn products<Z: Real, R: Rows<f64>, const WEIGHTED: bool>(
    rows: &R,
    factors: [f64; 2],
    z: &[Z],
    first: usize,
    [p, q]: [&mut [f64]; 2],
    halos: &[f64],
    sums: &mut [f64],
) {
    let layout = rows.layout();
    let layers = Layers::of(layout);
    let (stride, columns) = (layers.stride(), layout.extent(2));
    let (lower, upper) = halos.split_at(stride);
    combine(layers, factors, layers.of_array(z, first), &mut p[..stride]);
    for (i, (q, sum)) in q.chunks_exact_mut(stride).zip(sums).enumerate() {
        let next = (i + 1) * stride;
        if next < p.len() {
            combine(layers, factors, layers.of_array(z, first + i + 1), &mut p[next..next + stride]);
        }
        let view = View {
            below: if i == 0 { lower } else { &p[next - 2 * stride..next - stride] },
            here: &p[next - stride..next],
            above: if next < p.len() { &p[next..next + stride] } else { upper },
            first: 0,
        };
        *sum = 0.0;
        for j in layers.rows() {
            let [plane, row] = layers.place(first + i, j);
            let (here, q) = (view.row(layout, j), &mut q[j * columns..][..columns]);
            rows.row(plane, row).apply(here, &view.across(layout, j), q);
            *sum += row_product(layout, WEIGHTED, [plane, row], here, q);
        }
    }
}

/// u ← u + αp and r ← r − αq; r·r.
pub(crate) fn update(
    operator: &Operator<f64>,
    alpha: f64,
    p: &[f64],
    q: &[f64],
    u: &mut [f64],
    r: &mut [f64],
    work: &mut Workspace,
) -> f64 {
    let layout = operator.layout();
    let weighted = operator.is_per_volume();
    let (slabs, stride) = (work.slabs, Layers::of(layout).stride());
    let sums = Cut { values: &mut work.sums[..], each: slabs.height };
    slabs.for_each(((slabs.cut(u, stride), slabs.cut(r, stride)), sums), &|k, ((u, r), sums)| {
        let first = slabs.places(k).start;
        updates(layout, weighted, alpha, first, [p, q], [u.values, r.values], sums.values);
    });
    work.sums.iter().sum()
}

#[multiversion(targets = "simd")]
fn updates(
    layout: &Layout,
    weighted: bool,
    alpha: f64,
    first: usize,
    [p, q]: [&[f64]; 2],
    [u, r]: [&mut [f64]; 2],
    sums: &mut [f64],
) {
    let layers = Layers::of(layout);
    let (stride, columns) = (layers.stride(), layout.extent(2));
    let slab = u.chunks_exact_mut(stride).zip(r.chunks_exact_mut(stride)).zip(sums);
    for (l, ((u, r), sum)) in (first..).zip(slab) {
        let (p, q) = (layers.of_array(p, l), layers.of_array(q, l));
        *sum = 0.0;
        for j in layers.rows() {
            let row = j * columns..(j + 1) * columns;
            let (p, q) = (&p[row.clone()], &q[row.clone()]);
            let (u, r) = (&mut u[row.clone()], &mut r[row]);
            for (u, p) in u[1..columns - 1].iter_mut().zip(&p[1..columns - 1]) {
                *u += alpha * p;
            }
            for (r, q) in r[1..columns - 1].iter_mut().zip(&q[1..columns - 1]) {
                *r -= alpha * q;
            }
            layout.seal(u);
            *sum += row_product(layout, weighted, layers.place(l, j), r, r);
        }
    }
}

/// out = scale·z, which has half the precision; all values, with the outer ones.
pub(crate) fn widen(z: &[f32], scale: f64, out: &mut [f64]) {
    out.par_chunks_mut(PIECE).zip(z.par_chunks(PIECE)).for_each(|(out, z)| {
        for (out, z) in out.iter_mut().zip(z) {
            *out = scale * f64::from(*z);
        }
    });
}

/// out = scale·r in half the precision; all values, with the outer ones.
pub(crate) fn narrow(r: &[f64], scale: f64, out: &mut [f32]) {
    let piece = |(out, r): (&mut [f32], &[f64])| {
        for (out, r) in out.iter_mut().zip(r) {
            *out = (scale * r) as f32;
        }
    };
    if r.len() <= PIECE {
        piece((out, r));
    } else {
        out.par_chunks_mut(PIECE).zip(r.par_chunks(PIECE)).for_each(piece);
    }
}
