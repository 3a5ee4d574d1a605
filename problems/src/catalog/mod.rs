//! Named problems, one a file: a problem file where formulas state it (see `files`), else a program with an
//! `ENTRY` in [`entries`].

mod bump;
mod bump_2d;
mod bump_3d;
mod files;
#[cfg(test)]
mod jump_tests;
mod sines;
mod sines_1d;
mod sines_2d;
mod sines_3d;
#[cfg(test)]
mod tests;

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
    make: Make,
}

/// How a problem is made from a spec.
#[derive(Debug)]
enum Make {
    Program(fn(&Settings<'_>) -> Result<Arc<dyn Problem>, SpecError>),
    File(ProblemFile),
}

/// Problems that are programs.
const PROGRAMS: [&Entry; 5] =
    [&bump_2d::ENTRY, &bump_3d::ENTRY, &sines_1d::ENTRY, &sines_2d::ENTRY, &sines_3d::ENTRY];

/// All problems, by name.
pub fn entries() -> Vec<&'static Entry> {
    let mut entries: Vec<&Entry> = PROGRAMS.into_iter().chain(&*files::ENTRIES).collect();
    entries.sort_by_key(|entry| entry.name);
    entries
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
    match &entry.make {
        Make::Program(make) => make(&Settings::new(spec, entry.parameters)?),
        Make::File(file) => file.build(spec),
    }
}
