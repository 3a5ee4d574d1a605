//! The rows of Lu + Wg(u) = f, made of those of L: sweeps and passes written for matrices go over them as well.

use modewise_problems::Reaction;

use super::scalar;
use crate::classical::{
    layout::Layout,
    operator::{Colour, Computed, Row, Rows},
};

/// A matrix with a reaction beside it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reactive<'s, R> {
    pub linear: &'s R,
    pub weights: &'s [f64],
    pub reaction: Reaction,
}

impl<R: Rows<f64>> Reactive<'_, R> {
    fn weights(&self, plane: usize, row: usize) -> &[f64] {
        let layout = self.linear.layout();
        let start = plane * layout.stride(0) + row * layout.stride(1);
        &self.weights[start..start + layout.extent(2)]
    }
}

impl<R: Rows<f64>> Rows<f64> for Reactive<'_, R> {
    type Row<'a>
        = ReactiveRow<'a, R::Row<'a>>
    where
        Self: 'a;

    fn layout(&self) -> &Layout {
        self.linear.layout()
    }

    #[inline(always)]
    fn row(&self, plane: usize, row: usize) -> Self::Row<'_> {
        let linear = self.linear.row(plane, row);
        ReactiveRow { linear, weights: self.weights(plane, row), reaction: self.reaction }
    }
}

/// One row of [`Reactive`].
#[derive(Debug, Clone, Copy)]
pub(super) struct ReactiveRow<'a, W> {
    linear: W,
    weights: &'a [f64],
    reaction: Reaction,
}

impl<W: Row<f64>> ReactiveRow<'_, W> {
    /// Calls `work(W, its value in out, place)` where there is a reaction.
    #[inline(always)]
    fn with_reaction(self, out: &mut [f64], mut work: impl FnMut(f64, &mut f64, usize)) {
        let last = out.len() - 1;
        for (p, out) in out.iter_mut().enumerate().take(last).skip(1) {
            if self.weights[p] > 0.0 {
                work(self.weights[p], out, p);
            }
        }
    }
}

impl<W: Row<f64>> Row<f64> for ReactiveRow<'_, W> {
    #[inline(always)]
    fn relax(self, omega: f64, here: &[f64], across: &[&[f64]], f: &[f64], out: &mut [f64]) {
        self.linear.solve(here, across, f, out);
        self.with_reaction(out, |weight, out, p| {
            *out = scalar::relaxed(self.reaction, weight / self.linear.diagonal(p), *out, here[p]);
        });
        let last = out.len() - 1;
        for (out, u) in out[1..last].iter_mut().zip(&here[1..last]) {
            *out = u + omega * (*out - u);
        }
    }

    /// That of the linear part: [`Row::colour`] does the rest.
    #[inline(always)]
    fn solve(self, here: &[f64], across: &[&[f64]], f: &[f64], out: &mut [f64]) {
        self.linear.solve(here, across, f, out);
    }

    #[inline(always)]
    fn colour(
        self,
        omega: Option<f64>,
        colour: Colour<'_, f64>,
        here: &mut [f64],
        across: &[&[f64]],
        f: &[f64],
        new: &mut [f64],
    ) {
        if let Some(omega) = omega {
            self.relax(omega, here, across, f, new);
        } else {
            self.linear.solve(here, across, f, new);
            let last = new.len() - 1;
            // The first place of the colour is 1 or 2.
            for p in (2 - colour.parity..last).step_by(2).filter(|p| self.weights[*p] > 0.0) {
                let share = self.weights[p] / self.linear.diagonal(p);
                new[p] = scalar::relaxed(self.reaction, share, new[p], here[p]);
            }
        }
        colour.replace(here, &Computed(new));
    }

    #[inline(always)]
    fn start(self, omega: f64, f: &[f64], out: &mut [f64]) {
        self.linear.start(1.0, f, out);
        self.with_reaction(out, |weight, out, p| {
            *out = scalar::root(self.reaction, weight / self.linear.diagonal(p), *out);
        });
        let last = out.len() - 1;
        out[1..last].iter_mut().for_each(|u| *u *= omega);
    }

    #[inline(always)]
    fn residual(self, here: &[f64], across: &[&[f64]], f: &[f64], out: &mut [f64]) {
        self.linear.residual(here, across, f, out);
        self.with_reaction(out, |weight, out, p| *out -= weight * self.reaction.value(here[p]));
    }

    #[inline(always)]
    fn apply(self, here: &[f64], across: &[&[f64]], out: &mut [f64]) {
        self.linear.apply(here, across, out);
        self.with_reaction(out, |weight, out, p| *out += weight * self.reaction.value(here[p]));
    }

    /// That of the linear part.
    #[inline(always)]
    fn diagonal(self, p: usize) -> f64 {
        self.linear.diagonal(p)
    }
}
