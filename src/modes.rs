//! The error, mode by mode: which modes there are, which are tracked, when each was reached, and in
//! what order.

mod amplitudes;
mod axis;
mod choice;
mod chosen;
mod largest;
mod nyquist;
mod order_index;
mod projection;
mod spectrum;
mod watch;
mod watched;
mod way;

pub use amplitudes::Amplitudes;
pub use choice::{ModeChoice, ModeChoiceError};
pub use nyquist::{NyquistError, energy_above_nyquist};
pub use order_index::kendall_tau_b;
pub use spectrum::{Spectrum, Split, TransformKind};
pub use watch::{ModeState, ModeWatch, Passage};
