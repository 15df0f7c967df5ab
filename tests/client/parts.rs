//! The parts of the SQL, and which of them declares what.

use crate::{Failure, Outcome, ensure};
use postgres::Client;
use std::fs;
use std::path::{Path, PathBuf};

/// The directory of the SQL.
pub fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sql")
}

/// The names of the parts, in the order of the install script.
pub fn install_list() -> Result<Vec<String>, Failure> {
    let list = fs::read_to_string(directory().join("parts.list"))?;
    Ok(list.lines().map(str::to_owned).collect())
}

/// Of `pg_proc p` the functions that users call: those that are not parts of types, operators, casts and aggregates. Those with a
/// key give what those without it give, and are left out.
pub const FOR_USERS: &str = "pronamespace = 'clientele'::regnamespace AND proargnames[2] IS DISTINCT FROM 'key'
    AND (prokind = 'a' OR prolang <> (SELECT oid FROM pg_language WHERE lanname = 'internal'))
    AND NOT proargtypes::oid[] && ARRAY['internal'::regtype::oid, 'cstring'::regtype] AND prorettype <> 'cstring'::regtype
    AND NOT EXISTS (SELECT FROM pg_cast WHERE castfunc = p.oid)";

/// In place of its comment, gives each object of the extension the name of the part that declares it. The parts
/// comment everything they declare.
pub fn label(client: &mut Client) -> Outcome {
    client.batch_execute("SET search_path = clientele")?;
    let mut count = 0;
    for part in install_list()? {
        let text = fs::read_to_string(directory().join(format!("parts/{part}.sql")))?;
        for line in text.lines().filter(|line| line.starts_with("COMMENT ON ")) {
            let (object, _) = line
                .split_once(" IS")
                .ok_or_else(|| format!("sql/parts/{part}.sql: no comment follows in the line {line}"))?;
            client.batch_execute(&format!("{object} IS '{part}'"))?;
            count += 1;
        }
    }
    ensure!(count > 200, "only {count} objects have comments");
    Ok(client.batch_execute("RESET search_path")?)
}
