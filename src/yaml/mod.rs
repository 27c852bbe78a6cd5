//! Floor 3: YAML text to nodes with spans, by the scalar rules of OmegaConf 2.4.
