//! All integration tests in one binary, which links once.

mod command_line;
mod figures;
mod problem_files;
mod published;
mod runs;
