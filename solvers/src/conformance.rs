//! The contract as a function: what every registered solver has to keep, whatever it does inside.
