//! Floor 5: config groups, the defaults list, and one tree.
