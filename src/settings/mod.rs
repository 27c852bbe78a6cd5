//! Floor 7: the `hydra` and `mainstem` nodes, and the built-in config groups.
