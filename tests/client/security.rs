//! Users see what they may see, and nobody's names get in the way.

use crate::database::{Database, error_of, one};
use crate::{Outcome, ensure};
use postgres::Client;

crate::trials!(
    users_without_rights_can_use_it,
    owners_of_databases_can_install_it,
    rows_and_columns_stay_hidden,
    names_on_the_search_path_change_nothing,
    states_cannot_be_forged,
);

/// A user who is gone when this goes.
struct User {
    name: String,
    admin: Client,
}

impl User {
    fn create(database: &Database, name: &str) -> Result<User, crate::Failure> {
        let mut admin = database.client()?;
        let name = format!("{}_{name}", database.name());
        admin.batch_execute(&format!("CREATE USER {name}"))?;
        Ok(User { name, admin })
    }
}

impl Drop for User {
    fn drop(&mut self) {
        let statement = format!("DROP OWNED BY {0} CASCADE; DROP USER {0}", self.name);
        if let Err(failure) = self.admin.batch_execute(&statement) {
            eprintln!("user {} stays: {failure}", self.name);
        }
    }
}

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
    client.batch_execute("SET clientele.memory_limit = '64MB'; SET clientele.progress = on")?;
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
    client.batch_execute("DROP EXTENSION clientele CASCADE")?;
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
        "CREATE AGGREGATE public.mixed(integer, bigint) (
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
