//! modewise.
fn main() {}
