//! Which modes are tracked.

use std::{fmt, str::FromStr};

use thiserror::Error;

use super::{Amplitudes, Spectrum};
use crate::store::schema::ModeName;

/// `--modes auto|all|shells|none|1,3,8`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModeChoice {
    /// Modes whose reference amplitude is at least a thousandth of the largest; all of a white start.
    Auto,
    /// Every mode.
    All,
    /// Every shell of |k|.
    Shells,
    /// Nothing: the error is not split.
    None,
    /// These.
    Listed(Vec<ModeName>),
}

/// Modes that cannot be tracked.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum ModeChoiceError {
    /// Not a list of modes.
    #[error("{0}; give auto, all, shells, none, or a list such as 1,3,8 (2-D: 1:1,2:5 or shell:3)")]
    Syntax(String),
    /// A problem without a grid.
    #[error("modes are those of a grid, and a problem of more than three axes has none; leave --modes out")]
    NoGrid,
    /// A mode the grid does not have.
    #[error("this grid has no mode {mode}; it has {first} to {last}{}", shell_note(.mode))]
    NoSuchMode {
        /// The mode.
        mode: ModeName,
        /// The lowest there is.
        first: ModeName,
        /// The highest there is.
        last: ModeName,
    },
}

fn shell_note(mode: &ModeName) -> &'static str {
    if matches!(mode, ModeName::Shell(_)) { ", and shells of |k| in 2-D and 3-D" } else { "" }
}

/// Tracked by `auto`: at least this share of the largest reference amplitude.
pub(super) const AUTO_SHARE: f64 = 1e-3;

impl ModeChoice {
    /// The places of the single modes that are tracked, ascending, and the shells.
    ///
    /// # Errors
    /// A listed mode that the grid does not have.
    pub fn select(
        &self,
        spectrum: &Spectrum,
        reference: &Amplitudes,
        white: bool,
    ) -> Result<(Vec<u32>, Vec<u64>), ModeChoiceError> {
        match self {
            Self::Listed(listed) => select_listed(listed, spectrum),
            Self::Auto if !white => {
                let modulus = |place: u32| reference.modulus(place as usize);
                let least = AUTO_SHARE * spectrum.all().map(modulus).fold(0.0, f64::max);
                Ok((spectrum.all().filter(|&place| modulus(place) >= least).collect(), Vec::new()))
            }
            Self::All | Self::Auto => Ok((spectrum.all().collect(), Vec::new())),
            Self::Shells if spectrum.dimension() == 1 => Ok((spectrum.all().collect(), Vec::new())),
            Self::Shells => {
                let shells = 0..spectrum.shell_count() as u64;
                Ok((Vec::new(), shells.filter(|&s| spectrum.has_shell(s)).collect()))
            }
            Self::None => Ok((Vec::new(), Vec::new())),
        }
    }
}

fn select_listed(listed: &[ModeName], spectrum: &Spectrum) -> Result<(Vec<u32>, Vec<u64>), ModeChoiceError> {
    let (mut singles, mut rings) = (Vec::new(), Vec::new());
    for mode in listed {
        let found = match mode {
            ModeName::Shell(s) => {
                rings.push(*s);
                spectrum.dimension() > 1 && spectrum.has_shell(*s)
            }
            ModeName::Single(k) => {
                let place = spectrum.place(k);
                singles.extend(place.map(|place| place as u32));
                place.is_some()
            }
        };
        if !found {
            let [first, last] = spectrum.ends();
            return Err(ModeChoiceError::NoSuchMode { mode: mode.clone(), first, last });
        }
    }
    singles.sort_unstable();
    singles.dedup();
    rings.sort_unstable();
    rings.dedup();
    Ok((singles, rings))
}

impl FromStr for ModeChoice {
    type Err = ModeChoiceError;

    fn from_str(text: &str) -> Result<Self, ModeChoiceError> {
        match text.trim() {
            "auto" => Ok(Self::Auto),
            "all" => Ok(Self::All),
            "shells" => Ok(Self::Shells),
            "none" => Ok(Self::None),
            list => {
                let modes: Result<Vec<ModeName>, String> =
                    list.split(',').map(|mode| mode.trim().parse()).collect();
                modes.map(Self::Listed).map_err(ModeChoiceError::Syntax)
            }
        }
    }
}

impl fmt::Display for ModeChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::All => f.write_str("all"),
            Self::Shells => f.write_str("shells"),
            Self::None => f.write_str("none"),
            Self::Listed(modes) => {
                let names: Vec<String> = modes.iter().map(ModeName::to_string).collect();
                f.write_str(&names.join(","))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use modewise_problems::{Condition, Grid};

    use super::*;
    use crate::modes::TransformKind;

    #[test]
    fn selects_by_size_by_list_and_refuses_what_is_not_there() {
        let grid = Grid::new(&[[0.0, 1.0]], &[5]).unwrap();
        let spectrum = Spectrum::new(&grid, &[[Condition::Dirichlet; 2]], TransformKind::Sine);
        let reference = Amplitudes::Real(vec![1.0, 0.0009, -0.5, 0.002]);
        let select =
            |text: &str, white| text.parse::<ModeChoice>().unwrap().select(&spectrum, &reference, white);
        assert_eq!(select("auto", false), Ok((vec![0, 2, 3], vec![])));
        assert_eq!(select("auto", true).unwrap().0.len(), 4);
        assert_eq!(select("3,1", false), Ok((vec![0, 2], vec![])));
        let error = select("9", false).unwrap_err().to_string();
        assert!(error.contains("no mode 9") && error.contains("1 to 4"), "{error}");
        assert!(select("shell:2", false).is_err());
        assert!("1,x".parse::<ModeChoice>().is_err());
    }
}
