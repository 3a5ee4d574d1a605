//! Which solvers are measured, up to which size: the one list.

use modewise_problems::Spec;
use modewise_solvers::registry;

use super::shape::Shape;

/// A solver in the table: spec, largest numbers of unknowns in 2-D and 3-D that it is worth waiting for,
/// and bytes an unknown that its step moves at least, where a model says so.
struct Line {
    spec: &'static str,
    most: [usize; 2],
    bytes_a_step: Option<[f64; 2]>,
}

const ANY: [usize; 2] = [usize::MAX; 2];
/// Up to 1023² and 127³, the three grids that are measured if nobody asks for more.
const SOME: [usize; 2] = [1_100_000, 2_100_000];

/// A V(1,1)-cycle whose red-black sweeps are fused to two passes over the finest grid: u and f read and u
/// written before and after, the coarse grids a third (2-D) or a seventh (3-D) of it again. (The first step of full
/// multigrid has a cycle on every grid, and moves as much again as the coarse grids.)
const V11: Option<[f64; 2]> = Some([72.0, 62.0]);

const fn line(spec: &'static str, most: [usize; 2], bytes_a_step: Option<[f64; 2]>) -> Line {
    Line { spec, most, bytes_a_step }
}

/// Fastest first, and what a key changes beside its solver. What is not registered is left out.
const TABLE: [Line; 29] = [
    line("fft", ANY, None),
    line("fmg", ANY, V11),
    line("fmg,cycle=f", SOME, None),
    line("multigrid", ANY, V11),
    line("multigrid,dtype=mixed", ANY, None),
    line("multigrid,cycle=w", SOME, None),
    line("multigrid,cycle=f", SOME, None),
    line("multigrid,post=2,pre=2", SOME, None),
    line("multigrid,restriction=half", SOME, None),
    line("multigrid,prolongation=cubic", SOME, None),
    line("multigrid,coarse=galerkin", SOME, None),
    line("multigrid,smoother=chebyshev", SOME, None),
    line("multigrid,smoother=jacobi", ANY, None),
    line("fas", SOME, None),
    line("newton", SOME, None),
    line("pcg", ANY, None),
    line("pcg,dtype=f64", SOME, None),
    line("bicgstab", SOME, None),
    line("direct", [300_000, 40_000], None),
    line("pcg,preconditioner=ssor", [300_000, 300_000], None),
    line("pcg,preconditioner=jacobi", [300_000, 300_000], None),
    line("cg", [300_000, 2_100_000], None),
    line("chebyshev", [70_000, 300_000], None),
    line("sor", [70_000, 300_000], None),
    line("two-grid", [70_000, 300_000], None),
    line("gauss-seidel,order=red-black", [17_000, 30_000], None),
    line("gauss-seidel,order=symmetric", [17_000, 30_000], None),
    line("gauss-seidel", [17_000, 30_000], None),
    line("jacobi", [17_000, 30_000], None),
];

/// A solver to be measured.
#[derive(Debug, Clone)]
pub(super) struct Case {
    /// Its spec.
    pub spec: Spec,
    most: [usize; 2],
    /// Bytes an unknown that a step moves at least, in 2-D and 3-D.
    pub bytes_a_step: Option<[f64; 2]>,
}

impl Case {
    /// The spec as it was written.
    pub fn label(&self) -> String {
        self.spec.to_string()
    }

    /// The last `most` of those `shapes` that it is worth waiting for.
    pub fn shapes<'s>(&self, shapes: &'s [Shape], most: usize) -> Vec<&'s Shape> {
        let short = |shape: &&Shape| shape.points() <= self.most[usize::from(shape.dimension() > 2)] as f64;
        let mut shapes: Vec<&Shape> = shapes.iter().filter(short).collect();
        shapes.split_off(shapes.len().saturating_sub(most))
    }
}

/// Lines of the table whose solver is registered.
pub(super) fn registered() -> Vec<Case> {
    let cases = TABLE.iter().filter_map(|line| {
        let spec: Spec = line.spec.parse().ok()?;
        registry::entry(&spec.name).ok()?;
        Some(Case { spec, most: line.most, bytes_a_step: line.bytes_a_step })
    });
    cases.collect()
}

/// A solver that somebody asked for, at any size; with the model of the table if it stands there.
pub(super) fn any(spec: &Spec) -> Case {
    let known = TABLE.iter().find(|line| line.spec == spec.to_string());
    Case { spec: spec.clone(), most: ANY, bytes_a_step: known.and_then(|line| line.bytes_a_step) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line with a typo would be left out without a word.
    #[test]
    fn slow_solvers_are_measured_on_small_grids() {
        let shapes: Vec<Shape> = [63, 127, 255, 511].map(|n| Shape::equal(n).of_dimension(2).unwrap()).into();
        let cases = registered();
        let of = |solver: &str| {
            let case = cases.iter().find(|case| case.label() == solver).unwrap();
            case.shapes(&shapes, 3).iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(of("multigrid"), ["127²", "255²", "511²"]);
        assert_eq!(of("two-grid"), ["63²", "127²", "255²"]);
        assert_eq!(of("jacobi"), ["63²", "127²"]);
    }

    #[test]
    fn lines_are_specs_and_those_registered_can_be_built() {
        for line in &TABLE {
            let spec: Spec = line.spec.parse().unwrap();
            assert_eq!(spec.to_string(), line.spec);
        }
        let cases = registered();
        assert!(cases.len() >= 4);
        for case in cases {
            registry::build(&case.spec).unwrap();
        }
    }
}
