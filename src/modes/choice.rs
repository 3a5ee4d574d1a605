//! Which modes are tracked.

use std::{fmt, str::FromStr};

use num_complex::Complex64;
use thiserror::Error;

use crate::store::schema::ModeName;

/// `--modes auto|all|1,3,8`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModeChoice {
    /// Modes whose reference amplitude is at least a thousandth of the largest; all of a white start.
    Auto,
    /// Every mode.
    All,
    /// These.
    Listed(Vec<ModeName>),
}

/// Modes that cannot be tracked.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum ModeChoiceError {
    /// Not a list of modes.
    #[error("{0}; give auto, all, or a list such as 1,3,8 (2-D: 1:1,2:5 or shell:3)")]
    Syntax(String),
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
    if matches!(mode, ModeName::Shell(_)) { ", and shells of |k| in 2-D" } else { "" }
}

/// Tracked by `auto`: at least this share of the largest reference amplitude.
const AUTO_SHARE: f64 = 1e-3;

impl ModeChoice {
    /// The single modes, as indices into `names`, and the shells that are tracked.
    ///
    /// # Errors
    /// A listed mode that the grid does not have.
    pub fn select(
        &self,
        names: &[ModeName],
        shells: &[usize],
        reference: &[Complex64],
        white: bool,
    ) -> Result<(Vec<usize>, Vec<u64>), ModeChoiceError> {
        let everything = || (0..names.len()).collect::<Vec<_>>();
        match self {
            Self::All => Ok((everything(), Vec::new())),
            Self::Auto if white => Ok((everything(), Vec::new())),
            Self::Auto => {
                let largest = reference.iter().map(|c| c.norm()).fold(0.0, f64::max);
                let worth = |&i: &usize| reference[i].norm() >= AUTO_SHARE * largest;
                Ok(((0..names.len()).filter(worth).collect(), Vec::new()))
            }
            Self::Listed(listed) => {
                let (mut singles, mut rings) = (Vec::new(), Vec::new());
                for mode in listed {
                    let found = match mode {
                        ModeName::Shell(s) => {
                            rings.push(*s);
                            names.first().is_some_and(|name| dimension(name) > 1)
                                && shells.contains(&(*s as usize))
                        }
                        single => match names.iter().position(|name| name == single) {
                            Some(place) => {
                                singles.push(place);
                                true
                            }
                            None => false,
                        },
                    };
                    if !found {
                        let end = |name: Option<&ModeName>| name.cloned().unwrap_or(ModeName::Single(vec![]));
                        let (first, last) = (end(names.first()), end(names.last()));
                        return Err(ModeChoiceError::NoSuchMode { mode: mode.clone(), first, last });
                    }
                }
                singles.sort_unstable();
                singles.dedup();
                rings.sort_unstable();
                rings.dedup();
                Ok((singles, rings))
            }
        }
    }
}

fn dimension(name: &ModeName) -> usize {
    match name {
        ModeName::Single(k) => k.len(),
        ModeName::Shell(_) => 0,
    }
}

impl FromStr for ModeChoice {
    type Err = ModeChoiceError;

    fn from_str(text: &str) -> Result<Self, ModeChoiceError> {
        match text.trim() {
            "auto" => Ok(Self::Auto),
            "all" => Ok(Self::All),
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
            Self::Listed(modes) => {
                let names: Vec<String> = modes.iter().map(ModeName::to_string).collect();
                f.write_str(&names.join(","))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selects_by_size_by_list_and_refuses_what_is_not_there() {
        let names: Vec<ModeName> = (1..=4).map(|k| ModeName::Single(vec![k])).collect();
        let reference: Vec<Complex64> = [1.0, 0.0009, -0.5, 0.002].map(Complex64::from).to_vec();
        let select = |text: &str, white| {
            text.parse::<ModeChoice>().unwrap().select(&names, &[1, 2, 3, 4], &reference, white)
        };
        assert_eq!(select("auto", false), Ok((vec![0, 2, 3], vec![])));
        assert_eq!(select("auto", true).unwrap().0.len(), 4);
        assert_eq!(select("3,1", false), Ok((vec![0, 2], vec![])));
        let error = select("9", false).unwrap_err().to_string();
        assert!(error.contains("no mode 9") && error.contains("1 to 4"), "{error}");
        assert!(select("shell:2", false).is_err());
        assert!("1,x".parse::<ModeChoice>().is_err());
    }
}
