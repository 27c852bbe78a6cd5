//! The command.

fn main() {
    let status = mainstem::app::main();
    // Nothing is left to be dropped that anyone would miss.
    std::process::exit(status.code())
}
