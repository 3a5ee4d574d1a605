//! Half weighting: the mean over axes of full weighting along that axis alone; in 2-D ½ of the residual at a
//! coarse node and ⅛ of that at each of its four neighbours.
//!
//! After red-black sweeps the neighbours' residuals are zero, and half weighting is half of an injection, as
//! cheap as restriction can be; with three or four sweeps it converges faster than full weighting, with
//! one or two slower (Trottenberg, Oosterlee, Schüller, *Multigrid*, 2001, §2.7 and §4.5).

use super::transfer::Transfer;
use crate::{
    classical::{
        layout::Layout,
        operator::Operator,
        real::Real,
        sweep::pass::{self, Formula},
    },
    memory::Buffer,
};

/// The memory of half weighting: a residual.
#[derive(Debug)]
pub(crate) struct Half<T: Real> {
    residual: Buffer<T>,
}

impl<T: Real> Half<T> {
    pub fn new(fine: &Layout) -> Self {
        Self { residual: Buffer::zeroed(fine.len()) }
    }

    /// out = R(f − Au).
    pub fn restrict_residual(
        &mut self,
        operator: &Operator<T>,
        transfer: &Transfer<T>,
        coarse: &Layout,
        u: &[T],
        f: &[T],
        out: &mut [T],
    ) {
        pass::apply(operator, Formula::Residual, u, f, &mut self.residual);
        let fine = operator.layout();
        let strides = [fine.stride(0), fine.stride(1), 1];
        let count = transfer.axes.iter().filter(|axis| axis.coarsened).count();
        let share = T::from_f64(1.0 / count as f64);
        for plane in coarse.places(0) {
            for row in coarse.places(1) {
                for column in coarse.places(2) {
                    let children =
                        [(0, plane), (1, row), (2, column)].map(|(axis, j)| transfer.axes[axis].children(j));
                    let here: usize = (0..3).map(|axis| children[axis][1].0 * strides[axis]).sum();
                    // Along the other axes all weight is on the coarse node itself.
                    let whole = children.map(|[a, b, c]| a.1 + b.1 + c.1);
                    let mut value = T::default();
                    for axis in (0..3).filter(|axis| transfer.axes[*axis].coarsened) {
                        let others = whole[(axis + 1) % 3] * whole[(axis + 2) % 3];
                        for (p, weight) in children[axis] {
                            let at = here - children[axis][1].0 * strides[axis] + p * strides[axis];
                            value += share * others * weight * self.residual[at];
                        }
                    }
                    out[plane * coarse.stride(0) + row * coarse.stride(1) + column] = value;
                }
            }
        }
    }
}
