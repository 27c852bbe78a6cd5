//! The command.

fn main() {
    let status = mainstem::app::main();
    #[expect(clippy::exit, reason = "the tree need not be dropped: the process ends")]
    std::process::exit(status.code())
}
