//! The run folder: what is written while a run goes on, and read back by figures and `resume`.

pub mod atomic;
pub mod checkpoint;
pub mod error;
pub mod fields;
pub mod folder;
pub mod network;
pub mod read;
pub mod reference;
pub mod schema;
mod table;
mod tensors;

pub use error::StoreError;
pub use folder::RunFolder;
pub use table::ReadError;
