//! Molecules of files: what is read, and that it is the molecule that was meant.

use std::{fs, sync::Arc};

use super::ProblemFile;
use crate::{Grid, Points, Problem, Spec, catalog};

fn build(name: &str, text: &str) -> Arc<dyn Problem> {
    ProblemFile::new(name, text).build(&Spec::new(name)).unwrap_or_else(|error| panic!("{error}"))
}

/// ε, κ², boundary values, what is split off and the exact solution, at the nodes of a grid that no charge is on.
fn numbers(problem: &dyn Problem) -> Vec<f64> {
    let x = Grid::new(problem.domain().bounds(), &[5]).unwrap().coordinates();
    let points = Points::new(&x, 3);
    let mut columns = vec![vec![0.0; points.len()]; 5];
    problem.permittivity_at(points, &mut columns[0]);
    problem.screening_at(points, &mut columns[1]);
    problem.boundary(points, &mut columns[2]);
    problem.interface_lift(points, &mut columns[3]);
    problem.exact(points, &mut columns[4]);
    columns.concat()
}

#[test]
fn a_file_of_one_atom_is_borns_ion_to_the_last_bit() {
    let file = build("my.toml", "[solvation]\natoms = [{ at = [0, 0, 0], charge = 1, radius = 3 }]");
    let born = catalog::build(&"born-3d".parse().unwrap()).unwrap();
    assert_eq!((file.domain(), file.solvation()), (born.domain(), born.solvation()));
    assert_eq!(numbers(file.as_ref()), numbers(born.as_ref()));
    // And with all that the solvent has; the box goes on around the spheres wherever they are.
    let salt = "atoms = [{ at = [0, 0, 0], charge = -2, radius = 2 }]\neps_in = 2\neps_out = 80\nionic_strength = 0.15\n\
                temperature = 310\nstern = 2\nmargin = 6";
    let file = build("my.toml", &format!("[solvation]\n{salt}"));
    let spec =
        "born-3d,charge=-2,radius=2,eps_in=2,eps_out=80,ionic_strength=0.15,temperature=310,stern=2,side=16";
    let born = catalog::build(&spec.parse().unwrap()).unwrap();
    assert_eq!(numbers(file.as_ref()), numbers(born.as_ref()));
    let moved = build("my.toml", &format!("[solvation]\n{}", salt.replace("[0, 0, 0]", "[1, -2, 3]")));
    assert_eq!(moved.domain().bounds(), [[-7.0, 9.0], [-10.0, 6.0], [-5.0, 11.0]]);
}

const WATER: &str = "REMARK a molecule of water\n\
    ATOM      1  O   WAT A   1      -0.250   0.100   0.000  -0.834  1.7683\n\
    ATOM      2  H1  WAT A   1       0.707   0.100   0.000   0.417  0.0\n\
    ATOM      3  H2  WAT A   1      -0.490   1.027   0.000   0.417  0.0\nEND\n";

/// The PQR file is found from where the problem file is; what a run keeps has its atoms, and is the same problem.
#[test]
fn atoms_of_a_pqr_file_are_those_of_a_list() {
    let folder = tempfile();
    fs::create_dir_all(folder.join("sub")).unwrap();
    fs::write(folder.join("sub/water.pqr"), WATER).unwrap();
    let list = "atoms = [{ at = [-0.25, 0.1, 0], charge = -0.834, radius = 1.7683 }, { at = [0.707, 0.1, 0], charge = 0.417 }, \
                { at = [-0.49, 1.027, 0], charge = 0.417 }]";
    let text = |atoms: &str| {
        format!(
            "title = 'at {{t}} K' # kept\n[parameters]\nt = 300\n[solvation]\n{atoms} # kept too\ntemperature = 't'\n"
        )
    };
    let name = folder.join("my.toml").display().to_string();
    let spec = Spec::new(&name).with("t", 350.0);
    let build_with = |atoms: &str| ProblemFile::new(&name, &text(atoms)).build(&spec).unwrap();
    let (ours, theirs) = (build_with("pqr = 'sub/water.pqr'"), build_with(list));
    assert_eq!((ours.solvation(), ours.domain()), (theirs.solvation(), theirs.domain()));
    assert_eq!(numbers(ours.as_ref()), numbers(theirs.as_ref()));
    let kept = ours.to_file().unwrap();
    assert!(kept.contains("# kept too") && kept.contains("t = 350.0") && !kept.contains("pqr"), "{kept}");
    fs::remove_dir_all(&folder).unwrap();
    let again = build("problem.toml", &kept);
    assert_eq!((again.solvation(), again.title()), (ours.solvation(), "at 350 K".to_string()));
    let plain = build("my.toml", &format!("[solvation]\n{list}"));
    assert!(
        plain.title().starts_with("A molecule of 1 spheres and 3 charges, 0 e together"),
        "{}",
        plain.title()
    );
}

/// A folder of this test's own.
fn tempfile() -> std::path::PathBuf {
    std::env::temp_dir().join(format!("modewise-molecule-{}", std::process::id()))
}

/// Kirkwood's two charges in a sphere: the potentials of both add up, from a common centre that is not the origin.
#[test]
fn charges_of_one_sphere_have_a_known_potential() {
    let atoms = |at: [f64; 3]| {
        let [x, y, z] = at;
        format!(
            "[solvation]\natoms = [{{ at = [{x}, {y}, {z}], radius = 3 }}, {{ at = [{}, {y}, {z}], charge = 1 }}, {{ at = [{x}, {}, \
             {z}], charge = -0.5 }}]",
            x + 1.0,
            y - 2.0
        )
    };
    let problem = build("my.toml", &atoms([0.5, 1.0, -2.0]));
    let one = catalog::build(&"kirkwood-3d,offset=1".parse().unwrap()).unwrap();
    let two = catalog::build(&"kirkwood-3d,offset=2,charge=-0.5".parse().unwrap()).unwrap();
    let value = |problem: &dyn Problem, x: [f64; 3]| {
        let mut out = [0.0];
        assert!(problem.exact(Points::new(&x, 3), &mut out));
        out[0]
    };
    for [x, y, z] in [[0.3, 0.4, 0.5], [-2.0, 1.0, 0.0], [4.0, -3.0, 2.0]] {
        let both = value(problem.as_ref(), [x + 0.5, y + 1.0, z - 2.0]);
        // The second charge is on the lower y axis: turned by a right angle it is on the upper x axis.
        let parts = value(one.as_ref(), [x, y, z]) + value(two.as_ref(), [-y, x, z]);
        assert!((both - parts).abs() < 1e-12 * parts.abs().max(1.0), "{both} and {parts}");
    }
    let salt = build("my.toml", &(atoms([0.0; 3]) + "\nionic_strength = 0.1"));
    assert!(!salt.has_exact());
}
