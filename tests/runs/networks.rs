//! What a run leaves of its network: evaluated at any point, and the start of another run.

use std::{fs, path::Path, sync::atomic::AtomicBool};

use modewise::experiment::{self, Plan, Quiet, Setup, Solution};
use modewise_problems::Points;

use super::{start, timeless};

const TRAINED: &str = "
    problem = 'fprinciple-1d'
    grid = 64
    stop = 'steps=40'
    solver = ['dnn,width=12,depth=2,points=65', 'jacobi', 'mscale-dnn,scales=[1,4],width=8,loss=regression']";

fn trained(text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    start(text, folder.path(), &AtomicBool::new(false), &mut Quiet);
    folder
}

/// A network at the nodes of the grid is the field that the run stored, and between them it is not interpolated;
/// a grid method's field is.
#[test]
fn a_finished_run_is_evaluated_anywhere() {
    let folder = trained(TRAINED);
    let nodes: Vec<f64> = (0..=64).map(|i| -1.0 + f64::from(i) / 32.0).collect();
    let between: Vec<f64> = nodes.iter().take(64).map(|x| x + 1.0 / 64.0).collect();
    for (label, interpolated) in [("dnn", false), ("jacobi", true), ("mscale-dnn", false)] {
        let solution = Solution::open(folder.path(), Some(label), None).unwrap();
        assert_eq!(solution.is_interpolated(), interpolated, "{label}");
        let field: ndarray::Array1<f64> =
            ndarray_npy::read_npy(folder.path().join(format!("fields/{label}-40.npy"))).unwrap();
        let values = solution.evaluate(Points::new(&nodes, 1)).unwrap();
        for (u, stored) in values.iter().zip(&field) {
            assert!((u - stored).abs() < 1e-13, "{label}: {u} and {stored}");
        }
        let middle = solution.evaluate(Points::new(&between, 1)).unwrap();
        let chords = values.windows(2).map(|pair| 0.5 * (pair[0] + pair[1]));
        let distance = middle.iter().zip(chords).map(|(u, chord)| (u - chord).abs()).fold(0.0, f64::max);
        assert_eq!(distance < 1e-14, interpolated, "{label}: {distance}");
    }
}

/// On shapes too, where the field is that of the network at the nodes inside.
#[test]
fn a_network_on_shapes_is_evaluated_anywhere() {
    let folder =
        trained("problem = 'disc-2d'\ngrid = 8\nstop = 'steps=5'\nsolver = 'dnn,width=6,depth=1,points=60'");
    let solution = Solution::open(folder.path(), None, None).unwrap();
    let field: ndarray::Array2<f64> = ndarray_npy::read_npy(folder.path().join("fields/dnn-5.npy")).unwrap();
    let values = solution.evaluate(Points::new(&[0.25, -0.5, 0.0, 0.0], 2)).unwrap();
    assert!((values[0] - field[[5, 2]]).abs() < 1e-13 && (values[1] - field[[4, 4]]).abs() < 1e-13);
}

fn refusal(folder: &Path, label: Option<&str>, seed: Option<u64>) -> String {
    Solution::open(folder, label, seed).err().map(|error| error.to_string()).unwrap_or_default()
}

#[test]
fn what_a_run_does_not_have_is_named() {
    let folder = trained(TRAINED);
    assert!(refusal(folder.path(), None, None).contains("--solver: dnn, jacobi, mscale-dnn"));
    assert!(refusal(folder.path(), Some("multigrid"), None).contains("--solver: dnn"));
    assert!(refusal(folder.path(), Some("dnn"), Some(3)).contains("seed 3"));
    assert!(refusal(folder.path(), Some("jacobi"), Some(3)).contains("only the field of seed 0"));
    let network = folder.path().join("networks/dnn.safetensors");
    let whole = fs::read(&network).unwrap();
    fs::write(&network, &whole[..whole.len() - 1]).unwrap();
    assert!(
        refusal(folder.path(), Some("dnn"), None).contains("dnn.safetensors is damaged: it was cut short")
    );
}

/// Errors of a solver's first and last recorded steps.
fn errors(folder: &Path, label: &str) -> [String; 2] {
    let mut history = csv::Reader::from_path(folder.join("history.csv")).unwrap();
    let rows: Vec<_> = history.records().map(Result::unwrap).filter(|row| &row[0] == label).collect();
    [rows[0][5].to_string(), rows[rows.len() - 1][5].to_string()]
}

/// Step 0 of a warm start is the last step of where it comes from, bit for bit, and its experiment.toml reruns.
#[test]
fn a_network_starts_from_that_of_another_run() {
    let first = trained(TRAINED);
    let second = trained(&format!(
        "problem = 'fprinciple-1d'\ngrid = 64\nstop = 'steps=30'\n\
         solver = 'dnn,width=12,depth=2,points=33,lr=1e-4,start=\"{}:dnn\"'",
        first.path().display()
    ));
    assert_eq!(errors(second.path(), "dnn")[0], errors(first.path(), "dnn")[1]);
    let again = trained(&fs::read_to_string(second.path().join("experiment.toml")).unwrap());
    assert_eq!(timeless(again.path(), "history.csv"), timeless(second.path(), "history.csv"));
}

/// Frozen waves, coupled parts and trained weights are stored, evaluated and started from like any other network; what
/// says what function the parameters stand for has to be the same.
#[test]
fn every_structure_is_evaluated_and_started_from() {
    let solvers = [
        (
            "fourier-dnn",
            "fourier-dnn,trainable=false,scales=[1,8],width=8,depth=2,points=65",
            "relaxation=0.7",
        ),
        ("subspace-dnn", "subspace-dnn,width=6,depth=2,fine_width=6,fine_depth=2,points=65", "alpha=0.3"),
        ("mscale-dnn", "mscale-dnn,scales=auto,weights=trained,width=6,depth=2,points=65", "weights=[2]"),
        ("dnn", "dnn,residual=true,width=6,depth=3,points=65", "residual=false"),
    ];
    let list: Vec<String> = solvers.iter().map(|(_, spec, _)| format!("'{spec}'")).collect();
    let first = trained(&format!(
        "problem = 'fprinciple-1d'\ngrid = 64\nstop = 'steps=20'\nsolver = [{}]",
        list.join(", ")
    ));
    let nodes: Vec<f64> = (0..=64).map(|i| -1.0 + f64::from(i) / 32.0).collect();
    for (label, spec, other) in solvers {
        let solution = Solution::open(first.path(), Some(label), None).unwrap();
        let field: ndarray::Array1<f64> =
            ndarray_npy::read_npy(first.path().join(format!("fields/{label}-20.npy"))).unwrap();
        let values = solution.evaluate(Points::new(&nodes, 1)).unwrap();
        assert!(values.iter().zip(&field).all(|(u, stored)| (u - stored).abs() < 1e-13), "{label}");
        let start = |spec: &str| {
            format!(
                "problem = 'fprinciple-1d'\ngrid = 64\nseed = 5\nstop = 'steps=3'\nsolver = '{spec},start=\"{}:{label}\"'",
                first.path().display()
            )
        };
        let text = start(spec);
        // One network is for any seed: with that of its own run it is the same function.
        let second = trained(&text);
        assert_eq!(errors(second.path(), label)[0], errors(first.path(), label)[1], "{label}");
        let (key, _) = other.split_once('=').unwrap();
        let keys = spec.split(',').filter(|part| !part.starts_with(&format!("{key}=")));
        let spec = keys.chain([other]).collect::<Vec<_>>().join(",");
        let refused = Setup::new(&Plan::from_toml(&start(&spec), &[]).unwrap(), false).err();
        let refused = refused.map(|error| error.to_string()).unwrap_or_default();
        assert!(refused.contains("the network there is"), "{label}: {refused}");
    }
}

/// A sum of stages is evaluated where it ended, in any of its stages.
#[test]
fn stages_are_evaluated_anywhere() {
    for steps in [10, 60] {
        let folder = trained(&format!(
            "problem = 'fprinciple-1d'\ngrid = 64\nstop = 'steps={steps}'\nsolver = 'multi-stage,label=sum'"
        ));
        let folder = folder.path();
        let solution = Solution::open(folder, Some("sum"), None).unwrap();
        let nodes: Vec<f64> = (0..=64).map(|i| -1.0 + f64::from(i) / 32.0).collect();
        let field: ndarray::Array1<f64> =
            ndarray_npy::read_npy(folder.join(format!("fields/sum-{steps}.npy"))).unwrap();
        let values = solution.evaluate(Points::new(&nodes, 1)).unwrap();
        assert!(values.iter().zip(&field).all(|(u, stored)| (u - stored).abs() < 1e-13), "{steps}");
    }
}

#[test]
fn a_network_of_another_shape_is_refused_and_both_are_named() {
    let first = trained(&format!("{TRAINED}\nseeds = 2"));
    let folder = first.path().display();
    let error = |start: &str, solver: &str| {
        let text = format!("problem = 'fprinciple-1d'\nsolver = '{solver},start=\"{folder}{start}\"'");
        Setup::new(&Plan::from_toml(&text, &[]).unwrap(), false).err().map(|error| error.to_string())
    };
    let wider = error(":dnn", "dnn,width=16,depth=2").unwrap();
    assert!(wider.contains("width=12") && wider.contains("width=16"), "{wider}");
    let other = error(":dnn", "dnn,width=12,depth=2,activation=sin").unwrap();
    assert!(other.contains("activation=tanh") && other.contains("activation=sin"), "{other}");
    // u is the network itself, or zero at the ends with it as a factor: the same numbers are two functions.
    let built_in = error(":dnn", "dnn,width=12,depth=2,boundary=exact").unwrap();
    assert!(built_in.contains("boundary=exact") && built_in.contains("boundary=penalty"), "{built_in}");
    let unclear = error("", "dnn,width=12,depth=2").unwrap();
    assert!(unclear.contains("RUN_DIR:LABEL: dnn, mscale-dnn"), "{unclear}");
    let seed = error(":dnn", "dnn,width=12,depth=2,label=x").unwrap_or_default();
    assert_eq!(seed, "", "seed 0 is there");
    let missing = error("/nowhere", "dnn,width=12,depth=2").unwrap();
    assert!(missing.contains("give the run folder of a network"), "{missing}");
    let text = format!(
        "problem = 'fprinciple-1d'\nseed = 7\nsolver = 'dnn,width=12,depth=2,start=\"{folder}:dnn\"'"
    );
    let seven = Setup::new(&Plan::from_toml(&text, &[]).unwrap(), false).err().unwrap().to_string();
    assert!(seven.contains("no network of seed 7, only of 0, 1"), "{seven}");
    let nine = Solution::open(first.path(), Some("dnn"), Some(9)).err().map(|error| error.to_string());
    assert!(nine.as_ref().is_some_and(|nine| nine.contains("none of the run's, which are 0, 1")), "{nine:?}");
}

/// Scales that are chosen for a problem are others on another.
#[test]
fn chosen_scales_are_not_carried_to_another_problem() {
    let first = trained(
        "problem = 'sines-1d'\ngrid = 64\nstop = 'steps=2'\nsolver = 'mscale-dnn,scales=auto,width=6,depth=2,boundary=exact'",
    );
    let text = format!(
        "problem = 'mscale-demo-1d'\nsolver = 'mscale-dnn,scales=auto,width=6,depth=2,boundary=exact,start=\"{}\"'",
        first.path().display()
    );
    let refused =
        Setup::new(&Plan::from_toml(&text, &[]).unwrap(), false).err().map(|error| error.to_string());
    assert!(refused.as_ref().is_some_and(|why| why.contains("those of sines-1d")), "{refused:?}");
}

/// What ends a run, and what is advised then.
#[test]
fn runs_end_with_advice_that_fits() {
    let advice = |text: &str| {
        let folder = tempfile::tempdir().unwrap();
        let setup = Setup::new(&Plan::from_toml(text, &[]).unwrap(), false).unwrap();
        let summary =
            experiment::run(&setup, folder.path(), true, &AtomicBool::new(false), &mut Quiet).unwrap();
        let run = summary.solvers.into_iter().next().unwrap();
        (run.outcome, run.advice.unwrap_or_default())
    };
    // Its list of optimisers is through: that is a budget, and no floor.
    let spent =
        "problem = 'sines-1d'\nstop = 'error_l2=1e-12'\nsolver = 'dnn,width=6,points=50,optimizer=adam:4'";
    let (outcome, text) = advice(spent);
    assert!(
        outcome == "budget" && text.contains("the steps that its own settings give it"),
        "{outcome}: {text}"
    );
    // Nearer to the solution than the grid is.
    let near = "problem = 'fprinciple-1d'\ngrid = 100\nsolver = 'random-features,count=150'\nmodes = 'none'";
    let (_, text) = advice(near);
    assert!(text.contains("--reference exact"), "{text}");
    let (_, text) = advice("problem = 'two-tone-2d'\nsolver = 'random-features,count=60'\nmodes = 'none'");
    assert!(text.contains("relative residual of") && text.contains("count="), "{text}");
    let (_, text) = advice(
        "problem = 'sines-3d'\ngrid = 8\nreference = 'exact'\nsolver = 'random-features,count=400,sampling=lattice'\nmodes = 'none'",
    );
    assert!(text.contains("more than the 343 equations"), "{text}");
}

/// With several seeds the summary says how far they lie apart.
#[test]
fn several_seeds_have_a_median_and_a_spread() {
    let folder = tempfile::tempdir().unwrap();
    let text = "problem = 'sines-1d'\ngrid = 32\nstop = 'steps=20'\nseeds = 3\n\
                solver = ['dnn,width=8,depth=1,points=33', 'jacobi']";
    let setup = Setup::new(&Plan::from_toml(text, &[]).unwrap(), false).unwrap();
    let summary = experiment::run(&setup, folder.path(), false, &AtomicBool::new(false), &mut Quiet).unwrap();
    let [network, jacobi] = summary.spread.as_slice() else { panic!("{:?}", summary.spread) };
    assert_eq!((network.name.as_str(), network.runs), ("dnn", 3));
    let mut errors: Vec<f64> = summary.solvers[..3].iter().filter_map(|run| run.error_l2).collect();
    errors.sort_by(f64::total_cmp);
    let spread = network.error_l2.unwrap();
    assert_eq!([spread.min, spread.median, spread.max], errors[..]);
    let spread = jacobi.error_l2.unwrap();
    assert_eq!((spread.min, jacobi.steps.unwrap().median), (spread.max, 20.0));
}
