//! The front page, whose examples are compiled as tests.
