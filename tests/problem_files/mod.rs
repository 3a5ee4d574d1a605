//! Problem files of the user's own, wherever a name of the catalog is taken.

use std::{
    fs,
    path::Path,
    process::Output,
    sync::atomic::{AtomicBool, Ordering},
};

use assert_cmd::Command;
use modewise::{
    experiment::{self, Plan, Progress, Quiet, Setup},
    store::schema::SolverSummary,
};
use modewise_problems::{Discrete, Grid, Spec, catalog};
use modewise_solvers::{Run, StopRule, Task, WallClock, registry, run::Tick};

fn modewise(folder: &Path, arguments: &[&str]) -> Output {
    Command::cargo_bin("modewise").unwrap().current_dir(folder).args(arguments).output().unwrap()
}

fn run(folder: &Path, arguments: &[&str]) -> String {
    let output = modewise(folder, &[arguments, &["--no-figures"]].concat());
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {message}");
    message
}

/// history.csv without its seconds.
fn history(folder: &Path) -> Vec<String> {
    let text = fs::read_to_string(folder.join("history.csv")).unwrap();
    let cells = |line: &str| {
        let kept = line.split(',').enumerate().filter(|(i, _)| *i != 3).map(|(_, cell)| cell.to_string());
        kept.collect::<Vec<_>>().join(",")
    };
    text.lines().map(cells).collect()
}

const PROBLEM: &str = "
box = [[0, 1], [0, 1]]
permittivity = '2 + x*y'
kappa2 = 'mu'
exact = 'sin(mu*pi*x)*cos(pi*y) + x'
wave_number = 'mu*pi'
[parameters]
mu = 1 # half waves
[sides]
y = 'neumann'
";

#[test]
fn a_file_is_solved_compared_and_run_and_its_run_folder_reruns() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    fs::create_dir(here.join("sub")).unwrap();
    fs::write(here.join("sub/my.toml"), PROBLEM).unwrap();
    let solver = ["--solver", "multigrid", "--grid", "32", "--reference", "exact"];
    run(here, &[&["solve", "sub/my.toml,mu=2", "--out", "a"], &solver[..]].concat());
    let kept = fs::read_to_string(here.join("a/problem.toml")).unwrap();
    assert!(kept.contains("mu = 2.0 # half waves"), "{kept}");
    let plan = fs::read_to_string(here.join("a/experiment.toml")).unwrap();
    assert!(plan.contains("problem.toml"), "{plan}");
    // As it is, from another folder, after the original is gone; and onto itself.
    fs::remove_file(here.join("sub/my.toml")).unwrap();
    run(here, &["run", "a/experiment.toml", "--out", "b"]);
    assert_eq!(history(&here.join("a")), history(&here.join("b")));
    run(here, &["run", "b/experiment.toml", "--out", "b", "--force"]);
    assert_eq!(history(&here.join("a")), history(&here.join("b")));
    // An experiment file finds the problem beside it, and the default folder is called after it.
    fs::write(here.join("sub/my.toml"), PROBLEM).unwrap();
    let experiment = "problem = 'my.toml,mu=2'\nsolver = 'multigrid'\ngrid = 32\nreference = 'exact'";
    fs::write(here.join("sub/experiment.toml"), experiment).unwrap();
    let message = run(here, &["run", "sub/experiment.toml"]);
    assert!(message.contains("output/my/"), "{message}");
    run(here, &["compare", "sub/my.toml", "--solver", "pcg", "--solver", "direct", "--grid", "16"]);
}

/// Interrupts a run as it begins.
struct Interrupt<'a>(&'a AtomicBool);

impl Progress for Interrupt<'_> {
    fn begin(&mut self, _label: &str, _seed: Option<u64>, _stop: &StopRule) {
        self.0.store(true, Ordering::Relaxed);
    }
    fn tick(&mut self, _tick: Tick) {}
    fn end(&mut self, _summary: &SolverSummary) {}
}

/// An interrupted run goes on with the problem it was begun with, or not at all.
#[test]
fn a_run_resumes_with_the_problem_of_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let (file, run) = (folder.path().join("my.toml"), folder.path().join("run"));
    fs::write(&file, PROBLEM).unwrap();
    let text = format!("problem = '{}'\nsolver = 'jacobi'\ngrid = 16\nstop = 'steps=9'", file.display());
    let setup = Setup::new(&Plan::from_toml(&text, &[]).unwrap(), false).unwrap();
    let cancel = AtomicBool::new(false);
    experiment::run(&setup, &run, false, &cancel, &mut Interrupt(&cancel)).unwrap();
    fs::remove_file(&file).unwrap();
    let kept = run.join("problem.toml");
    let resume = || experiment::resume(&run, &AtomicBool::new(false), &mut Quiet);
    fs::write(&kept, PROBLEM.replace("mu = 1", "mu = 2")).unwrap();
    assert!(resume().err().unwrap().to_string().contains("its problem was changed"));
    fs::write(&kept, PROBLEM).unwrap();
    let (_, summary) = resume().unwrap().unwrap();
    assert_eq!(summary.solvers[0].steps, 9);
}

/// Shown problems solve in as many steps as those of the catalog; what no formula states is refused.
#[test]
fn shown_problems_solve_as_those_of_the_catalog() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    for problem in
        ["jump-2d,eps_out=40", "sines-2d,modes=[[1,2],[3,1]],amplitudes=[1,-0.5],sides=neumann,kappa2=3"]
    {
        let shown = modewise(here, &["problem", "show", problem]);
        assert_eq!(shown.status.code(), Some(0), "{}", String::from_utf8_lossy(&shown.stderr));
        fs::write(here.join("shown.toml"), &shown.stdout).unwrap();
        let solver = ["--solver", "multigrid", "--grid", "16", "--force", "--out"];
        run(here, &[&["solve", problem], &solver[..], &["a"]].concat());
        run(here, &[&["solve", "shown.toml"], &solver[..], &["b"]].concat());
        let steps = |name: &str| history(&here.join(name)).len();
        assert_eq!(steps("a"), steps("b"), "{problem}");
    }
    let refused = modewise(here, &["problem", "show", "bump-3d"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("cannot be shown as a problem file"));
}

#[test]
fn mistakes_name_the_file_the_line_and_the_key() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    fs::write(here.join("bad.toml"), "box = [[0, 1]]\n\nsource = \"2x\"\n").unwrap();
    fs::write(here.join("pole.toml"), "box = [[-1, 1]]\nsource = \"1/x\"\n").unwrap();
    fs::write(here.join("hole.toml"), "box = [[0, 1]]\nexact = \"if(x == 0.5, 1/0, x)\"\n").unwrap();
    fs::write(here.join("run.toml"), "problem = 'bad.toml'\nsolver = 'jacobi'\n").unwrap();
    fs::write(here.join("lost.toml"), "problem = 'nowhere.toml'\nsolver = 'jacobi'\n").unwrap();
    for (arguments, code, part) in [
        (&["solve", "bad.toml", "--solver", "jacobi"][..], 2, "bad.toml, line 3: `source` is no formula"),
        (&["solve", "bad.toml", "--solver", "jacobi"], 2, "at character 2"),
        (&["run", "run.toml"], 2, "bad.toml, line 3: `source`"),
        (
            &["solve", "pole.toml", "--solver", "jacobi"],
            2,
            "source is not a finite number at [0.0] (source = \"1/x\" in line 2 of pole.toml)",
        ),
        (
            &["solve", "hole.toml", "--solver", "jacobi"],
            2,
            "exact solution is not a finite number at [0.5] (exact =",
        ),
        (&["solve", "none.toml", "--solver", "jacobi"], 4, "none.toml"),
        (&["run", "lost.toml"], 4, "nowhere.toml"),
        (&["problem", "show", "jump-4d"], 2, "did you mean"),
        (&["problem"], 2, "show"),
    ] {
        let output = modewise(here, arguments);
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {message}");
        assert!(message.contains(part) && !message.contains("panicked"), "{arguments:?}: {message}");
        assert!(!here.join("output").exists(), "{arguments:?} left a folder");
    }
}

/// Largest value and root mean square over the interior nodes of 512 cells a side, as a second-order scheme with
/// ε in the middle of faces has them elsewhere.
#[test]
fn five_scales_have_the_known_maximum_and_mean() {
    let problem = catalog::build(&Spec::new("five-scales-2d")).unwrap();
    let grid = Grid::new(problem.domain().bounds(), &[512]).unwrap();
    let discrete = Discrete::new(problem.as_ref(), &grid).unwrap();
    let solver = registry::build(&"pcg,preconditioner=multigrid".parse().unwrap()).unwrap();
    let task = Task::new(problem.as_ref(), &discrete);
    let stop = StopRule { rtol: Some(1e-8), ..StopRule::steps(200) };
    let end = Run::new(solver.as_ref(), &task, &stop)
        .drive(&WallClock::start(), &AtomicBool::new(false), &mut [])
        .unwrap();
    let u = end.values.as_slice();
    let largest = u.iter().copied().fold(0.0, f64::max);
    let mean = (u.iter().map(|u| u * u).sum::<f64>() / (511.0 * 511.0)).sqrt();
    assert!((largest - 0.16164).abs() < 6e-6 && (mean - 0.08984).abs() < 6e-6, "{largest} {mean}");
}

/// On a ring: fields have no number outside, `eval` knows u up to the boundary and refuses points beyond it, the error
/// is split into the ring's own modes where they are few, and `order` shows second order.
#[test]
fn shapes_are_solved_evaluated_and_drawn() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let text = "box = [[-1, 1], [-1, 1]]\ndomain = 'a - b'\nexact = 'exp(x)*cos(2*y)'\n[shapes]\na = { disc = { centre = [0, 0], \
                radius = 0.9 } }\nb = { disc = { centre = [0.1, 0], radius = 0.3 } }\n";
    fs::write(here.join("ring.toml"), text).unwrap();
    let solver = ["--solver", "pcg", "--grid", "32", "--reference", "exact", "--stop", "rtol=1e-10"];
    run(here, &[&["solve", "ring.toml", "--out", "a"], &solver[..]].concat());
    let modes = fs::read_to_string(here.join("a/experiment.toml")).unwrap();
    assert!(modes.contains("transform = \"eigen\""), "{modes}");
    let reference: ndarray::ArrayD<f64> = ndarray_npy::read_npy(here.join("a/fields/reference.npy")).unwrap();
    let missing = reference.iter().filter(|u| u.is_nan()).count();
    // Of 33² nodes a share of 1 − π(0.81 − 0.09)/4.
    assert!((430..=510).contains(&missing), "{missing}");
    // On both circles and beside them.
    fs::write(here.join("points.csv"), "x,y\n0.9,0\n0,-0.9\n0.401,0\n0.5,0.5\n-0.21,0.02\n").unwrap();
    let output = modewise(here, &["eval", "a", "points.csv"]);
    let answer = String::from_utf8_lossy(&output.stdout).into_owned();
    for line in answer.lines().skip(1) {
        let cells: Vec<f64> = line.split(',').map(|cell| cell.parse().unwrap()).collect();
        let exact = cells[0].exp() * (2.0 * cells[1]).cos();
        assert!((cells[2] - exact).abs() < 8e-3, "{line}, exactly {exact}");
    }
    assert_eq!(answer.lines().count(), 6);
    fs::write(here.join("points.csv"), "x,y\n0.5,0.5\n0.1,0.1\n").unwrap();
    let output = modewise(here, &["eval", "a", "points.csv"]);
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        output.status.code() == Some(2)
            && message.contains("line 3")
            && message.contains("outside the domain"),
        "{message}"
    );
    assert_eq!(modewise(here, &["plot", "a"]).status.code(), Some(0));
    let output =
        modewise(here, &["order", "ring.toml", "--solver", "pcg", "--grids", "32,64,128", "--json", "-q"]);
    let orders: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let order = orders["rows"][2]["order_max"].as_f64().unwrap();
    assert!((1.7..2.4).contains(&order) && orders["against"] == "exact", "{orders}");
    for (arguments, part) in [
        (&["order", "ring.toml", "--grids", "32"][..], "two numbers of cells or more"),
        (&["order", "pinnacle-pb-2d", "--grids", "32,48"], "48 is no multiple of 32"),
        (&["order", "ring.toml", "--solver", "fft"], "take pcg, multigrid or direct"),
    ] {
        let output = modewise(here, arguments);
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(2) && message.contains(part), "{message}");
    }
}
