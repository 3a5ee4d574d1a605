//! Run folders made up from closed forms: a Jacobi iteration, something like multigrid, something like a network.

use std::{
    f64::consts::PI,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

use modewise::store::schema::{
    HISTORY_COLUMNS, MODES_COLUMNS, ModeName, ORDER_COLUMNS, SolverSummary, Summary,
};
use ndarray::{ArrayD, Dimension};

/// How fast a made-up solver loses a mode.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// (1 − 2ω sin²(kπ/2n))^step.
    Jacobi(f64),
    /// A tenth every step.
    Multigrid,
    /// Low modes first, with noise and a plateau.
    Network,
    /// Nothing happens.
    Stuck,
    /// 1.3^step, then infinity, then not a number.
    Diverging,
    /// Exact after one step.
    Direct,
}

/// A made-up experiment.
#[derive(Debug, Clone)]
pub struct Case {
    pub name: &'static str,
    pub dimension: usize,
    pub n: usize,
    /// Wave numbers along an axis.
    pub modes: Vec<i64>,
    pub solvers: Vec<(&'static str, Kind, u64)>,
    pub seeds: u64,
    pub tol: f64,
    pub floor: Option<f64>,
    pub shells: bool,
}

impl Case {
    pub fn new(name: &'static str, solvers: &[(&'static str, Kind, u64)]) -> Self {
        Self {
            name,
            dimension: 1,
            n: 256,
            modes: vec![1, 2, 3, 5, 8, 13, 21, 34, 55, 89],
            solvers: solvers.to_vec(),
            seeds: 1,
            tol: 0.1,
            floor: None,
            shells: false,
        }
    }

    fn all_modes(&self) -> Vec<ModeName> {
        let mut modes: Vec<ModeName> = if self.dimension == 1 {
            self.modes.iter().map(|k| ModeName::Single(vec![*k])).collect()
        } else {
            let pairs = self.modes.iter().flat_map(|a| self.modes.iter().map(move |b| vec![*a, *b]));
            pairs.map(ModeName::Single).collect()
        };
        if self.shells {
            let last = modes.iter().map(ModeName::magnitude).fold(0.0, f64::max) as u64;
            modes.extend((1..=last).map(ModeName::Shell));
        }
        modes.sort_by(|a, b| a.magnitude().total_cmp(&b.magnitude()));
        modes
    }

    /// Writes the folder anew.
    pub fn write(&self, root: &Path) -> PathBuf {
        let dir = root.join(self.name);
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(dir.join("fields")).expect("the test folder can be written");
        let several = self.seeds > 1;
        let head = |columns: &[&str]| columns.join(",") + if several { ",seed\n" } else { "\n" };
        let mut history = head(&HISTORY_COLUMNS);
        let mut modes = head(&MODES_COLUMNS);
        let mut order = head(&ORDER_COLUMNS);
        let mut entries = Vec::new();
        for seed in 0..self.seeds {
            for solver in &self.solvers {
                let tail = if several { format!(",{seed}\n") } else { "\n".to_string() };
                self.tables(*solver, seed, &tail, &mut history, &mut modes, &mut order);
                entries.push(self.entry(*solver, seed));
                if seed == 0 {
                    self.fields(*solver, &dir);
                }
            }
        }
        for (name, text) in [("history.csv", history), ("modes.csv", modes), ("order.csv", order)] {
            fs::write(dir.join(name), text).expect("the test folder can be written");
        }
        let json = serde_json::to_string_pretty(&self.summary(entries)).expect("a summary is plain data");
        fs::write(dir.join("summary.json"), json).expect("the test folder can be written");
        dir
    }

    fn tables(
        &self,
        (label, kind, last): (&str, Kind, u64),
        seed: u64,
        tail: &str,
        history: &mut String,
        modes: &mut String,
        order: &mut String,
    ) {
        let label = if label.contains([',', '"']) {
            format!("\"{}\"", label.replace('"', "\"\""))
        } else {
            label.into()
        };
        let cost = if kind == Kind::Network { 40.0 } else { 1.0 };
        let all = self.all_modes();
        for step in recorded(last) {
            let (work, seconds) =
                (cost * step as f64, 2e-6 * cost * step as f64 + if cost > 1.0 { 0.01 } else { 2e-5 });
            let mut sum = 0.0;
            for mode in &all {
                let error = self.error(kind, mode.magnitude(), step, seed);
                sum += error * error;
                let cell = if error.is_nan() { "NaN".to_string() } else { format!("{error:e}") };
                let _ = write!(modes, "{label},{step},{work},{seconds},{mode},{cell},,,{cell}{tail}");
            }
            let error = (sum / all.len() as f64).sqrt().max(self.floor.unwrap_or(0.0));
            let _ = write!(history, "{label},{step},{work},{seconds},,{error:e},{error:e}{tail}");
        }
        for mode in &all {
            let k = mode.magnitude();
            let reached = (0..=last).find(|step| self.error(kind, k, *step, seed) <= self.tol);
            let cell = |step: Option<u64>| step.map_or(String::new(), |s| s.to_string());
            let predicted = match kind {
                Kind::Jacobi(_) => {
                    let factor = self.error(kind, k, 1, seed);
                    Some((self.tol.ln() / factor.ln()).ceil() as u64)
                }
                _ => None,
            };
            let (reached, predicted) = (cell(reached), cell(predicted));
            let _ = write!(order, "{label},{mode},1,1,{reached},{reached},,{reached},{predicted}{tail}");
        }
    }

    fn entry(&self, (label, kind, last): (&str, Kind, u64), seed: u64) -> SolverSummary {
        let (spec, index) = match kind {
            Kind::Jacobi(omega) => (format!("jacobi,omega={omega}"), Some(-0.677)),
            Kind::Multigrid => {
                ("multigrid,cycle=v,pre=2,post=1,smoother=(gauss-seidel,order=red-black)".into(), Some(0.0))
            }
            Kind::Network => {
                ("dnn,width=64,depth=3,activation=tanh,loss=ritz,lr=0.001,beta=10".into(), Some(0.93))
            }
            Kind::Stuck => ("jacobi,omega=0".into(), None),
            _ => (label.to_string(), None),
        };
        SolverSummary {
            name: label.into(),
            spec,
            seed,
            outcome: if kind == Kind::Diverging { "diverged" } else { "done" }.into(),
            advice: None,
            steps: last,
            work_units: last as f64,
            setup_work_units: 0.0,
            setup_seconds: 0.0,
            seconds: 1.0,
            observe_seconds: 0.0,
            error_l2: Some(1e-3),
            error_max: None,
            residual: None,
            scalars: Default::default(),
            error_bar_l2: None,
            error_bar_max: None,
            extrapolated_bar_l2: None,
            extrapolated_bar_max: None,
            solvation_energy: None,
            solvation_energy_bar: None,
            order_index: index.map(|v: f64| v - 0.03 * seed as f64),
            modes_reached: 0,
            milestones: Vec::new(),
            energy_above_nyquist: None,
        }
    }

    fn summary(&self, solvers: Vec<SolverSummary>) -> Summary {
        Summary {
            version: "0.1.0".into(),
            problem: "sines-1d,modes=[1,5,20]".into(),
            title: if self.dimension == 1 {
                "−u″ = f on (0, 1), u = 0 at both ends, u = Σ aₖ sin kπx".into()
            } else {
                "−Δu = f on (−1, 1)², u = sin πx sin πy + 0.1 sin 10πx sin 10πy".into()
            },
            reference_bar_l2: None,
            reference_bar_max: None,
            reference: if self.floor.is_some() { "exact" } else { "discrete" }.into(),
            grid: vec![self.n; self.dimension],
            test_points: None,
            bounds: vec![[0.0, 1.0]; self.dimension],
            transform: "dst".into(),
            initial: "zero".into(),
            tol: self.tol,
            tracked: self.all_modes().iter().map(ToString::to_string).collect(),
            floor_l2: self.floor,
            floor_max: self.floor,
            accuracy: None,
            error_order: None,
            refinement: None,
            solvers,
            spread: Vec::new(),
        }
    }

    fn fields(&self, (label, kind, last): (&str, Kind, u64), dir: &Path) {
        let shape = vec![self.n + 1; self.dimension];
        let value = |at: &[usize], step: Option<u64>| -> f64 {
            let x: Vec<f64> = at.iter().map(|i| *i as f64 / self.n as f64).collect();
            let few = self.modes.iter().take(7);
            few.map(|&k| {
                let share = step.map_or(1.0, |step| 1.0 - self.error(kind, k as f64, step, 0));
                let wave: f64 = x.iter().map(|x| (k as f64 * PI * x).sin()).product();
                // Fivefold, so that errors get long numbers such as −5×10⁻¹².
                5.0 * share * wave / k as f64
            })
            .sum()
        };
        let field = |step| ArrayD::from_shape_fn(shape.clone(), |i| value(i.slice(), step));
        let write = |name: String, field: &ArrayD<f64>| {
            ndarray_npy::write_npy(dir.join("fields").join(name), field)
                .expect("the test folder can be written");
        };
        for step in recorded(last).into_iter().step_by(4).chain([last]) {
            write(format!("{label}-{step}.npy"), &field(Some(step)));
        }
        write("reference.npy".into(), &field(None));
    }

    /// The relative error of a mode after so many steps.
    pub fn error(&self, kind: Kind, k: f64, step: u64, seed: u64) -> f64 {
        let s = step as f64;
        match kind {
            Kind::Jacobi(omega) => {
                (1.0 - 2.0 * omega * (k * PI / (2.0 * self.n as f64)).sin().powi(2)).abs().powf(s)
            }
            Kind::Multigrid => 0.1f64.powf(s),
            Kind::Network => {
                let noise =
                    ((s * 12.9898 + k * 78.233 + seed as f64 * 37.7).sin() * 43758.5453).fract().abs();
                let speed = 0.02 / (1.0 + 0.3 * seed as f64);
                (-s * speed / k.powf(1.3)).exp() * (1.0 + if step > 0 { 0.5 * noise } else { 0.0 })
                    + 2e-3 * noise
            }
            Kind::Stuck => 1.0,
            Kind::Diverging if s > 60.0 => f64::NAN,
            Kind::Diverging if s > 50.0 => f64::INFINITY,
            Kind::Diverging => 1.3f64.powf(s),
            Kind::Direct => f64::from(step == 0),
        }
    }
}

/// Steps as a logarithmic schedule has them.
fn recorded(last: u64) -> Vec<u64> {
    let mut steps = vec![0];
    let mut next = 1.0f64;
    while (next as u64) < last {
        steps.push(next as u64);
        next = (next * 1.15).max(next + 1.0);
    }
    steps.push(last);
    steps.dedup();
    steps
}
