//! The options of an experiment: one list that feeds the command line, experiment files and help.

/// One option: a key of an experiment file and a flag of the command line.
#[derive(Debug, Clone, Copy)]
pub struct Opt {
    /// The key, and the flag without its dashes.
    pub key: &'static str,
    /// The default as it would be written.
    pub default: &'static str,
    /// How its value is called in help.
    pub value: &'static str,
    /// What it does.
    pub help: &'static str,
}

impl Opt {
    /// Whether it is switched on by its name alone.
    pub fn is_flag(&self) -> bool {
        self.default == "false"
    }
}

/// All options, in the order of help.
pub const OPTIONS: [Opt; 16] = [
    Opt {
        key: "grid",
        default: "auto",
        value: "N",
        help: "Cells a side: one number, or one per axis (64,32). auto: 256 in 1-D, 64 in 2-D, 32 in 3-D, and none \
               beyond, where networks alone are",
    },
    Opt {
        key: "stop",
        default: modewise_solvers::stop::DEFAULT,
        value: "RULE",
        help: "When a solver stops: any of rtol=, error_l2=, error_max=, steps=, seconds=, work= that holds. \
               A tolerance you ask for and that is not reached gives exit code 1; without a budget, steps=10000",
    },
    Opt {
        key: "initial",
        default: "zero",
        value: "START",
        help: "Initial guess: zero, random, or white (the error has the same amplitude in every mode). \
               Networks start from their own random weights",
    },
    Opt {
        key: "reference",
        default: "discrete",
        value: "KIND",
        help: "What errors are measured against: discrete (the exact solution of the discrete system) or exact \
               (of the differential equation; errors then end at the discretisation floor; where nobody states it, refined) \
               or refined (the same by refinement on three grids, with an error bar: see `modewise reference`). Where it \
               is not given, nothing needs it and the discrete solution cannot be had, a run goes without",
    },
    Opt {
        key: "error-bar",
        default: "false",
        value: "BOOL",
        help: "Estimate how far the answer is from the solution of the differential equation, known or not, from the grids \
               of half and a quarter as many cells",
    },
    Opt {
        key: "accuracy",
        default: "none",
        value: "TOL",
        help: "Double the cells until the estimated relative L2 error is at or below this, from --grid on, and show the \
               error bar. Exit code 1 if memory, the seconds= of --stop or rounding end it before",
    },
    Opt {
        key: "transform",
        default: "auto",
        value: "KIND",
        help: "How the error is split: auto follows the sides, axis by axis: sines where u is given, cosines where \
               the flux is, quarter waves between one and the other, whole waves where u is periodic. dst (sines), \
               dct (cosines) and dft (all grid points, as in the papers) take the same along every axis. eigen: the \
               eigenvectors of the discrete operator whatever its coefficients, numbered by their eigenvalues; up to \
               4096 unknowns",
    },
    Opt {
        key: "modes",
        default: "auto",
        value: "LIST",
        help: "Tracked modes: auto (reference amplitude at least 1e-3 of the largest; all of a white start), all, \
               shells (of |k|), none, or a list such as 1,3,8 (2-D: 1:1,2:5 or shell:3). On grids of more than 65536 \
               nodes shells are stored only if they or more than 40 modes are tracked",
    },
    Opt {
        key: "tol",
        default: "0.1",
        value: "TOL",
        help: "A mode counts as reached once its relative error is at or below this",
    },
    Opt {
        key: "watch",
        default: "auto",
        value: "WHEN",
        help: "When modes are computed: auto (every step while that costs under a tenth of a step, else \
               log-spaced) or every=N",
    },
    Opt {
        key: "record",
        default: "log",
        value: "WHEN",
        help: "Which watched steps are stored: log (20 a decade), every=N or all",
    },
    Opt { key: "seed", default: "0", value: "SEED", help: "Seeds every random number" },
    Opt { key: "seeds", default: "1", value: "N", help: "Run every solver with N seeds, starting at SEED" },
    Opt {
        key: "threads",
        default: "0",
        value: "N",
        help: "Threads; 0 takes all cores. Results do not depend on it",
    },
    Opt {
        key: "checkpoint",
        default: "30",
        value: "SECONDS",
        help: "Seconds between checkpoints, from which `modewise resume` goes on",
    },
    Opt {
        key: "fields",
        default: "npy",
        value: "LIST",
        help: "Formats of the stored fields: npy (NumPy, always), dx (OpenDX), vti (VTK ImageData). Coordinates are the \
               problem's, not-a-number stands where nodes are outside of its shapes",
    },
];
