//! The parameters neural solvers share, with their defaults.

use modewise_problems::Parameter;

const fn parameter(
    key: &'static str,
    default: &'static str,
    unit: &'static str,
    help: &'static str,
) -> Parameter {
    Parameter { key, default, unit, help }
}

pub(super) const DEPTH: Parameter =
    parameter("depth", "3", "layers", "hidden layers, where width is one number");
pub(super) const DTYPE: Parameter = parameter(
    "dtype",
    "f64",
    "a name",
    "what the passes of training compute in: f64, or f32 for one and a half times the speed and more; parameters and losses stay in f64",
);
pub(super) const LOSS: Parameter = parameter(
    "loss",
    "ritz",
    "a name",
    "ritz (the energy), residual (the squared strong form) or regression (fits the reference at its grid nodes)",
);
pub(super) const BOUNDARY: Parameter = parameter(
    "boundary",
    "exact",
    "a name",
    "exact (network times a function that vanishes on the boundary, plus the data) or penalty",
);
pub(super) const BETA: Parameter = parameter(
    "beta",
    "100",
    "1/length",
    "weight of the penalty: of the sum over the two ends in 1-D, of the boundary integral otherwise; loss=regression has none",
);
pub(super) const BETA_SCHEDULE: Parameter = parameter(
    "beta_schedule",
    "fixed",
    "a name",
    "fixed, staged (beta times 1, 10, 50, 100, 200, 500 from 0, 10, 20, 25, 50, 75 % of the steps on) or balanced (by the gradients of both terms, while adam is at work)",
);
pub(super) const OPTIMIZER: Parameter = parameter(
    "optimizer",
    "adam",
    "a list",
    "adam, lbfgs, ssbroyden, gauss-newton, natural-gradient, each with its steps: [adam:2000,lbfgs:500,gauss-newton]; the last may run on",
);
pub(super) const LR: Parameter = parameter("lr", "1e-3", "", "learning rate of Adam at the first step");
pub(super) const LR_DECAY: Parameter = parameter(
    "lr_decay",
    "0",
    "per step",
    "lr_schedule=decay: the learning rate falls by this fraction every step",
);
pub(super) const LR_SCHEDULE: Parameter = parameter(
    "lr_schedule",
    "decay",
    "a name",
    "decay, cosine (to zero over the steps of each adam) or restarts (cosine waves, each twice as long as the last)",
);
pub(super) const LR_PERIOD: Parameter =
    parameter("lr_period", "1000", "steps", "lr_schedule=restarts: the first wave");
pub(super) const PLATEAU: Parameter = parameter(
    "plateau",
    "0",
    "steps",
    "end when the loss has not fallen by a thousandth for so many steps; 0 never does. With resample it is that at other points, which stay, looked at every twenty steps",
);
pub(super) const KEEP: Parameter = parameter(
    "keep",
    "last",
    "a name",
    "the parameters that count: last, or best, those of the lowest loss so far; with resample of that at other points, which stay, looked at every twenty steps",
);
pub(super) const POINTS: Parameter = parameter(
    "points",
    "1000",
    "points",
    "points inside; of a lattice its nodes, ends included (loss=regression, resample=0: all nodes of the grid)",
);
pub(super) const SAMPLING: Parameter = parameter(
    "sampling",
    "auto",
    "a name",
    "points: lattice, uniform, sobol (on the boundary too) or gauss (nodes with weights; resample=0); auto: lattice with resample=0 (sobol beyond three axes), uniform otherwise",
);
pub(super) const BOUNDARY_POINTS: Parameter = parameter(
    "boundary_points",
    "200",
    "points",
    "points on the boundary for the penalty, and on the interface for flux jumps; in 1-D the ends, whatever the number",
);
pub(super) const INTERFACE: Parameter = parameter(
    "interface",
    "smooth",
    "a name",
    "smooth (the network knows of none) or kink (it sees a function with a kink at the interface beside x, so that its slope can jump there; loss=residual has a term for the flux)",
);
pub(super) const JUMP_WEIGHT: Parameter = parameter(
    "jump_weight",
    "100",
    "1/length",
    "interface=kink, loss=residual: weight of the integral of the squared flux jump over the interface",
);
pub(super) const RESAMPLE: Parameter = parameter(
    "resample",
    "auto",
    "steps",
    "draw new random points after so many steps; 0 keeps a fixed lattice; auto: 1 for adam alone, 0 with other optimizers",
);
pub(super) const INIT: Parameter = parameter(
    "init",
    "glorot",
    "a name",
    "glorot, glorot-double (N(0, 4/(in + out)), biases too), normal:STD for all weights and biases; waves:K (first layer uniform up to the wave number K), waves (up to the highest frequency of f) or source (first layer from the spectrum of f), glorot beyond",
);

pub(super) const RESIDUAL: Parameter = parameter(
    "residual",
    "false",
    "true or false",
    "whether what comes into a hidden layer is added to what it makes of it, where both are as wide",
);

pub(super) const RELAXATION: Parameter =
    parameter("relaxation", "0.5", "", "the factor s of the waves; 0.5 goes with s2relu in the papers");
pub(super) const TRAINABLE: Parameter = parameter(
    "trainable",
    "true",
    "true or false",
    "whether the waves are trained, or stay as they are drawn",
);

/// The own parameters of a solver, and those of training, which all have.
macro_rules! with_training {
    ($($own:expr),* $(,)?) => {
        [
            $($own,)*
            $crate::neural::parameters::DTYPE,
            $crate::neural::parameters::LOSS,
            $crate::neural::parameters::BOUNDARY,
            $crate::neural::parameters::BETA,
            $crate::neural::parameters::BETA_SCHEDULE,
            $crate::neural::parameters::INTERFACE,
            $crate::neural::parameters::JUMP_WEIGHT,
            $crate::neural::parameters::OPTIMIZER,
            $crate::neural::parameters::LR,
            $crate::neural::parameters::LR_DECAY,
            $crate::neural::parameters::LR_SCHEDULE,
            $crate::neural::parameters::LR_PERIOD,
            $crate::neural::parameters::POINTS,
            $crate::neural::parameters::SAMPLING,
            $crate::neural::parameters::BOUNDARY_POINTS,
            $crate::neural::parameters::RESAMPLE,
            $crate::neural::parameters::INIT,
            $crate::neural::parameters::PLATEAU,
            $crate::neural::parameters::KEEP,
        ]
    };
}
pub(super) use with_training;

/// `scales` with its default.
pub(super) const fn scales(default: &'static str) -> Parameter {
    parameter(
        "scales",
        default,
        "",
        "the factors a_i the input is multiplied by, or auto: powers of two up to the highest frequency of f and of 1/ε",
    )
}

/// `width` with its default.
pub(super) const fn width(default: &'static str) -> Parameter {
    parameter(
        "width",
        default,
        "neurons",
        "neurons a hidden layer (of a subnet): a number, or a list for unequal layers",
    )
}

/// `activation` with its default.
pub(super) const fn activation(default: &'static str) -> Parameter {
    parameter(
        "activation",
        default,
        "a name",
        "tanh, sin, cos, srelu, srelu2, srelu3, phi, phi-half, s2relu, relu, gelu or silu; srelu and relu have kinks: not with loss=residual",
    )
}
