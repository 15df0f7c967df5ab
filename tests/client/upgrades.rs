//! Updates of the extension: what was stored stays as it is, and the catalog becomes that of a new installation. Released SQL
//! stays as it was released.

use crate::database::{Database, one};
use crate::features::{store_what_there_is, stored};
use crate::parts::directory;
use crate::{Failure, Outcome, coverage, ensure};
use postgres::{Client, GenericClient};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

crate::trials!(
    released_versions_are_updated,
    an_older_version_is_updated,
    wrong_steps_are_noticed,
    released_files_are_as_they_were,
    edits_of_released_files_are_noticed,
);

/// Everything in the extension and its schema, by what it is called.
const CATALOG: &str = "
    WITH object AS MATERIALIZED (
        SELECT classid, objid FROM pg_depend
        WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e' AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'clientele')
           OR refclassid = 'pg_namespace'::regclass AND refobjid = 'clientele'::regnamespace AND classid <> 'pg_extension'::regclass
        UNION SELECT 'pg_namespace'::regclass, 'clientele'::regnamespace
        UNION SELECT 'pg_extension'::regclass, oid FROM pg_extension WHERE extname = 'clientele'
    ), definition AS MATERIALIZED (
        SELECT classid, objid, concat_ws(' ', proowner::regrole, proacl, CASE prokind
            WHEN 'a' THEN concat_ws(' ', pg_get_function_arguments(p.oid), pg_get_function_result(p.oid), provolatile, proparallel, proisstrict,
                                    prosecdef, procost, aggtranstype::regtype,
                                    to_jsonb(a) - '{aggfnoid,aggtranstype,aggmtranstype,aggsortop}'::text[])
            ELSE pg_get_functiondef(p.oid) END) AS text
        FROM object JOIN pg_proc p ON classid = 'pg_proc'::regclass AND p.oid = objid LEFT JOIN pg_aggregate a ON aggfnoid = p.oid
        UNION ALL
        SELECT classid, objid, concat_ws(' ', typelem::regtype, to_jsonb(t) - '{oid,typnamespace,typelem,typarray,typrelid}'::text[],
            (SELECT jsonb_agg(jsonb_build_array(attname, format_type(atttypid, atttypmod), attnotnull, attisdropped, attcollation,
                                                col_description(attrelid, attnum)) ORDER BY attnum)
             FROM pg_attribute a WHERE attrelid = typrelid AND typrelid <> 0))
        FROM object JOIN pg_type t ON classid = 'pg_type'::regclass AND t.oid = objid
        UNION ALL
        SELECT classid, objid, concat_ws(' ', castfunc::regprocedure, castcontext, castmethod)
        FROM object JOIN pg_cast c ON classid = 'pg_cast'::regclass AND c.oid = objid
        UNION ALL
        SELECT classid, objid, concat_ws(' ', oprresult::regtype, oprcom::regoperator, oprnegate::regoperator,
            to_jsonb(o) - '{oid,oprnamespace,oprleft,oprright,oprresult,oprcom,oprnegate}'::text[])
        FROM object JOIN pg_operator o ON classid = 'pg_operator'::regclass AND o.oid = objid
        UNION ALL
        SELECT classid, objid, concat_ws(' ', opfname, opcintype::regtype, opckeytype::regtype, opcdefault, opcowner::regrole)
        FROM object JOIN pg_opclass o ON classid = 'pg_opclass'::regclass AND o.oid = objid JOIN pg_opfamily f ON f.oid = opcfamily
        UNION ALL
        SELECT classid, objid, concat_ws(' ', opfowner::regrole,
            (SELECT jsonb_agg(jsonb_build_array(amopstrategy, amoppurpose, amopopr::regoperator) ORDER BY amopstrategy)
             FROM pg_amop WHERE amopfamily = f.oid),
            (SELECT jsonb_agg(jsonb_build_array(amprocnum, amproc::regprocedure) ORDER BY amprocnum) FROM pg_amproc WHERE amprocfamily = f.oid))
        FROM object JOIN pg_opfamily f ON classid = 'pg_opfamily'::regclass AND f.oid = objid
        UNION ALL
        SELECT classid, objid, concat_ws(' ', nspowner::regrole, nspacl)
        FROM object JOIN pg_namespace n ON classid = 'pg_namespace'::regclass AND n.oid = objid
        UNION ALL
        SELECT classid, objid, (to_jsonb(e) - '{oid,extnamespace}'::text[])::text
        FROM object JOIN pg_extension e ON classid = 'pg_extension'::regclass AND e.oid = objid
    )
    SELECT pg_describe_object(object.classid, object.objid, 0),
           concat_ws(E'\\n', CASE WHEN d.refobjid IS NULL AND object.classid NOT IN ('pg_extension'::regclass, 'pg_namespace'::regclass) THEN 'is no member' END,
                     coalesce('comment ' || obj_description(object.objid, object.classid::regclass::name), 'no comment'), 'rights at first ' || initprivs::text, text),
           text IS NULL
    FROM object LEFT JOIN definition USING (classid, objid)
         LEFT JOIN pg_init_privs i ON i.classoid = object.classid AND objoid = object.objid AND i.objsubid = 0
         LEFT JOIN pg_depend d ON d.classid = object.classid AND d.objid = object.objid AND d.refclassid = 'pg_extension'::regclass AND deptype = 'e'";

/// What each object of the extension is like.
fn catalog(client: &mut impl GenericClient) -> Result<BTreeMap<String, String>, Failure> {
    let mut catalog = BTreeMap::new();
    client.batch_execute("SET search_path = ''")?;
    for row in client.query(CATALOG, &[])? {
        let (object, definition, unknown): (String, String, bool) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        ensure!(!unknown, "no rule says what makes {object} what it is");
        ensure!(
            catalog.insert(object.clone(), definition).is_none(),
            "there are two of {object}"
        );
    }
    client.batch_execute("RESET search_path")?;
    ensure!(catalog.len() > 200, "only {} objects", catalog.len());
    Ok(catalog)
}

/// How one thing differs from another, in the words of `what` they are.
fn differences(what: &str, expected: &BTreeMap<String, String>, found: &BTreeMap<String, String>) -> Vec<String> {
    let mut names: Vec<&String> = expected.keys().chain(found.keys()).collect();
    names.sort();
    names.dedup();
    let different = names.into_iter().filter(|name| expected.get(*name) != found.get(*name));
    let text = |of: &BTreeMap<String, String>, name| of.get(name).cloned().unwrap_or("not there".to_owned());
    different
        .map(|name| format!("{what} {name}: {} and not {}", text(found, name), text(expected, name)))
        .collect()
}

/// A database in which an older version was installed and values of all types were stored.
fn older(version: &str) -> Result<(Database, Client), Failure> {
    let database = Database::with("TEMPLATE template0 ENCODING 'UTF8'")?;
    let mut client = database.client()?;
    client.batch_execute(&format!("CREATE EXTENSION clientele VERSION '{version}'"))?;
    store_what_there_is(&mut client)?;
    let missing = coverage::types_without_a_value(&mut client)?;
    ensure!(
        missing.is_empty(),
        "{version} has types that no feature stores: {missing:?}"
    );
    Ok((database, client))
}

/// Updates to the version of today, and tells what is then not as it was, or not as in a new installation.
fn update(client: &mut impl GenericClient, new: &BTreeMap<String, String>) -> Result<Vec<String>, Failure> {
    let before = stored(client)?;
    client.batch_execute("ALTER EXTENSION clientele UPDATE")?;
    let mut found = differences("the stored", &before, &stored(client)?);
    found.extend(differences("the catalog's", new, &catalog(client)?));
    Ok(found)
}

/// Every version that was released is updated to that of today.
fn released_versions_are_updated(database: &Database) -> Outcome {
    let mut client = database.client()?;
    let new = catalog(&mut client)?;
    for version in released(&directory())? {
        if version == today(&mut client)? {
            continue;
        }
        let (_old, mut client) = older(&version)?;
        let found = update(&mut client, &new)?;
        ensure!(found.is_empty(), "updated from {version}:\n{}", found.join("\n"));
    }
    Ok(())
}

/// The versions whose install scripts are in `sql/released`.
pub fn released(directory: &Path) -> Result<Vec<String>, Failure> {
    let scripts = scripts(&directory.join("released"))?;
    Ok(scripts
        .iter()
        .filter_map(|name| to(name).filter(|version| *name == format!("clientele--{version}.sql")))
        .map(str::to_owned)
        .collect())
}

/// The version that a script installs, or updates to.
fn to(script: &str) -> Option<&str> {
    script.rsplit("--").next()?.strip_suffix(".sql")
}

/// The names of the SQL files in a directory that may not be there.
fn scripts(directory: &Path) -> Result<Vec<String>, Failure> {
    let mut names = Vec::new();
    if directory.exists() {
        for entry in fs::read_dir(directory)? {
            names.push(entry?.file_name().to_string_lossy().into_owned());
        }
    }
    names.retain(|name| name.ends_with(".sql"));
    names.sort();
    Ok(names)
}

/// The version that is installed when none is asked for.
pub fn today(client: &mut impl GenericClient) -> Result<String, Failure> {
    one(
        client,
        "SELECT default_version FROM pg_available_extensions WHERE name = 'clientele'",
    )
}

/// Before the first release, and where nobody installs it.
const OLDER: &str = "0.0.0";
/// What the older version lacks.
const LACKING: &str = "CREATE FUNCTION rfm_segments(";

/// The files of an older version on the server: gone when this goes.
struct OlderVersion {
    directory: PathBuf,
    today: String,
    /// The part of today's script that the older one lacks.
    lacking: String,
}

impl OlderVersion {
    fn install(client: &mut Client) -> Result<OlderVersion, Failure> {
        let directory: String = one(
            client,
            "SELECT setting || '/extension' FROM pg_config WHERE name = 'SHAREDIR'",
        )?;
        let today = today(client)?;
        let directory = PathBuf::from(directory);
        let script = fs::read_to_string(directory.join(format!("clientele--{today}.sql")))?;
        let (lacking, rest): (Vec<&str>, Vec<&str>) = script.split("\n\n").partition(|part| part.contains(LACKING));
        ensure!(
            lacking.len() == 1,
            "{} parts of the script declare {LACKING}",
            lacking.len()
        );
        let lacking = lacking[0].to_owned();
        let version = OlderVersion {
            directory,
            today,
            lacking,
        };
        version.write(OLDER, &rest.join("\n\n"))?;
        Ok(version)
    }

    /// Writes the step to the version of today.
    fn step(&self, script: &str) -> Outcome {
        self.write(&format!("{OLDER}--{}", self.today), script)
    }

    fn path(&self, versions: &str) -> PathBuf {
        self.directory.join(format!("clientele--{versions}.sql"))
    }

    fn write(&self, versions: &str, script: &str) -> Outcome {
        let path = self.path(versions);
        fs::write(&path, script)?;
        // The server may be another user's.
        Ok(fs::set_permissions(&path, fs::Permissions::from_mode(0o644))?)
    }
}

impl Drop for OlderVersion {
    fn drop(&mut self) {
        for versions in [OLDER.to_owned(), format!("{OLDER}--{}", self.today)] {
            let _ = fs::remove_file(self.path(&versions));
        }
    }
}

/// There is a way from a version that lacks a function.
fn an_older_version_is_updated(database: &Database) -> Outcome {
    let mut client = database.client()?;
    let new = catalog(&mut client)?;
    let version = OlderVersion::install(&mut client)?;
    version.step(&version.lacking)?;
    let (_old, mut client) = older(OLDER)?;
    let exists =
        "SELECT to_regprocedure('clientele.rfm_segments(integer, integer, integer, integer, jsonb)') IS NOT NULL";
    ensure!(!one::<bool>(&mut client, exists)?, "the older version lacks nothing");
    let found = update(&mut client, &new)?;
    ensure!(found.is_empty(), "{}", found.join("\n"));
    ensure!(one(&mut client, exists)?, "nothing was added");
    Ok(())
}

/// Steps that leave a difference, each to an object of another kind.
fn wrong_steps_are_noticed(database: &Database) -> Outcome {
    let mut client = database.client()?;
    let new = catalog(&mut client)?;
    let version = OlderVersion::install(&mut client)?;
    version.step("")?;
    let (_old, mut client) = older(OLDER)?;
    let uncommented = version.lacking.split("COMMENT ON").next().unwrap_or_default();
    let and = |more: &str| format!("{}\n{more};", version.lacking);
    let function = "the catalog's function clientele.rfm_segments(integer,integer,integer,integer,jsonb)";
    for (what, script, expected) in [
        ("no function", String::new(), function),
        ("no comment", uncommented.to_owned(), function),
        (
            "another comment",
            and("COMMENT ON FUNCTION rfm_segments IS 'names'"),
            function,
        ),
        ("another cost", and("ALTER FUNCTION rfm_segments COST 7"), function),
        ("volatile", and("ALTER FUNCTION rfm_segments VOLATILE"), function),
        (
            "fewer rights",
            and("REVOKE EXECUTE ON FUNCTION rfm_segments FROM PUBLIC"),
            function,
        ),
        (
            "no member",
            and("ALTER EXTENSION clientele DROP FUNCTION rfm_segments"),
            function,
        ),
        (
            "another planner support",
            and("ALTER FUNCTION describe(order_log) SUPPORT plan_orders"),
            "the catalog's function clientele.describe(clientele.order_log)",
        ),
        (
            "a cast less",
            and("ALTER EXTENSION clientele DROP CAST (rfm_model AS json); DROP CAST (rfm_model AS json)"),
            "the catalog's cast from clientele.rfm_model to json",
        ),
        (
            "an operator without an estimate",
            and("ALTER OPERATOR = (rfm_model, rfm_model) SET (RESTRICT = NONE)"),
            "the catalog's operator clientele.=(clientele.rfm_model,clientele.rfm_model)",
        ),
        (
            "a hash that takes no seed",
            and("ALTER OPERATOR FAMILY rfm_model_ops USING hash DROP FUNCTION 2 (rfm_model)"),
            "the catalog's operator family clientele.rfm_model_ops for access method hash",
        ),
        (
            "another way to store a type",
            and("ALTER TYPE order_log SET (STORAGE = extended)"),
            "the catalog's type clientele.order_log",
        ),
        (
            "a field that is called otherwise",
            and("ALTER TYPE segment_agreement RENAME ATTRIBUTE rows TO number"),
            "the catalog's type clientele.segment_agreement",
        ),
        (
            "an aggregate without a comment",
            and("COMMENT ON AGGREGATE merge(order_log) IS NULL"),
            "the catalog's function clientele.merge(clientele.order_log)",
        ),
        (
            "a schema that is closed",
            and("REVOKE USAGE ON SCHEMA @extschema@ FROM PUBLIC"),
            "the catalog's schema clientele",
        ),
        (
            "a value that is another",
            and("UPDATE public.spending SET spend = (SELECT fit_spend(2, 10 + n, 1) FROM generate_series(1, 9) n)"),
            "the stored spending",
        ),
    ] {
        version.step(&script)?;
        let mut transaction = client.transaction()?;
        let found = update(&mut transaction, &new).map_err(|failure| format!("{what}: {}", crate::told(&*failure)))?;
        ensure!(
            !found.is_empty() && found.iter().all(|difference| difference.starts_with(expected)),
            "{what}: {found:?}"
        );
        transaction.rollback()?;
    }
    Ok(())
}

fn checksum(client: &mut Client, bytes: &[u8]) -> Result<String, Failure> {
    Ok(client
        .query_one("SELECT encode(sha256($1), 'hex')", &[&bytes])?
        .try_get(0)?)
}

/// What is wrong with the released files of a directory of SQL.
fn faults(directory: &Path, client: &mut Client) -> Result<Vec<String>, Failure> {
    let list = fs::read_to_string(directory.join("released/checksums"))?;
    let listed: BTreeMap<&str, &str> = list
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split_once("  ").map(|(sum, name)| (name, sum)))
        .collect::<Option<_>>()
        .ok_or("sql/released/checksums: a line is no checksum and name")?;
    let mut found = Vec::new();
    for (name, expected) in &listed {
        match fs::read(directory.join(name)) {
            Ok(bytes) => {
                let sum = checksum(client, &bytes)?;
                if sum != *expected {
                    found.push(format!("sql/{name} is not as it was released"));
                }
            }
            Err(error) => found.push(format!("sql/{name}, which was released: {error}")),
        }
    }
    for name in scripts(&directory.join("released"))? {
        let name = format!("released/{name}");
        if !listed.contains_key(&*name) {
            found.push(format!("sql/{name} has no line in sql/released/checksums"));
        }
    }
    let versions = released(directory)?;
    for name in scripts(&directory.join("upgrade"))? {
        if to(&name).is_some_and(|to| versions.contains(&to.to_owned())) {
            found.push(format!("sql/upgrade/{name} is a step to a version that is released"));
        }
    }
    let today = today(client)?;
    if versions.contains(&today) {
        let script = Command::new(directory.join("install-script")).output()?;
        ensure!(script.status.success(), "{}", String::from_utf8_lossy(&script.stderr));
        if script.stdout != fs::read(directory.join(format!("released/clientele--{today}.sql")))? {
            found.push(format!(
                "{today} is released, and the parts of the SQL have changed: it has to be another version"
            ));
        }
    }
    Ok(found)
}

fn released_files_are_as_they_were(database: &Database) -> Outcome {
    let faults = faults(&directory(), &mut database.client()?)?;
    ensure!(faults.is_empty(), "{}", faults.join("\n"));
    Ok(())
}

fn edits_of_released_files_are_noticed(database: &Database) -> Outcome {
    let copy = std::env::temp_dir().join(database.name());
    let outcome = edits(&copy, &mut database.client()?);
    fs::remove_dir_all(&copy)?;
    outcome
}

/// In a copy of the SQL of which nothing is released, releases the version of today and then edits it.
fn edits(copy: &Path, client: &mut Client) -> Outcome {
    crate::database::run(Command::new("cp").arg("-r").arg(directory()).arg(copy))?;
    let today = today(client)?;
    let install = format!("released/clientele--{today}.sql");
    let step = format!("released/clientele--{OLDER}--{today}.sql");
    let unreleased = format!("upgrade/clientele--{OLDER}--{today}.sql");
    let script = Command::new(copy.join("install-script")).output()?.stdout;
    for directory in ["released", "upgrade"].map(|name| copy.join(name)) {
        let _ = fs::remove_dir_all(&directory);
        fs::create_dir(&directory)?;
    }
    fs::write(copy.join("released/checksums"), "# None yet.\n")?;
    fs::write(copy.join(&install), &script)?;
    fs::write(copy.join(&step), "SELECT 1;\n")?;
    let expect = |client: &mut Client, what: &str, expected: &[&str]| -> Outcome {
        let found = faults(copy, client)?;
        let fits = found.len() == expected.len()
            && found
                .iter()
                .zip(expected)
                .all(|(found, expected)| found.contains(expected));
        ensure!(fits, "{what}: {found:?}");
        Ok(())
    };
    fs::write(copy.join(&unreleased), "SELECT 1;\n")?;
    expect(
        client,
        "files without a checksum, and a step left behind",
        &[&step, &install, &unreleased],
    )?;
    fs::remove_file(copy.join(&unreleased))?;
    let mut checksums = fs::read_to_string(copy.join("released/checksums"))?;
    for name in [&install, &step] {
        checksums += &format!("{}  {name}\n", checksum(client, &fs::read(copy.join(name))?)?);
    }
    fs::write(copy.join("released/checksums"), checksums)?;
    expect(client, "files as they were released", &[])?;
    fs::write(copy.join(&step), "SELECT 2;\n")?;
    expect(client, "an edited step", &[&step])?;
    fs::remove_file(copy.join(&step))?;
    expect(client, "a step that is gone", &[&step])?;
    fs::write(copy.join(&step), "SELECT 1;\n")?;
    let part = copy.join("parts/rfm.sql");
    let text = fs::read_to_string(&part)?;
    fs::write(&part, text + "\nSELECT 1;\n")?;
    expect(client, "a part that changed", &["the parts of the SQL have changed"])?;
    fs::write(
        copy.join(&install),
        Command::new(copy.join("install-script")).output()?.stdout,
    )?;
    expect(client, "an edited install script", &[&install])
}
