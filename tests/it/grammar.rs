//! Tests of `grammar`.
