//! Trains a classifier of red wines by their chemistry.

fn main() {}
