//! Sweeps against the textbook: unknown by unknown, through the residual of the discrete system, which knows
//! nothing of layouts and orders.

use modewise_problems::{Discrete, Field};

use crate::classical::{
    layout::{End, Layout},
    operator::tests::{noise, systems},
    testing::{Live, Made, distance},
};

/// u_p ← u_p + ω r_p/a_p for every unknown in turn, at each the newest residual.
fn relax(discrete: &Discrete, u: &mut Field, omega: f64, turns: &[Vec<usize>]) {
    let mut r = vec![0.0; u.values().len()];
    let mut residual = |u: &mut Field, node: usize| {
        discrete.impose_boundary(u.values_mut());
        discrete.residual(u.values(), &mut r);
        r[node]
    };
    for &node in turns.iter().flatten() {
        let here = u.values()[node];
        let r = residual(u, node);
        u.values_mut()[node] = here + 1.0;
        let diagonal = r - residual(u, node);
        u.values_mut()[node] = here + omega * r / diagonal;
    }
    discrete.impose_boundary(u.values_mut());
}

/// The nodes of the unknowns from first to last, with the sums of their places.
fn unknowns(discrete: &Discrete) -> Vec<(usize, usize)> {
    let grid = discrete.grid();
    let place = |node: usize| -> Option<usize> {
        let indices = grid.indices(node);
        (0..indices.len())
            .map(|axis| {
                let range = discrete.unknowns_along(axis);
                range.contains(&indices[axis]).then(|| indices[axis] + 1 - range.start)
            })
            .sum()
    };
    (0..grid.nodes()).filter_map(|node| Some((node, place(node)?))).collect()
}

fn nodes(unknowns: &[(usize, usize)], colour: Option<usize>) -> Vec<usize> {
    unknowns
        .iter()
        .filter(|(_, sum)| colour.is_none_or(|colour| sum % 2 == colour))
        .map(|(node, _)| *node)
        .collect()
}

#[test]
fn sweeps_are_those_of_the_textbook_on_every_kind_of_side() {
    for (name, discrete) in systems() {
        let problem = Made::nothing(discrete.grid().dimension());
        let layout = Layout::of(&discrete);
        let odd_seam = (0..3).any(|axis| layout.ends[axis][0] == End::Wrap && layout.unknowns[axis] % 2 == 1);
        let unknowns = unknowns(&discrete);
        assert_eq!(unknowns.len(), discrete.unknowns());
        let forward = nodes(&unknowns, None);
        let mut backward = forward.clone();
        backward.reverse();
        let colours = vec![nodes(&unknowns, Some(0)), nodes(&unknowns, Some(1))];
        for (spec, omega, turns) in [
            ("gauss-seidel", 1.0, vec![forward.clone()]),
            ("gauss-seidel,order=symmetric", 1.0, vec![forward.clone(), backward]),
            ("gauss-seidel,order=red-black", 1.0, colours.clone()),
            ("sor,omega=1.6,order=lexicographic", 1.6, vec![forward]),
            ("sor,omega=1.3", 1.3, colours),
        ] {
            if odd_seam && turns.len() == 2 && !spec.contains("symmetric") {
                continue;
            }
            let mut expected = noise(&discrete);
            let mut live = Live::from(spec, &problem, &discrete, &expected);
            relax(&discrete, &mut expected, omega, &turns);
            let worst = distance(live.advance(1), &expected);
            assert!(worst < 1e-12, "{name}, {spec}: {worst:e}");
        }
    }
}

/// ω-Jacobi is u + ωD⁻¹(f − Au), all at once.
#[test]
fn jacobi_moves_by_the_scaled_residual_on_every_kind_of_side() {
    for (name, discrete) in systems() {
        let problem = Made::nothing(discrete.grid().dimension());
        let before = noise(&discrete);
        let mut live = Live::from("jacobi,omega=0.7", &problem, &discrete, &before);
        let mut expected = before.clone();
        for (node, _) in unknowns(&discrete) {
            let mut u = before.clone();
            relax(&discrete, &mut u, 0.7, &[vec![node]]);
            expected.values_mut()[node] = u.values()[node];
        }
        discrete.impose_boundary(expected.values_mut());
        let worst = distance(live.advance(1), &expected);
        assert!(worst < 1e-12, "{name}: {worst:e}");
    }
}
