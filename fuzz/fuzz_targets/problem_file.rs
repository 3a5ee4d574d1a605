//! The parser of problem files: whatever is in one, there is a problem or a message. What is read has its discrete
//! system on four cells a side, or a message.
#![no_main]

use libfuzzer_sys::fuzz_target;
use modewise_problems::{Discrete, Grid, Spec, file::ProblemFile};

fuzz_target!(|text: &str| {
    let Ok(problem) = ProblemFile::new("fuzz.toml", text).build(&Spec::new("fuzz.toml")) else { return };
    let _ = problem.title().len() + problem.to_file().map_or(0, |text| text.len());
    if let Ok(grid) = Grid::new(problem.domain().bounds(), &[4]) {
        let _ = Discrete::new(problem.as_ref(), &grid).map_err(|error| error.to_string());
    }
});
