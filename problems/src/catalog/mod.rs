//! Named problems, one a file. To add one: write its file and add its `ENTRY` to [`entries`].

mod bump_2d;
mod bump_3d;
mod fprinciple_1d;
mod jump;
mod jump_2d;
mod jump_3d;
mod mscale_demo_1d;
mod sines;
mod sines_1d;
mod sines_2d;
mod sines_3d;
#[cfg(test)]
mod tests;
mod two_tone_2d;

use std::sync::Arc;

use crate::{
    Parameter, Problem, Settings, Spec, SpecError,
    file::{self, ProblemFile},
};

/// A problem of the catalog.
#[derive(Debug)]
pub struct Entry {
    /// Its fixed name.
    pub name: &'static str,
    /// One sentence for `modewise list`.
    pub summary: &'static str,
    /// What a spec may set.
    pub parameters: &'static [Parameter],
    build: fn(&Settings<'_>) -> Result<Arc<dyn Problem>, SpecError>,
}

/// All problems, by name.
pub fn entries() -> [&'static Entry; 10] {
    [
        &bump_2d::ENTRY,
        &bump_3d::ENTRY,
        &fprinciple_1d::ENTRY,
        &jump_2d::ENTRY,
        &jump_3d::ENTRY,
        &mscale_demo_1d::ENTRY,
        &sines_1d::ENTRY,
        &sines_2d::ENTRY,
        &sines_3d::ENTRY,
        &two_tone_2d::ENTRY,
    ]
}

/// The problem that `spec` names: one of the catalog, or that of a problem file.
///
/// # Errors
/// An unknown name or key, a value out of range, or a file that is no problem file.
pub fn build(spec: &Spec) -> Result<Arc<dyn Problem>, SpecError> {
    if file::is_path(&spec.name) {
        return ProblemFile::read(&spec.name)?.build(spec);
    }
    let entry = entries().into_iter().find(|entry| entry.name == spec.name).ok_or_else(|| {
        let known = entries().iter().map(|entry| entry.name.to_string()).collect();
        SpecError::UnknownName { kind: "problem", name: spec.name.clone(), known }
    })?;
    (entry.build)(&Settings::new(spec, entry.parameters)?)
}
