//! A cycle of full approximation storage, from level to level.

use modewise_problems::{Discrete, reduce};

use super::last::Last;
use crate::{
    classical::{
        layout::Layout,
        multigrid::{
            cycle::{Cycle, Shape},
            hierarchy::Hierarchy,
            level::{Guess, Level},
            smoother::{Sense, Smoother, for_rows},
            transfer::Transfer,
        },
        nonlinear::{At, Term, longest},
        operator::Operator,
        sweep::{Layers, pass::Formula},
    },
    memory::Buffer,
};

/// A correction as short as this needs no look at the energy: g is as good as linear over it.
const SHORT: f64 = 1e-2;

/// The levels of a hierarchy with what nonlinear cycles need besides.
pub(super) struct FullApproximation {
    hierarchy: Hierarchy<f64>,
    /// The reactions of all levels.
    terms: Vec<Term>,
    stages: Vec<Stage>,
    last: Last,
    cycle: Cycle,
}

/// What a level but the coarsest needs besides.
struct Stage {
    /// u before a correction.
    old: Buffer<f64>,
    /// Residuals before and after it.
    r: [Buffer<f64>; 2],
    sums: Vec<f64>,
    /// On the coarser level: U₀, and N_H(U₀).
    start: [Buffer<f64>; 2],
}

impl Stage {
    fn new(layout: &Layout, coarse: &Layout) -> Self {
        let [fine, coarse] = [layout.len(), coarse.len()].map(|len| move || Buffer::zeroed(len));
        Self {
            old: fine(),
            r: [fine(), fine()],
            sums: vec![0.0; Layers::of(layout).places().len()],
            start: [coarse(), coarse()],
        }
    }
}

impl FullApproximation {
    /// Cycles for `discrete`, whose linear part is `operator`, that of `hierarchy`.
    pub fn new(
        discrete: &Discrete,
        operator: &Operator<f64>,
        mut hierarchy: Hierarchy<f64>,
        cycle: Cycle,
    ) -> Self {
        let mut terms = vec![Term::of(discrete, operator)];
        let mut stages = Vec::new();
        let mut finer = None;
        for level in &mut hierarchy.levels {
            let operator = finer.unwrap_or(operator);
            let coarse = level.coarse.layout().clone();
            let coarser = terms[stages.len()].coarser(&coarse, |from, to| {
                level.restrict_given(operator.layout(), operator.is_per_volume(), from, to);
            });
            terms.push(coarser);
            stages.push(Stage::new(operator.layout(), &coarse));
            finer = Some(&level.coarse);
        }
        let last = Last::new(finer.unwrap_or(operator), &hierarchy.lines);
        Self { hierarchy, terms, stages, last, cycle }
    }

    /// One cycle for the finest level; its flops.
    pub fn run(&mut self, operator: &Operator<f64>, u: &mut [f64], f: &[f64]) -> f64 {
        let Self { hierarchy, terms, stages, last, cycle } = self;
        let Hierarchy { levels, arrays, coarsest, .. } = hierarchy;
        let mut flops = 0.0;
        let mut solve = |operator: &Operator<f64>, term: &Term, u: &mut [f64], f: &[f64]| {
            if term.is_linear() {
                coarsest.solve(operator, f, u);
                return coarsest.flops()[1];
            }
            last.solve(operator, term, u, f)
        };
        let mut way = Way { cycle: *cycle, solve: &mut solve, flops: &mut flops };
        way.visit(cycle.shape, levels, arrays, terms, stages, operator, u, f);
        flops
    }
}

/// Solves Lu + Wg(u) = f, L, Wg, u and f being given; the flops that took.
type Solve<'w> = dyn FnMut(&Operator<f64>, &Term, &mut [f64], &[f64]) -> f64 + 'w;

/// What is the same on all levels.
struct Way<'w> {
    cycle: Cycle,
    /// Solves the equations of the coarsest level; the flops that took.
    solve: &'w mut Solve<'w>,
    flops: &'w mut f64,
}

impl Way<'_> {
    #[expect(clippy::too_many_arguments, reason = "the parts of a hierarchy, and a system")]
    fn visit(
        &mut self,
        shape: Shape,
        levels: &mut [Level<f64>],
        arrays: &mut [[Buffer<f64>; 2]],
        terms: &[Term],
        stages: &mut [Stage],
        operator: &Operator<f64>,
        u: &mut [f64],
        f: &[f64],
    ) {
        let (Some((level, levels)), Some(([coarse_u, coarse_f], arrays)), Some((stage, stages))) =
            (levels.split_first_mut(), arrays.split_first_mut(), stages.split_first_mut())
        else {
            // Invariant: every level has a reaction, which may be none.
            *self.flops += (self.solve)(operator, &terms[0], u, f);
            return;
        };
        let (term, coarse_term) = (&terms[0], &terms[1]);
        let fine = operator.layout();
        let [count, coarse_count] = [fine, level.coarse.layout()].map(|layout| layout.count() as f64);
        let Stage { old, r: [r, next_r], sums, start: [start, image] } = stage;
        smooth(&mut level.smoother, term, operator, self.cycle.pre, Sense::Forward, u, f);
        term.apply(operator, Formula::Residual, u, f, r);
        inject(fine, level.coarse.layout(), &level.transfer, u, start);
        // f_H = N_H(U₀) + Rr.
        coarse_term.apply(&level.coarse, Formula::Apply, start, start, image);
        level.restrict_given(fine, operator.is_per_volume(), r, coarse_f);
        coarse_f.iter_mut().zip(image.iter()).for_each(|(f, image)| *f += image);
        coarse_u.copy_from_slice(start);
        // On the coarsest level there is nothing to improve on.
        let second = if levels.is_empty() { None } else { shape.second() };
        for shape in [Some(shape), second].into_iter().flatten() {
            self.visit(shape, levels, arrays, &terms[1..], stages, &level.coarse, coarse_u, coarse_f);
        }
        coarse_u.iter_mut().zip(start.iter()).for_each(|(u, start)| *u -= start);
        let short = term.is_linear() || reduce::max_abs(coarse_u) <= SHORT;
        if !short {
            old.copy_from_slice(u);
        }
        level.correct(fine, u, coarse_u);
        let pass = operator.pass_flops() + 2.0 * term.flops(count) + 6.0 * count;
        if !short {
            let mut before = 1.0;
            let lambda = longest(1.0, 0.0, |lambda| {
                if lambda < before {
                    u.iter_mut().zip(old.iter()).for_each(|(u, old)| *u = 0.5 * (*u + old));
                    before = lambda;
                }
                *self.flops += pass;
                term.apply(operator, Formula::Residual, u, f, next_r);
                term.energy_change(operator, At { u: old, r }, At { u, r: next_r }, sums)
            });
            if lambda == 0.0 {
                u.copy_from_slice(old);
            }
        }
        smooth(&mut level.smoother, term, operator, self.cycle.post, self.cycle.sense, u, f);
        let sweeps = (self.cycle.pre + self.cycle.post) as f64;
        *self.flops += sweeps * (level.smoother.flops(operator.pass_flops(), count) + term.flops(count))
            + operator.pass_flops()
            + term.flops(count)
            + level.coarse.pass_flops()
            + term.flops(coarse_count)
            + 2.0 * coarse_count
            + level.transfer_flops(count);
    }
}

/// `sweeps` sweeps: nonlinear Gauss–Seidel, red-black, or ω-Jacobi for box stencils.
fn smooth(
    smoother: &mut Smoother<f64>,
    term: &Term,
    operator: &Operator<f64>,
    sweeps: usize,
    sense: Sense,
    u: &mut [f64],
    f: &[f64],
) {
    if term.is_linear() {
        return smoother.smooth(operator, sweeps, sense, Guess::Given, u, f);
    }
    for _ in 0..sweeps {
        match smoother {
            Smoother::RedBlack { work, .. } => term.sweep(operator, sense.order(), u, f, work),
            Smoother::Jacobi { omega, next } => {
                term.apply(operator, Formula::Relax(*omega), u, f, next);
                for_rows(operator.layout(), u, next, |_, u, next| u.copy_from_slice(next));
            }
            // Invariant: the recipe asks for red-black sweeps, which only box stencils replace.
            Smoother::Chebyshev { .. } => {}
        }
    }
}

/// The values of u at the coarse places, on held ends as well.
fn inject(fine: &Layout, coarse: &Layout, transfer: &Transfer<f64>, u: &[f64], out: &mut [f64]) {
    let place = |axis: usize, j: usize| transfer.axes[axis].place(j);
    let columns = coarse.extent(2);
    for plane in 0..coarse.extent(0) {
        for row in 0..coarse.extent(1) {
            let from = place(0, plane) * fine.stride(0) + place(1, row) * fine.stride(1);
            let to = plane * coarse.stride(0) + row * coarse.stride(1);
            let out = &mut out[to..to + columns];
            out.iter_mut().enumerate().for_each(|(j, out)| *out = u[from + place(2, j)]);
            coarse.seal(out);
        }
    }
}
