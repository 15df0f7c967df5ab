-- clientele: the public contract. Types, functions and aggregates, each with its comment.
--
-- Functions written in Rust are exported as NAME_wrapper; a test compares every declaration here with the Rust signature
-- behind it. The schema is that of the control file: names need no qualification here, and bodies have none to resolve.

-- The schema is new, or as good as new. Whoever may add a function to it has others call that function instead of one of
-- ours, with their rights: so it is empty, nobody's but that of the role that installs or of a superuser, and nobody else may
-- create in it. Every name is qualified, because what stands in the schema could come before PostgreSQL's own.
DO LANGUAGE plpgsql $guard$
DECLARE
    trouble pg_catalog.text;
    way_out pg_catalog.text;
BEGIN
    SELECT CASE
               WHEN n.nspowner OPERATOR(pg_catalog.<>) e.extowner AND NOT r.rolsuper
                   THEN pg_catalog.format('It belongs to the role %I.', r.rolname)
               WHEN held.object IS NOT NULL
                   THEN pg_catalog.format('There is %s in it.', held.object)
               WHEN granted.role IS NOT NULL
                   THEN pg_catalog.format('%s may create objects in it.', granted.role)
           END,
           CASE
               WHEN n.nspowner OPERATOR(pg_catalog.<>) e.extowner AND NOT r.rolsuper OR held.object IS NOT NULL
                   THEN 'Look at what it holds; then drop or rename the schema, and install again.'
               ELSE pg_catalog.format('REVOKE CREATE ON SCHEMA %I FROM %s, and install again.', n.nspname, granted.role)
           END
    INTO trouble, way_out
    FROM pg_catalog.pg_namespace n
         JOIN pg_catalog.pg_extension e ON e.extnamespace OPERATOR(pg_catalog.=) n.oid AND e.extname OPERATOR(pg_catalog.=) 'clientele'
         JOIN pg_catalog.pg_roles r ON r.oid OPERATOR(pg_catalog.=) n.nspowner
         LEFT JOIN LATERAL (
             SELECT pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid) AS object
             FROM pg_catalog.pg_depend d
             WHERE d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_namespace'::pg_catalog.regclass
               AND d.refobjid OPERATOR(pg_catalog.=) n.oid
               AND d.classid OPERATOR(pg_catalog.<>) 'pg_catalog.pg_extension'::pg_catalog.regclass
             LIMIT 1
         ) held ON true
         LEFT JOIN LATERAL (
             SELECT CASE WHEN a.grantee OPERATOR(pg_catalog.=) 0::pg_catalog.oid THEN 'PUBLIC'
                         ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END AS role
             FROM pg_catalog.aclexplode(n.nspacl) a
             WHERE a.privilege_type OPERATOR(pg_catalog.=) 'CREATE' AND a.grantee OPERATOR(pg_catalog.<>) n.nspowner
             LIMIT 1
         ) granted ON true
    LIMIT 1;
    IF trouble IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = 'schema "clientele" exists and is not safe to install into',
            DETAIL = trouble,
            HINT = way_out;
    END IF;
END
$guard$;

-- Where the owner of a database installs, the schema becomes a superuser's, as all that is in it is.
ALTER SCHEMA @extschema@ OWNER TO CURRENT_USER;

-- Everybody may compute; what they compute over is governed by their rights on tables.
GRANT USAGE ON SCHEMA @extschema@ TO PUBLIC;
