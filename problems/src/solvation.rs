//! Charges in a molecule in salt water: the linear Poisson–Boltzmann equation without its singularities, and the free
//! energy of solvation.
//!
//! The potential u, in units of kT/e, with lengths in Å, satisfies −∇·(ε∇u) + ε_s κ²u = 4π l_B Σ zᵢ δ(x − xᵢ), ε = ε_p inside
//! the union of the spheres and ε_s outside, κ² = 8π l_B N_A I/ε_s where ions can be, which is farther than the Stern
//! layer from the spheres; l_B = e²/(4πε₀kT) is Bjerrum's length in vacuum. Near the charges u is Coulomb's
//! G = (l_B/ε_p) Σ zᵢ/|x − xᵢ|, which no grid can follow. It is split off inside: the *reaction potential* φ = u − G is
//! smooth there and satisfies −∇·(ε_p∇φ) = 0, and φ + G goes on as u outside, with its flux. (Split off outside as well,
//! G would leave a flux there that is ε_s/ε_p times too large, to be cancelled by that of φ.) The unknown of these problems is φ
//! inside and u outside.
//!
//! The free energy of solvation is ½ Σ zᵢ φ(xᵢ) kT per ion or molecule (Gilson, Honig, *Proteins* 4 (1988) 7; the
//! splitting: Chern, Liu, Wang, *Methods Appl. Anal.* 10 (2003) 309). On the sides of the box stands the
//! sum of the potentials that each charge alone would have in a sphere of its own (Debye and Hückel), or the exact
//! potential where it is known ([`Solvation::exact`]).

mod exact;
mod molecule;
mod pqr;
#[cfg(test)]
mod tests;

pub(crate) use molecule::About;
pub use molecule::Molecule;
pub use pqr::{PqrError, read as read_pqr};

use crate::Field;

/// N_A e²/(4πε₀) in kJ·Å/mol (CODATA 2018).
pub const COULOMB: f64 = 1_389.354_576;
/// The gas constant in kJ/(mol·K).
pub const GAS: f64 = 8.314_462_618e-3;
/// Particles in an Å³ of a solution of 1 mol/L.
const PER_MOLAR: f64 = 6.022_140_76e-4;

/// Molecules are smaller, in Å.
const FARTHEST: f64 = 1e6;

/// What a molecule is given by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Atom {
    /// Where it is, in Å.
    pub at: [f64; 3],
    /// Its charge in elementary charges; 0 for a sphere alone.
    pub charge: f64,
    /// Its radius in Å; 0 for a charge alone, which has to be in a sphere of another one.
    pub radius: f64,
}

/// A sphere of a molecule.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sphere {
    /// Its centre, in Å.
    pub centre: [f64; 3],
    /// Its radius, in Å.
    pub radius: f64,
}

/// A point charge.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Charge {
    /// Where it is, in Å.
    pub at: [f64; 3],
    /// Its size in elementary charges.
    pub z: f64,
    /// The radius of the sphere that it lies deepest in, in Å.
    pub radius: f64,
}

/// What a molecule is in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Solvent {
    /// ε_p, inside the molecule.
    pub eps_in: f64,
    /// ε_s, outside.
    pub eps_out: f64,
    /// Ionic strength I in mol/L.
    pub ionic_strength: f64,
    /// In K.
    pub temperature: f64,
    /// How far ions stay away from the spheres, in Å.
    pub stern: f64,
}

/// A molecule and its solvent.
#[derive(Debug, Clone, PartialEq)]
pub struct Solvation {
    spheres: Vec<Sphere>,
    charges: Vec<Charge>,
    solvent: Solvent,
}

impl Solvation {
    /// The union of the spheres of `atoms`, and their charges.
    ///
    /// # Errors
    /// What is wrong with the atoms: with all of them, or with that of a number.
    pub fn new(atoms: &[Atom], solvent: Solvent) -> Result<Self, (Option<usize>, String)> {
        let is_far =
            |atom: &Atom| atom.at.iter().chain([&atom.radius]).any(|x| x.is_nan() || x.abs() > FARTHEST);
        if let Some(number) = atoms.iter().position(is_far) {
            return Err((Some(number), format!("reaches farther than {FARTHEST:e} Å; are these Å?")));
        }
        let is_sphere = |atom: &&Atom| atom.radius > 0.0;
        let sphere = |atom: &Atom| Sphere { centre: atom.at, radius: atom.radius };
        let spheres: Vec<Sphere> = atoms.iter().filter(is_sphere).map(sphere).collect();
        if spheres.is_empty() {
            return Err((None, "has no sphere: one atom at least has to have a radius above 0".into()));
        }
        let mut charges = Vec::new();
        for (number, atom) in atoms.iter().enumerate().filter(|(_, atom)| atom.charge != 0.0) {
            let depth = |sphere: &Sphere| distance(&atom.at, &sphere.centre) - sphere.radius;
            let deepest = spheres.iter().min_by(|a, b| depth(a).total_cmp(&depth(b)));
            match deepest.filter(|sphere| depth(sphere) < 0.0) {
                Some(sphere) => charges.push(Charge { at: atom.at, z: atom.charge, radius: sphere.radius }),
                None => {
                    let reason =
                        "is a charge outside all spheres; give it a radius, or move it into a sphere";
                    return Err((Some(number), reason.into()));
                }
            }
        }
        if charges.is_empty() {
            return Err((None, "has no charge: one atom at least has to have one that is not 0".into()));
        }
        Ok(Self { spheres, charges, solvent })
    }

    /// The spheres whose union is the molecule.
    pub fn spheres(&self) -> &[Sphere] {
        &self.spheres
    }

    /// The charges inside them.
    pub fn charges(&self) -> &[Charge] {
        &self.charges
    }

    /// What the molecule is in.
    pub fn solvent(&self) -> &Solvent {
        &self.solvent
    }

    /// kT per mole, in kJ/mol.
    pub fn thermal(&self) -> f64 {
        GAS * self.solvent.temperature
    }

    /// Bjerrum's length in vacuum, in Å.
    pub fn bjerrum(&self) -> f64 {
        COULOMB / self.thermal()
    }

    /// κ of Debye and Hückel, in 1/Å.
    pub fn kappa(&self) -> f64 {
        let ions = 2.0 * PER_MOLAR * self.solvent.ionic_strength;
        (4.0 * std::f64::consts::PI * self.bjerrum() / self.solvent.eps_out * ions).sqrt()
    }

    /// How far `x` is from the nearest sphere, negative inside.
    pub fn distance(&self, x: &[f64]) -> f64 {
        let own = |sphere: &Sphere| distance(x, &sphere.centre) - sphere.radius;
        self.spheres.iter().map(own).fold(f64::INFINITY, f64::min)
    }

    /// Coulomb's potential G in kT/e; infinite at a charge.
    pub fn coulomb(&self, x: &[f64]) -> f64 {
        let sum: f64 = self.charges.iter().map(|charge| charge.z / distance(x, &charge.at)).sum();
        self.bjerrum() / self.solvent.eps_in * sum
    }

    /// u in kT/e far away: every charge in a sphere of its own, the one it lies deepest in, with its Stern layer.
    pub fn debye_hueckel(&self, x: &[f64]) -> f64 {
        let kappa = self.kappa();
        let of = |charge: &Charge| {
            let b = charge.radius + self.solvent.stern;
            let r = distance(x, &charge.at);
            charge.z * (-kappa * (r - b)).exp() / ((1.0 + kappa * b) * r)
        };
        self.bjerrum() / self.solvent.eps_out * self.charges.iter().map(of).sum::<f64>()
    }

    /// ½ Σ zᵢ φ(xᵢ) kT in kJ/mol, from the solution in kT/e on a grid: by cubic interpolation of φ, which beyond the surface
    /// is u − G.
    pub fn energy(&self, solution: &Field) -> f64 {
        let sum: f64 = self.charges.iter().map(|charge| charge.z * self.reaction(solution, &charge.at)).sum();
        0.5 * sum * self.thermal()
    }

    /// φ at a point of the box, by the products of cubics through the four nearest nodes along every axis.
    fn reaction(&self, solution: &Field, at: &[f64; 3]) -> f64 {
        let grid = solution.grid();
        let along = |axis: usize| {
            let line = grid.axes()[axis];
            let place = (at[axis] - line.lower) / line.spacing();
            let last = line.cells.saturating_sub(3);
            let first = (place.floor().max(1.0) as usize - 1).min(last);
            let nodes = first..(first + 4).min(line.cells + 1);
            let t = place - first as f64;
            let count = nodes.len();
            let weight = move |k: usize| -> f64 {
                (0..count).filter(|j| *j != k).map(|j| (t - j as f64) / (k as f64 - j as f64)).product()
            };
            nodes.enumerate().map(|(k, node)| (node, weight(k))).collect::<Vec<_>>()
        };
        let [x, y, z] = [0, 1, 2].map(along);
        let mut sum = 0.0;
        for &(i, a) in &x {
            for &(j, b) in &y {
                for &(k, c) in z.iter().filter(|(_, c)| a * b * c != 0.0) {
                    let point = [(0, i), (1, j), (2, k)].map(|(axis, i)| grid.axes()[axis].coordinate(i));
                    let value =
                        solution.values()[i * grid.stride(0) + j * grid.stride(1) + k * grid.stride(2)];
                    let beyond = if self.distance(&point) < 0.0 { 0.0 } else { self.coulomb(&point) };
                    sum += a * b * c * (value - beyond);
                }
            }
        }
        sum
    }
}

fn distance(a: &[f64], b: &[f64; 3]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt()
}
