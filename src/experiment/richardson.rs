//! What solutions on grids of h, 2h and 4h tell of the solution of the differential equation.
//!
//! Where the error falls like h^p, u_2h − u_4h is 2^p times u_h − u_2h, which shows p, and
//! E_h = u_h + (u_h − u_2h)/(2^p − 1) is closer to the solution than u_h (Richardson, *Phil. Trans. Roy. Soc. A* 210 (1911)
//! 307). Where p is near 2, the order of the scheme, 2 is taken for it, and (E_h − E_2h)/3 is the error bar of E_h: as long as
//! its error where that falls like h², five times as long where all is smooth and it falls like h⁴. (With the p that is seen
//! E_h and E_2h would agree by construction, and show nothing.)

use modewise_problems::{Errors, Field, Grid, reduce};

/// The order of the scheme, and how near to it the order that is seen has to be.
const ORDER: f64 = 2.0;
const NEAR: f64 = 0.2;
/// 2^p − 1.
const POWER: f64 = 3.0;
/// The least p that is believed: grids that show less differ so much that a bar of eight times their difference says that they
/// show nothing.
const LEAST: f64 = 0.2;
/// By what bars are longer in the end, where p is below that of the scheme by 1 and more: the next terms of the error are not
/// small there (Roache's factor for three grids, *Verification and Validation in Computational Science and Engineering*, 1998,
/// ch. 5).
const SAFETY: f64 = 1.25;

/// How far two solutions are apart on the nodes that they share: root mean square and maximum, and the root mean square
/// of the finer one.
pub(super) struct Difference {
    pub l2: f64,
    pub max: f64,
    pub size: f64,
}

impl Difference {
    /// The cells of `fine` are a multiple of those of `coarse`.
    pub fn of(fine: &Field, coarse: &Field) -> Self {
        let (from, to) = (fine.grid(), coarse.grid());
        let strides: Vec<usize> = from
            .axes()
            .iter()
            .zip(to.axes())
            .enumerate()
            .map(|(axis, (fine, coarse))| fine.cells / coarse.cells * from.stride(axis))
            .collect();
        let block = |range: std::ops::Range<usize>| {
            let (mut squares, mut size, mut max) = (0.0, 0.0, 0.0f64);
            for node in range {
                let place: usize = (0..to.dimension())
                    .map(|axis| node / to.stride(axis) % (to.axes()[axis].cells + 1) * strides[axis])
                    .sum();
                let (u, v) = (fine.values()[place], coarse.values()[node]);
                squares += (u - v) * (u - v);
                size += u * u;
                max = reduce::max_or_nan(max, (u - v).abs());
            }
            [squares, size, max]
        };
        let sum = |a: [f64; 3], b: [f64; 3]| [a[0] + b[0], a[1] + b[1], reduce::max_or_nan(a[2], b[2])];
        let [squares, size, max] = reduce::fold_blocks(to.nodes(), block, [0.0; 3], sum);
        let mean = |sum: f64| (sum / to.nodes() as f64).sqrt();
        Self { l2: mean(squares), max, size: mean(size) }
    }

    /// Its share of the finer solution in L2, and its maximum, both divided by `by`.
    pub fn errors(&self, by: f64) -> Errors {
        let size = if self.size > 0.0 { self.size } else { 1.0 };
        Errors { l2: self.l2 / by / size, max: self.max / by }
    }
}

/// p from the differences of u_h and u_2h, u_2h and u_4h; `None` where one is zero or not a number.
pub(super) fn order(first: f64, second: f64) -> Option<f64> {
    Some((second / first).log2()).filter(|order| order.is_finite())
}

/// Whether p is that of the scheme.
pub(super) fn is_of_scheme(order: f64) -> bool {
    (order - ORDER).abs() <= NEAR
}

/// What u_h − u_2h is divided by for the error bar of u_h.
pub(super) fn divisor(order: f64) -> f64 {
    power(order) / (1.0 + (SAFETY - 1.0) * (ORDER - NEAR - order).clamp(0.0, 1.0))
}

/// 2^p − 1 with a p that is believed.
pub(super) fn power(order: f64) -> f64 {
    2f64.powf(order.clamp(LEAST, ORDER)) - 1.0
}

/// The nodes of `fine` at those of `grid`, in the order of these; its cells are a multiple of the latter's.
pub(super) fn shared(fine: &Grid, grid: &Grid) -> impl Iterator<Item = usize> {
    let axes = fine.axes().iter().zip(grid.axes()).enumerate();
    let strides: Vec<usize> = axes.map(|(axis, (a, b))| a.cells / b.cells * fine.stride(axis)).collect();
    (0..grid.nodes()).map(move |node| grid.indices(node).iter().zip(&strides).map(|(i, s)| i * s).sum())
}

/// `field` on the nodes of `grid`.
pub(super) fn restricted(field: &Field, grid: &Grid) -> Field {
    let mut out = Field::zeros(grid);
    for (value, node) in out.values_mut().iter_mut().zip(shared(field.grid(), grid)) {
        *value = field.values()[node];
    }
    out
}

/// u + (u − v)/`power` on the nodes of v, u being on twice as many cells.
pub(super) fn extrapolated(fine: &Field, coarse: &Field, power: f64) -> Field {
    let mut out = restricted(fine, coarse.grid());
    for (u, v) in out.values_mut().iter_mut().zip(coarse.values()) {
        *u += (*u - v) / power;
    }
    out
}

/// E_h of a scheme of second order, and its error bar.
pub(super) fn with_bar(fine: &Field, middle: &Field, coarse: &Field) -> (Field, Errors) {
    let field = extrapolated(fine, middle, POWER);
    let bar = Difference::of(&field, &extrapolated(middle, coarse, POWER)).errors(POWER);
    (field, bar)
}

/// What is to be extrapolated, where three grids show the order of the scheme: answers on the finest of them.
#[derive(Debug, Clone)]
pub struct Extrapolation {
    /// u_2h.
    coarse: Field,
    /// u_h on the same nodes.
    fine: Field,
    /// The error bar of E_h.
    pub bar: Errors,
}

impl Extrapolation {
    pub(super) fn new(fine: &Field, middle: &Field, coarse: &Field) -> Self {
        let (_, bar) = with_bar(fine, middle, coarse);
        Self { coarse: middle.clone(), fine: restricted(fine, middle.grid()), bar }
    }

    /// That of the answer `u`, which need not be u_h itself, and its error bar: how far the two are apart is 4/3 times as much
    /// in E_h.
    pub fn of(&self, u: &Field) -> (Field, Errors) {
        let field = extrapolated(u, &self.coarse, POWER);
        let own =
            Difference::of(&self.fine, &restricted(u, self.coarse.grid())).errors(POWER / (POWER + 1.0));
        (field, Errors { l2: self.bar.l2 + own.l2, max: self.bar.max + own.max })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// u + h²a + h⁴b: E_h has the error −4h⁴b, and the bar is five times as long.
    #[test]
    fn an_extrapolated_answer_has_the_error_of_the_next_order() {
        let on = |cells: usize| {
            let grid = Grid::new(&[[0.0, 1.0]; 2], &[cells]).unwrap();
            let h = 1.0 / cells as f64;
            Field::from_batch(&grid, |points, out| {
                points.evaluate(out, |x| {
                    let (a, b) = (x[0] * x[1].cos(), (x[0] - x[1]).exp());
                    2.0 + x[0] + h.powi(2) * a + h.powi(4) * b
                });
            })
        };
        let [fine, middle, coarse] = [on(16), on(8), on(4)];
        let both = Extrapolation::new(&fine, &middle, &coarse);
        let (answer, bar) = both.of(&fine);
        let solution = Field::from_batch(middle.grid(), |points, out| points.evaluate(out, |x| 2.0 + x[0]));
        let error = Difference::of(&solution, &answer);
        let expected = 4.0 / 16f64.powi(4);
        assert!((error.max / expected / 1f64.exp() - 1.0).abs() < 1e-6, "{} of {expected}", error.max);
        assert!((bar.max / error.max - 5.0).abs() < 1e-6, "{} of {}", bar.max, error.max);
        // An answer that is 10⁻⁶ away from u_h: E_h is 4/3 · 10⁻⁶ away, and the bar that much longer.
        let away = Field::from_batch(fine.grid(), |_, out| out.fill(1e-6));
        let moved: Vec<f64> = fine.values().iter().zip(away.values()).map(|(u, v)| u + v).collect();
        let (_, longer) = both.of(&Field::from_values(fine.grid(), moved).unwrap());
        assert!(((longer.max - bar.max) / (4e-6 / 3.0) - 1.0).abs() < 1e-6);
    }
}
