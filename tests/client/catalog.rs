//! The contract as PostgreSQL knows it: what each feature declares for users, one argument a line, in `catalog/<feature>.txt`.
//! `CATALOG=update make client TEST=catalog` writes these files anew. What is the same for all, the regression test `catalog` checks by
//! rule: parts of types, functions with a key beside those without.

use crate::database::Database;
use crate::parts::{FOR_USERS, label};
use crate::{Failure, Outcome, ensure};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

crate::trials!(each_feature_declares_what_is_written_down);

/// Functions that users call, and types, each with the name of its part in place of its comment.
fn query() -> String {
    format!("
    SELECT word, string_agg(text, E'\\n' ORDER BY text COLLATE \"C\") || E'\\n' FROM (
        SELECT obj_description(oid, 'pg_type') AS word,
               format('type %s: length %s, alignment %s, storage %s', typname, typlen, typalign, typstorage) AS text
        FROM pg_type WHERE typnamespace = 'clientele'::regnamespace AND typcategory <> 'A'
        UNION ALL
        SELECT obj_description(p.oid, 'pg_proc'),
               concat_ws(E'\\n', CASE prokind WHEN 'a' THEN 'aggregate ' ELSE 'function ' END || proname || CASE WHEN proretset THEN ': rows' ELSE '' END,
                         (SELECT string_agg(concat('    ', CASE WHEN m IN ('o', 't') THEN '→ ' END, n || ' ', format_type(t, NULL),
                                                   ' = ' || regexp_replace(pg_get_function_arg_default(p.oid, i::int), '::[a-z_ ]+(\\[\\])?$', '')), E'\\n' ORDER BY i)
                          FROM unnest(coalesce(proallargtypes, proargtypes::oid[]), proargnames, proargmodes) WITH ORDINALITY u (t, n, m, i)),
                         CASE WHEN proallargtypes IS NULL THEN '    → ' || format_type(prorettype, NULL) END)
        FROM pg_proc p WHERE {FOR_USERS}
    ) declared GROUP BY word")
}

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("catalog")
}

/// The contents of the files, by feature.
fn written() -> Result<BTreeMap<String, String>, Failure> {
    let mut written = BTreeMap::new();
    for entry in fs::read_dir(directory())? {
        let path = entry?.path();
        let word = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        written.insert(word, fs::read_to_string(&path)?);
    }
    Ok(written)
}

fn each_feature_declares_what_is_written_down(database: &Database) -> Outcome {
    let mut client = database.client()?;
    label(&mut client)?;
    client.batch_execute("SET search_path = clientele")?;
    let mut declared = BTreeMap::new();
    for row in client.query(&query(), &[])? {
        declared.insert(row.try_get::<_, String>(0)?, row.try_get::<_, String>(1)?);
    }
    if std::env::var_os("CATALOG").is_some_and(|value| value == "update") {
        let _ = fs::remove_dir_all(directory());
        fs::create_dir(directory())?;
        for (word, text) in &declared {
            fs::write(directory().join(format!("{word}.txt")), text)?;
        }
    }
    let written = written()?;
    ensure!(
        declared.keys().eq(written.keys()),
        "of {:?} the declarations are written down, and there are {:?}",
        written.keys(),
        declared.keys()
    );
    let mut different = Vec::new();
    for (word, declared) in &declared {
        for (of, other, what) in [
            (declared, &written[word], "is new"),
            (&written[word], declared, "is gone"),
        ] {
            let known: Vec<&str> = entries(other);
            let entries = entries(of).into_iter().filter(|entry| !known.contains(entry));
            different.extend(entries.map(|entry| format!("{word}: {what}: {entry}")));
        }
    }
    ensure!(different.is_empty(), "{}", different.join("\n"));
    Ok(())
}

/// The entries of a file: each begins with a line that is not indented.
fn entries(text: &str) -> Vec<&str> {
    let begins = text.match_indices('\n').map(|(at, _)| at + 1).chain([0]);
    let mut begins: Vec<usize> = begins.filter(|&at| !text[at..].starts_with(' ')).collect();
    begins.sort_unstable();
    begins.windows(2).map(|pair| &text[pair[0]..pair[1]]).collect()
}
