//! Benchmarks of the engine, on made-up config folders of two sizes: `cargo bench --bench engine`.

mod compose;
mod overrides;
mod print;
mod workload;
mod yaml;

fn main() {
    divan::main();
}
