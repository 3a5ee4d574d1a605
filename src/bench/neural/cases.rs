//! Which networks and methods are measured: the one list.

use modewise_problems::Spec;
use modewise_solvers::registry;

/// A network whose training is measured, on `two-tone-2d` with 200 points on the boundary.
struct Network {
    name: &'static str,
    spec: &'static str,
    /// Points inside.
    points: u32,
    /// Weights of all its layers, biases aside.
    weights: u32,
}

/// [2, 64, 64, 64, 1] and [2, 128, 128, 128, 128, 1] with tanh, and six subnets [2, 64, 64, 64, 1] with sin.
const NETWORKS: [Network; 3] = [
    Network { name: "A64", spec: "dnn,width=64,depth=3", points: 1024, weights: 2 * 64 + 2 * 64 * 64 + 64 },
    Network {
        name: "B128",
        spec: "dnn,width=128,depth=4",
        points: 5000,
        weights: 2 * 128 + 3 * 128 * 128 + 128,
    },
    Network {
        name: "M6",
        spec: "mscale-dnn,width=64,depth=3",
        points: 5000,
        weights: 6 * (2 * 64 + 2 * 64 * 64 + 64),
    },
];

/// Full batches, a penalty on the boundary.
const TRAINING: &str = "boundary=penalty,boundary_points=200,resample=0";

/// Points inside for a quick look.
pub(super) const QUICK_POINTS: u32 = 100;

/// Losses with the multiple of U = 2 · points · weights that a step takes. Residual: value, gradient and Laplacian
/// are four channels, each with a product forward and two in reverse. Ritz: the gradient by one reverse pass in x,
/// and reverse over that.
const LOSSES: [(&str, f64); 2] = [("ritz", 6.0), ("residual", 12.0)];

/// The precisions; only f64 where a network cannot be told another.
const DTYPES: [&str; 2] = ["f32", "f64"];

/// A training step to be measured.
#[derive(Debug, Clone)]
pub struct Case {
    /// Name in the tables.
    pub name: &'static str,
    /// ritz or residual.
    pub loss: &'static str,
    /// f32 or f64.
    pub dtype: &'static str,
    /// The solver.
    pub spec: Spec,
    /// Points inside.
    pub points: f64,
    /// Flops of a step as they are counted for every program: canonical, not what this one takes.
    pub flops: f64,
}

/// Every network with every precision and loss.
pub(super) fn networks(quick: bool) -> Vec<Case> {
    let mut cases = Vec::new();
    for network in &NETWORKS {
        for dtype in DTYPES {
            for (loss, units) in LOSSES {
                let points = if quick { QUICK_POINTS } else { network.points };
                // A line with a typo is caught by the test below.
                let Ok(mut spec) =
                    format!("{},{TRAINING},loss={loss},points={points}", network.spec).parse::<Spec>()
                else {
                    continue;
                };
                if takes(&spec.name, "dtype") {
                    spec = spec.with("dtype", dtype);
                } else if dtype != "f64" {
                    continue;
                }
                let points = f64::from(points);
                let flops = units * 2.0 * points * f64::from(network.weights);
                cases.push(Case { name: network.name, loss, dtype, spec, points, flops });
            }
        }
    }
    cases
}

fn takes(solver: &str, key: &str) -> bool {
    registry::entry(solver).is_ok_and(|entry| entry.parameters.iter().any(|parameter| parameter.key == key))
}

/// How a method comes to be more accurate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// By steps: one run, looked at after every step.
    Steps,
    /// By a finer grid: one run a grid, to the accuracy of that grid.
    Grids,
    /// By more waves: one run a number of them.
    Waves,
}

/// A method whose seconds to an accuracy are measured.
#[derive(Debug, Clone)]
pub struct Method {
    /// Name in the tables.
    pub label: &'static str,
    /// The problem's spec.
    pub problem: &'static str,
    /// The solver's spec.
    pub spec: &'static str,
    pub(super) way: Way,
}

const fn method(problem: &'static str, label: &'static str, spec: &'static str, way: Way) -> Method {
    Method { label, problem, spec, way }
}

const METHODS: [Method; 15] = [
    method(
        "fprinciple-1d",
        "Adam, plain",
        "dnn,width=64,depth=3,activation=tanh,loss=residual,points=400,resample=0",
        Way::Steps,
    ),
    method(
        "fprinciple-1d",
        "Adam, six scales",
        "mscale-dnn,width=32,depth=3,loss=residual,points=400,resample=0",
        Way::Steps,
    ),
    method(
        "fprinciple-1d",
        "L-BFGS",
        "dnn,width=24,depth=2,activation=sin,loss=residual,init=waves:24,points=400,optimizer=lbfgs",
        Way::Steps,
    ),
    method(
        "fprinciple-1d",
        "self-scaled Broyden",
        "dnn,width=24,depth=2,activation=sin,loss=residual,init=waves:24,points=400,optimizer=ssbroyden",
        Way::Steps,
    ),
    method(
        "fprinciple-1d",
        "Gauss–Newton",
        "dnn,width=24,depth=2,activation=sin,loss=residual,init=waves:24,points=400,optimizer=gauss-newton",
        Way::Steps,
    ),
    method(
        "fprinciple-1d",
        "natural gradient",
        "dnn,width=24,depth=2,activation=sin,loss=residual,init=waves:24,points=400,optimizer=natural-gradient",
        Way::Steps,
    ),
    method("fprinciple-1d", "random features", "random-features", Way::Waves),
    method("fprinciple-1d", "multigrid", "fmg", Way::Grids),
    method("fprinciple-1d", "fft", "fft", Way::Grids),
    method(
        "two-tone-2d",
        "Adam, six scales",
        "mscale-dnn,width=32,depth=3,loss=residual,points=1000,sampling=sobol,lr=5e-3,lr_decay=1e-3,dtype=f32",
        Way::Steps,
    ),
    method(
        "two-tone-2d",
        "natural gradient, exact boundary",
        "dnn,width=450,depth=1,activation=sin,loss=residual,init=waves,points=2500,sampling=gauss,optimizer=natural-gradient",
        Way::Steps,
    ),
    method(
        "two-tone-2d",
        "Gauss–Newton, penalty",
        "dnn,width=40,depth=1,activation=sin,loss=residual,init=source,boundary=penalty,beta=10000,points=1600,\
         boundary_points=400,optimizer=gauss-newton",
        Way::Steps,
    ),
    method("two-tone-2d", "random features", "random-features", Way::Waves),
    method("two-tone-2d", "multigrid", "fmg", Way::Grids),
    method("two-tone-2d", "fft", "fft", Way::Grids),
];

/// The methods whose solver is registered.
pub(super) fn methods() -> Vec<Method> {
    METHODS
        .into_iter()
        .filter(|method| name(method.spec).is_some_and(|name| registry::entry(&name).is_ok()))
        .collect()
}

fn name(spec: &str) -> Option<String> {
    spec.parse::<Spec>().ok().map(|spec| spec.name)
}

#[cfg(test)]
mod tests {
    use modewise_problems::catalog;

    use super::*;

    #[test]
    fn every_line_of_both_tables_can_be_built() {
        let networks = networks(false);
        assert!(networks.len() >= NETWORKS.len() * LOSSES.len());
        for case in networks {
            registry::build(&case.spec).unwrap();
        }
        assert!(methods().len() >= 6);
        for method in methods() {
            registry::build(&method.spec.parse().unwrap()).unwrap();
            catalog::build(&method.problem.parse().unwrap()).unwrap();
        }
    }
}
