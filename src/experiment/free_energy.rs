//! The free energy of solvation from two grids.

use modewise_problems::{Field, solvation::Solvation};

/// A free energy in kJ/mol.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct FreeEnergy {
    pub value: f64,
    /// The estimated error of the finer grid, where there are two.
    pub bar: Option<f64>,
    is_extrapolated: bool,
    /// The spacing of the grid, where a charge is nearer to the surface than that.
    unresolved: Option<f64>,
}

/// Grids on which an energy differs by more than this share of it do not show the order of the scheme yet.
const CLOSE: f64 = 0.15;

impl FreeEnergy {
    /// Of `fine`, and of the solution on half as many cells: Richardson's extrapolation of a second-order scheme, and
    /// how far it goes. Where the grids are far apart, that of `fine` and their whole difference; where it does not resolve
    /// the charges, no bar. `None` where it is no
    /// finite number.
    pub fn new(solvation: &Solvation, fine: &Field, coarse: Option<&Field>) -> Option<Self> {
        let finite = |field: &Field| Some(solvation.energy(field)).filter(|energy| energy.is_finite());
        let own = finite(fine)?;
        let spacing = fine.grid().axes().iter().map(|axis| axis.spacing()).fold(0.0, f64::max);
        let unresolved = solvation.charges().iter().any(|charge| -solvation.distance(&charge.at) < spacing);
        if unresolved {
            // Its field at the surface turns from node to node: two such grids may agree on anything.
            return Some(Self { value: own, bar: None, is_extrapolated: false, unresolved: Some(spacing) });
        }
        let Some(difference) = coarse.and_then(finite).map(|coarse| own - coarse) else {
            return Some(Self { value: own, bar: None, is_extrapolated: false, unresolved: None });
        };
        Some(if difference.abs() <= CLOSE * own.abs() {
            let [value, bar] = [own + difference / 3.0, difference.abs() / 3.0];
            Self { value, bar: Some(bar), is_extrapolated: true, unresolved: None }
        } else {
            Self { value: own, bar: Some(difference.abs()), is_extrapolated: false, unresolved: None }
        })
    }

    /// What is said where nothing could be extrapolated.
    pub fn advice(&self) -> Option<String> {
        if let Some(spacing) = self.unresolved {
            return Some(format!(
                "a charge is nearer to the molecule's surface than the {spacing:.3} Å from node to node: the free energy cannot be told; \
                 take a finer --grid, or a smaller margin around the molecule"
            ));
        }
        let far = self.bar.filter(|_| !self.is_extrapolated)?;
        Some(format!(
            "the free energies of this grid and of the next coarser one are {far:.3} kJ/mol apart, too far to extrapolate; take a \
             finer --grid, or a smaller margin around the molecule"
        ))
    }
}
