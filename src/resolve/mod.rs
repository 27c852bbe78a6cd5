//! Floor 3: what `${…}` stands for.
