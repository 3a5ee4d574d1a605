//! The run folder: what is written while a run goes on and read back by figures and `resume`.

pub mod read;
pub mod schema;
mod table;

pub use table::ReadError;
