//! What functions remember from one row to the next: each argument its own, and each as what it is.

use crate::database::{Database, one};
use crate::{Outcome, ensure};
use remembered::Remembered;

#[path = "../../src/pg/remembered.rs"]
mod remembered;

crate::trials!(
    arguments_are_remembered_apart,
    types_are_remembered_apart,
    two_models_of_one_call_are_told_apart
);

fn arguments_are_remembered_apart(_: &Database) -> Outcome {
    let mut remembered = Remembered::default();
    remembered.add(0, 1_i64);
    let first: *const i64 = remembered.find(0).ok_or("nothing is remembered")?;
    for argument in 1..100 {
        ensure!(remembered.find::<i64>(argument).is_none(), "{argument} is another's");
        remembered.add(argument, 10 * argument as i64);
    }
    for argument in 1..100 {
        let known = remembered.find::<i64>(argument).copied();
        ensure!(known == Some(10 * argument as i64), "{argument} is {known:?}");
    }
    let still: *const i64 = remembered.find(0).ok_or("the first is forgotten")?;
    ensure!(first == still, "what was remembered first has moved");
    Ok(())
}

fn types_are_remembered_apart(_: &Database) -> Outcome {
    let mut remembered = Remembered::default();
    remembered.add(3, "a text".to_owned());
    ensure!(remembered.find::<Vec<u8>>(3).is_none(), "a text is read as bytes");
    remembered.add(3, vec![1_u8, 2]);
    ensure!(
        remembered.find::<String>(3).is_some_and(|text| text == "a text")
            && remembered.find::<Vec<u8>>(3).is_some_and(|bytes| bytes == &[1, 2]),
        "what was remembered is not as it was"
    );
    Ok(())
}

/// `clv` is given two models, both remembered from row to row, in any change of both, of one and of none.
fn two_models_of_one_call_are_told_apart(database: &Database) -> Outcome {
    let mut client = database.client()?;
    client.batch_execute(
        "CREATE TABLE shops AS
         SELECT s AS shop, clientele.order_log(i % 50, date '2024-01-01' + i * (i + s) % 300, 10 + i * s % 90) AS log
         FROM generate_series(1, 3) s, generate_series(1, 400) i GROUP BY s;
         CREATE TABLE models AS
         SELECT shop, clientele.fit_purchases(log) AS purchases, clientele.fit_spend(log) AS spend FROM shops;
         CREATE TABLE given AS
         SELECT row_number() OVER (ORDER BY p.shop, s.shop, n) AS row, l.log, p.shop AS by, s.shop AS of,
                CASE WHEN n = 3 THEN NULL ELSE p.purchases END AS purchases, CASE WHEN n = 4 THEN NULL ELSE s.spend END AS spend
         FROM shops l, models p, models s, generate_series(1, 4) n WHERE l.shop = 1;
         CREATE TABLE together AS
         SELECT row, v.* FROM (SELECT * FROM given ORDER BY row) g, clientele.clv(log, purchases => purchases, spend => spend) v;
         CREATE TABLE alone (LIKE together);
         DO $$
         DECLARE g record;
         BEGIN
             FOR g IN SELECT * FROM given LOOP
                 EXECUTE format('INSERT INTO alone SELECT %s, v.* FROM clientele.clv(%L, purchases => %L, spend => %L) v',
                                g.row, g.log, g.purchases, g.spend);
             END LOOP;
         END $$",
    )?;
    let answers: i64 = one(&mut client, "SELECT count(DISTINCT clv) FROM together")?;
    ensure!(answers > 300, "there are only {answers} answers");
    let differ: i64 = one(
        &mut client,
        "SELECT count(*) FROM ((TABLE together EXCEPT ALL TABLE alone) UNION ALL (TABLE alone EXCEPT ALL TABLE together)) d",
    )?;
    ensure!(differ == 0, "{differ} rows differ from those of a call alone");
    Ok(())
}
