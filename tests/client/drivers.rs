//! The idiom of the crates tokio-postgres and `postgres`, as docs/applications.md shows it, and what the page says about them. The
//! programs of other drivers are in tests/drivers.

mod idiom;

use crate::database::Database;
use crate::examples::{Shop, psql};
use crate::pages::root;
use crate::{Failure, Outcome, ensure};
use chrono::{NaiveDate, NaiveDateTime, TimeDelta};
use libtest_mimic::Trial;
use postgres::error::SqlState;
use postgres::{Client, Error, Row};
use std::collections::HashMap;
use std::fs;
use std::time::SystemTime;

pub fn trials() -> Vec<Trial> {
    vec![
        Trial::test("drivers::rust_is_as_the_page_has_it", || {
            same_as_the_page().map_err(|failure| crate::told(&*failure).into())
        }),
        Trial::test("drivers::rust_gets_what_psql_gets", || {
            same_as_psql().map_err(|failure| crate::told(&*failure).into())
        }),
    ]
}

fn same_as_the_page() -> Outcome {
    let page = fs::read_to_string(root().join("docs/applications.md"))?;
    let (_, shown) = page
        .split_once("\n```rust\n")
        .ok_or("the page has no program in Rust")?;
    let (shown, _) = shown.split_once("\n```\n").ok_or("the program does not end")?;
    let (_, compiled) = include_str!("drivers/idiom.rs")
        .split_once("\n\n")
        .ok_or("the program has no heading")?;
    ensure!(
        shown.trim_end() == compiled.trim_end(),
        "the program in docs/applications.md is not tests/client/drivers/idiom.rs"
    );
    Ok(())
}

/// What psql says to the questions that each driver is asked.
struct Answers(HashMap<String, String>);

impl Answers {
    fn of(database: &Database) -> Result<Answers, Failure> {
        let printed = psql(database, &["-f", "tests/drivers/answers.sql"], "")?;
        let lines = printed.lines().filter_map(|line| line.split_once('\t'));
        Ok(Answers(
            lines.map(|(name, answer)| (name.into(), answer.into())).collect(),
        ))
    }

    fn check(&self, name: &str, got: &str) -> Outcome {
        let answer = self.0.get(name).ok_or_else(|| format!("psql says nothing of {name}"))?;
        ensure!(got == answer, "{name} is {got}, and should be {answer}");
        Ok(())
    }

    fn check_best(&self, name: &str, rows: &[Row]) -> Outcome {
        let customers: Vec<String> = rows.iter().map(|row| row.get::<_, i32>(0).to_string()).collect();
        self.check(&format!("{name}.customers"), &customers.join(" "))?;
        let best = rows.first().ok_or("there is no best customer")?;
        self.check(&format!("{name}.segment"), best.try_get(1)?)?;
        let last_order: NaiveDateTime = best.try_get(2)?;
        self.check(&format!("{name}.last_order"), &format!("{last_order:?}"))?;
        self.check(&format!("{name}.revenue"), &best.try_get::<_, f64>(3)?.to_string())
    }
}

fn same_as_psql() -> Outcome {
    let shop = Shop::open()?;
    psql(&shop.0, &["-f", "tests/drivers/shop.sql"], "")?;
    let answers = Answers::of(&shop.0)?;
    shop.0
        .client()?
        .batch_execute(&format!("ALTER DATABASE {} SET timezone = 'Asia/Tokyo'", shop.0.name()))?;
    let mut client = shop.0.client()?;
    let july = NaiveDate::from_ymd_opt(2017, 7, 1).and_then(|day| day.and_hms_opt(0, 0, 0));
    // The last order of the best customer in June.
    let at = NaiveDate::from_ymd_opt(2017, 6, 25)
        .and_then(|day| day.and_hms_opt(16, 23, 3))
        .ok_or("no such time")?;

    answers.check_best("now", &idiom::best(&mut client, None, None)?)?;
    answers.check_best("july", &idiom::best(&mut client, july, None)?)?;
    answers.check_best("at", &idiom::best(&mut client, Some(at), None)?)?;
    answers.check_best(
        "before",
        &idiom::best(&mut client, Some(at - TimeDelta::seconds(1)), None)?,
    )?;
    answers.check_best("bins", &idiom::best(&mut client, None, Some(3))?)?;
    for horizon in ["1 year", "365 days", "00:06:05"] {
        let orders = idiom::expected(&mut client, horizon)?;
        answers.check(&format!("expected.{horizon}"), &orders.to_string())?;
    }
    let basket = idiom::offers(&mut client, &["Hot Dogs", "Soft Drinks"])?;
    answers.check("offers.basket", &basket.join("|"))?;
    answers.check("offers.empty", &idiom::offers(&mut client, &[])?.join("|"))?;
    let model = idiom::purchases(&mut client)?;
    let churn = idiom::churn_probability(&mut client, &model, 3.0, 100.5, 200.0)?;
    answers.check("churn", &churn.to_string())?;

    idiom::archive(&mut client, &mut shop.0.client()?)?;
    let copied: String = client
        .query_one("SELECT md5(log::text) FROM archive", &[])?
        .try_get(0)?;
    answers.check("log", &copied)?;
    told_of_parameters(&mut client, &model, at)
}

/// What the page says of parameters of other types, and of wrong ones.
fn told_of_parameters(client: &mut Client, model: &str, at: NaiveDateTime) -> Outcome {
    let latest = "SELECT max(last_order) FROM clientele.rfm((SELECT log FROM shop), as_of => $1, bins => $2)
                  WHERE customer_id = 2322";
    let seen: NaiveDateTime = client
        .query_one(latest, &[&SystemTime::from(at.and_utc()), &3i32])?
        .try_get(0)?;
    ensure!(seen == at, "a SystemTime is read as {seen}");
    refused(client.query_one(latest, &[&at.and_utc(), &3i32]), None)?;
    refused(client.query_one(latest, &[&at, &3i64]), None)?;
    refused(client.query_one(latest, &[&"2017-07-01", &3i32]), None)?;
    refused(
        client.query_one(latest, &[&at, &-1i32]),
        Some(SqlState::INVALID_PARAMETER_VALUE),
    )?;
    let churn = "SELECT clientele.churn_probability($1, 3, 100.5, 200, '30 days')";
    refused(client.query_one(churn, &[&model]), None)?;
    ensure!(
        client
            .query_one("SELECT purchases FROM model", &[])?
            .try_get::<_, String>(0)
            .is_err(),
        "a model is fetched as a String"
    );
    Ok(())
}

/// Fails unless a call does: by the driver, or by the server with this SQLSTATE.
fn refused(outcome: Result<Row, Error>, state: Option<SqlState>) -> Outcome {
    let error = outcome.err().ok_or("a wrong parameter is taken")?;
    ensure!(error.code() == state.as_ref(), "another error: {error:?}");
    Ok(())
}
