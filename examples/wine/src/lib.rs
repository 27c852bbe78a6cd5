//! Classifies red wines by their chemistry: a project that is configured by mainstem.

pub mod config;
pub mod data;
pub mod metrics;
pub mod models;
pub mod plot;
pub mod report;
pub mod scaling;
pub mod train;
