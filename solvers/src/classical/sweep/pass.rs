//! Passes that read one array and write another, or only add up: ω-Jacobi, residuals, products with A.

use multiversion::multiversion;

use super::{
    Layers, View,
    slabs::{Cut, Slabs},
};
use crate::classical::{
    layout::Layout,
    operator::{Operator, Row, Rows, volume},
    real::Real,
};

/// What a pass computes at every unknown.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Formula<T> {
    /// ω-Jacobi: (1 − ω)u + ω(f + Σ c u_neighbour)/a.
    Relax(T),
    /// f − Au.
    Residual,
    /// Au; f is not read.
    Apply,
}

/// Sums of products `a·b` over the unknowns of a row.
#[inline(always)]
fn dot<T: Real>(a: &[T], b: &[T]) -> f64 {
    // Eight sums side by side: one vector, and the same order on every machine.
    let mut sums = [0.0; 8];
    let (a, a_rest) = a.as_chunks::<8>();
    let (b, b_rest) = b.as_chunks::<8>();
    for (a, b) in a.iter().zip(b) {
        for i in 0..8 {
            sums[i] += a[i].to_f64() * b[i].to_f64();
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(a, b)| a.to_f64() * b.to_f64()).sum();
    sums.iter().sum::<f64>() + rest
}

/// Writes `formula` of u and f to `out`, whose outer values along rows are sealed.
pub(crate) fn apply<T: Real>(operator: &Operator<T>, formula: Formula<T>, u: &[T], f: &[T], out: &mut [T]) {
    match operator {
        Operator::Constant(rows) => apply_rows(rows, formula, u, f, out),
        Operator::Variable(rows) => apply_rows(rows, formula, u, f, out),
        Operator::Boxes(rows) => apply_rows(rows, formula, u, f, out),
    }
}

/// [`apply`] for one kind of rows.
pub(crate) fn apply_rows<T: Real, R: Rows<T>>(
    rows: &R,
    formula: Formula<T>,
    u: &[T],
    f: &[T],
    out: &mut [T],
) {
    let layers = Layers::of(rows.layout());
    let slabs = Slabs::of(layers);
    slabs.for_each(slabs.cut(out, layers.stride()), &|k, out| {
        layers_of(rows, formula, u, f, slabs.places(k).start, out.values);
    });
}

#[multiversion(targets(
    "x86_64+avx512f+avx512vl+avx512dq+avx512bw+avx+avx2+bmi1+bmi2+lzcnt",
    "x86_64+avx+avx2+bmi1+bmi2+lzcnt"
))]
fn layers_of<T: Real, R: Rows<T>>(
    rows: &R,
    formula: Formula<T>,
    u: &[T],
    f: &[T],
    first: usize,
    out: &mut [T],
) {
    let layout = rows.layout();
    let layers = Layers::of(layout);
    let columns = layout.extent(2);
    for (l, out) in (first..).zip(out.chunks_exact_mut(layers.stride())) {
        let view = View::of_array(layers, u, l);
        let f = layers.of_array(f, l);
        for j in layers.rows() {
            let [plane, row] = layers.place(l, j);
            let equations = rows.row(plane, row);
            let (here, f) = (view.row(layout, j), &f[j * columns..][..columns]);
            let out = &mut out[j * columns..][..columns];
            let across = view.across(layout, j);
            match formula {
                Formula::Relax(omega) => equations.relax(omega, here, &across, f, out),
                Formula::Residual => equations.residual(here, &across, f, out),
                Formula::Apply => equations.apply(here, &across, out),
            }
            layout.seal(out);
        }
    }
}

/// One sweep of ω-Jacobi from zero, whatever stands in u: neighbours are not read.
pub(crate) fn start<T: Real>(operator: &Operator<T>, omega: T, f: &[T], u: &mut [T]) {
    match operator {
        Operator::Constant(rows) => start_rows(rows, omega, f, u),
        Operator::Variable(rows) => start_rows(rows, omega, f, u),
        Operator::Boxes(rows) => start_rows(rows, omega, f, u),
    }
}

fn start_rows<T: Real, R: Rows<T>>(rows: &R, omega: T, f: &[T], u: &mut [T]) {
    let layers = Layers::of(rows.layout());
    let (slabs, stride, places) = (Slabs::of(layers), layers.stride(), layers.places());
    u[..places.start * stride].fill(T::default());
    u[places.end * stride..].fill(T::default());
    slabs.for_each(slabs.cut(u, stride), &|k, u| {
        start_layers(rows, omega, f, slabs.places(k).start, u.values)
    });
}

#[multiversion(targets(
    "x86_64+avx512f+avx512vl+avx512dq+avx512bw+avx+avx2+bmi1+bmi2+lzcnt",
    "x86_64+avx+avx2+bmi1+bmi2+lzcnt"
))]
fn start_layers<T: Real, R: Rows<T>>(rows: &R, omega: T, f: &[T], first: usize, u: &mut [T]) {
    let layout = rows.layout();
    let layers = Layers::of(layout);
    let columns = layout.extent(2);
    for (l, u) in (first..).zip(u.chunks_exact_mut(layers.stride())) {
        // Held values too.
        u.fill(T::default());
        let f = layers.of_array(f, l);
        for j in layers.rows() {
            let [plane, row] = layers.place(l, j);
            let u = &mut u[j * columns..][..columns];
            rows.row(plane, row).start(omega, &f[j * columns..][..columns], u);
            layout.seal(u);
        }
    }
}

/// Adds up what `term` makes of every layer, in order; `sums` has room for one number a layer.
pub(crate) fn sum_layers(layers: Layers<'_>, sums: &mut [f64], term: impl Fn(usize, &mut f64) + Sync) -> f64 {
    let slabs = Slabs::of(layers);
    let sums = &mut sums[..layers.places().len()];
    slabs.for_each(Cut { values: sums, each: slabs.height }, &|k, sums| {
        for (l, sum) in slabs.places(k).zip(sums.values) {
            *sum = 0.0;
            term(l, sum);
        }
    });
    sums.iter().sum()
}

/// Σ a·b over unknowns, in the scalar product in which the matrix is symmetric: weighted with volumes where
/// coefficients are constant.
pub(crate) fn scalar_product<T: Real>(operator: &Operator<T>, a: &[T], b: &[T], sums: &mut [f64]) -> f64 {
    let layout = operator.layout();
    let layers = Layers::of(layout);
    let columns = layout.extent(2);
    let weighted = operator.is_per_volume();
    sum_layers(layers, sums, |l, sum| {
        let (a, b) = (layers.of_array(a, l), layers.of_array(b, l));
        for j in layers.rows() {
            let row = j * columns..(j + 1) * columns;
            *sum += row_product(layout, weighted, layers.place(l, j), &a[row.clone()], &b[row]);
        }
    })
}

/// The share of one row in [`scalar_product`]; a and b are whole rows with their outer values.
#[inline(always)]
pub(crate) fn row_product<T: Real>(
    layout: &Layout,
    weighted: bool,
    [plane, row]: [usize; 2],
    a: &[T],
    b: &[T],
) -> f64 {
    let m = layout.unknowns[2];
    let sum = dot(&a[1..m + 1], &b[1..m + 1]);
    if !weighted {
        return sum;
    }
    let weigh = |axis: usize, p: usize| volume(layout, axis, p);
    let ends = (1.0 - weigh(2, 1)) * a[1].to_f64() * b[1].to_f64()
        + (1.0 - weigh(2, m)) * a[m].to_f64() * b[m].to_f64();
    weigh(0, plane) * weigh(1, row) * (sum - ends)
}
