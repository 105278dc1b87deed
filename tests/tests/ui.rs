//! What the compiler says about mistakes, and what must compile.
//!
//! One mistake per file. `TRYBUILD=overwrite cargo test -p cache-tests --test ui` writes the messages anew; read them
//! before you commit them.

#[test]
fn mistakes_say_what_to_write_instead() {
    let tests = trybuild::TestCases::new();
    tests.compile_fail("ui/fail/*/*.rs");
}

#[test]
fn what_is_right_compiles() {
    let tests = trybuild::TestCases::new();
    tests.pass("ui/pass/*.rs");
}
