//! Solvers on problems without a grid.

use modewise_problems::{Spec, catalog};
use modewise_solvers::{Reference, ReferenceKind, Support, Task, TestPoints, conformance::check, registry};

/// On problems without a grid networks keep the contract too, and other solvers say what to take.
#[test]
fn without_a_grid_networks_keep_the_contract_and_others_refuse() {
    for name in ["multiscale-elliptic-5d", "sine-sum-5d"] {
        let problem = catalog::build(&name.parse().unwrap()).unwrap();
        let points = TestPoints::of(problem.domain());
        let support = Support::Points(&points);
        let mut exact = support.zeros();
        assert!(problem.exact(points.points(), exact.as_mut_slice()));
        let reference = Reference::new(ReferenceKind::Exact, exact);
        let task = Task::on(problem.as_ref(), support).with_seed(3);
        let mut taken = Vec::new();
        for entry in registry::entries() {
            let mut spec = Spec::new(entry.name);
            let small: [(&str, toml::Value); 8] = [
                ("points", 200.into()),
                ("count", 200.into()),
                ("width", 16.into()),
                ("depth", 2.into()),
                ("fine_width", 16.into()),
                ("lr", 0.01.into()),
                ("boundary", "penalty".into()),
                ("frequency", 2.into()),
            ];
            for (key, value) in small {
                if entry.parameters.iter().any(|parameter| parameter.key == key) {
                    spec = spec.with(key, value);
                }
            }
            let solver = registry::build(&spec).unwrap();
            match solver.check(problem.as_ref(), None) {
                Err(refused) => {
                    let said = refused.to_string();
                    assert!(said.contains("dnn") || said.contains("network"), "{said}");
                }
                Ok(_) => {
                    if let Err(broken) = check(solver.as_ref(), &task, &reference, 30, 1.05) {
                        panic!("{} on {name}:\n  {}", entry.name, broken.join("\n  "));
                    }
                    taken.push(entry.name);
                }
            }
        }
        assert_eq!(taken, ["dnn", "mscale-dnn", "fourier-dnn", "subspace-dnn", "random-features"]);
    }
}
