-- Every object of the extension: documented, safe to run in parallel, with the volatility it should have.
SELECT pg_describe_object(classid, objid, 0) AS without_comment
FROM pg_depend WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e'
  AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'clientele')
  AND obj_description(objid, classid::regclass::text) IS NULL
  AND NOT (classid = 'pg_type'::regclass AND (SELECT typelem <> 0 FROM pg_type t WHERE t.oid = objid))
ORDER BY 1;
SELECT proname, provolatile, proparallel, proisstrict FROM pg_proc WHERE pronamespace = 'clientele'::regnamespace
  AND (provolatile <> 'i' OR proparallel <> 's' OR prosecdef OR proconfig IS NOT NULL);
-- functions that take options are not strict: a NULL option is the default
SELECT proname, pg_get_function_identity_arguments(oid) AS arguments FROM pg_proc
WHERE pronamespace = 'clientele'::regnamespace AND proisstrict AND pronargdefaults > 0;
-- aggregates can run in parallel
SELECT aggfnoid::regprocedure FROM pg_aggregate a JOIN pg_proc p ON p.oid = aggfnoid
WHERE pronamespace = 'clientele'::regnamespace
  AND (aggcombinefn = 0 OR aggserialfn = 0 OR aggdeserialfn = 0 OR aggtransspace = 0 OR proparallel <> 's');
-- nothing outside of the schema
SELECT pg_describe_object(classid, objid, 0) FROM pg_depend d
WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e' AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'clientele')
  AND pg_describe_object(classid, objid, 0) NOT LIKE '%clientele.%' AND classid <> 'pg_cast'::regclass
  AND classid <> 'pg_namespace'::regclass ORDER BY 1;
-- one row of answers is no set: it may stand wherever a value may
SELECT oid::regprocedure FROM pg_proc WHERE pronamespace = 'clientele'::regnamespace AND proname = 'describe' AND proretset;
CREATE TEMPORARY TABLE every_kind AS
SELECT o.log, clientele.fit_rfm(o.log) AS cuts, clientele.fit_purchases(o.log) AS purchases, clientele.fit_spend(2, 10.0 + n, 1.0) AS spend,
       clientele.fit_retention(n, 100 - 10 * n) AS retention, clientele.feature_set(n, ARRAY[n]) AS set,
       clientele.fit_kmeans(clientele.feature_set(n, ARRAY[n]), 2) AS clusters, clientele.basket_log(n, n % 2) AS baskets
FROM (SELECT clientele.order_log(i % 7, timestamp '2024-01-01' + i * interval '9 hours', i) AS log FROM generate_series(1, 70) i) o,
     generate_series(0, 5) n GROUP BY o.log;
SELECT (clientele.describe(log)).orders, (clientele.describe(purchases)).customers, (clientele.describe(spend)).model, (clientele.describe(retention)).status,
       (clientele.describe(set)).rows, (clientele.describe(clusters)).clusters, (clientele.describe(baskets)).items, (clientele.describe(clientele.fit_baskets(baskets))).baskets
FROM every_kind WHERE (clientele.describe(log)).customers = 7 AND (clientele.describe(baskets)).items = 2;
SELECT CASE WHEN (clientele.describe(set)).rows > 5 THEN 'many' ELSE 'few' END AS how_many, count(*) FROM every_kind
GROUP BY (clientele.describe(set)).rows, (clientele.describe(spend)).model HAVING max((clientele.describe(clusters)).clusters) > 1;
ALTER TABLE every_kind ADD CHECK ((clientele.describe(baskets)).baskets > 0), ADD CHECK ((clientele.describe(purchases)).warnings IS NULL OR true);
SELECT d.rows, b.entries FROM every_kind, clientele.describe(set) d, clientele.describe(baskets) b;
SELECT clientele.describe(NULL::clientele.order_log) IS NULL AS log, clientele.describe(NULL::clientele.basket_log) IS NULL AS baskets, clientele.describe(NULL::clientele.feature_set) IS NULL AS set,
       clientele.describe(NULL::clientele.kmeans_model) IS NULL AS clusters, clientele.describe(NULL::clientele.purchase_model) IS NULL AS purchases,
       clientele.describe(NULL::clientele.spend_model) IS NULL AS spend, clientele.describe(NULL::clientele.retention_model) IS NULL AS retention, clientele.describe(NULL::clientele.basket_model) IS NULL AS rules;
-- the contract
\a
SELECT CASE prokind WHEN 'a' THEN 'aggregate ' ELSE '' END || proname || '(' || pg_get_function_arguments(oid) || ')' AS function,
       regexp_replace(pg_get_function_result(oid), '([ (])timestamp without time zone', '\1timestamp', 'g') AS returns
FROM pg_proc WHERE pronamespace = 'clientele'::regnamespace ORDER BY 1, 2;
SELECT typname, typlen, typalign, typstorage FROM pg_type
WHERE typnamespace = 'clientele'::regnamespace AND typelem = 0 ORDER BY 1;
