//! Floor 9: which jobs a multirun has.
