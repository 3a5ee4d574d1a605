//! The run folder: what is written while a run goes on and read back by figures and `resume`.

pub mod schema;
