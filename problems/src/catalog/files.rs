//! Problems of the catalog that are problem files, each a lesson in writing one. To add one: write its file
//! and name it in `FILES`.

use std::sync::LazyLock;

use super::{Entry, Make};
use crate::{Parameter, SpecError, file::ProblemFile};

/// Name and text of each.
macro_rules! files {
    ($($name:literal)*) => { [$(($name, include_str!(concat!($name, ".toml")))),*] };
}

const FILES: [(&str, &str); 44] = files![
    "annulus-2d"
    "ball-3d"
    "bell-chirp-1d"
    "bell-chirp-2d"
    "born-3d"
    "chirp-1d"
    "chirp-2d"
    "dielectric-ball-3d"
    "dielectric-disc-2d"
    "dielectric-sphere-3d"
    "disc-2d"
    "fibonacci-ball-3d"
    "five-scales-2d"
    "fprinciple-1d"
    "gouy-chapman-1d"
    "holes-waves-2d"
    "jump-2d"
    "jump-3d"
    "kellogg-2d"
    "kirkwood-3d"
    "l-shape-2d"
    "many-subdomains-2d"
    "mscale-demo-1d"
    "multiscale-elliptic-1d"
    "multiscale-elliptic-2d"
    "multiscale-elliptic-3d"
    "multiscale-elliptic-5d"
    "multiscale-reaction-2d"
    "p-laplace-1d"
    "p-laplace-2d"
    "p-laplace-3d"
    "perforated-square-2d"
    "pinnacle-pb-2d"
    "polynomial-bump-2d"
    "reentrant-corner-2d"
    "robin-2d"
    "screened-waves-1d"
    "screened-waves-2d"
    "sine-sum-5d"
    "sinh-waves-2d"
    "sinh-waves-3d"
    "two-tone-2d"
    "variable-reaction-3d"
    "wave-front-2d"
];

/// Their entries, read once and kept as long as the program runs.
pub(super) static ENTRIES: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    // Invariant: every file of the catalog is read by its tests.
    FILES.iter().map(|(name, text)| entry(name, text).expect("a problem file that is tested")).collect()
});

fn entry(name: &'static str, text: &str) -> Result<Entry, SpecError> {
    let file = ProblemFile::new(name, text);
    let (title, declared) = file.declared()?;
    let parameters: Vec<Parameter> = declared
        .into_iter()
        .map(|declared| Parameter {
            key: declared.key.leak(),
            default: declared.default.leak(),
            unit: declared.unit.leak(),
            help: declared.help.leak(),
        })
        .collect();
    Ok(Entry { name, summary: title.leak(), parameters: parameters.leak(), make: Make::File(file) })
}
