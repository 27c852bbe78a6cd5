//! Floor 11: the command line. The only reader of environment, working directory, clock and terminal.
