//! The program as it is started: options, files, exit codes.

mod common;

use std::path::Path;
use std::process::{Command, Output};

use common::{ORDER_LINES, PRODUCTS};

fn shop(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_shop")).args(args).env_remove("REDIS_URL").output().expect("the program starts")
}

/// The demo of a new shop, with a shared tier at `url`.
fn demo_at(url: &str) -> Output {
    let directory = tempfile::tempdir().unwrap();
    let db = directory.path().join("shop.sqlite");
    let args = ["--demo-only", "--products", "300", "--order-lines", "3000", "--db", db.to_str().unwrap()];
    Command::new(env!("CARGO_BIN_EXE_shop")).args(args).env("REDIS_URL", url).output().expect("the program starts")
}

fn demo(db: &Path, more: &[&str]) -> Output {
    let (products, order_lines) = (PRODUCTS.to_string(), ORDER_LINES.to_string());
    let args = ["--demo-only", "--products", &products, "--order-lines", &order_lines, "--db", db.to_str().unwrap()];
    shop(&[&args, more].concat())
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

#[track_caller]
fn assert_fails(output: &Output, code: i32, word: &str) {
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{stderr}");
    assert!(stderr.starts_with("shop: ") && stderr.contains(word), "`{word}` is not in: {stderr}");
}

#[test]
fn the_demo_of_a_small_shop_keeps_every_promise() {
    let directory = tempfile::tempdir().unwrap();
    let db = directory.path().join("new/shop.sqlite");
    let first = demo(&db, &[]);
    assert!(first.status.success(), "{}{}", text(&first.stdout), text(&first.stderr));
    let out = text(&first.stdout);
    for part in ["first start", "GET /products/{id}", "requests at once", "PUT /products/", "POST /orders", "two shops"]
    {
        assert!(out.contains(part), "`{part}` is not in:\n{out}");
    }
    assert!(out.lines().all(|line| line.contains(db.to_str().unwrap()) || line.chars().count() < 80), "{out}");

    let second = demo(&db, &[]);
    assert!(second.status.success(), "{}", text(&second.stderr));
    assert!(!text(&second.stdout).contains("first start"));
}

#[test]
fn an_interrupted_fill_is_done_again() {
    let directory = tempfile::tempdir().unwrap();
    let db = directory.path().join("shop.sqlite");
    std::fs::write(directory.path().join("shop.sqlite.unfinished"), "half of a database").unwrap();
    let output = demo(&db, &[]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("interrupted"));
    assert!(!directory.path().join("shop.sqlite.unfinished").exists());
}

#[test]
fn an_address_that_cannot_be_read_is_told_at_once_and_not_quoted() {
    for url in ["http://hunter2", "redis://ann:hunter2@host:x", "redis://host/hunter2"] {
        let output = demo_at(url);
        assert_fails(&output, 1, "REDIS_URL");
        assert!(output.stdout.is_empty() && !text(&output.stderr).contains("hunter2"), "{}", text(&output.stderr));
    }
}

#[test]
fn a_redis_that_is_down_keeps_no_shop_from_opening() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let output = demo_at(&format!("redis://{nobody}"));
    assert!(output.status.success(), "{}", text(&output.stderr));
    let out = text(&output.stdout);
    assert!(out.contains("goes on without") && out.contains("POST /orders"), "{out}");
    assert!(out.lines().all(|line| line.chars().count() < 80 || line.contains("shop.sqlite")), "{out}");
}

#[test]
fn help_is_printed() {
    let output = shop(&["--help"]);
    assert!(output.status.success());
    assert!(text(&output.stdout).contains("--demo-only"));
}

#[test]
fn options_that_make_no_sense_are_refused() {
    assert_fails(&shop(&["--colour"]), 2, "`--colour` is no option");
    assert_fails(&shop(&["--port"]), 2, "--port needs a value");
    assert_fails(&shop(&["--port", "70000"]), 2, "from 0 to 65535");
    assert_fails(&shop(&["--products=many"]), 2, "not `many`");
    assert_fails(&shop(&["--products", "0"]), 2, "from 100");
    assert_fails(&shop(&["--db="]), 2, "--db needs a value");
    assert_fails(&shop(&["--help=yes"]), 2, "takes no value");
    assert_fails(&shop(&["--demo-only", "--no-demo"]), 2, "exclude");
}

#[test]
fn files_of_others_are_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("letters.txt");
    std::fs::write(&file, "dear sir or madam").unwrap();
    assert_fails(&demo(&file, &[]), 1, "not made by this version");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "dear sir or madam");
    assert_fails(&demo(directory.path(), &[]), 1, "is a directory");
    assert_fails(&demo(&file.join("below"), &[]), 1, "cannot");
}

#[test]
fn a_database_of_another_size_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let db = directory.path().join("shop.sqlite");
    assert!(demo(&db, &[]).status.success());
    assert_fails(&demo(&db, &["--products", "400"]), 1, "300 products");
    let anyone = shop(&["--demo-only", "--db", db.to_str().unwrap()]);
    assert!(anyone.status.success(), "{}", text(&anyone.stderr));
}

#[test]
fn a_port_in_use_is_said_before_anything_is_filled() {
    let directory = tempfile::tempdir().unwrap();
    let db = directory.path().join("shop.sqlite");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    assert_fails(&demo(&db, &["--port", &port]), 1, &port);
    assert!(!db.exists());
}
