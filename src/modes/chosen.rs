//! Which modes a watch reports, and which of them it tracks.

use modewise_problems::Field;
use modewise_solvers::Reference;

use super::{ModeChoice, ModeChoiceError, Spectrum, choice::AUTO_SHARE, largest::largest_modes};
use crate::store::schema::ModeName;

/// What a reported mode is made of.
pub(super) enum Members {
    /// The mode at a place of the transform.
    Single(usize),
    /// A shell of |k|.
    Shell(usize),
}

/// A mode whose error is told at recorded steps.
pub(super) struct Reported {
    pub name: ModeName,
    pub members: Members,
    pub reference_amplitude: f64,
}

/// The modes of a watch.
pub(super) struct Chosen {
    /// Single modes by |k|, then shells.
    pub reported: Vec<Reported>,
    /// Indices into `reported`.
    pub tracked: Vec<usize>,
    /// The largest amplitude of the reference.
    pub largest: f64,
    /// Whether Δ is relative to the error at step 0.
    pub against_start: bool,
}

/// Shells of |k| are reported unasked on grids of so many nodes at most: they take a whole transform.
const SMALL: usize = 1 << 16;
/// With more tracked modes than this shells are reported too: so many are too many to be told apart.
const MANY: usize = 40;

impl Chosen {
    /// As [`super::ModeWatch::new`].
    pub fn new(
        reference: &Reference,
        spectrum: &Spectrum,
        choice: &ModeChoice,
        white: bool,
    ) -> Result<Self, ModeChoiceError> {
        let reference = reference.field().ok_or(ModeChoiceError::NoGrid)?;
        let large = spectrum.dimension() > 1 && reference.values().len() > SMALL;
        if large
            && !white
            && *choice == ModeChoice::Auto
            && let Some(few) = Self::few(reference, spectrum)
        {
            return Ok(few);
        }
        let amplitudes = spectrum.of(reference);
        let modulus = |place: u32| amplitudes.modulus(place as usize);
        let largest = spectrum.all().map(modulus).fold(0.0, f64::max);
        let against_start = white || largest == 0.0;
        let (singles, rings) = choice.select(spectrum, &amplitudes, against_start)?;
        let flat = spectrum.dimension() == 1;
        let mut shown: Vec<u32> = match choice {
            ModeChoice::Auto | ModeChoice::All if flat => spectrum.all().collect(),
            _ => singles.clone(),
        };
        spectrum.sort(&mut shown);
        let (mut reported, mut tracked) = (Vec::new(), Vec::new());
        for place in shown {
            if singles.binary_search(&place).is_ok() {
                tracked.push(reported.len());
            }
            reported.push(single(spectrum, place, modulus(place)));
        }
        let shells = if !flat && (!large || !rings.is_empty() || singles.len() > MANY) {
            spectrum.shell_amplitudes(&amplitudes)
        } else {
            Vec::new()
        };
        for (shell, reference_amplitude) in shells.into_iter().enumerate() {
            let s = shell as u64;
            if rings.contains(&s) {
                tracked.push(reported.len());
            }
            if spectrum.has_shell(s) {
                let (name, members) = (ModeName::Shell(s), Members::Shell(shell));
                reported.push(Reported { name, members, reference_amplitude });
            }
        }
        Ok(Self { reported, tracked, largest, against_start })
    }

    /// The largest modes alone, where they are few and found without a whole transform.
    fn few(field: &Field, spectrum: &Spectrum) -> Option<Self> {
        let modes = largest_modes(spectrum, field, AUTO_SHARE).filter(|modes| modes.len() <= MANY)?;
        let largest = modes.iter().map(|mode| mode.1).fold(0.0, f64::max);
        let mut places: Vec<u32> = modes.iter().map(|mode| mode.0).collect();
        spectrum.sort(&mut places);
        let amplitude = |place: u32| modes[modes.partition_point(|mode| mode.0 < place)].1;
        let reported: Vec<Reported> =
            places.into_iter().map(|place| single(spectrum, place, amplitude(place))).collect();
        let tracked = (0..reported.len()).collect();
        Some(Self { reported, tracked, largest, against_start: false })
    }
}

fn single(spectrum: &Spectrum, place: u32, reference_amplitude: f64) -> Reported {
    let place = place as usize;
    Reported { name: spectrum.name(place), members: Members::Single(place), reference_amplitude }
}
