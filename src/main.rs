//! modewise.
fn main(){}
