//! The program of the section "Rust" of docs/applications.md, word for word.

use chrono::NaiveDateTime;
use postgres::{Client, Error, Row};
use std::io::{Read, Write};

/// The best customers as of a local time. None for an option means its default.
pub fn best(client: &mut Client, as_of: Option<NaiveDateTime>, bins: Option<i32>) -> Result<Vec<Row>, Error> {
    client.query(
        "SELECT customer_id, segment, last_order, revenue
         FROM clientele.rfm((SELECT log FROM shop), NULL::integer, as_of => $1, bins => $2)
         ORDER BY revenue DESC LIMIT 3",
        &[&as_of, &bins],
    )
}

/// How many orders are expected of all in a horizon such as "1 year".
pub fn expected(client: &mut Client, horizon: &str) -> Result<f64, Error> {
    let row = client.query_one(
        "SELECT sum(expected_orders)
         FROM model, clientele.clv((SELECT log FROM shop), horizon => $1::text::interval, purchases => purchases)",
        &[&horizon],
    )?;
    row.try_get(0)
}

/// What to offer to a basket.
pub fn offers(client: &mut Client, basket: &[&str]) -> Result<Vec<String>, Error> {
    let rows = client.query(
        "SELECT item FROM offers, clientele.recommend(model, $1, n => 3)",
        &[&basket],
    )?;
    rows.iter().map(|row| row.try_get(0)).collect()
}

/// The model as text, which is JSON.
pub fn purchases(client: &mut Client) -> Result<String, Error> {
    client.query_one("SELECT purchases::text FROM model", &[])?.try_get(0)
}

/// How likely no order comes within 30 days.
pub fn churn_probability(
    client: &mut Client,
    model: &str,
    frequency: f64,
    recency: f64,
    age: f64,
) -> Result<f64, Error> {
    let row = client.query_one(
        "SELECT clientele.churn_probability($1::text::clientele.purchase_model, $2, $3, $4, '30 days')",
        &[&model, &frequency, &recency, &age],
    )?;
    row.try_get(0)
}

/// Copies the log from one database to another, as the bytes that it is.
pub fn archive(source: &mut Client, target: &mut Client) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let mut parts = Vec::new();
    source
        .copy_out("COPY shop TO STDOUT (FORMAT binary)")?
        .read_to_end(&mut parts)?;
    let mut copy = target.copy_in("COPY archive FROM STDIN (FORMAT binary)")?;
    copy.write_all(&parts)?;
    copy.finish()?;
    Ok(())
}
