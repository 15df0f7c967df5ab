//! Users see what they may see, and nobody's names get in the way.

use crate::database::{Database, User, error_of, one};
use crate::{Outcome, ensure};

crate::trials!(
    users_without_rights_can_use_it,
    owners_of_databases_can_install_it,
    squatted_schemas_are_refused,
    rows_and_columns_stay_hidden,
    names_on_the_search_path_change_nothing,
    states_cannot_be_forged,
);

const SHOP: &str = "
    CREATE TABLE orders (seller name, customer_id bigint, ordered_at timestamptz, total numeric, card text);
    INSERT INTO orders SELECT CASE WHEN i % 4 = 0 THEN 'SELLER' ELSE 'other' END, i % 50, timestamptz '2024-01-01' + i * interval '1 hour', i
    FROM generate_series(1, 1000) i";

fn users_without_rights_can_use_it(database: &Database) -> Outcome {
    let user = User::create(database, "analyst")?;
    let mut client = database.client_of(&user.name)?;
    let customers: i64 = one(
        &mut client,
        "SELECT count(*) FROM clientele.rfm((SELECT clientele.order_log(i % 9, timestamptz '2024-01-01' + i * interval '1 day', i)
                                             FROM generate_series(1, 100) i))",
    )?;
    ensure!(customers == 9, "{customers} customers");
    client.batch_execute("SET clientele.memory_limit = '64MB'; SET clientele.progress = notice")?;
    Ok(())
}

/// It is trusted: no superuser is needed.
fn owners_of_databases_can_install_it(database: &Database) -> Outcome {
    let user = User::create(database, "owner")?;
    let mut admin = database.client()?;
    admin.batch_execute("DROP EXTENSION clientele")?;
    let (code, _) = error_of(&mut database.client_of(&user.name)?, "CREATE EXTENSION clientele")?;
    ensure!(code == "42501", "anybody may install it: {code}");
    admin.batch_execute(&format!(
        "GRANT CREATE ON DATABASE {} TO {}",
        database.name(),
        user.name
    ))?;
    let mut client = database.client_of(&user.name)?;
    client.batch_execute("CREATE EXTENSION clientele")?;
    let segment: String = one(&mut client, "SELECT clientele.rfm_segment(5, 5, 5)")?;
    ensure!(segment == "Champions", "555 is {segment}");
    // What it holds is the installing superuser's: its owner cannot turn a function into another.
    let (code, _) = error_of(&mut client, "ALTER FUNCTION clientele.order_log_final(internal) STRICT")?;
    ensure!(code == "42501", "altering a function: {code}");
    // Nor can the owner put another function beside them, for others to call.
    for statement in [
        "CREATE FUNCTION clientele.rfm_segment(integer, integer, bigint) RETURNS text LANGUAGE sql AS 'SELECT NULL::text'",
        "ALTER SCHEMA clientele OWNER TO CURRENT_USER",
        "DROP SCHEMA clientele CASCADE",
    ] {
        let (code, message) = error_of(&mut client, statement)?;
        ensure!(code == "42501", "{statement}: {code} {message}");
    }
    // Once more: the schema that is left behind is good enough.
    client.batch_execute("DROP EXTENSION clientele CASCADE; CREATE EXTENSION clientele; DROP EXTENSION clientele")?;
    Ok(())
}

/// Whoever made the schema before could have functions in it that others call with their rights.
fn squatted_schemas_are_refused(database: &Database) -> Outcome {
    let stranger = User::create(database, "stranger")?;
    let mut admin = database.client()?;
    admin.batch_execute(&format!(
        "DROP EXTENSION clientele; DROP SCHEMA clientele; GRANT CREATE ON DATABASE {} TO {}",
        database.name(),
        stranger.name
    ))?;
    let name = &stranger.name;
    let function =
        "FUNCTION clientele.rfm_segment(integer, integer, bigint) RETURNS text LANGUAGE sql AS 'SELECT NULL::text'";
    let trap = "CREATE FUNCTION clientele.eq(oid, regclass) RETURNS boolean LANGUAGE sql AS 'SELECT false';
                CREATE OPERATOR clientele.= (LEFTARG = oid, RIGHTARG = regclass, FUNCTION = clientele.eq);
                CREATE FUNCTION clientele.aclexplode(aclitem[]) RETURNS integer LANGUAGE sql AS 'SELECT 1 / 0';
                CREATE DOMAIN clientele.text AS pg_catalog.text; CREATE VIEW clientele.pg_depend AS SELECT 1 AS x;
                SET search_path = clientele, pg_catalog";
    let squats: [(&str, String, String); 8] = [
        (
            "another's",
            format!("CREATE SCHEMA clientele AUTHORIZATION {name}"),
            format!("It belongs to the role {name}."),
        ),
        (
            "with a function",
            format!("CREATE SCHEMA clientele; CREATE {function}"),
            "There is function clientele.rfm_segment(integer,integer,bigint) in it.".into(),
        ),
        (
            "with a table",
            "CREATE SCHEMA clientele; CREATE TABLE clientele.orders ()".into(),
            "There is table clientele.orders in it.".into(),
        ),
        (
            "with a type",
            "CREATE SCHEMA clientele; CREATE TYPE clientele.order_log".into(),
            "There is type clientele.order_log in it.".into(),
        ),
        (
            "with names that hide PostgreSQL's",
            format!("CREATE SCHEMA clientele; {trap}"),
            "There is ".into(),
        ),
        (
            "open to everybody",
            "CREATE SCHEMA clientele; GRANT CREATE ON SCHEMA clientele TO PUBLIC".into(),
            "PUBLIC may create objects in it.".into(),
        ),
        (
            "open to another",
            format!("CREATE SCHEMA clientele; GRANT CREATE ON SCHEMA clientele TO {name}"),
            format!("{name} may create objects in it."),
        ),
        (
            "with rights for what will be in it",
            format!(
                "CREATE SCHEMA clientele; ALTER DEFAULT PRIVILEGES IN SCHEMA clientele GRANT EXECUTE ON FUNCTIONS TO {name}"
            ),
            "There is ".into(),
        ),
    ];
    for (what, squat, detail) in squats {
        let mut session = database.client()?;
        session.batch_execute(&squat)?;
        for install in [
            "CREATE EXTENSION clientele",
            "CREATE EXTENSION clientele SCHEMA clientele",
        ] {
            let error = session
                .batch_execute(install)
                .err()
                .ok_or_else(|| format!("a schema {what} is taken"))?;
            let error = error.as_db_error().ok_or("no answer")?;
            let told = error.detail().unwrap_or_default();
            ensure!(
                error.code().code() == "55000",
                "{what}: {} {}",
                error.code().code(),
                error.message()
            );
            // A name on the search path is told without its schema.
            let short = detail.replace("clientele.", "");
            ensure!(told.starts_with(&detail) || told.starts_with(&short), "{what}: {told}");
            ensure!(error.hint().is_some(), "{what}: no hint");
        }
        session.batch_execute("DROP SCHEMA clientele CASCADE")?;
    }
    // The owner of a database who may install, and finds the schema of a stranger.
    let owner = User::create(database, "installer")?;
    admin.batch_execute(&format!(
        "GRANT CREATE ON DATABASE {} TO {}; CREATE SCHEMA clientele AUTHORIZATION {name}",
        database.name(),
        owner.name
    ))?;
    let mut client = database.client_of(&owner.name)?;
    let (code, _) = error_of(&mut client, "CREATE EXTENSION clientele")?;
    ensure!(
        code == "55000",
        "the owner of a database takes a stranger's schema: {code}"
    );
    // A schema of one's own, or of a superuser's, with nothing in it, will do.
    admin.batch_execute(
        "DROP SCHEMA clientele; CREATE SCHEMA clientele; CREATE EXTENSION clientele; DROP EXTENSION clientele",
    )?;
    client.batch_execute("CREATE EXTENSION clientele; DROP EXTENSION clientele")?;
    admin.batch_execute("DROP SCHEMA clientele")?;
    client.batch_execute("CREATE SCHEMA clientele; CREATE EXTENSION clientele; DROP EXTENSION clientele")?;
    admin.batch_execute("DROP SCHEMA clientele")?;
    Ok(())
}

/// Row security and rights on columns are PostgreSQL's own: the aggregates see only what the user does.
fn rows_and_columns_stay_hidden(database: &Database) -> Outcome {
    let user = User::create(database, "seller")?;
    let mut admin = database.client()?;
    admin.batch_execute(&SHOP.replace("SELLER", &user.name))?;
    admin.batch_execute(&format!(
        "ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
         CREATE POLICY own ON orders USING (seller = current_user);
         GRANT SELECT (seller, customer_id, ordered_at, total) ON orders TO {0}",
        user.name
    ))?;
    let mut client = database.client_of(&user.name)?;
    let query = "SELECT (clientele.describe(clientele.order_log(customer_id, ordered_at, total))).orders FROM orders";
    let (all, own): (i64, i64) = (one(&mut admin, query)?, one(&mut client, query)?);
    ensure!(
        (all, own) == (1000, 250),
        "the owner sees {all} orders, the seller {own}"
    );
    let (code, _) = error_of(
        &mut client,
        "SELECT clientele.order_log(card, ordered_at, total) FROM orders",
    )?;
    ensure!(code == "42501", "a hidden column: {code}");
    Ok(())
}

/// Whatever a user puts in front of PostgreSQL's own names, results are the same.
fn names_on_the_search_path_change_nothing(database: &Database) -> Outcome {
    let mut client = database.client()?;
    let query = "SELECT md5(string_agg(r::pg_catalog.text, '' ORDER BY customer_id)) FROM clientele.rfm((
                     SELECT clientele.order_log(customer_id, ordered_at, total) FROM public.orders), time_zone => 'Europe/Berlin') r";
    client.batch_execute(SHOP)?;
    let before: String = one(&mut client, query)?;
    client.batch_execute(
        "CREATE SCHEMA trap;
         CREATE FUNCTION trap.order_log_eq(anyelement, anyelement) RETURNS boolean LANGUAGE sql AS 'SELECT 1 / 0 = 1';
         CREATE FUNCTION trap.timezone(text, timestamptz) RETURNS timestamp LANGUAGE sql AS $$ SELECT timestamp '1900-01-01' $$;
         CREATE FUNCTION trap.timezone(text, timestamp) RETURNS timestamptz LANGUAGE sql AS $$ SELECT timestamptz '1900-01-01' $$;
         CREATE FUNCTION trap.byteaeq(bytea, bytea) RETURNS boolean LANGUAGE sql AS 'SELECT 1 / 0 = 1';
         CREATE DOMAIN trap.text AS pg_catalog.text CHECK (VALUE IS NULL);
         CREATE TABLE trap.order_log (i integer);
         SET search_path = trap, pg_catalog",
    )?;
    // md5, string_agg and the rest are still PostgreSQL's: only what the extension names could be caught.
    let after: String = one(&mut client, query)?;
    ensure!(after == before, "the search path changed a result");
    client.batch_execute("DROP EXTENSION clientele; CREATE EXTENSION clientele")?;
    let after: String = one(&mut client, query)?;
    ensure!(after == before, "it was installed differently");
    Ok(())
}

/// States are `internal`: no SQL can hold one, and functions on them do nothing outside of an aggregate.
fn states_cannot_be_forged(database: &Database) -> Outcome {
    let user = User::create(database, "forger")?;
    let mut admin = database.client()?;
    admin.batch_execute(&format!("GRANT CREATE ON SCHEMA public TO {0}", user.name))?;
    let mut client = database.client_of(&user.name)?;
    let (code, _) = error_of(
        &mut client,
        "CREATE AGGREGATE public.forged(text) (SFUNC = clientele.order_log_trans, STYPE = internal)",
    )?;
    ensure!(code.starts_with("42"), "an aggregate of a user's own: {code}");
    // A superuser may put one together, of parts that do not belong together: no state is taken for another.
    admin.batch_execute(
        "CREATE AGGREGATE public.mixed(double precision, double precision) (
             SFUNC = clientele.fit_retention_curve_trans, STYPE = internal, FINALFUNC = clientele.order_log_final)",
    )?;
    let (code, message) = error_of(&mut admin, "SELECT public.mixed(1, 1)")?;
    ensure!(code == "42804", "a state of another aggregate: {code} {message}");
    for call in [
        "order_log_serial(NULL)",
        "order_log_combine(NULL, NULL)",
        "order_log_deserial('\\x00', NULL)",
        "basket_log_serial(NULL)",
        "basket_log_combine(NULL, NULL)",
        "basket_log_deserial('\\x00', NULL)",
        "fit_retention_serial(NULL)",
        "fit_retention_combine(NULL, NULL)",
        "fit_retention_deserial('\\x00', NULL)",
    ] {
        let (code, message) = error_of(&mut client, &format!("SELECT clientele.{call}"))?;
        // There is no such function for the untyped NULL, or, from PostgreSQL 16, no such NULL.
        ensure!(["42883", "0A000"].contains(&&*code), "{call}: {code} {message}");
    }
    Ok(())
}
