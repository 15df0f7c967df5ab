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
-- what each type has for being a value: text and binary input and output, = and <>, hashes, casts to JSON and back
CREATE TEMPORARY VIEW types AS
SELECT t.*, typname::text AS name FROM pg_type t WHERE typnamespace = 'clientele'::regnamespace AND typtype = 'b' AND typcategory <> 'A';
CREATE TEMPORARY VIEW parts_of_types AS
SELECT name, what, replace(regexp_replace(definition, '\man? ' || name, 'a TYPE', 'g'), name, 'TYPE') AS definition FROM types t, LATERAL (
    SELECT 'storage' AS what, concat_ws(' ', typlen, typbyval, typalign, typstorage, typcategory, typispreferred, typdelim, typcollation) AS definition
    UNION ALL
    SELECT what, pg_get_functiondef(f) || obj_description(f, 'pg_proc')
    FROM unnest(ARRAY['text in', 'text out', 'binary in', 'binary out'], ARRAY[typinput, typoutput, typreceive, typsend]::oid[]) u (what, f)
    WHERE f <> 0
    UNION ALL
    SELECT 'operator ' || oprname, concat_ws(' ', oprresult::regtype, oprcom::regoperator, oprnegate::regoperator, oprrest, oprjoin, oprcanhash, oprcanmerge,
                                             obj_description(o.oid, 'pg_operator'), obj_description(oprcode, 'pg_proc'), pg_get_functiondef(oprcode))
    FROM pg_operator o WHERE oprleft = t.oid AND oprright = t.oid
    UNION ALL
    SELECT 'hash class', concat_ws(' ', opcname, opfname, opcdefault, obj_description(c.oid, 'pg_opclass'), obj_description(f.oid, 'pg_opfamily'),
                                   (SELECT array_agg(amopopr::regoperator) FROM pg_amop WHERE amopfamily = f.oid))
    FROM pg_opclass c JOIN pg_opfamily f ON f.oid = opcfamily JOIN pg_am m ON m.oid = opcmethod WHERE opcintype = t.oid AND amname = 'hash'
    UNION ALL
    SELECT 'hash ' || amprocnum, pg_get_functiondef(amproc) || obj_description(amproc, 'pg_proc')
    FROM pg_opclass c JOIN pg_amproc ON amprocfamily = opcfamily WHERE opcintype = t.oid
    UNION ALL
    SELECT concat_ws(' ', 'cast', 'from ' || nullif(castsource, t.oid)::regtype, 'to ' || nullif(casttarget, t.oid)::regtype),
           concat_ws(' ', castcontext, castmethod, obj_description(c.oid, 'pg_cast'), obj_description(castfunc, 'pg_proc'), pg_get_functiondef(nullif(castfunc, 0)))
    FROM pg_cast c WHERE t.oid IN (castsource, casttarget)
) p;
SELECT what FROM parts_of_types GROUP BY what HAVING count(DISTINCT name) = (SELECT count(*) FROM types) ORDER BY what COLLATE "C";
-- and what is not alike in all of them
SELECT what, array_agg(name ORDER BY name) AS alike FROM parts_of_types GROUP BY what, definition HAVING count(*) < (SELECT count(*) FROM types) ORDER BY 1, 2;
-- a function with a key is that without one, with the key put in, and columns of its type
CREATE TEMPORARY VIEW functions AS
SELECT *, jsonb_build_array(provolatile, proparallel, proisstrict, proretset, procost, prorows, prosupport, pronargdefaults, pg_get_expr(proargdefaults, 0)) AS rest
FROM pg_proc WHERE pronamespace = 'clientele'::regnamespace;
CREATE TEMPORARY VIEW keyed AS
SELECT *, proargnames[1:1] || proargnames[3:] AS names, proargmodes[1:1] || proargmodes[3:] AS modes,
       array_replace(proallargtypes[1:1] || proallargtypes[3:], 'anyelement'::regtype::oid, 'bigint'::regtype::oid) AS types
FROM functions WHERE proargnames[2] = 'key';
SELECT count(*) > 5 AS some FROM keyed;
SELECT k.oid::regprocedure AS without_its_like FROM keyed k WHERE NOT EXISTS (
    SELECT FROM functions p WHERE p.proname = k.proname AND p.proargnames = k.names AND p.proargmodes = k.modes AND p.proallargtypes = k.types AND p.rest = k.rest
    AND regexp_replace(obj_description(k.oid, 'pg_proc'), '; (keys|ids) of the type of the second argument, such as NULL::uuid$', '') = obj_description(p.oid, 'pg_proc'));
-- where keys of customers or rows come out, they come as any type
SELECT p.oid::regprocedure AS without_a_key FROM functions p
WHERE 'bigint'::regtype = (SELECT t FROM unnest(proallargtypes, proargmodes, proargnames) u (t, m, n) WHERE m = 't' AND n ~ '^(customer_)?id$')
  AND NOT EXISTS (SELECT FROM keyed k WHERE k.proname = p.proname AND k.names = p.proargnames);
