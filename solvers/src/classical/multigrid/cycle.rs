//! The V-cycle.

use super::{
    hierarchy::{Hierarchy, Level},
    transfer,
};
use crate::classical::direct::Inverse;

/// One V(pre, post)-cycle on the finest grid.
pub(super) fn v(hierarchy: &mut Hierarchy, pre: usize, post: usize) {
    descend(&mut hierarchy.levels, &mut hierarchy.coarsest, pre, post);
}

fn descend(levels: &mut [Level], coarsest: &mut Inverse, pre: usize, post: usize) {
    let Some((fine, coarser)) = levels.split_first_mut() else {
        return;
    };
    let Some(coarse) = coarser.first_mut() else {
        return coarsest.correct(fine.f.values(), fine.u.values_mut());
    };
    fine.smooth(pre);
    let (u, f) = (fine.u.values(), fine.f.values());
    transfer::restrict_residual(
        &fine.stencil,
        u,
        f,
        &coarse.stencil,
        coarse.f.values_mut(),
        &mut fine.scratch,
    );
    coarse.u.values_mut().fill(0.0);
    descend(coarser, coarsest, pre, post);
    let e = coarser[0].u.values();
    transfer::correct(&fine.stencil, fine.u.values_mut(), &coarser[0].stencil, e);
    fine.smooth(post);
}
