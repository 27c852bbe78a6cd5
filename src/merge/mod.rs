//! Floor 4: the truth table of merging; applying assignments.
