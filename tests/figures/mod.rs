//! Every registered figure over run folders that are usual, extreme or broken.

mod folder;

use std::{fs, path::PathBuf};

use folder::{Case, Kind};
use modewise::{
    figure::{self, Format},
    store::read::RunData,
};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("figures")
}

const FOUR: [(&str, Kind, u64); 4] = [
    ("jacobi", Kind::Jacobi(0.8), 20_000),
    ("multigrid", Kind::Multigrid, 12),
    ("dnn", Kind::Network, 3000),
    ("mscale-dnn", Kind::Network, 800),
];

fn usual() -> Vec<Case> {
    let one = Case::new("one", &FOUR[..1]);
    let two = Case { floor: Some(3e-4), ..Case::new("two", &[FOUR[0], FOUR[2]]) };
    let four = Case::new("four", &FOUR);
    let eight = Case::new(
        "eight",
        &[
            FOUR[0],
            ("jacobi#2", Kind::Jacobi(0.5), 20_000),
            FOUR[1],
            FOUR[2],
            FOUR[3],
            ("stuck", Kind::Stuck, 500),
            ("jacobi, ω = 2.5", Kind::Diverging, 70),
            ("direct", Kind::Direct, 1),
        ],
    );
    let many = Case { modes: (1..=400).collect(), n: 512, ..Case::new("many-modes", &FOUR) };
    let seeds = Case { seeds: 5, ..Case::new("seeds", &FOUR[1..]) };
    let plane =
        Case { dimension: 2, n: 64, modes: (1..=12).collect(), shells: true, ..Case::new("plane", &FOUR) };
    let few = Case { dimension: 2, n: 48, modes: vec![1, 4, 10], ..Case::new("plane-few", &FOUR[..2]) };
    let three = Case { modes: vec![1, 3, 8], tol: 0.5, ..Case::new("three-modes", &FOUR[..3]) };
    vec![one, two, four, eight, many, seeds, plane, few, three]
}

fn extreme() -> Vec<Case> {
    let single = Case { modes: vec![1], ..Case::new("single-mode", &FOUR[..1]) };
    let start = Case::new("step-0-only", &[("jacobi", Kind::Jacobi(1.0), 0)]);
    let never = Case::new("never", &[("stuck", Kind::Stuck, 100), ("still", Kind::Stuck, 10)]);
    let diverged = Case::new("diverged", &[("jacobi", Kind::Diverging, 100)]);
    let thousands = Case {
        modes: (1..=4000).collect(),
        n: 4096,
        ..Case::new("thousands", &[("multigrid", Kind::Multigrid, 9)])
    };
    let zero = Case { modes: vec![0, 1, 2, 40], ..Case::new("mode-zero", &FOUR[..2]) };
    let nothing = Case::new("no-solver", &[]);
    let odd = Case { tol: 0.0, ..Case::new("tol-0", &FOUR[..2]) };
    let long = "a-label-so-long-that-it-cannot-fit-anywhere-in-any-panel-of-any-figure";
    let long =
        Case::new("long-label", &[(long, Kind::Network, 200), ("<b>&\"x\"<b>", Kind::Jacobi(1.0), 50)]);
    let names = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"];
    let twelve: Vec<_> = names.map(|name| (name, Kind::Jacobi(0.9), 300)).to_vec();
    vec![single, start, never, diverged, thousands, zero, nothing, odd, long, Case::new("twelve", &twelve)]
}

/// Draws everything for a folder and checks that the files are there and hold a picture.
fn sweep(dir: &std::path::Path) {
    let run = RunData::read(dir).unwrap_or_else(|error| panic!("{}: {error}", dir.display()));
    let into = dir.join("figures");
    let files = figure::draw(&run, None, &[Format::Svg, Format::Png], &into)
        .unwrap_or_else(|error| panic!("{}: {error}", dir.display()));
    assert_eq!(files.len(), 2 * figure::REGISTRY.len());
    for file in &files {
        let bytes = fs::read(file).expect("a figure that was reported exists");
        assert!(bytes.len() > 900, "{} is nearly empty", file.display());
        if file.extension().is_some_and(|e| e == "svg") {
            let text = String::from_utf8(bytes).expect("SVG is text");
            assert!(text.starts_with("<svg ") && text.trim_end().ends_with("</svg>"), "{}", file.display());
            let pictures = text.split(';').filter(|part| !part.starts_with("base64,"));
            assert!(
                pictures.clone().all(|part| !part.contains("NaN") && !part.contains("inf")),
                "{}",
                file.display()
            );
            assert!(!text.contains("data:png"), "{}", file.display());
        } else {
            assert!(bytes.starts_with(b"\x89PNG"), "{}", file.display());
        }
    }
    let left = fs::read_dir(&into).expect("the folder of figures exists");
    let temporary =
        left.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with(".figure-"));
    assert_eq!(temporary.count(), 0, "temporary files were left in {}", into.display());
}

#[test]
fn usual_runs_are_drawn() {
    for case in usual() {
        sweep(&case.write(&root()));
    }
}

#[test]
fn extreme_runs_are_drawn() {
    for case in extreme() {
        sweep(&case.write(&root()));
    }
}

#[test]
fn no_text_is_cut_or_covered_by_another_or_across_a_frame() {
    for case in usual().into_iter().chain(extreme()) {
        let run = RunData::read(&case.write(&root().join("texts"))).expect("the folder was just written");
        for figure in figure::REGISTRY {
            let scene = (figure.draw)(&run).expect("every run can be drawn");
            let page = figure::scene::Rect::new(0.0, 0.0, scene.width, scene.height);
            let texts = scene.text_bounds();
            for (i, (text, bounds)) in texts.iter().enumerate() {
                let name = format!("{} of {}: `{text}`", figure.name, case.name);
                assert!(bounds.overlap(&page) > 0.999 * bounds.w * bounds.h, "{name} is cut");
                for (other, there) in &texts[..i] {
                    let shared = bounds.overlap(there);
                    assert!(shared < 0.06 * bounds.w * bounds.h, "{name} meets `{other}`");
                }
                for frame in &scene.frames {
                    let inside = bounds.overlap(frame) / (bounds.w * bounds.h);
                    assert!(!(0.04..0.96).contains(&inside), "{name} lies across the frame {frame:?}");
                }
            }
        }
    }
}

fn svg(case: &Case, name: &str, folder: &str) -> String {
    let dir = case.write(&root().join(folder));
    let run = RunData::read(&dir).expect("the folder was just written");
    let files = figure::draw(&run, Some(&[name]), &[Format::Svg], &dir.join("figures"))
        .expect("the run can be drawn");
    fs::read_to_string(&files[0]).expect("a figure that was reported exists")
}

#[test]
fn figures_say_what_they_show() {
    let four = Case { floor: Some(3e-4), ..Case::new("four", &FOUR) };
    for figure in figure::REGISTRY {
        let text = svg(&four, figure.name, "say");
        for word in [
            "jacobi",
            "multigrid",
            "mscale-dnn",
            "omega=0.8",
            "grid 256",
            "reference: exact",
            "DST",
            "seed 0",
        ] {
            assert!(text.contains(word), "{} lacks `{word}`", figure.name);
        }
    }
    let passage = svg(&four, "first-passage", "say");
    for word in ["τ = −0.68", "theory", "reached", "mode k", "10²"] {
        assert!(passage.contains(word), "first-passage lacks `{word}`");
    }
    assert!(svg(&four, "error", "say").contains("discretisation"));
    assert!(svg(&four, "heatmap", "say").contains("data:image/png;base64,"));
    let seeds = Case { seeds: 3, ..Case::new("seeds", &FOUR[2..]) };
    assert!(svg(&seeds, "histories", "say").contains("seeds 0–2"));
    let diverged = Case::new("diverged", &[("jacobi", Kind::Diverging, 100)]);
    assert!(svg(&diverged, "error", "say").contains("diverged at step 100"));
}

#[test]
fn the_same_folder_gives_the_same_bytes() {
    let case = Case::new("same", &FOUR[1..]);
    for figure in figure::REGISTRY {
        assert_eq!(svg(&case, figure.name, "same-a"), svg(&case, figure.name, "same-b"), "{}", figure.name);
    }
}

#[test]
fn a_figure_named_twice_is_drawn_once() {
    let dir = Case::new("twice", &FOUR[..1]).write(&root().join("twice"));
    let run = RunData::read(&dir).expect("the folder was just written");
    let names = ["error", "heatmap", "error"];
    let files =
        figure::draw(&run, Some(&names), &[Format::Svg], &dir.join("figures")).expect("it can be drawn");
    assert_eq!(files.len(), 2);
}

#[test]
fn damaged_folders_are_errors_that_name_the_file() {
    let dir = Case::new("damaged", &FOUR[..1]).write(&root().join("damaged"));
    let message = |name: &str, text: &str| {
        let path = dir.join(name);
        let before = fs::read(&path).expect("the file was just written");
        fs::write(&path, text).expect("the test folder can be written");
        let run = RunData::read(&dir);
        let drawn = run.map_err(|error| error.to_string()).and_then(|run| {
            figure::draw(&run, None, &[Format::Svg], &dir.join("figures")).map_err(|error| error.to_string())
        });
        fs::write(&path, before).expect("the test folder can be written");
        drawn.expect_err("a damaged file is an error")
    };
    assert!(message("summary.json", "{}").contains("summary.json"));
    let modes = "solver,step,mode,relative_error\njacobi,1,one,0.5\n";
    assert!(message("modes.csv", modes).contains("modes.csv, line 2: column `mode` holds `one`"));
    assert!(message("fields/reference.npy", "not an array").contains("reference.npy"));
    let run = RunData::read(&dir).expect("the folder is whole again");
    let unknown = figure::draw(&run, Some(&["heatmaps"]), &[Format::Svg], &dir).expect_err("no such figure");
    assert!(unknown.to_string().contains("heatmap, first-passage"));
}

#[test]
fn a_killed_run_can_be_drawn() {
    let dir = Case::new("killed", &FOUR[..2]).write(&root().join("killed"));
    for name in ["history.csv", "modes.csv"] {
        let text = fs::read_to_string(dir.join(name)).expect("the file was just written");
        let torn = text.len() - text.len() / 3;
        let torn = (0..=torn).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        fs::write(dir.join(name), &text[..torn]).expect("the test folder can be written");
    }
    fs::remove_file(dir.join("order.csv")).expect("the file was just written");
    fs::remove_dir_all(dir.join("fields")).expect("the folder was just written");
    sweep(&dir);
}
