//! The residual of nonlinear systems against that of linear ones and the reaction by hand.

use crate::{Discrete, Field, Grid, Reaction, Spec, file::ProblemFile, reduce};

fn on(text: &str, cells: &[usize]) -> Discrete {
    let problem = ProblemFile::new("my.toml", text).build(&Spec::new("my.toml")).unwrap();
    let grid = Grid::new(problem.domain().bounds(), cells).unwrap();
    Discrete::new(problem.as_ref(), &grid).unwrap()
}

/// f − Σ c(u − u_neighbour) is what the same problem without κ² has.
#[test]
fn the_reaction_is_taken_from_the_residual_of_the_fluxes() {
    let sides =
        "source = \"x\"\n[sides]\nx-upper = \"neumann\"\ny = \"periodic\"\nx-lower = { dirichlet = 7 }";
    for (epsilon, kappa2) in [("1", "3"), ("1 + x*y", "3"), ("2", "if(x > 0.5, 4, 0)"), ("1", "0")] {
        let text = |kappa2: &str, reaction: &str| {
            format!(
                "box = [[0, 1], [0, 1]]\npermittivity = \"{epsilon}\"\nkappa2 = \"{kappa2}\"\nreaction = \"{reaction}\"\n{sides}"
            )
        };
        let [nonlinear, linear] = [on(&text(kappa2, "sinh"), &[6, 9]), on(&text("0", "linear"), &[6, 9])];
        assert_eq!(nonlinear.reaction(), if kappa2 == "0" { Reaction::Linear } else { Reaction::Sinh });
        let grid = nonlinear.grid().clone();
        let mut u = Field::from_batch(&grid, |points, out| {
            points.evaluate(out, |x| 3.0 * (5.0 * x[0]).sin() + (6.0 * x[1]).cos());
        });
        nonlinear.impose_boundary(u.values_mut());
        let residual = |discrete: &Discrete, u: &[f64]| {
            let mut out = vec![f64::NAN; u.len()];
            discrete.residual(u, &mut out);
            out
        };
        let (found, fluxes) = (residual(&nonlinear, u.values()), residual(&linear, u.values()));
        let screening = nonlinear.screening();
        for (node, x) in grid.coordinates().chunks(2).enumerate() {
            let k = match kappa2 {
                _ if x[0] == 0.0 || x[1] == 1.0 => 0.0,
                "3" => 3.0,
                "0" => 0.0,
                // A node in the jump: the mean of both sides.
                _ if x[0] == 0.5 => 2.0,
                _ if x[0] > 0.5 => 4.0,
                _ => 0.0,
            };
            assert_eq!(screening.values()[node], k, "{x:?}");
            let expected = fluxes[node] - k * u.values()[node].sinh();
            assert!((found[node] - expected).abs() <= 1e-12 * (1.0 + expected.abs()), "{x:?}");
        }
        let squares = nonlinear.residual_squares(u.values());
        assert!((squares - reduce::sum_of_squares(&found)).abs() <= 1e-12 * squares);
        // b is the residual of u = 0 inside.
        let zero = reduce::sum_of_squares(&residual(&nonlinear, nonlinear.lift().values())).sqrt();
        assert!((nonlinear.rhs_norm() - zero).abs() <= 1e-12 * zero);
        // Where nothing reacts, u may be as large as it likes.
        u.values_mut().fill(800.0);
        let nodes = residual(&nonlinear, u.values());
        assert!(screening.values().iter().zip(&nodes).all(|(k, r)| *k > 0.0 || r.is_finite()));
    }
}

/// Only κ² holds u: a linear problem with the same sides would need a compatible source.
#[test]
fn a_reaction_holds_u_where_no_side_does() {
    let discrete = on(
        "box = [[0, 1]]\nkappa2 = \"x\"\nreaction = \"sinh\"\nsource = 1\n[sides]\nall = \"neumann\"",
        &[8],
    );
    assert!(!discrete.is_singular());
}
