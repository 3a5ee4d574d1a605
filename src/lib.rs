#![doc = include_str!("../README.md")]

pub mod bench;
pub mod experiment;
pub mod figure;
pub mod machine;
pub mod modes;
pub mod store;
pub mod theory;
