//! Fits to all customers of a table, beside those that were computed elsewhere.

use crate::database::one;
use crate::{Outcome, ensure};
use postgres::Client;

/// Fits to all 23,570 customers, against those computed elsewhere at high precision: log-likelihood and parameters.
pub fn cdnow_models(client: &mut Client) -> Outcome {
    let fits: [(&str, f64, [f64; 4]); 3] = [
        (
            "bg/nbd",
            -95_368.443_933_160_76,
            [
                0.251_623_958_852_1,
                4.788_942_961_859_9,
                0.723_433_576_757_5,
                2.161_088_358_941_3,
            ],
        ),
        (
            "mbg/nbd",
            -95_336.958_319_879_5,
            [0.637_139_733_4, 7.310_289_541_9, 0.807_474_117_9, 1.228_393_995_6],
        ),
        (
            "pareto/nbd",
            -95_415.118_617_469,
            [0.597_419_966_3, 11.585_657_781, 0.522_185_610_7, 8.827_759_150_3],
        ),
    ];
    for (model, log_likelihood, parameters) in fits {
        let found = client.query(
            "SELECT p.estimate, (m::jsonb ->> 'log_likelihood')::float8
             FROM (SELECT clientele.fit_purchases(clientele.order_log(customer_id, date, dollars), $1, as_of => '1997-09-30', time_unit => '7 days') AS m
                   FROM cdnow_master) f, clientele.parameters(m) p",
            &[&model],
        )?;
        ensure!(
            found.len() == parameters.len(),
            "{model} has {} parameters",
            found.len()
        );
        for (row, want) in found.iter().zip(parameters) {
            let estimate: f64 = row.try_get(0)?;
            let close = (estimate / want - 1.0).abs() < 1e-9;
            ensure!(close, "{model}: {estimate} and not {want}");
            let value: f64 = row.try_get(1)?;
            let close = (value / log_likelihood - 1.0).abs() < 1e-12;
            ensure!(close, "{model}: {value} and not {log_likelihood}");
        }
    }
    let spend: f64 = one(
        client,
        "SELECT (clientele.fit_spend(clientele.order_log(customer_id, date, dollars), as_of => '1997-09-30')::jsonb ->> 'log_likelihood')::float8
         FROM cdnow_master",
    )?;
    let close = (spend / -40_763.476_261 - 1.0).abs() < 1e-10;
    ensure!(close, "the log-likelihood of spend is {spend}");
    Ok(())
}

/// Days on which a likelihood has one top at a limit, nobody who ever leaves, and another inside that is higher by less than a tenth.
pub fn online_retail_models(client: &mut Client) -> Outcome {
    client.batch_execute(
        "CREATE TABLE logs AS SELECT clientele.order_log(customer_id, invoice_date, quantity * unit_price) AS log FROM online_retail",
    )?;
    // Parameters at a limit, and those of which there is something to say.
    for (model, as_of, log_likelihood, at_limit, errors) in [
        ("bg/nbd", "2011-12-05", -59_999.531_615, 0_i64, 4_i64),
        ("mbg/nbd", "2011-12-05", -59_999.607_356, 0, 2),
        ("mbg/nbd", "2011-12-03", -59_684.599_484, 2, 2),
    ] {
        let row = client.query_one(
            "SELECT (m::jsonb ->> 'log_likelihood')::float8,
                    (SELECT count(*) FILTER (WHERE at_limit) FROM clientele.parameters(m)),
                    (SELECT count(standard_error) FROM clientele.parameters(m))
             FROM (SELECT clientele.fit_purchases(log, $1, as_of => $2::text::timestamp) AS m FROM logs) f",
            &[&model, &as_of],
        )?;
        let found: f64 = row.try_get(0)?;
        let (held, known): (i64, i64) = (row.try_get(1)?, row.try_get(2)?);
        ensure!(
            (found - log_likelihood).abs() < 1e-6 && held == at_limit && known == errors,
            "{model} as of {as_of}: {found}, {held} parameters at a limit, {known} standard errors"
        );
    }
    Ok(())
}
