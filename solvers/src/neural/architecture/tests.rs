//! Scales that are chosen, and what does not fit together.

use modewise_problems::catalog;

use super::*;
use crate::registry;

/// The published scales of the authors' demonstration, 1 to 32, read off its source alone.
#[test]
fn automatic_scales_reach_the_highest_frequency_of_the_source() {
    let network = |spec: &str, problem: &str| {
        let entry = registry::entry("mscale-dnn").unwrap();
        let spec: Spec = spec.parse().unwrap();
        let settings = Settings::new(&spec, entry.parameters).unwrap();
        let problem = catalog::build(&problem.parse().unwrap()).unwrap();
        Architecture::read(&settings, Kind::Mscale).unwrap().network(problem.as_ref(), 0)
    };
    let scales = |problem: &str| -> Vec<f64> {
        let network = network("mscale-dnn,scales=auto,width=5", problem).unwrap();
        network.first_layers().map(|(_, scales)| scales[0]).collect()
    };
    assert_eq!(scales("mscale-demo-1d"), [1.0, 2.0, 4.0, 8.0, 16.0, 32.0]);
    assert_eq!(scales("two-tone-2d"), [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0]);
    // f = 1 says nothing of a coefficient that oscillates 10 times.
    assert_eq!(scales("multiscale-elliptic-1d").last(), Some(&128.0));
    let error = network("mscale-dnn,scales=auto,structure=1,width=3", "mscale-demo-1d").unwrap_err();
    assert!(error.to_string().contains("a wider first layer"), "{error}");
}

#[test]
fn what_does_not_fit_together_is_refused() {
    for (text, part) in [
        ("mscale-dnn,structure=3", "1 or 2"),
        ("mscale-dnn,scales=[1,2,3],weights=[1,2]", "as many as the 3 subnets"),
        ("mscale-dnn,structure=1,weights=trained", "use structure=2"),
        ("mscale-dnn,scales=all", "auto, a positive number"),
        ("fourier-dnn,scales=[1,2,3],width=[2,5]", "at most as many as the 2"),
        ("fourier-dnn,relaxation=0", "a positive number"),
        ("dnn,residual=1", "true or false"),
        ("dnn,width=1000000,depth=100", "few enough"),
        ("dnn,depth=101", "from 1 to 100"),
        ("dnn,width=[9,8],depth=5", "not used with a list of 2 widths"),
        ("dnn,width=[9,8],residual=true", "none of which is as wide"),
        ("fourier-dnn,depth=1,activation=tanh", "one hidden layer, which is of waves"),
        ("fourier-dnn,depth=2,residual=true", "none of which is as wide"),
        ("subspace-dnn,fine_depth=1,fine_activation=sin", "one hidden layer, which is of waves"),
    ] {
        let error = registry::build(&text.parse().unwrap()).err().map(|error| error.to_string());
        assert!(error.as_ref().is_some_and(|error| error.contains(part)), "{text}: {error:?}");
    }
    for text in ["dnn,width=[9,8],depth=2", "fourier-dnn,width=[6,12],residual=true"] {
        assert!(registry::build(&text.parse().unwrap()).is_ok(), "{text}");
    }
}
