//! Puts the parts of the SQL together, for `cargo pgrx install`, which takes it from the library. `tests/install` runs the same script.

use std::path::Path;
use std::process::{Command, exit};
use std::{env, fs};

fn main() {
    for part in ["install-script", "parts", "parts.list"] {
        println!("cargo::rerun-if-changed=sql/{part}");
    }
    let script = Command::new("sql/install-script")
        .output()
        .expect("sql/install-script runs");
    if !script.status.success() {
        eprint!("{}", String::from_utf8_lossy(&script.stderr));
        exit(1);
    }
    let directory = env::var("OUT_DIR").expect("cargo says where to write");
    let write = |name, bytes: &[u8]| fs::write(Path::new(&directory).join(name), bytes).expect("it can be written");
    write("clientele.sql", &script.stdout);
    // The macro takes the name of a file as it stands.
    write(
        "clientele.rs",
        b"pgrx::extension_sql_file!(\"clientele.sql\", name = \"clientele\");\n",
    );
}
