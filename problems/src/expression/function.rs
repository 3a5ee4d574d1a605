//! The functions that formulas know, and their values.

/// A function of one argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Unary {
    Negate,
    Sin,
    Cos,
    Tan,
    Asin,
    Acos,
    Atan,
    Sinh,
    Cosh,
    Tanh,
    Exp,
    Log,
    Sqrt,
    Abs,
    Sign,
    Step,
    /// Bessel's functions of the first kind, of order 0 and 1.
    J0,
    J1,
}

/// A function of two arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Binary {
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
    Atan2,
    Min,
    Max,
    Hypot,
    Less,
    AtMost,
    Equal,
    Differs,
}

/// What a name that is called stands for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Function {
    Unary(Unary),
    Binary(Binary),
    If,
}

impl Function {
    /// How many arguments it takes.
    pub fn arguments(self) -> usize {
        match self {
            Self::Unary(_) => 1,
            Self::Binary(_) => 2,
            Self::If => 3,
        }
    }
}

/// Every function by its name.
pub(super) const FUNCTIONS: [(&str, Function); 23] = [
    ("sin", Function::Unary(Unary::Sin)),
    ("cos", Function::Unary(Unary::Cos)),
    ("tan", Function::Unary(Unary::Tan)),
    ("asin", Function::Unary(Unary::Asin)),
    ("acos", Function::Unary(Unary::Acos)),
    ("atan", Function::Unary(Unary::Atan)),
    ("sinh", Function::Unary(Unary::Sinh)),
    ("cosh", Function::Unary(Unary::Cosh)),
    ("tanh", Function::Unary(Unary::Tanh)),
    ("exp", Function::Unary(Unary::Exp)),
    ("log", Function::Unary(Unary::Log)),
    ("sqrt", Function::Unary(Unary::Sqrt)),
    ("abs", Function::Unary(Unary::Abs)),
    ("sign", Function::Unary(Unary::Sign)),
    ("step", Function::Unary(Unary::Step)),
    ("j0", Function::Unary(Unary::J0)),
    ("j1", Function::Unary(Unary::J1)),
    ("atan2", Function::Binary(Binary::Atan2)),
    ("min", Function::Binary(Binary::Min)),
    ("max", Function::Binary(Binary::Max)),
    ("pow", Function::Binary(Binary::Power)),
    ("hypot", Function::Binary(Binary::Hypot)),
    ("if", Function::If),
];

impl Unary {
    /// Its value at `a`.
    pub fn value(self, a: f64) -> f64 {
        match self {
            Self::Negate => -a,
            Self::Sin => a.sin(),
            Self::Cos => a.cos(),
            Self::Tan => a.tan(),
            Self::Asin => a.asin(),
            Self::Acos => a.acos(),
            Self::Atan => a.atan(),
            Self::Sinh => a.sinh(),
            Self::Cosh => a.cosh(),
            Self::Tanh => a.tanh(),
            Self::Exp => a.exp(),
            Self::Log => a.ln(),
            Self::Sqrt => a.sqrt(),
            Self::Abs => a.abs(),
            // The library's sign of 0 is 1.
            Self::Sign if a == 0.0 => 0.0,
            Self::Sign => a.signum(),
            Self::Step => truth(a >= 0.0),
            Self::J0 => libm::j0(a),
            Self::J1 => libm::j1(a),
        }
    }
}

impl Binary {
    /// Its value at `a`, `b`.
    pub fn value(self, a: f64, b: f64) -> f64 {
        match self {
            Self::Add => a + b,
            Self::Subtract => a - b,
            Self::Multiply => a * b,
            Self::Divide => a / b,
            Self::Power => a.powf(b),
            Self::Atan2 => a.atan2(b),
            // The library's minimum and maximum pass over not-a-number, which is to be found.
            Self::Min => {
                if a < b || a.is_nan() {
                    a
                } else {
                    b
                }
            }
            Self::Max => {
                if a > b || a.is_nan() {
                    a
                } else {
                    b
                }
            }
            Self::Hypot => a.hypot(b),
            Self::Less => truth(a < b),
            Self::AtMost => truth(a <= b),
            Self::Equal => truth(a == b),
            Self::Differs => truth(a != b),
        }
    }

    /// Whether the arguments may change places without a change of bits.
    pub fn is_symmetric(self) -> bool {
        matches!(self, Self::Add | Self::Multiply)
    }

    /// Whether it is 0 or 1, constant but for jumps.
    pub fn is_comparison(self) -> bool {
        matches!(self, Self::Less | Self::AtMost | Self::Equal | Self::Differs)
    }
}

fn truth(holds: bool) -> f64 {
    f64::from(u8::from(holds))
}
