//! The free energy of solvation from two grids.

use modewise_problems::{Field, solvation::Solvation};

/// A free energy in kJ/mol.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct FreeEnergy {
    pub value: f64,
    /// The estimated error of the finer grid, where there are two.
    pub bar: Option<f64>,
    is_extrapolated: bool,
}

/// Grids on which an energy differs by more than this share of it do not show the order of the scheme yet.
const CLOSE: f64 = 0.15;

impl FreeEnergy {
    /// Of `fine`, and of the solution on half as many cells: Richardson's extrapolation of a second-order scheme, and
    /// how far it goes. Where the grids are far apart, that of `fine` and their whole difference. `None` where it is no
    /// finite number.
    pub fn new(solvation: &Solvation, fine: &Field, coarse: Option<&Field>) -> Option<Self> {
        let finite = |field: &Field| Some(solvation.energy(field)).filter(|energy| energy.is_finite());
        let own = finite(fine)?;
        let Some(difference) = coarse.and_then(finite).map(|coarse| own - coarse) else {
            return Some(Self { value: own, bar: None, is_extrapolated: false });
        };
        Some(if difference.abs() <= CLOSE * own.abs() {
            Self { value: own + difference / 3.0, bar: Some(difference.abs() / 3.0), is_extrapolated: true }
        } else {
            Self { value: own, bar: Some(difference.abs()), is_extrapolated: false }
        })
    }

    /// What is said where nothing could be extrapolated.
    pub fn advice(&self) -> Option<String> {
        let far = self.bar.filter(|_| !self.is_extrapolated)?;
        Some(format!(
            "the free energies of this grid and of the next coarser one are {far:.3} kJ/mol apart, too far to extrapolate; take a \
             finer --grid, or a smaller margin around the molecule"
        ))
    }
}
