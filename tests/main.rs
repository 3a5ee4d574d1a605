//! All integration tests in one binary, which links once.

mod command_line;
mod figures;
mod published;
mod runs;
