//! The `mobo` binary: the command line over the parts of this build. A binary with parts of your
//! own is the same line with `.with::<Yours>("yours", "what it does")` behind `parts()`.

fn main() -> std::process::ExitCode {
    mobo::run(mobo::parts())
}
