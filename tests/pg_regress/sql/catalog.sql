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
-- the contract
\a
SELECT CASE prokind WHEN 'a' THEN 'aggregate ' ELSE '' END || proname || '(' || pg_get_function_arguments(oid) || ')' AS function,
       regexp_replace(pg_get_function_result(oid), '([ (])timestamp without time zone', '\1timestamp', 'g') AS returns
FROM pg_proc WHERE pronamespace = 'clientele'::regnamespace ORDER BY 1, 2;
SELECT typname, typlen, typalign, typstorage FROM pg_type
WHERE typnamespace = 'clientele'::regnamespace AND typelem = 0 ORDER BY 1;
