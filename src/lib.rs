#![doc = include_str!("../README.md")]

pub mod experiment;
pub mod figure;
pub mod modes;
pub mod store;
pub mod theory;
