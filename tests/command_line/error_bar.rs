//! `--error-bar`, `--accuracy` and nonlinear problems as a user meets them.

use std::fs;

use serde_json::Value;

use super::{code, modewise, stderr};

/// A double layer whose solution nobody states.
const LAYER: &str = "box = [[0, 1], [0, 1]]\nkappa2 = 20\nreaction = \"sinh\"\nsource = 0\n[sides]\nx-lower = { dirichlet = \
                     \"4*sin(pi*y)\" }\n";

fn summary(output: &std::process::Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", stderr(output)))
}

#[test]
fn an_answer_comes_with_its_error_bar_where_no_solution_is_known() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    fs::write(here.join("my.toml"), LAYER).unwrap();
    let solve = |more: &[&str]| {
        let common = [
            "solve",
            "my.toml",
            "--solver",
            "newton",
            "--json",
            "--quiet",
            "--no-figures",
            "--force",
            "--out",
            "run",
        ];
        modewise(here, &[&common[..], more].concat())
    };
    let bar = |summary: &Value| summary["solvers"][0]["error_bar_l2"].as_f64();
    let plain = summary(&solve(&["--grid", "64"]));
    assert_eq!(bar(&plain), None);
    let with_bar = summary(&solve(&["--grid", "64", "--error-bar"]));
    let wide = bar(&with_bar).unwrap();
    let order = with_bar["error_order"].as_f64().unwrap();
    assert!((1e-5..1e-1).contains(&wide) && (1.5..2.5).contains(&order), "{wide}, {order}");
    // Half the spacing, a quarter of the bar.
    let finer = bar(&summary(&solve(&["--grid", "128", "--error-bar=true"]))).unwrap();
    assert!((3.0..5.0).contains(&(wide / finer)), "{wide} and {finer}");

    let goal = format!("{:e}", 0.5 * finer);
    let reached = solve(&["--grid", "16", "--accuracy", &goal]);
    let found = summary(&reached);
    // The extrapolated answer is there on fewer cells than the answer itself, which would need 256.
    assert_eq!(code(&reached), 0, "{}", stderr(&reached));
    assert!(found["grid"][0].as_u64().is_some_and(|cells| cells <= 128), "{found}");
    assert!(found["solvers"][0]["extrapolated_bar_l2"].as_f64().unwrap() <= 0.5 * finer);
    assert!(here.join("run/fields/newton-extrapolated.npy").exists());
    // The folder's own experiment gives the same again.
    let again = modewise(
        here,
        &["run", "run/experiment.toml", "--json", "--quiet", "--no-figures", "--out", "again"],
    );
    assert_eq!(bar(&summary(&again)), bar(&found));

    let short = solve(&["--grid", "16", "--accuracy", "1e-9", "--stop", "rtol=1e-8,seconds=1e-9"]);
    let missed = summary(&short);
    assert_eq!(code(&short), 1);
    assert!(missed["refinement"].as_str().unwrap().contains("seconds of the stop rule"), "{missed}");
    for (option, part) in
        [("--accuracy=0", "accuracy = 0 is not"), ("--error-bar=no", "error-bar = no is not")]
    {
        let output = solve(&[option]);
        assert!(code(&output) == 2 && stderr(&output).contains(part), "{}", stderr(&output));
    }
    let odd = solve(&["--grid", "33", "--error-bar"]);
    assert!(code(&odd) == 2 && stderr(&odd).contains("even numbers"), "{}", stderr(&odd));
}

#[test]
fn linear_solvers_refuse_nonlinear_problems_and_name_those_that_do_not() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let solve = |solver: &str, more: &[&str]| {
        let common = ["solve", "gouy-chapman-1d,u0=8", "--solver", solver, "--grid", "64", "--no-figures"];
        modewise(here, &[&common[..], more].concat())
    };
    for solver in
        ["jacobi", "gauss-seidel", "sor", "chebyshev", "cg", "pcg", "multigrid", "fft", "fmg", "two-grid"]
    {
        let output = solve(solver, &[]);
        assert_eq!(code(&output), 2, "{solver}");
        assert!(stderr(&output).contains("take newton or fas"), "{solver}: {}", stderr(&output));
    }
    for solver in ["direct", "random-features", "hybrid"] {
        let output = solve(solver, &[]);
        assert!(code(&output) == 2 && stderr(&output).contains("take newton or fas"), "{}", stderr(&output));
    }
    for solver in ["newton", "fas"] {
        let output = solve(solver, &["--stop", "rtol=1e-9", "--out", solver]);
        assert_eq!(code(&output), 0, "{solver}: {}", stderr(&output));
    }
    let history = fs::read_to_string(here.join("newton/history.csv")).unwrap();
    assert!(history.starts_with("solver,step,work_units,seconds,residual,error_l2,error_max,inner,damping"));
}

/// Sides that give the slope alone: the constant is fixed, which is said, and errors are of what is left.
#[test]
fn a_solution_known_up_to_a_constant_is_compared_with_the_exact_one() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let file = "box = [[0, 1], [0, 1]]\nexact = \"cos(pi*x) + x^2*y + 7\"\n[sides]\nall = \"neumann\"\n";
    fs::write(here.join("slopes.toml"), file).unwrap();
    let order = modewise(
        here,
        &["order", "slopes.toml", "--solver", "pcg", "--grids", "16,32,64", "--json", "--quiet"],
    );
    let found = summary(&order)["rows"][2]["order_l2"].as_f64().unwrap();
    assert!((1.9..2.1).contains(&found), "{found}");
    let solve =
        ["solve", "slopes.toml", "--grid", "16", "--solver", "pcg", "--reference", "exact", "--no-figures"];
    let said = stderr(&modewise(here, &[&solve[..], &["--out", "run"]].concat()));
    assert!(said.contains("its mean is set to zero") && said.contains("is taken out"), "{said}");
}
