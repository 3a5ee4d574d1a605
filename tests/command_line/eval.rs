//! `modewise eval`: points in, values out, and mistakes named with file and line.

use std::fs;

use super::{code, modewise, stderr};

#[test]
fn values_at_points_of_the_users_own() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let solve =
        ["solve", "two-tone-2d", "--grid", "16", "--out", "run", "--no-figures", "--quiet", "--solver"];
    let network = "dnn,width=8,depth=1,points=50,steps=3";
    assert_eq!(code(&modewise(here, &[&solve[..], &[network]].concat())), 0);
    // The boundary is exact: u = 0 there, whatever the network.
    fs::write(here.join("points.csv"), "x, y\n0.25,0.5\n1,0.125\n").unwrap();
    let output = modewise(here, &["eval", "run", "points.csv"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let table = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!((lines.len(), lines[0]), (3, "x,y,u"));
    assert!(lines[1].starts_with("0.25,0.5,") && lines[2].starts_with("1.0,0.125,"), "{table}");
    let inside: f64 = lines[1].rsplit(',').next().unwrap().parse().unwrap();
    let boundary: f64 = lines[2].rsplit(',').next().unwrap().parse().unwrap();
    assert!(inside != 0.0 && boundary.abs() < 1e-14);
    let output = modewise(here, &["eval", "run", "points.csv", "--json", "--out", "values.json"]);
    assert!(output.stdout.is_empty());
    let document: serde_json::Value =
        serde_json::from_slice(&fs::read(here.join("values.json")).unwrap()).unwrap();
    assert_eq!(document["u"][0].as_f64(), Some(inside));
    assert_eq!((&document["solver"], &document["interpolated"]), (&"dnn".into(), &false.into()));

    let classical = [&solve[..], &["direct", "--force"]].concat();
    assert_eq!(code(&modewise(here, &classical)), 0);
    let output = modewise(here, &["eval", "run", "points.csv"]);
    assert_eq!(code(&output), 0);
    assert!(stderr(&output).contains("interpolated linearly"), "{}", stderr(&output));

    for (points, part) in [
        ("x\n0.5\n", "points.csv, line 1: expected the header `x,y`, not `x`"),
        ("x,y\n0.5,0.5\n\n0.5,two\n", "points.csv, line 4: y = `two` is no number"),
        ("x,y\n0.5\n", "points.csv, line 2: expected 2 coordinates (x,y), not 1"),
        ("x,y\n0.5,3\n", "line 2: y = 3 lies outside the box"),
        ("x,y\n0.5,nan\n", "y = `nan` is no number"),
    ] {
        fs::write(here.join("points.csv"), points).unwrap();
        let output = modewise(here, &["eval", "run", "points.csv"]);
        assert_eq!(code(&output), 2, "{points}");
        assert!(stderr(&output).contains(part), "{points}: {}", stderr(&output));
        assert!(output.stdout.is_empty(), "{points}: data on stdout");
    }
    assert_eq!(code(&modewise(here, &["eval", "run", "missing.csv"])), 4);
    assert_eq!(code(&modewise(here, &["eval", "missing", "points.csv"])), 4);
    assert_eq!(code(&modewise(here, &["eval", "run", "points.csv", "--solver", "dnn"])), 2);
}
