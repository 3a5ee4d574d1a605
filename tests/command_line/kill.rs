//! Killed without a warning at random moments, a run goes on from its last checkpoint to the same end.
//!
//! `MODEWISE_KILLS=50 cargo test killed` kills fifty times; a handful suffice from day to day.

use std::{
    fs,
    path::Path,
    process::{Child, Stdio},
    time::Duration,
};

use modewise::store::checkpoint;

use super::{code, modewise, stderr};

const SOLVE: [&str; 12] = [
    "solve",
    "fprinciple-1d",
    "--solver",
    "mscale-dnn,width=16,depth=2,points=300,steps=1500",
    "--watch",
    "every=25",
    "--checkpoint",
    "0.02",
    "--quiet",
    "--no-figures",
    "--out",
    "run",
];

/// What a run writes once it has ended.
const NETWORK: &str = "run/networks/mscale-dnn.safetensors";

fn spawn(here: &Path, arguments: &[&str]) -> Child {
    std::process::Command::new(assert_cmd::cargo::cargo_bin("modewise"))
        .current_dir(here)
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// The numbers of a run that do not depend on the clock.
fn results(here: &Path) -> (Vec<u8>, Vec<String>) {
    let network = fs::read(here.join(NETWORK)).unwrap();
    let mut history = csv::Reader::from_path(here.join("run/history.csv")).unwrap();
    let untimed = |row: csv::StringRecord| {
        let cells = row.iter().enumerate().filter(|(column, _)| *column != 3).map(|(_, cell)| cell);
        cells.collect::<Vec<_>>().join(",")
    };
    (network, history.records().map(|row| untimed(row.unwrap())).collect())
}

/// The step of the latest checkpoint that is whole; the last one where the run had ended, which then removes its
/// checkpoints.
fn kept(here: &Path) -> u64 {
    if here.join(NETWORK).exists() {
        return u64::MAX;
    }
    let found = checkpoint::read(&here.join("run")).unwrap();
    assert!(found.damaged.is_empty(), "a killed run leaves no torn checkpoint: {:?}", found.damaged);
    found.checkpoint.map_or(0, |(_, checkpoint)| checkpoint.step)
}

#[test]
fn a_killed_run_loses_at_most_the_work_since_its_last_checkpoint() {
    let kills: u32 = std::env::var("MODEWISE_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(4);
    let whole = tempfile::tempdir().unwrap();
    assert_eq!(code(&modewise(whole.path(), &SOLVE)), 0);
    let expected = results(whole.path());
    let mut moment = 1u64;
    let mut killed = 0;
    while killed < kills {
        let folder = tempfile::tempdir().unwrap();
        let here = folder.path();
        let mut child = spawn(here, &SOLVE);
        while !here.join("run/experiment.toml").exists() {
            std::thread::sleep(Duration::from_millis(1));
        }
        let mut before = 0;
        while killed < kills {
            // Knuth's generator (MMIX): moments that are the same in every run of the test.
            moment = moment.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            std::thread::sleep(Duration::from_millis(moment >> 32 & 0xff));
            if child.try_wait().unwrap().is_some() {
                break;
            }
            child.kill().unwrap();
            child.wait().unwrap();
            killed += 1;
            let now = kept(here);
            assert!(now >= before, "the checkpoint went back from step {before} to {now}");
            before = now;
            child = spawn(here, &["resume", "run", "--quiet", "--no-figures"]);
        }
        child.wait().unwrap();
        // Whatever the last process left: complete, or resumed to the end now.
        let output = modewise(here, &["resume", "run", "--no-figures"]);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        assert!(results(here) == expected, "after {killed} kills the run ended elsewhere");
    }
}
