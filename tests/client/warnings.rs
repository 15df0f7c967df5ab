//! Warnings of calls: how many of them a client hears.

use crate::database::Database;
use crate::{Outcome, ensure};
use postgres::NoTls;
use std::sync::{Arc, Mutex};

crate::trials!(warnings_are_told_once_for_each_place);

/// A WARNING for each of hundreds of groups would bury the first, and fill the server's log.
fn warnings_are_told_once_for_each_place(database: &Database) -> Outcome {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&heard);
    let mut client = database
        .config()?
        .notice_callback(move |notice| {
            let mut told = told.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            told.push((
                notice.severity().to_owned(),
                notice.code().code().to_owned(),
                notice.message().to_owned(),
            ));
        })
        .connect(NoTls)?;
    // Loyal customers, all from the beginning, in 300 groups.
    client.batch_execute(
        "CREATE TABLE bought AS
         SELECT g, c, timestamp '2024-01-01' + n * c % 97 * interval '1 day' AS at, 10.0 + c AS amount
         FROM generate_series(1, 300) g, generate_series(1, 6) c, generate_series(0, 9) n;
         CREATE TABLE logs AS SELECT g, clientele.order_log(c, at, amount) AS log FROM bought GROUP BY g",
    )?;
    for (call, warnings) in [
        ("SELECT g, clientele.fit_purchases(log) FROM logs", 1),
        ("SELECT g, clientele.fit_purchases(1 + c % 3, c, 2.0 * c) FROM bought GROUP BY g", 1),
        ("SELECT g, clientele.fit_spend(c, amount) FROM bought GROUP BY g", 1),
        ("SELECT g, v.* FROM logs, clientele.clv(log) v", 1),
        ("SELECT g, v.* FROM logs, clientele.clv(log) v JOIN LATERAL clientele.churn(log) c USING (customer_id)", 2),
        // Models by hand are not doubted, and scores never.
        (
            "SELECT clientele.p_alive('{\"purchase_model\":1,\"model\":\"bg/nbd\",\"time_unit\":\"1 day\",\"parameters\":{\"r\":1,\"alpha\":1,\"a\":1,\"b\":1}}', 1, 1, 9)
             FROM bought",
            0,
        ),
    ] {
        // Twice: each query tells it anew.
        for _ in 0..2 {
            client.batch_execute(&format!("SELECT count(q) FROM ({call}) q"))?;
            let mut heard = heard.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            let of = |severity: &str, code: &str| {
                heard.iter().filter(|one| (&*one.0, &*one.1) == (severity, code)).count()
            };
            let found = (of("WARNING", "01000"), of("NOTICE", "00000"));
            ensure!(found.0 == warnings && found.1 <= warnings && heard.len() == found.0 + found.1, "{call}: {heard:?}");
            heard.clear();
        }
    }
    Ok(())
}
