//! What a run promises: resuming, threads, falling losses, and numbers that overflow.

use modewise_problems::file::ProblemFile;

use super::*;

const STEPS: [&str; 17] = [
    "dnn,width=24,depth=3,points=600,dtype=f32",
    "dnn,width=20,depth=2,points=700,loss=residual",
    "dnn,width=[12,9],points=31,resample=0,boundary=penalty,init=normal:0.3",
    "mscale-dnn,width=10,depth=2,scales=[1,3],points=300,resample=4,boundary=penalty,lr_decay=1e-3",
    "mscale-dnn,width=30,depth=1,structure=1,loss=regression,resample=0,activation=srelu",
    "dnn,width=8,depth=2,activation=sin,points=200,loss=residual,optimizer=[adam:3,lbfgs:5,gauss-newton],init=waves:5",
    "dnn,width=9,depth=2,points=60,loss=residual,boundary=penalty,optimizer=[gauss-newton:4,ssbroyden],init=source",
    "dnn,width=8,depth=2,points=100,boundary=penalty,optimizer=natural-gradient,keep=best",
    "dnn,width=8,points=90,boundary=penalty,optimizer=adam:11,beta_schedule=staged,lr_schedule=cosine,keep=best",
    "dnn,width=8,points=90,boundary=penalty,beta_schedule=balanced,lr_schedule=restarts,lr_period=4",
    "dnn,width=[8,8,5],residual=true,points=90,sampling=gauss,optimizer=[adam:4,natural-gradient]",
    "mscale-dnn,scales=auto,weights=trained,width=6,depth=2,points=80,sampling=sobol,boundary=penalty",
    "fourier-dnn,width=8,points=80,resample=3,keep=best,plateau=4",
    "fourier-dnn,scales=[1,5],width=7,depth=2,trainable=false,activation=sin,loss=residual,points=60,optimizer=[adam:3,gauss-newton]",
    "fourier-dnn,width=6,residual=true,activation=tanh,loss=regression,dtype=f32",
    "subspace-dnn,width=8,fine_width=6,fine_depth=2,points=300,boundary=penalty",
    "subspace-dnn,width=6,depth=2,fine_width=6,fine_depth=2,points=60,loss=residual,optimizer=[adam:4,gauss-newton]",
];

/// State and scalars bit by bit: what a method does not have is not a number.
pub fn bits(state: &(Snapshot, Vec<f64>, Vec<f64>)) -> (&Snapshot, Vec<u64>) {
    (&state.0, state.1.iter().chain(&state.2).map(|number| number.to_bits()).collect())
}

/// State after some steps, in pieces of `piece`, stopping and resuming once if `cut`.
pub fn trained(
    spec: &str,
    problem: &dyn Problem,
    steps: u64,
    cut: Option<u64>,
) -> (Snapshot, Vec<f64>, Vec<f64>) {
    let cells = if problem.domain().dimension() == 1 { 64 } else { 16 };
    let grid = Grid::new(problem.domain().bounds(), &[cells]).unwrap();
    let discrete = Discrete::new(problem, &grid).unwrap();
    let target =
        Field::from_batch(&grid, |points, out| points.evaluate(out, |x| x.iter().product::<f64>().sin()));
    let task = Task::new(problem, &discrete).with_initial(Initial::Zero).with_seed(9).with_target(&target);
    let solver = registry::build(&spec.parse().unwrap()).unwrap();
    let mut meter = Meter::new(1.0);
    let advance = |run: &mut Box<dyn Iteration + '_>, steps: u64, meter: &mut Meter| {
        let mut left = steps;
        while let Some(most) = NonZeroU64::new(left) {
            left -= run.advance(most, meter).unwrap().steps;
        }
    };
    let mut run = solver.init(&task, &mut meter).unwrap();
    if let Some(cut) = cut {
        advance(&mut run, cut, &mut meter);
        let snapshot = run.snapshot().unwrap();
        run = solver.resume(&task, &snapshot, &mut meter).unwrap();
    }
    advance(&mut run, steps - cut.unwrap_or(0), &mut meter);
    let mut field = Field::zeros(&grid);
    run.sample(&Sites::Grid(&grid), field.values_mut(), &mut meter).unwrap();
    let coordinates = grid.coordinates();
    let mut again = vec![0.0; grid.nodes()];
    let points = Points::new(&coordinates, grid.dimension());
    run.sample(&Sites::Points(points), &mut again, &mut meter).unwrap();
    let bits = |values: &[f64]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(field.values()), bits(&again));
    let mut scalars = vec![0.0; solver.scalar_names().len()];
    run.scalars(&mut scalars);
    (run.snapshot().unwrap(), again, scalars)
}

#[test]
fn runs_resume_bit_for_bit_and_do_not_depend_on_threads() {
    for name in ["sines-1d", "two-tone-2d"] {
        let problem = catalog::build(&name.parse().unwrap()).unwrap();
        for spec in STEPS {
            let whole = trained(spec, problem.as_ref(), 11, None);
            assert!(whole.2[..4].iter().all(|scalar| scalar.is_finite()), "{spec}: {:?}", whole.2);
            // β is there exactly where it weighs something.
            assert_eq!(whole.2[4].is_finite(), spec.contains("boundary=penalty"), "{spec}: {:?}", whole.2);
            assert_eq!(bits(&whole), bits(&trained(spec, problem.as_ref(), 11, Some(6))), "{spec}");
            for threads in [1, 3] {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                let other = pool.install(|| trained(spec, problem.as_ref(), 11, None));
                assert_eq!(bits(&whole), bits(&other), "{spec} with {threads} threads");
            }
        }
    }
}

#[test]
fn training_lowers_every_loss() {
    let problem = catalog::build(&"sines-1d,modes=[1,2]".parse().unwrap()).unwrap();
    for loss in Loss::NAMES {
        for boundary in ["exact", "penalty"] {
            let points = if loss == "regression" { "" } else { ",points=200" };
            let spec =
                format!("dnn,width=16,depth=2,resample=0,lr=1e-2,loss={loss},boundary={boundary}{points}");
            let early = trained(&spec, problem.as_ref(), 2, None).2[0];
            let late = trained(&spec, problem.as_ref(), 200, None).2[0];
            assert!(late < early, "{spec}: {early} to {late}");
        }
    }
}

/// Steps too short to move a bit: the loss differs from batch to batch, and not on points that stay.
#[test]
fn a_plateau_does_not_hang_on_the_luck_of_new_points() {
    let problem = catalog::build(&"sines-1d".parse().unwrap()).unwrap();
    let grid = Grid::new(problem.domain().bounds(), &[32]).unwrap();
    let discrete = Discrete::new(problem.as_ref(), &grid).unwrap();
    for keep in ["last", "best"] {
        let spec = format!("dnn,width=6,points=10,lr=1e-300,resample=1,plateau=30,keep={keep}");
        let solver = registry::build(&spec.parse().unwrap()).unwrap();
        let task = Task::new(problem.as_ref(), &discrete).with_initial(Initial::Zero).with_seed(3);
        let mut meter = Meter::new(1.0);
        let mut run = solver.init(&task, &mut meter).unwrap();
        let (mut losses, mut steps) = (Vec::new(), 0);
        let mut scalars = vec![0.0; solver.scalar_names().len()];
        loop {
            let progress = run.advance(NonZeroU64::MIN, &mut meter).unwrap();
            steps += progress.steps;
            run.scalars(&mut scalars);
            losses.push(scalars[0]);
            if progress.status != Status::Running {
                assert_eq!(progress.status, Status::Plateau);
                break;
            }
        }
        // First seen after step 20.
        assert_eq!(steps, 50);
        losses.dedup();
        assert_eq!(losses.len(), 50);
    }
}

/// The double layer at a wall of 4 kT/e by its residual, and a wave of 2 kT/e by its energy.
#[test]
fn networks_have_the_solutions_of_nonlinear_problems() {
    let wave = "box = [[0, 1]]\nkappa2 = 9\nreaction = \"sinh\"\nexact = \"2*sin(pi*x)\"";
    let wave = ProblemFile::new("wave.toml", wave).build(&Spec::new("wave.toml")).unwrap();
    let layer = catalog::build(&"gouy-chapman-1d,u0=4,length=4".parse().unwrap()).unwrap();
    for (problem, keys, most) in [
        (layer, "gauss-newton,loss=residual,width=12,points=200", 1e-4),
        (wave, "lbfgs,loss=ritz,width=6,points=500", 2e-2),
    ] {
        let spec = format!("dnn,depth=2,boundary=exact,optimizer={keys}");
        let (_, found, _) = trained(&spec, problem.as_ref(), 60, None);
        let grid = Grid::new(problem.domain().bounds(), &[64]).unwrap();
        let (x, mut exact) = (grid.coordinates(), vec![0.0; grid.nodes()]);
        problem.exact(Points::new(&x, 1), &mut exact);
        let error = found.iter().zip(&exact).map(|(u, v)| (u - v).abs()).fold(0.0, f64::max);
        assert!(error < most, "{spec}: {error}");
    }
}

/// A p-Laplacian by its energy, p = 5, with data built in and by penalty, by gradients and by curvature.
#[test]
fn networks_have_the_solutions_of_p_laplacians() {
    let text = "box = [[0, 1]]\nexponent = 5\npermittivity = \"1 + x\"\nexact = \"x + sin(pi*x)/5\"";
    let problem = ProblemFile::new("p.toml", text).build(&Spec::new("p.toml")).unwrap();
    let grid = Grid::new(problem.domain().bounds(), &[64]).unwrap();
    let (x, mut exact) = (grid.coordinates(), vec![0.0; grid.nodes()]);
    problem.exact(Points::new(&x, 1), &mut exact);
    for keys in [
        "boundary=exact,optimizer=lbfgs",
        "boundary=exact,optimizer=natural-gradient",
        "boundary=penalty,beta=1e3,optimizer=lbfgs",
    ] {
        let spec = format!("dnn,width=8,depth=2,points=100,sampling=gauss,{keys}");
        let (_, found, _) = trained(&spec, problem.as_ref(), 100, None);
        let error = found.iter().zip(&exact).map(|(u, v)| (u - v).abs()).fold(0.0, f64::max);
        assert!(error < 1e-2, "{spec}: {error}");
    }
}

#[test]
fn a_run_that_overflows_is_a_result() {
    let problem = catalog::build(&"sines-1d".parse().unwrap()).unwrap();
    let (_, u, scalars) =
        trained("dnn,width=8,lr=1e300,loss=residual,activation=phi,points=50", problem.as_ref(), 3, None);
    assert!(!scalars[0].is_finite() || u.iter().any(|u| !u.is_finite()) || u.iter().any(|u| u.abs() > 1e3));
}

#[test]
fn settings_that_do_not_go_together_are_refused() {
    for (spec, reason) in [
        ("dnn,lr_schedule=cosine", "the steps of every adam"),
        ("dnn,lr_schedule=cosine,optimizer=[adam:10,lbfgs:2,adam]", "the steps of every adam"),
        ("dnn,lr_schedule=cosine,optimizer=lbfgs", "the steps of every adam"),
        ("dnn,lr_schedule=cosine,optimizer=adam:5,lr_decay=1e-3", "not used with lr_schedule=cosine"),
        ("dnn,lr_period=7", "not used with lr_schedule=decay"),
        ("dnn,optimizer=[lbfgs:3,gauss-newton],lr=1e-2", "not used with optimizer=lbfgs:3,gauss-newton"),
        ("dnn,loss=residual,jump_weight=3", "not used with interface=smooth and loss=residual"),
        ("dnn,boundary=penalty,beta_schedule=staged,optimizer=[adam:5,lbfgs]", "the steps of all optimizers"),
        ("dnn,boundary=penalty,beta_schedule=balanced,optimizer=lbfgs", "without adam"),
        ("dnn,boundary=penalty,beta=0", "nothing holds u at the boundary"),
        ("dnn,loss=regression,resample=0,points=50", "which fit all nodes of the grid"),
        ("dnn,sampling=gauss,resample=1", "the same points always"),
    ] {
        let error = registry::build(&spec.parse().unwrap()).err().unwrap().to_string();
        assert!(error.contains(reason), "{spec}: {error}");
    }
}

#[test]
fn equations_that_the_losses_do_not_have_are_refused_before_anything_starts() {
    for (problem, reason) in [
        ("sines-2d,sides=[dirichlet,periodic]", "not periodic"),
        ("sines-1d,sides=neumann", "up to a constant"),
    ] {
        let problem = catalog::build(&problem.parse().unwrap()).unwrap();
        for solver in ["dnn", "mscale-dnn,boundary=penalty"] {
            let solver = registry::build(&solver.parse().unwrap()).unwrap();
            let refusal = solver.check(problem.as_ref(), None).unwrap_err();
            assert!(refusal.reason.contains(reason) && refusal.advice.contains("classical"), "{refusal}");
        }
    }
}
