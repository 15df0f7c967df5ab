//! What the planner thinks of the analyses: joins of them end, and what is known when a query is planned is used.

use crate::database::{Database, one};
use crate::{Failure, Outcome, ensure};
use postgres::{Client, SimpleQueryMessage};
use serde_json::Value;

crate::trials!(
    analyses_join_without_nested_loops,
    joins_of_analyses_end,
    constants_are_counted,
    whatever_is_planned_is_planned,
    work_has_its_cost,
);

/// A shop of 50 000 customers, and its analyses with a row for each: what a user calls them, what the key is called, and filters.
const ANALYSES: [(&str, &str, &str); 6] = [
    (
        "clientele.customers((SELECT log FROM shop))",
        "customer_id",
        "x.orders = 5 AND x.frequency = 4",
    ),
    (
        "clientele.rfm((SELECT log FROM shop))",
        "customer_id",
        "x.segment = 'Loyal' AND x.m = 4",
    ),
    (
        "clientele.churn((SELECT log FROM shop))",
        "customer_id",
        "x.risk = 'low' AND x.p_alive = 1",
    ),
    (
        "clientele.clv((SELECT log FROM shop))",
        "customer_id",
        "x.clv_low = 0 AND x.p_alive = 1",
    ),
    (
        "clientele.kmeans((SELECT set FROM features), 3)",
        "id",
        "x.cluster = 1 AND x.silhouette = 1",
    ),
    (
        "clientele.orders((SELECT log FROM shop))",
        "customer_id",
        "x.amount = 1.75 AND x.ordered_at = timestamp '2024-01-01 00:04:40'",
    ),
];

fn shop(database: &Database) -> Result<Client, Failure> {
    let mut client = database.client()?;
    client.batch_execute(
        "CREATE TABLE shop AS SELECT clientele.order_log(i * 7919 % 50021, timestamp '2024-01-01' + i * interval '40 seconds', i % 1000 / 4.0) AS log
             FROM generate_series(1, 250000::bigint) i;
         CREATE TABLE features AS SELECT clientele.feature_set(customer_id, ARRAY[days_since_last, orders, revenue]) AS set
             FROM shop, clientele.customers(log)",
    )?;
    Ok(client)
}

/// The plan of a query, as JSON.
fn plan(client: &mut Client, query: &str) -> Result<Value, Failure> {
    let messages = client.simple_query(&format!("EXPLAIN (FORMAT json) {query}"))?;
    let text = messages.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    let plans: Value = serde_json::from_str(text.ok_or("no plan")?)?;
    Ok(plans.pointer("/0/Plan").ok_or("no plan")?.clone())
}

/// The plan and all plans below it.
fn nodes(plan: &Value) -> Vec<&Value> {
    let below = plan["Plans"].as_array().into_iter().flatten().flat_map(nodes);
    std::iter::once(plan).chain(below).collect()
}

/// How many rows the first function scan of a plan is thought to return.
fn rows(client: &mut Client, query: &str) -> Result<f64, Failure> {
    let plan = plan(client, query)?;
    let scan = nodes(&plan)
        .into_iter()
        .find(|node| node["Node Type"] == "Function Scan");
    scan.and_then(|scan| scan["Plan Rows"].as_f64())
        .ok_or_else(|| format!("{query}: {plan}").into())
}

/// Two analyses by customer, as tables and beside a table of the shop, with two filters of each.
fn joins() -> impl Iterator<Item = String> {
    ANALYSES.iter().flat_map(|(left, left_key, left_filter)| {
        ANALYSES.iter().flat_map(move |(right, right_key, right_filter)| {
            let filters = format!("{} AND {}", left_filter.replace("x.", "l."), right_filter.replace("x.", "r."));
            let lateral = |call: &str| call.replace("(SELECT log FROM shop)", "log").replace("(SELECT set FROM features)", "set");
            let tables = ["shop", "features"].map(|table| [left, right].iter().any(|call| call.contains(table)).then_some(table));
            let tables = tables.into_iter().flatten().collect::<Vec<_>>().join(", ");
            [
                format!("SELECT count(*) FROM {left} l JOIN {right} r ON l.{left_key} = r.{right_key} WHERE {filters}"),
                format!(
                    "SELECT count(*) FROM {tables}, LATERAL {} l JOIN LATERAL {} r ON l.{left_key} = r.{right_key} WHERE {filters}",
                    lateral(left),
                    lateral(right)
                ),
            ]
        })
    })
}

fn analyses_join_without_nested_loops(database: &Database) -> Outcome {
    let mut client = shop(database)?;
    // Tables of one row that nobody has analysed are thought to have a thousand.
    for analyse in ["", "ANALYZE"] {
        client.batch_execute(analyse)?;
        for join in joins() {
            let plan = plan(&mut client, &join)?;
            for node in nodes(&plan).iter().filter(|node| node["Node Type"] == "Nested Loop") {
                // The log of a row with each analysis of it is a loop; two analyses are none. What has been filtered and is kept
                // may be compared with each other, but not what is filtered anew each time.
                let is_analysis = |side: &Value| side["Node Type"] == "Function Scan";
                let sides = node["Plans"].as_array().ok_or("a loop over nothing")?;
                let again = node.get("Join Filter").is_some() && is_analysis(&sides[1]);
                ensure!(!again && !(sides.iter().all(is_analysis)), "{join}: {plan:#}");
            }
        }
    }
    Ok(())
}

fn joins_of_analyses_end(database: &Database) -> Outcome {
    let mut client = shop(database)?;
    client.batch_execute("SET statement_timeout = '60s'")?;
    for join in joins() {
        client
            .batch_execute(&join)
            .map_err(|error| format!("{join}: {error:?}"))?;
    }
    Ok(())
}

/// What stands in the query, comes as a parameter or is a variable, is counted.
fn constants_are_counted(database: &Database) -> Outcome {
    let mut client = database.client()?;
    client.batch_execute(
        "CREATE TABLE logs AS SELECT n, clientele.order_log(i % n, timestamp '2024-01-01' + i * interval '1 hour', i) AS log
             FROM generate_series(1, 3000) i, (VALUES (7), (100), (2500)) v(n) GROUP BY n;
         CREATE TABLE sets AS SELECT clientele.feature_set(i, ARRAY[i, i % 7]) AS set FROM generate_series(1, 700) i;
         CREATE TABLE models AS SELECT clientele.fit_kmeans(set, 4) AS model FROM sets;
         CREATE TABLE baskets AS SELECT clientele.basket_log(i / 3, i % 11) AS baskets FROM generate_series(1, 500) i",
    )?;
    let literal = |client: &mut Client, query: &str| -> Result<String, Failure> {
        let text: String = one(client, query)?;
        Ok(format!("'{}'", text.replace('\'', "''")))
    };
    for n in [7, 100, 2500] {
        let log = literal(&mut client, &format!("SELECT log::text FROM logs WHERE n = {n}"))?;
        for call in [
            "rfm(LOG)",
            "customers(LOG)",
            "churn(LOG)",
            "clv(LOG)",
            "rfm(LOG, NULL::integer)",
            "customers(LOG, time_zone => 'Europe/Berlin')",
        ] {
            let call = call.replace("LOG", &format!("{log}::clientele.order_log"));
            let rows = rows(&mut client, &format!("SELECT * FROM clientele.{call}"))?;
            ensure!(
                rows == f64::from(n),
                "{rows} rows of {n} customers: {}",
                &call[call.len() - 60..]
            );
        }
        let all = rows(
            &mut client,
            &format!("SELECT * FROM clientele.orders({log}::clientele.order_log)"),
        )?;
        ensure!(all == 3000.0, "{all} orders");
    }
    let set = literal(&mut client, "SELECT set::text FROM sets")? + "::clientele.feature_set";
    let model = literal(&mut client, "SELECT model::text FROM models")? + "::clientele.kmeans_model";
    let baskets = literal(&mut client, "SELECT baskets::text FROM baskets")? + "::clientele.basket_log";
    for (call, expected) in [
        (format!("kmeans({set}, 3)"), 700.0),
        (format!("kmeans({set}, {model})"), 700.0),
        (format!("kmeans_scan({set}, 2, 6)"), 5.0),
        (format!("kmeans_scan({set}, k_max => 4)"), 3.0),
        (format!("kmeans_centers({model})"), 4.0),
        (format!("kmeans_profile({model})"), 8.0),
        (format!("items({baskets})"), 11.0),
        (format!("association_rules({baskets}, top => 3)"), 3.0),
        (format!("recommend({baskets}, ARRAY['1'], 6)"), 6.0),
    ] {
        let rows = rows(&mut client, &format!("SELECT * FROM clientele.{call}"))?;
        ensure!(rows == expected, "{rows} rows, not {expected}: {}", &call[..60]);
    }
    // A custom plan knows the parameter; a general one does not, and expects much.
    let log = literal(&mut client, "SELECT log::text FROM logs WHERE n = 100")?;
    client.batch_execute(
        "PREPARE scores(clientele.order_log) AS SELECT * FROM clientele.rfm($1) r JOIN clientele.churn($1) c USING (customer_id)
             WHERE r.segment = 'Loyal' AND c.risk = 'low'",
    )?;
    for (mode, expected) in [("force_custom_plan", 100.0), ("force_generic_plan", 500_000.0)] {
        client.batch_execute(&format!("SET plan_cache_mode = {mode}"))?;
        let plan = plan(&mut client, &format!("EXECUTE scores({log})"))?;
        let nodes = nodes(&plan);
        let scan = nodes
            .iter()
            .find(|node| node["Node Type"] == "Function Scan")
            .ok_or("no scan")?;
        // One filter of the two is on each: a two hundredth is thought to pass.
        let rows = scan["Plan Rows"].as_f64().unwrap_or_default();
        ensure!(rows == (expected / 200.0_f64).round().max(1.0), "{mode}: {rows} rows");
    }
    Ok(())
}

/// Nothing that a call is given makes planning fail, or take long.
fn whatever_is_planned_is_planned(database: &Database) -> Outcome {
    let mut client = database.client()?;
    for (call, expected) in [
        ("rfm(NULL::clientele.order_log)", 1.0),
        ("orders(NULL)", 1.0),
        (
            "customers((SELECT clientele.order_log(i, now(), 1) FROM generate_series(1, 3) i))",
            500_000.0,
        ),
        (
            "customers((SELECT clientele.order_log(1, now(), 1) WHERE false))",
            500_000.0,
        ),
        ("kmeans(NULL, 3)", 1.0),
        ("kmeans_scan(NULL, NULL, NULL)", 9.0),
        ("kmeans_scan(NULL, 9, 2)", 1.0),
        ("kmeans_scan(NULL, -2147483648, 2147483647)", 4_294_967_296.0),
        ("kmeans_centers(NULL)", 1.0),
        ("association_rules(NULL, top => -5)", 1.0),
        ("association_rules(NULL, top => NULL)", 500_000.0),
        ("frequent_itemsets(NULL)", 500_000.0),
    ] {
        let query = format!("SELECT * FROM clientele.{call}");
        let plan = plan(&mut client, &query)?;
        let scan = nodes(&plan)
            .into_iter()
            .find(|node| node["Node Type"] == "Function Scan")
            .cloned();
        // A strict function of NULL is no scan any more.
        if let Some(scan) = scan {
            ensure!(scan["Plan Rows"].as_f64() == Some(expected), "{call}: {scan}");
        }
    }
    // Fetched from a table into a variable it may still lie there: what is not at hand is judged by its size.
    client.batch_execute(
        "CREATE TABLE shop AS SELECT clientele.order_log(i, timestamp '2024-01-01' + i * interval '1 second', i) AS log FROM generate_series(1, 300000) i;
         DO $$ DECLARE l clientele.order_log; p json; n float8; BEGIN
             SELECT log INTO l FROM shop;
             EXECUTE 'EXPLAIN (FORMAT json) SELECT * FROM clientele.rfm($1)' INTO p USING l;
             n := p #>> '{0,Plan,Plan Rows}';
             IF n NOT BETWEEN 10000 AND 3000000 OR n = 500000 THEN RAISE 'rows %', n; END IF;
         END $$",
    )?;
    // In the target list, in a function that is inlined, in an old-fashioned view.
    client.batch_execute(
        "CREATE FUNCTION scores(l clientele.order_log) RETURNS TABLE (c bigint, s text) LANGUAGE sql STABLE AS
             $$ SELECT customer_id, segment FROM clientele.rfm(l) WHERE score = '555' $$;
         CREATE VIEW all_scores AS SELECT s.* FROM shop, scores(log) s;
         EXPLAIN SELECT * FROM all_scores;
         EXPLAIN SELECT clientele.rfm(log) FROM shop;
         EXPLAIN SELECT * FROM ROWS FROM (clientele.rfm((SELECT log FROM shop)), clientele.churn((SELECT log FROM shop))) WITH ORDINALITY",
    )?;
    Ok(())
}

/// Filters that score come after filters that compare, and long work is worth planning for.
fn work_has_its_cost(database: &Database) -> Outcome {
    let mut client = database.client()?;
    // What is fast is input and output, comparing, and parts of aggregates.
    let cheap: Vec<String> = client
        .query(
            "SELECT oid::regprocedure::text FROM pg_proc
             WHERE pronamespace = 'clientele'::regnamespace AND prokind = 'f' AND procost <= 1
               AND NOT proargtypes::oid[] && ARRAY['internal'::regtype::oid, 'cstring'::regtype]
               AND prorettype <> 'cstring'::regtype AND prolang <> (SELECT oid FROM pg_language WHERE lanname = 'internal')",
            &[],
        )?
        .iter()
        .map(|row| row.get(0))
        .collect();
    ensure!(cheap.is_empty(), "no work: {cheap:?}");
    let few: Vec<String> = client
        .query(
            "SELECT oid::regprocedure::text FROM pg_proc
             WHERE pronamespace = 'clientele'::regnamespace AND proretset AND prosupport = 0
               AND proname NOT IN ('parameters', 'rfm_segments')",
            &[],
        )?
        .iter()
        .map(|row| row.get(0))
        .collect();
    ensure!(few.is_empty(), "nobody tells the planner about {few:?}");
    client.batch_execute(
        "CREATE TABLE scored AS SELECT clientele.fit_purchases(frequency, recency, age) AS model
             FROM clientele.customers((SELECT clientele.order_log(i % 50, timestamp '2024-01-01' + i * i % 977 * interval '1 hour', 1) FROM generate_series(1, 900) i))",
    )?;
    let plan = plan(
        &mut client,
        "SELECT FROM scored, generate_series(1, 9) x WHERE clientele.p_alive(model, 1, 2, 3) > 0.5 AND model::text <> ''",
    )?;
    let filter = nodes(&plan)
        .iter()
        .find_map(|node| node["Filter"].as_str().map(str::to_owned))
        .unwrap_or_default();
    ensure!(filter.find("<>") < filter.find("p_alive"), "scored first: {filter}");
    Ok(())
}
