//! Problems of more axes than a grid has: networks alone, errors at test points.

use std::fs;

use super::{code, modewise, stderr};

const NETWORK: &str = "dnn,width=30,depth=1,activation=sin,loss=residual,points=600,boundary=penalty,boundary_points=300,\
                       beta=100,optimizer=gauss-newton";

/// −Δu = (π²/4) Σ sin(πxᵢ/2) learnt to a thousandth, with everything that a run leaves without a grid.
#[test]
fn a_network_learns_a_problem_in_five_dimensions() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let output = modewise(
        here,
        &["solve", "sine-sum-5d", "--solver", NETWORK, "--stop", "error_l2=1e-3,steps=60", "--out", "run"],
    );
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(stderr(&output).contains("5-D has no grid: errors are measured at 8192 fixed points"));
    let table = String::from_utf8(output.stdout).unwrap();
    assert!(
        table.contains("errors at 8192 fixed points inside") && !table.contains("tracked modes"),
        "{table}"
    );
    let summary: serde_json::Value =
        serde_json::from_slice(&fs::read(here.join("run/summary.json")).unwrap()).unwrap();
    assert_eq!((&summary["test_points"], &summary["reference"]), (&8192.into(), &"exact".into()));
    assert!(summary["grid"].as_array().unwrap().is_empty());
    let solver = &summary["solvers"][0];
    let (l2, max) = (solver["error_l2"].as_f64().unwrap(), solver["error_max"].as_f64().unwrap());
    assert!(l2 <= 1e-3 && max > l2, "{l2}, {max}");
    // No modes, no fields, one figure.
    for table in ["modes.csv", "order.csv"] {
        assert_eq!(fs::read_to_string(here.join("run").join(table)).unwrap().lines().count(), 1, "{table}");
    }
    assert!(fs::read_dir(here.join("run/fields")).map_or(0, Iterator::count) == 0);
    let figures = fs::read_dir(here.join("run/figures")).unwrap().map(|file| file.unwrap().file_name());
    let mut figures: Vec<_> = figures.map(|name| name.into_string().unwrap()).collect();
    figures.sort();
    assert_eq!(figures, ["error.png", "error.svg"]);
    let output = modewise(here, &["plot", "run", "--figure", "heatmap"]);
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("this run in 5-D has no grid for them; there is: error"));

    // The network at points of the user's own, against u there.
    fs::write(here.join("points.csv"), "x1,x2,x3,x4,x5\n0.5,0.25,1,0,0.75\n0.1,0.2,0.3,0.4,0.5\n").unwrap();
    let output = modewise(here, &["eval", "run", "points.csv"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let values = String::from_utf8(output.stdout).unwrap();
    assert!(values.starts_with("x1,x2,x3,x4,x5,u\n"), "{values}");
    for line in values.lines().skip(1) {
        let numbers: Vec<f64> = line.split(',').map(|number| number.parse().unwrap()).collect();
        let exact: f64 = numbers[..5].iter().map(|x| (0.5 * std::f64::consts::PI * x).sin()).sum();
        assert!((numbers[5] - exact).abs() < 0.03, "{line}: {exact}");
    }

    // The folder's experiment runs again, and comes to the same.
    let output = modewise(here, &["run", "run/experiment.toml", "--out", "again", "--no-figures", "--quiet"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let errors = |folder: &str| {
        let text = fs::read_to_string(here.join(folder).join("history.csv")).unwrap();
        text.lines().map(|line| line.split(',').nth(5).unwrap().to_string()).collect::<Vec<_>>()
    };
    assert_eq!(errors("run"), errors("again"));
}

#[test]
fn several_networks_and_seeds_are_compared_without_a_grid() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let output = modewise(
        here,
        &[
            "compare",
            "multiscale-elliptic-5d",
            "--solver",
            "dnn,width=8,depth=1,points=100",
            "--solver",
            "random-features,count=50,frequency=3",
            "--seeds",
            "2",
            "--stop",
            "steps=5",
            "--json",
            "--out",
            "run",
        ],
    );
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let solvers = summary["solvers"].as_array().unwrap();
    assert_eq!(solvers.len(), 4);
    assert!(solvers.iter().all(|solver| solver["error_l2"].as_f64().is_some_and(|error| error < 3.0)));
    assert_eq!(summary["spread"].as_array().unwrap().len(), 2);
}

/// What asks for a grid says what to take instead, and nothing is written.
#[test]
fn what_needs_a_grid_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let own = "box = [[0, 1], [0, 1], [0, 1], [0, 1]]\nsource = 1\n";
    fs::write(here.join("own.toml"), own).unwrap();
    let solve = |more: &[&'static str]| [&["solve", "sine-sum-5d", "--out", "run"][..], more].concat();
    let network = ["--solver", "dnn,boundary=penalty"];
    let with = |more: &[&'static str]| solve(&[&network[..], more].concat());
    for (arguments, part) in [
        (solve(&["--solver", "multigrid"]), "take dnn, mscale-dnn, fourier-dnn"),
        (solve(&["--solver", "hybrid,first=(dnn,boundary=penalty)"]), "`jacobi` cannot do this"),
        (solve(&["--solver", "dnn"]), "use boundary=penalty"),
        (solve(&["--solver", "dnn,boundary=penalty,loss=regression"]), "use loss=ritz"),
        (solve(&["--solver", "dnn,boundary=penalty,init=source"]), "use init=waves:K"),
        (solve(&["--solver", "random-features,boundary=penalty"]), "give frequency=K"),
        (
            with(&["--grid", "16"]),
            "grid = 16 is not what can be asked for here, leave it out: a problem in 5-D",
        ),
        (with(&["--error-bar"]), "5-D has no grid"),
        (with(&["--accuracy", "1e-3"]), "ask for --stop error_l2="),
        (with(&["--initial", "white"]), "initial = white is not zero"),
        (with(&["--reference", "discrete"]), "reference = discrete is not exact"),
        (with(&["--transform", "dst"]), "transform = dst is not auto"),
        (with(&["--modes", "1,3"]), "leave --modes out"),
        (with(&["--fields", "vti"]), "fields = vti is not npy"),
        (vec!["order", "sine-sum-5d"], "a problem in 5-D has no grid"),
        (vec!["reference", "sine-sum-5d"], "a problem in 5-D has no grid"),
        (
            vec!["solve", "own.toml", "--solver", "dnn", "--stop", "error_l2=1e-3"],
            "stop by steps= or seconds=",
        ),
        (vec!["solve", "own.toml", "--solver", "dnn", "--reference", "exact"], "no known exact solution"),
    ] {
        let output = modewise(here, &arguments);
        assert_eq!(code(&output), 2, "{arguments:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(part), "{arguments:?}: {}", stderr(&output));
        assert!(!here.join("run").exists(), "{arguments:?}");
    }
    // Without errors it runs all the same.
    let tiny = ["solve", "own.toml", "--solver", "dnn,width=4,depth=1,points=50,steps=3", "--out", "run"];
    assert_eq!(code(&modewise(here, &tiny)), 0);
}

/// Ten axes are the most, by the line and the key; a function that is no number is reported with the point.
#[test]
fn problem_files_have_up_to_ten_axes() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let file = |axes: usize, exact: &str| {
        let bounds = vec!["[0, 1]"; axes].join(", ");
        format!("# Many axes.\nbox = [{bounds}]\nexact = \"{exact}\"\n[sides]\nx1-lower = \"neumann\"\n")
    };
    fs::write(here.join("ten.toml"), file(10, "x1^2 + x2*x10")).unwrap();
    let network =
        "dnn,width=8,depth=2,loss=residual,points=500,boundary=penalty,beta=100,optimizer=gauss-newton";
    let solve =
        ["solve", "ten.toml", "--solver", network, "--stop", "error_l2=0.05,steps=100", "--out", "run"];
    let output = modewise(here, &solve);
    assert_eq!(code(&output), 0, "{}{}", stderr(&output), String::from_utf8_lossy(&output.stdout));
    for (text, part) in [
        (file(11, "x1"), "line 2: `box` has 11 axes; it has to have 1 to 10"),
        (file(10, "x1 + x11"), "there is no name `x11`"),
        (file(4, "sqrt(x1 - 0.5)"), "the source is not a finite number at ["),
    ] {
        fs::write(here.join("bad.toml"), text).unwrap();
        let output =
            modewise(here, &["solve", "bad.toml", "--solver", "dnn,boundary=penalty", "--out", "no"]);
        assert_eq!(code(&output), 2, "{}", stderr(&output));
        assert!(stderr(&output).contains(part), "{part}: {}", stderr(&output));
    }
}
