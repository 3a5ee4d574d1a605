//! Malformed problem files: no panic, no hang, and a message that names line and key.

use std::{fs, path::Path};

use modewise_problems::{Discrete, Grid, Spec, file::ProblemFile};

/// What is said of a file, on a grid of eight cells if it can be read.
fn complaint(name: &str, text: &str) -> Option<String> {
    let problem = match ProblemFile::new(name, text).build(&Spec::new(name)) {
        Err(error) => return Some(error.to_string()),
        Ok(problem) => problem,
    };
    let grid = Grid::new(problem.domain().bounds(), &[8]).ok()?;
    Discrete::new(problem.as_ref(), &grid).err().map(|error| error.to_string())
}

/// The first line of each file has what is to be said of it.
#[test]
fn every_malformed_file_gets_a_message_that_names_line_and_key() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/malformed");
    let (mut count, mut wrong) = (0, Vec::new());
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|end| end != "toml") {
            // A PQR file that one of them names.
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let expected = text.lines().next().and_then(|line| line.strip_prefix("# expect: ")).unwrap();
        let name = path.to_string_lossy().into_owned();
        let said = complaint(&name, &text).unwrap_or_default();
        // What shows only once there is a grid names the point instead.
        let has_place = said.starts_with(&format!("{name}, line "))
            || said.contains(" at [")
            || said.starts_with("axis ")
            || said.starts_with("no side holds u");
        if !said.contains(expected) || !has_place || said.len() > 800 {
            wrong.push(format!("{name}: {said}"));
        }
        count += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count >= 50, "{count} files");
}
