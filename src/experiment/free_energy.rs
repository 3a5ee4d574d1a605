//! The free energy of solvation from two grids.

use modewise_problems::{Field, solvation::Solvation};

/// A free energy in kJ/mol.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct FreeEnergy {
    pub value: f64,
    /// The estimated error of the finer grid, where there are two.
    pub bar: Option<f64>,
    state: State,
}

/// What was made of two grids.
#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    Extrapolated,
    /// They are too far apart.
    Far,
    /// There is one only.
    Single,
    /// A charge is nearer to the surface than the coarser grid's spacing, which is this.
    Unresolved(f64),
}

/// Grids on which an energy differs by more than this share of it do not show the order of the scheme yet.
const CLOSE: f64 = 0.15;

impl FreeEnergy {
    /// Of `fine`, and of the solution on half as many cells: Richardson's extrapolation of a second-order scheme, and
    /// how far it goes. Where the grids are far apart, that of `fine` and their whole difference; where the coarser one does not
    /// resolve the charges, or there is none, no bar. `None` where it is no finite number.
    pub fn new(solvation: &Solvation, fine: &Field, coarse: Option<&Field>) -> Option<Self> {
        let finite = |field: &Field| Some(solvation.energy(field)).filter(|energy| energy.is_finite());
        let own = finite(fine)?;
        let spacing = 2.0 * fine.grid().axes().iter().map(|axis| axis.spacing()).fold(0.0, f64::max);
        let unresolved = solvation.charges().iter().any(|charge| -solvation.distance(&charge.at) < spacing);
        if unresolved {
            // Its field at the surface turns from node to node: two such grids may agree on anything.
            return Some(Self { value: own, bar: None, state: State::Unresolved(spacing) });
        }
        let Some(difference) = coarse.and_then(finite).map(|coarse| own - coarse) else {
            return Some(Self { value: own, bar: None, state: State::Single });
        };
        Some(if difference.abs() <= CLOSE * own.abs() {
            let [value, bar] = [own + difference / 3.0, difference.abs() / 3.0];
            Self { value, bar: Some(bar), state: State::Extrapolated }
        } else {
            Self { value: own, bar: Some(difference.abs()), state: State::Far }
        })
    }

    /// What is said where nothing could be extrapolated.
    pub fn advice(&self) -> Option<String> {
        match self.state {
            State::Extrapolated => None,
            State::Unresolved(spacing) => Some(format!(
                "a charge is nearer to the molecule's surface than the {spacing:.3} Å of two cells: how far off the free energy \
                 is cannot be told; take a finer --grid, or a smaller margin around the molecule"
            )),
            State::Single => Some(
                "there is no grid of half as many cells to compare the free energy with; take an even number of cells, or a finer \
                 --grid"
                    .into(),
            ),
            State::Far => self.bar.map(|far| {
                format!(
                    "the free energies of this grid and of the next coarser one are {far:.3} kJ/mol apart, too far to \
                     extrapolate; take a finer --grid, or a smaller margin around the molecule"
                )
            }),
        }
    }
}
