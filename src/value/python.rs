//! Values as Python's `str` prints them.

use std::fmt::Write as _;

use crate::value::node::{Kind, Node};

/// Appends a scalar as Python's `str` prints it.
pub fn write_str(node: &Node, out: &mut String) {
    match &node.kind {
        Kind::Null => out.push_str("None"),
        Kind::Bool(b) => out.push_str(if *b { "True" } else { "False" }),
        Kind::Int(i) => drop(write!(out, "{i}")),
        Kind::Float(f) => drop(write!(out, "{f:?}")),
        Kind::Str(text) => out.push_str(text),
        other => drop(write!(out, "{other:?}")),
    }
}
