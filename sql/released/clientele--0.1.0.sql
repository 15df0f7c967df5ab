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

-- ---------------------------------------------------------------------------------------------------------------------
-- what the planner may expect
-- ---------------------------------------------------------------------------------------------------------------------

-- Where a log, a set or a model is constant, these say how many rows come out, and how much work it is. Elsewhere the declared COST
-- counts, which is that of a value of 4 MB, and the declared ROWS, which are more than most have, on purpose: PostgreSQL thinks
-- that each comparison with a column lets one row in two hundred through, and a nested loop over two rows never ends if they are
-- a hundred thousand, while a hash join takes few rows as well as many.

CREATE FUNCTION plan_customers(internal)
RETURNS internal
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'plan_customers_wrapper';
COMMENT ON FUNCTION plan_customers(internal) IS
'planner support of functions with a row for each customer of an order log';

CREATE FUNCTION plan_orders(internal)
RETURNS internal
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'plan_orders_wrapper';
COMMENT ON FUNCTION plan_orders(internal) IS
'planner support of functions with a row for each order of an order log';

CREATE FUNCTION plan_features(internal)
RETURNS internal
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'plan_features_wrapper';
COMMENT ON FUNCTION plan_features(internal) IS
'planner support of functions with a row for each row of a feature set';

CREATE FUNCTION plan_numbers_of_clusters(internal)
RETURNS internal
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'plan_numbers_of_clusters_wrapper';
COMMENT ON FUNCTION plan_numbers_of_clusters(internal) IS
'planner support of functions with a row for each number of clusters';

CREATE FUNCTION plan_clusters(internal)
RETURNS internal
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'plan_clusters_wrapper';
COMMENT ON FUNCTION plan_clusters(internal) IS
'planner support of functions with a row for each cluster of a model';

CREATE FUNCTION plan_profiles(internal)
RETURNS internal
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'plan_profiles_wrapper';
COMMENT ON FUNCTION plan_profiles(internal) IS
'planner support of functions with a row for each feature of each cluster of a model';

CREATE FUNCTION plan_items(internal)
RETURNS internal
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'plan_items_wrapper';
COMMENT ON FUNCTION plan_items(internal) IS
'planner support of functions with a row for each item of a basket log';

CREATE FUNCTION plan_rules(internal)
RETURNS internal
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'plan_rules_wrapper';
COMMENT ON FUNCTION plan_rules(internal) IS
'planner support of functions with top rows';

CREATE FUNCTION plan_recommendations(internal)
RETURNS internal
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'plan_recommendations_wrapper';
COMMENT ON FUNCTION plan_recommendations(internal) IS
'planner support of functions with n rows';

CREATE FUNCTION plan_work(internal)
RETURNS internal
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'plan_work_wrapper';
COMMENT ON FUNCTION plan_work(internal) IS
'planner support of functions that are more work the more they are given';

-- ---------------------------------------------------------------------------------------------------------------------
-- order_log: the value
-- ---------------------------------------------------------------------------------------------------------------------

CREATE TYPE order_log;

CREATE FUNCTION order_log_in(cstring)
RETURNS order_log
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'order_log_in_wrapper';
COMMENT ON FUNCTION order_log_in(cstring) IS
'text input of order_log: its text form, or JSON';

CREATE FUNCTION order_log_out(order_log)
RETURNS cstring
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'order_log_out_wrapper';
COMMENT ON FUNCTION order_log_out(order_log) IS
'text output of order_log: type, version, counts, and the stored bytes in base64';

CREATE FUNCTION order_log_recv(internal)
RETURNS order_log
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'order_log_recv_wrapper';
COMMENT ON FUNCTION order_log_recv(internal) IS
'binary input of order_log: checked to the last byte';

CREATE FUNCTION order_log_send(order_log)
RETURNS bytea
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE
AS 'byteasend';
COMMENT ON FUNCTION order_log_send(order_log) IS
'binary output of order_log: the stored bytes';

-- Packed columns do not compress any further: out of line, as they are.
CREATE TYPE order_log (
    INPUT = order_log_in,
    OUTPUT = order_log_out,
    RECEIVE = order_log_recv,
    SEND = order_log_send,
    INTERNALLENGTH = variable,
    ALIGNMENT = int4,
    STORAGE = external
);
COMMENT ON TYPE order_log IS
'orders collected by customer and time: a compact, mergeable value that the analyses read';

CREATE FUNCTION order_log_json(order_log)
RETURNS json
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 3000000
AS 'MODULE_PATHNAME', 'order_log_json_wrapper';
COMMENT ON FUNCTION order_log_json(order_log) IS
'implementation of the cast of order_log to json, which to_jsonb and to_json go by';

CREATE FUNCTION order_log_jsonb(order_log)
RETURNS jsonb
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CAST(order_log_json($1) AS jsonb);
COMMENT ON FUNCTION order_log_jsonb(order_log) IS
'implementation of the cast of order_log to jsonb';

CREATE CAST (order_log AS json) WITH FUNCTION order_log_json(order_log);
COMMENT ON CAST (order_log AS json) IS 'an order_log as json that loses nothing';
CREATE CAST (order_log AS jsonb) WITH FUNCTION order_log_jsonb(order_log);
COMMENT ON CAST (order_log AS jsonb) IS 'an order_log as jsonb that loses nothing';
CREATE CAST (json AS order_log) WITH INOUT;
COMMENT ON CAST (json AS order_log) IS 'an order_log from json';
CREATE CAST (jsonb AS order_log) WITH INOUT;
COMMENT ON CAST (jsonb AS order_log) IS 'an order_log from jsonb';

-- The same rows give the same bytes, so that equality and hashing are those of bytes.
CREATE FUNCTION order_log_eq(order_log, order_log)
RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
AS 'byteaeq';
COMMENT ON FUNCTION order_log_eq(order_log, order_log) IS
'implementation of = for order_log';

CREATE FUNCTION order_log_ne(order_log, order_log)
RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
AS 'byteane';
COMMENT ON FUNCTION order_log_ne(order_log, order_log) IS
'implementation of <> for order_log';

CREATE FUNCTION order_log_hash(order_log)
RETURNS integer
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE
AS 'hashvarlena';
COMMENT ON FUNCTION order_log_hash(order_log) IS
'hash of order_log';

CREATE FUNCTION order_log_hash_extended(order_log, bigint)
RETURNS bigint
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE
AS 'hashvarlenaextended';
COMMENT ON FUNCTION order_log_hash_extended(order_log, bigint) IS
'hash of order_log, with a seed';

CREATE OPERATOR = (
    LEFTARG = order_log, RIGHTARG = order_log, FUNCTION = order_log_eq,
    COMMUTATOR = =, NEGATOR = <>, RESTRICT = eqsel, JOIN = eqjoinsel, HASHES
);
COMMENT ON OPERATOR = (order_log, order_log) IS 'equal, byte for byte';

CREATE OPERATOR <> (
    LEFTARG = order_log, RIGHTARG = order_log, FUNCTION = order_log_ne,
    COMMUTATOR = <>, NEGATOR = =, RESTRICT = neqsel, JOIN = neqjoinsel
);
COMMENT ON OPERATOR <> (order_log, order_log) IS 'not equal';

CREATE OPERATOR CLASS order_log_ops DEFAULT FOR TYPE order_log USING hash AS
    OPERATOR 1 =,
    FUNCTION 1 order_log_hash(order_log),
    FUNCTION 2 order_log_hash_extended(order_log, bigint);
COMMENT ON OPERATOR FAMILY order_log_ops USING hash IS 'order_log by its bytes';
COMMENT ON OPERATOR CLASS order_log_ops USING hash IS 'order_log by its bytes: for DISTINCT, GROUP BY and hash joins';

-- ---------------------------------------------------------------------------------------------------------------------
-- order_log: collecting
-- ---------------------------------------------------------------------------------------------------------------------

CREATE FUNCTION order_log_trans(internal, "any", timestamptz, double precision)
RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'order_log_trans_wrapper';
COMMENT ON FUNCTION order_log_trans(internal, "any", timestamptz, double precision) IS
'transition function of order_log(customer, timestamptz, double precision)';

CREATE FUNCTION order_log_trans(internal, "any", timestamptz, numeric)
RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'order_log_trans_wrapper';
COMMENT ON FUNCTION order_log_trans(internal, "any", timestamptz, numeric) IS
'transition function of order_log(customer, timestamptz, numeric)';

CREATE FUNCTION order_log_trans(internal, "any", timestamptz)
RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'order_log_trans_wrapper';
COMMENT ON FUNCTION order_log_trans(internal, "any", timestamptz) IS
'transition function of order_log(customer, timestamptz)';

CREATE FUNCTION order_log_trans(internal, "any", timestamp, double precision)
RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'order_log_trans_wrapper';
COMMENT ON FUNCTION order_log_trans(internal, "any", timestamp, double precision) IS
'transition function of order_log(customer, timestamp, double precision)';

CREATE FUNCTION order_log_trans(internal, "any", timestamp, numeric)
RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'order_log_trans_wrapper';
COMMENT ON FUNCTION order_log_trans(internal, "any", timestamp, numeric) IS
'transition function of order_log(customer, timestamp, numeric)';

CREATE FUNCTION order_log_trans(internal, "any", timestamp)
RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'order_log_trans_wrapper';
COMMENT ON FUNCTION order_log_trans(internal, "any", timestamp) IS
'transition function of order_log(customer, timestamp)';

CREATE FUNCTION order_log_trans(internal, "any", date, double precision)
RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'order_log_trans_wrapper';
COMMENT ON FUNCTION order_log_trans(internal, "any", date, double precision) IS
'transition function of order_log(customer, date, double precision)';

CREATE FUNCTION order_log_trans(internal, "any", date, numeric)
RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'order_log_trans_wrapper';
COMMENT ON FUNCTION order_log_trans(internal, "any", date, numeric) IS
'transition function of order_log(customer, date, numeric)';

CREATE FUNCTION order_log_trans(internal, "any", date)
RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'order_log_trans_wrapper';
COMMENT ON FUNCTION order_log_trans(internal, "any", date) IS
'transition function of order_log(customer, date)';

CREATE FUNCTION order_log_merge_trans(internal, order_log)
RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'order_log_merge_trans_wrapper';
COMMENT ON FUNCTION order_log_merge_trans(internal, order_log) IS
'transition function of merge(order_log)';

CREATE FUNCTION order_log_combine(internal, internal)
RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'order_log_combine_wrapper';
COMMENT ON FUNCTION order_log_combine(internal, internal) IS
'combine function of order_log and merge(order_log)';

CREATE FUNCTION order_log_serial(internal)
RETURNS bytea
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'order_log_serial_wrapper';
COMMENT ON FUNCTION order_log_serial(internal) IS
'serialisation function of order_log and merge(order_log)';

CREATE FUNCTION order_log_deserial(bytea, internal)
RETURNS internal
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'order_log_deserial_wrapper';
COMMENT ON FUNCTION order_log_deserial(bytea, internal) IS
'deserialisation function of order_log and merge(order_log)';

CREATE FUNCTION order_log_final(internal)
RETURNS order_log
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'order_log_final_wrapper';
COMMENT ON FUNCTION order_log_final(internal) IS
'final function of order_log and merge(order_log)';

CREATE AGGREGATE order_log(customer "any", ordered_at timestamptz, amount double precision) (
    SFUNC = order_log_trans,
    STYPE = internal,
    SSPACE = 512,
    FINALFUNC = order_log_final,
    COMBINEFUNC = order_log_combine,
    SERIALFUNC = order_log_serial,
    DESERIALFUNC = order_log_deserial,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE order_log(customer "any", ordered_at timestamptz, amount double precision) IS
'collects orders (customer: integer, uuid or text; time; amount, returns below 0) into an order_log';

CREATE AGGREGATE order_log(customer "any", ordered_at timestamptz, amount numeric) (
    SFUNC = order_log_trans,
    STYPE = internal,
    SSPACE = 512,
    FINALFUNC = order_log_final,
    COMBINEFUNC = order_log_combine,
    SERIALFUNC = order_log_serial,
    DESERIALFUNC = order_log_deserial,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE order_log(customer "any", ordered_at timestamptz, amount numeric) IS
'collects orders (customer: integer, uuid or text; time; amount, returns below 0) into an order_log';

CREATE AGGREGATE order_log(customer "any", ordered_at timestamptz) (
    SFUNC = order_log_trans,
    STYPE = internal,
    SSPACE = 512,
    FINALFUNC = order_log_final,
    COMBINEFUNC = order_log_combine,
    SERIALFUNC = order_log_serial,
    DESERIALFUNC = order_log_deserial,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE order_log(customer "any", ordered_at timestamptz) IS
'collects orders without amounts (customer: integer, uuid or text; time) into an order_log';

CREATE AGGREGATE order_log(customer "any", ordered_at timestamp, amount double precision) (
    SFUNC = order_log_trans,
    STYPE = internal,
    SSPACE = 512,
    FINALFUNC = order_log_final,
    COMBINEFUNC = order_log_combine,
    SERIALFUNC = order_log_serial,
    DESERIALFUNC = order_log_deserial,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE order_log(customer "any", ordered_at timestamp, amount double precision) IS
'collects orders (customer: integer, uuid or text; time; amount, returns below 0) into an order_log';

CREATE AGGREGATE order_log(customer "any", ordered_at timestamp, amount numeric) (
    SFUNC = order_log_trans,
    STYPE = internal,
    SSPACE = 512,
    FINALFUNC = order_log_final,
    COMBINEFUNC = order_log_combine,
    SERIALFUNC = order_log_serial,
    DESERIALFUNC = order_log_deserial,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE order_log(customer "any", ordered_at timestamp, amount numeric) IS
'collects orders (customer: integer, uuid or text; time; amount, returns below 0) into an order_log';

CREATE AGGREGATE order_log(customer "any", ordered_at timestamp) (
    SFUNC = order_log_trans,
    STYPE = internal,
    SSPACE = 512,
    FINALFUNC = order_log_final,
    COMBINEFUNC = order_log_combine,
    SERIALFUNC = order_log_serial,
    DESERIALFUNC = order_log_deserial,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE order_log(customer "any", ordered_at timestamp) IS
'collects orders without amounts (customer: integer, uuid or text; time) into an order_log';

CREATE AGGREGATE order_log(customer "any", ordered_at date, amount double precision) (
    SFUNC = order_log_trans,
    STYPE = internal,
    SSPACE = 512,
    FINALFUNC = order_log_final,
    COMBINEFUNC = order_log_combine,
    SERIALFUNC = order_log_serial,
    DESERIALFUNC = order_log_deserial,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE order_log(customer "any", ordered_at date, amount double precision) IS
'collects orders (customer: integer, uuid or text; time; amount, returns below 0) into an order_log';

CREATE AGGREGATE order_log(customer "any", ordered_at date, amount numeric) (
    SFUNC = order_log_trans,
    STYPE = internal,
    SSPACE = 512,
    FINALFUNC = order_log_final,
    COMBINEFUNC = order_log_combine,
    SERIALFUNC = order_log_serial,
    DESERIALFUNC = order_log_deserial,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE order_log(customer "any", ordered_at date, amount numeric) IS
'collects orders (customer: integer, uuid or text; time; amount, returns below 0) into an order_log';

CREATE AGGREGATE order_log(customer "any", ordered_at date) (
    SFUNC = order_log_trans,
    STYPE = internal,
    SSPACE = 512,
    FINALFUNC = order_log_final,
    COMBINEFUNC = order_log_combine,
    SERIALFUNC = order_log_serial,
    DESERIALFUNC = order_log_deserial,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE order_log(customer "any", ordered_at date) IS
'collects orders without amounts (customer: integer, uuid or text; time) into an order_log';

CREATE AGGREGATE merge(log order_log) (
    SFUNC = order_log_merge_trans,
    STYPE = internal,
    SSPACE = 512,
    FINALFUNC = order_log_final,
    COMBINEFUNC = order_log_combine,
    SERIALFUNC = order_log_serial,
    DESERIALFUNC = order_log_deserial,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE merge(log order_log) IS
'merges order logs: the same bytes as collecting all their rows at once';

-- ---------------------------------------------------------------------------------------------------------------------
-- order_log: looking into it
-- ---------------------------------------------------------------------------------------------------------------------

CREATE FUNCTION describe(
    log order_log,
    OUT keys text,
    OUT times text,
    OUT customers bigint,
    OUT repeat_customers bigint,
    OUT orders bigint,
    OUT first_order timestamp,
    OUT last_order timestamp,
    OUT revenue double precision,
    OUT rows bigint,
    OUT null_customers bigint,
    OUT null_times bigint,
    OUT null_amounts bigint,
    OUT bytes bigint
)
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 3000000 SUPPORT plan_work
AS 'MODULE_PATHNAME', 'order_log_describe_wrapper';
COMMENT ON FUNCTION describe(log order_log) IS
'what is in an order log, and which rows were ignored; times in UTC';

CREATE FUNCTION orders(log order_log, as_of timestamp DEFAULT NULL, time_zone text DEFAULT 'UTC')
RETURNS TABLE (
    customer_id bigint,
    ordered_at timestamp,
    amount double precision
)
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 5000000 ROWS 1000000 SUPPORT plan_orders
AS 'MODULE_PATHNAME', 'order_log_orders_wrapper';
COMMENT ON FUNCTION orders(log order_log, as_of timestamp, time_zone text) IS
'the orders (amount >= 0) and returns (amount < 0) of an order log, one row for each customer and instant';

CREATE FUNCTION orders(log order_log, key anyelement, as_of timestamp DEFAULT NULL, time_zone text DEFAULT 'UTC')
RETURNS TABLE (
    customer_id anyelement,
    ordered_at timestamp,
    amount double precision
)
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 5000000 ROWS 1000000 SUPPORT plan_orders
AS 'MODULE_PATHNAME', 'order_log_orders_wrapper';
COMMENT ON FUNCTION orders(log order_log, key anyelement, as_of timestamp, time_zone text) IS
'the orders (amount >= 0) and returns (amount < 0) of an order log, one row for each customer and instant; keys of the type of the second argument, such as NULL::uuid';

-- ---------------------------------------------------------------------------------------------------------------------
-- customers
-- ---------------------------------------------------------------------------------------------------------------------

CREATE FUNCTION customers(log order_log, as_of timestamp DEFAULT NULL, period text DEFAULT 'day', time_zone text DEFAULT 'UTC', time_unit interval DEFAULT '1 day')
RETURNS TABLE (
    customer_id bigint,
    first_order timestamp,
    last_order timestamp,
    orders bigint,
    revenue double precision,
    returns double precision,
    days_since_last double precision,
    frequency bigint,
    recency double precision,
    age double precision,
    monetary_value double precision
)
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 4000000 ROWS 500000 SUPPORT plan_customers
AS 'MODULE_PATHNAME', 'customers_wrapper';
COMMENT ON FUNCTION customers(log order_log, as_of timestamp, period text, time_zone text, time_unit interval) IS
'what the orders of each customer amount to, as of a time: totals, and frequency, recency and age as Fader and Hardie define them';

CREATE FUNCTION customers(log order_log, key anyelement, as_of timestamp DEFAULT NULL, period text DEFAULT 'day', time_zone text DEFAULT 'UTC', time_unit interval DEFAULT '1 day')
RETURNS TABLE (
    customer_id anyelement,
    first_order timestamp,
    last_order timestamp,
    orders bigint,
    revenue double precision,
    returns double precision,
    days_since_last double precision,
    frequency bigint,
    recency double precision,
    age double precision,
    monetary_value double precision
)
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 4000000 ROWS 500000 SUPPORT plan_customers
AS 'MODULE_PATHNAME', 'customers_wrapper';
COMMENT ON FUNCTION customers(log order_log, key anyelement, as_of timestamp, period text, time_zone text, time_unit interval) IS
'what the orders of each customer amount to, as of a time: totals, and frequency, recency and age as Fader and Hardie define them; keys of the type of the second argument, such as NULL::uuid';

-- ---------------------------------------------------------------------------------------------------------------------
-- rfm
-- ---------------------------------------------------------------------------------------------------------------------

CREATE FUNCTION rfm(log order_log, as_of timestamp DEFAULT NULL, bins integer DEFAULT 5, ties text DEFAULT 'tied', time_zone text DEFAULT 'UTC', segments jsonb DEFAULT NULL, monetary text DEFAULT 'total', r_bins integer DEFAULT NULL, f_bins integer DEFAULT NULL, m_bins integer DEFAULT NULL)
RETURNS TABLE (
    customer_id bigint,
    last_order timestamp,
    days_since_last double precision,
    orders bigint,
    revenue double precision,
    r integer,
    f integer,
    m integer,
    score text,
    segment text
)
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 5000000 ROWS 500000 SUPPORT plan_customers
AS 'MODULE_PATHNAME', 'rfm_wrapper';
COMMENT ON FUNCTION rfm(log order_log, as_of timestamp, bins integer, ties text, time_zone text, segments jsonb, monetary text, r_bins integer, f_bins integer, m_bins integer) IS
'the last order of each customer, the recency, frequency and monetary scores, 1 to bins, the highest being the best, and the segment they belong to';

CREATE FUNCTION rfm(log order_log, key anyelement, as_of timestamp DEFAULT NULL, bins integer DEFAULT 5, ties text DEFAULT 'tied', time_zone text DEFAULT 'UTC', segments jsonb DEFAULT NULL, monetary text DEFAULT 'total', r_bins integer DEFAULT NULL, f_bins integer DEFAULT NULL, m_bins integer DEFAULT NULL)
RETURNS TABLE (
    customer_id anyelement,
    last_order timestamp,
    days_since_last double precision,
    orders bigint,
    revenue double precision,
    r integer,
    f integer,
    m integer,
    score text,
    segment text
)
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 5000000 ROWS 500000 SUPPORT plan_customers
AS 'MODULE_PATHNAME', 'rfm_wrapper';
COMMENT ON FUNCTION rfm(log order_log, key anyelement, as_of timestamp, bins integer, ties text, time_zone text, segments jsonb, monetary text, r_bins integer, f_bins integer, m_bins integer) IS
'the last order of each customer, the recency, frequency and monetary scores, 1 to bins, the highest being the best, and the segment they belong to; keys of the type of the second argument, such as NULL::uuid';

CREATE TYPE rfm_model;

CREATE FUNCTION rfm_model_in(cstring)
RETURNS rfm_model
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'rfm_model_in_wrapper';
COMMENT ON FUNCTION rfm_model_in(cstring) IS
'text input of rfm_model: JSON';

CREATE FUNCTION rfm_model_out(rfm_model)
RETURNS cstring
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'rfm_model_out_wrapper';
COMMENT ON FUNCTION rfm_model_out(rfm_model) IS
'text output of rfm_model: JSON';

CREATE FUNCTION rfm_model_recv(internal)
RETURNS rfm_model
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'rfm_model_recv_wrapper';
COMMENT ON FUNCTION rfm_model_recv(internal) IS
'binary input of rfm_model';

CREATE FUNCTION rfm_model_send(rfm_model)
RETURNS bytea
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE
AS 'byteasend';
COMMENT ON FUNCTION rfm_model_send(rfm_model) IS
'binary output of rfm_model: the stored bytes';

CREATE TYPE rfm_model (
    INPUT = rfm_model_in,
    OUTPUT = rfm_model_out,
    RECEIVE = rfm_model_recv,
    SEND = rfm_model_send,
    INTERNALLENGTH = variable,
    ALIGNMENT = int4,
    STORAGE = extended
);
COMMENT ON TYPE rfm_model IS
'the cut points of RFM scores and the names of segments: the scale of one day, for customers of the next';

CREATE CAST (rfm_model AS jsonb) WITH INOUT;
COMMENT ON CAST (rfm_model AS jsonb) IS 'the text form of an rfm_model, as jsonb';
CREATE CAST (jsonb AS rfm_model) WITH INOUT;
COMMENT ON CAST (jsonb AS rfm_model) IS 'an rfm_model from its text form, as jsonb';

CREATE FUNCTION rfm_model_json(rfm_model)
RETURNS json
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CAST(CAST($1 AS text) AS json);
COMMENT ON FUNCTION rfm_model_json(rfm_model) IS
'implementation of the cast of rfm_model to json, which to_jsonb and to_json go by';
CREATE CAST (rfm_model AS json) WITH FUNCTION rfm_model_json(rfm_model);
COMMENT ON CAST (rfm_model AS json) IS 'the text form of an rfm_model, as json';

CREATE FUNCTION rfm_model_eq(rfm_model, rfm_model)
RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
AS 'byteaeq';
COMMENT ON FUNCTION rfm_model_eq(rfm_model, rfm_model) IS
'implementation of = for rfm_model';

CREATE FUNCTION rfm_model_ne(rfm_model, rfm_model)
RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
AS 'byteane';
COMMENT ON FUNCTION rfm_model_ne(rfm_model, rfm_model) IS
'implementation of <> for rfm_model';

CREATE FUNCTION rfm_model_hash(rfm_model)
RETURNS integer
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE
AS 'hashvarlena';
COMMENT ON FUNCTION rfm_model_hash(rfm_model) IS
'hash of rfm_model';

CREATE FUNCTION rfm_model_hash_extended(rfm_model, bigint)
RETURNS bigint
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE
AS 'hashvarlenaextended';
COMMENT ON FUNCTION rfm_model_hash_extended(rfm_model, bigint) IS
'hash of rfm_model, with a seed';

CREATE OPERATOR = (
    LEFTARG = rfm_model, RIGHTARG = rfm_model, FUNCTION = rfm_model_eq,
    COMMUTATOR = =, NEGATOR = <>, RESTRICT = eqsel, JOIN = eqjoinsel, HASHES
);
COMMENT ON OPERATOR = (rfm_model, rfm_model) IS 'equal, byte for byte';

CREATE OPERATOR <> (
    LEFTARG = rfm_model, RIGHTARG = rfm_model, FUNCTION = rfm_model_ne,
    COMMUTATOR = <>, NEGATOR = =, RESTRICT = neqsel, JOIN = neqjoinsel
);
COMMENT ON OPERATOR <> (rfm_model, rfm_model) IS 'not equal';

CREATE OPERATOR CLASS rfm_model_ops DEFAULT FOR TYPE rfm_model USING hash AS
    OPERATOR 1 =,
    FUNCTION 1 rfm_model_hash(rfm_model),
    FUNCTION 2 rfm_model_hash_extended(rfm_model, bigint);
COMMENT ON OPERATOR FAMILY rfm_model_ops USING hash IS 'rfm_model by its bytes';
COMMENT ON OPERATOR CLASS rfm_model_ops USING hash IS 'rfm_model by its bytes: for DISTINCT, GROUP BY and hash joins';

CREATE FUNCTION rfm(log order_log, model rfm_model, as_of timestamp DEFAULT NULL, time_zone text DEFAULT 'UTC')
RETURNS TABLE (
    customer_id bigint,
    last_order timestamp,
    days_since_last double precision,
    orders bigint,
    revenue double precision,
    r integer,
    f integer,
    m integer,
    score text,
    segment text
)
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 5000000 ROWS 500000 SUPPORT plan_customers
AS 'MODULE_PATHNAME', 'rfm_of_model_wrapper';
COMMENT ON FUNCTION rfm(log order_log, model rfm_model, as_of timestamp, time_zone text) IS
'the last order of each customer, the recency, frequency and monetary scores on the scale of a model, and the segment they belong to; no rows without a model';

CREATE FUNCTION rfm(log order_log, key anyelement, model rfm_model, as_of timestamp DEFAULT NULL, time_zone text DEFAULT 'UTC')
RETURNS TABLE (
    customer_id anyelement,
    last_order timestamp,
    days_since_last double precision,
    orders bigint,
    revenue double precision,
    r integer,
    f integer,
    m integer,
    score text,
    segment text
)
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 5000000 ROWS 500000 SUPPORT plan_customers
AS 'MODULE_PATHNAME', 'rfm_of_model_wrapper';
COMMENT ON FUNCTION rfm(log order_log, key anyelement, model rfm_model, as_of timestamp, time_zone text) IS
'the last order of each customer, the recency, frequency and monetary scores on the scale of a model, and the segment they belong to; no rows without a model; keys of the type of the second argument, such as NULL::uuid';

CREATE FUNCTION fit_rfm(log order_log, as_of timestamp DEFAULT NULL, bins integer DEFAULT 5, time_zone text DEFAULT 'UTC', segments jsonb DEFAULT NULL, monetary text DEFAULT 'total', r_bins integer DEFAULT NULL, f_bins integer DEFAULT NULL, m_bins integer DEFAULT NULL)
RETURNS rfm_model
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 3000000 SUPPORT plan_work
AS 'MODULE_PATHNAME', 'fit_rfm_wrapper';
COMMENT ON FUNCTION fit_rfm(log order_log, as_of timestamp, bins integer, time_zone text, segments jsonb, monetary text, r_bins integer, f_bins integer, m_bins integer) IS
'the cut points of RFM scores of the customers in an order log, as rfm(ties => tied) uses them; NULL, with a notice, where no customer has an order';

CREATE FUNCTION fit_rfm_trans(internal, double precision, double precision, double precision)
RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'fit_rfm_trans_wrapper';
COMMENT ON FUNCTION fit_rfm_trans(internal, double precision, double precision, double precision) IS
'transition function of fit_rfm(days_since_last, orders, revenue)';

CREATE FUNCTION fit_rfm_weighted_trans(internal, double precision, double precision, double precision, double precision)
RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'fit_rfm_weighted_trans_wrapper';
COMMENT ON FUNCTION fit_rfm_weighted_trans(internal, double precision, double precision, double precision, double precision) IS
'transition function of fit_rfm(days_since_last, orders, revenue, weight)';

CREATE FUNCTION fit_rfm_named_trans(internal, double precision, double precision, double precision, double precision, integer, text, jsonb)
RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'fit_rfm_named_trans_wrapper';
COMMENT ON FUNCTION fit_rfm_named_trans(internal, double precision, double precision, double precision, double precision, integer, text, jsonb) IS
'transition function of fit_rfm(days_since_last, orders, revenue, weight, bins, monetary, segments)';

CREATE FUNCTION fit_rfm_three_bins_trans(internal, double precision, double precision, double precision, double precision, integer, integer, integer, text, jsonb)
RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'fit_rfm_three_bins_trans_wrapper';
COMMENT ON FUNCTION fit_rfm_three_bins_trans(internal, double precision, double precision, double precision, double precision, integer, integer, integer, text, jsonb) IS
'transition function of fit_rfm(days_since_last, orders, revenue, weight, r_bins, f_bins, m_bins, monetary, segments)';

CREATE FUNCTION fit_rfm_combine(internal, internal)
RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'fit_rfm_combine_wrapper';
COMMENT ON FUNCTION fit_rfm_combine(internal, internal) IS
'combine function of fit_rfm';

CREATE FUNCTION fit_rfm_serial(internal)
RETURNS bytea
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'fit_rfm_serial_wrapper';
COMMENT ON FUNCTION fit_rfm_serial(internal) IS
'serialisation function of fit_rfm';

CREATE FUNCTION fit_rfm_deserial(bytea, internal)
RETURNS internal
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'fit_rfm_deserial_wrapper';
COMMENT ON FUNCTION fit_rfm_deserial(bytea, internal) IS
'deserialisation function of fit_rfm';

CREATE FUNCTION fit_rfm_final(internal)
RETURNS rfm_model
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'fit_rfm_final_wrapper';
COMMENT ON FUNCTION fit_rfm_final(internal) IS
'final function of fit_rfm';

CREATE AGGREGATE fit_rfm(days_since_last double precision, orders double precision, revenue double precision) (
    SFUNC = fit_rfm_trans,
    STYPE = internal,
    SSPACE = 512,
    FINALFUNC = fit_rfm_final,
    COMBINEFUNC = fit_rfm_combine,
    SERIALFUNC = fit_rfm_serial,
    DESERIALFUNC = fit_rfm_deserial,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE fit_rfm(days_since_last double precision, orders double precision, revenue double precision) IS
'the cut points of RFM scores of customers that come row by row';

CREATE AGGREGATE fit_rfm(days_since_last double precision, orders double precision, revenue double precision, weight double precision) (
    SFUNC = fit_rfm_weighted_trans,
    STYPE = internal,
    SSPACE = 512,
    FINALFUNC = fit_rfm_final,
    COMBINEFUNC = fit_rfm_combine,
    SERIALFUNC = fit_rfm_serial,
    DESERIALFUNC = fit_rfm_deserial,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE fit_rfm(days_since_last double precision, orders double precision, revenue double precision, weight double precision) IS
'the cut points of RFM scores of customers that come row by row; each row stands for so many customers';

CREATE AGGREGATE fit_rfm(days_since_last double precision, orders double precision, revenue double precision, weight double precision, bins integer, monetary text, segments jsonb) (
    SFUNC = fit_rfm_named_trans,
    STYPE = internal,
    SSPACE = 512,
    FINALFUNC = fit_rfm_final,
    COMBINEFUNC = fit_rfm_combine,
    SERIALFUNC = fit_rfm_serial,
    DESERIALFUNC = fit_rfm_deserial,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE fit_rfm(days_since_last double precision, orders double precision, revenue double precision, weight double precision, bins integer, monetary text, segments jsonb) IS
'the cut points of RFM scores of customers that come row by row, so many bins; each row stands for so many customers';

CREATE AGGREGATE fit_rfm(days_since_last double precision, orders double precision, revenue double precision, weight double precision, r_bins integer, f_bins integer, m_bins integer, monetary text, segments jsonb) (
    SFUNC = fit_rfm_three_bins_trans,
    STYPE = internal,
    SSPACE = 512,
    FINALFUNC = fit_rfm_final,
    COMBINEFUNC = fit_rfm_combine,
    SERIALFUNC = fit_rfm_serial,
    DESERIALFUNC = fit_rfm_deserial,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE fit_rfm(days_since_last double precision, orders double precision, revenue double precision, weight double precision, r_bins integer, f_bins integer, m_bins integer, monetary text, segments jsonb) IS
'the cut points of RFM scores of customers that come row by row, so many bins of each score; each row stands for so many customers';

CREATE FUNCTION rfm_score(model rfm_model, days_since_last double precision, orders double precision, revenue double precision)
RETURNS text
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 20
AS 'MODULE_PATHNAME', 'rfm_score_wrapper';
COMMENT ON FUNCTION rfm_score(model rfm_model, days_since_last double precision, orders double precision, revenue double precision) IS
'the RFM score of a customer on the scale of a model, such as 555; NULL for numbers that no customer with an order has';

CREATE FUNCTION rfm_segment(model rfm_model, days_since_last double precision, orders double precision, revenue double precision)
RETURNS text
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 20
AS 'MODULE_PATHNAME', 'rfm_segment_of_model_wrapper';
COMMENT ON FUNCTION rfm_segment(model rfm_model, days_since_last double precision, orders double precision, revenue double precision) IS
'the segment of a customer on the scale of a model; NULL for numbers that no customer with an order has, or if the model has no names for its number of bins';

CREATE FUNCTION rfm_segment(r integer, f integer, m integer)
RETURNS text
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 5
AS 'MODULE_PATHNAME', 'rfm_segment_wrapper';
COMMENT ON FUNCTION rfm_segment(r integer, f integer, m integer) IS
'the usual segment of three scores from 1 to 5; NULL for others';

CREATE FUNCTION rfm_segments(bins integer DEFAULT 5, r_bins integer DEFAULT NULL, f_bins integer DEFAULT NULL, m_bins integer DEFAULT NULL, segments jsonb DEFAULT NULL)
RETURNS TABLE (
    segment text,
    r integer,
    f integer,
    m integer,
    score text
)
LANGUAGE c IMMUTABLE PARALLEL SAFE ROWS 125 COST 100
AS 'MODULE_PATHNAME', 'rfm_segments_wrapper';
COMMENT ON FUNCTION rfm_segments(bins integer, r_bins integer, f_bins integer, m_bins integer, segments jsonb) IS
'a map of segments: names, and the scores that belong to each, of the usual map for 3 to 5 bins or of one of your own';

-- ---------------------------------------------------------------------------------------------------------------------
-- purchases: models of buying until leaving unnoticed
-- ---------------------------------------------------------------------------------------------------------------------

CREATE TYPE purchase_model;

CREATE FUNCTION purchase_model_in(cstring)
RETURNS purchase_model
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'purchase_model_in_wrapper';
COMMENT ON FUNCTION purchase_model_in(cstring) IS
'text input of purchase_model: JSON';

CREATE FUNCTION purchase_model_out(purchase_model)
RETURNS cstring
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'purchase_model_out_wrapper';
COMMENT ON FUNCTION purchase_model_out(purchase_model) IS
'text output of purchase_model: JSON';

CREATE FUNCTION purchase_model_recv(internal)
RETURNS purchase_model
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'purchase_model_recv_wrapper';
COMMENT ON FUNCTION purchase_model_recv(internal) IS
'binary input of purchase_model';

CREATE FUNCTION purchase_model_send(purchase_model)
RETURNS bytea
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE
AS 'byteasend';
COMMENT ON FUNCTION purchase_model_send(purchase_model) IS
'binary output of purchase_model: the stored bytes';

CREATE TYPE purchase_model (
    INPUT = purchase_model_in,
    OUTPUT = purchase_model_out,
    RECEIVE = purchase_model_recv,
    SEND = purchase_model_send,
    INTERNALLENGTH = variable,
    ALIGNMENT = int4,
    STORAGE = extended
);
COMMENT ON TYPE purchase_model IS
'a fitted BG/NBD, MBG/NBD, Pareto/NBD, MBG/CNBD-k or BG/BB model: parameters, how sure they are, and what to know before one trusts them';

CREATE CAST (purchase_model AS jsonb) WITH INOUT;
COMMENT ON CAST (purchase_model AS jsonb) IS 'the text form of a purchase_model, as jsonb';
CREATE CAST (jsonb AS purchase_model) WITH INOUT;
COMMENT ON CAST (jsonb AS purchase_model) IS 'a purchase_model from its text form, as jsonb';

CREATE FUNCTION purchase_model_json(purchase_model)
RETURNS json
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CAST(CAST($1 AS text) AS json);
COMMENT ON FUNCTION purchase_model_json(purchase_model) IS
'implementation of the cast of purchase_model to json, which to_jsonb and to_json go by';
CREATE CAST (purchase_model AS json) WITH FUNCTION purchase_model_json(purchase_model);
COMMENT ON CAST (purchase_model AS json) IS 'the text form of a purchase_model, as json';

CREATE FUNCTION purchase_model_eq(purchase_model, purchase_model)
RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
AS 'byteaeq';
COMMENT ON FUNCTION purchase_model_eq(purchase_model, purchase_model) IS
'implementation of = for purchase_model';

CREATE FUNCTION purchase_model_ne(purchase_model, purchase_model)
RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
AS 'byteane';
COMMENT ON FUNCTION purchase_model_ne(purchase_model, purchase_model) IS
'implementation of <> for purchase_model';

CREATE FUNCTION purchase_model_hash(purchase_model)
RETURNS integer
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE
AS 'hashvarlena';
COMMENT ON FUNCTION purchase_model_hash(purchase_model) IS
'hash of purchase_model';

CREATE FUNCTION purchase_model_hash_extended(purchase_model, bigint)
RETURNS bigint
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE
AS 'hashvarlenaextended';
COMMENT ON FUNCTION purchase_model_hash_extended(purchase_model, bigint) IS
'hash of purchase_model, with a seed';

CREATE OPERATOR = (
    LEFTARG = purchase_model, RIGHTARG = purchase_model, FUNCTION = purchase_model_eq,
    COMMUTATOR = =, NEGATOR = <>, RESTRICT = eqsel, JOIN = eqjoinsel, HASHES
);
COMMENT ON OPERATOR = (purchase_model, purchase_model) IS 'equal, byte for byte';

CREATE OPERATOR <> (
    LEFTARG = purchase_model, RIGHTARG = purchase_model, FUNCTION = purchase_model_ne,
    COMMUTATOR = <>, NEGATOR = =, RESTRICT = neqsel, JOIN = neqjoinsel
);
COMMENT ON OPERATOR <> (purchase_model, purchase_model) IS 'not equal';

CREATE OPERATOR CLASS purchase_model_ops DEFAULT FOR TYPE purchase_model USING hash AS
    OPERATOR 1 =,
    FUNCTION 1 purchase_model_hash(purchase_model),
    FUNCTION 2 purchase_model_hash_extended(purchase_model, bigint);
COMMENT ON OPERATOR FAMILY purchase_model_ops USING hash IS 'purchase_model by its bytes';
COMMENT ON OPERATOR CLASS purchase_model_ops USING hash IS 'purchase_model by its bytes: for DISTINCT, GROUP BY and hash joins';

CREATE FUNCTION fit_purchases(log order_log, model text DEFAULT 'mbg/nbd', as_of timestamp DEFAULT NULL, period text DEFAULT NULL, time_zone text DEFAULT 'UTC', time_unit interval DEFAULT '1 day')
RETURNS purchase_model
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 20000000 SUPPORT plan_work
AS 'MODULE_PATHNAME', 'fit_purchases_wrapper';
COMMENT ON FUNCTION fit_purchases(log order_log, model text, as_of timestamp, period text, time_zone text, time_unit interval) IS
'fits a model of purchases (bg/nbd, mbg/nbd, pareto/nbd, mbg/cnbd-k, bg/bb, or auto: mbg/nbd unless another but bg/bb is better beyond doubt) to the customers of an order log by maximum likelihood';

CREATE FUNCTION fit_purchases_trans(internal, double precision, double precision, double precision)
RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'fit_purchases_trans_wrapper';
COMMENT ON FUNCTION fit_purchases_trans(internal, double precision, double precision, double precision) IS
'transition function of fit_purchases(frequency, recency, age)';

CREATE FUNCTION fit_purchases_weighted_trans(internal, double precision, double precision, double precision, double precision)
RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'fit_purchases_weighted_trans_wrapper';
COMMENT ON FUNCTION fit_purchases_weighted_trans(internal, double precision, double precision, double precision, double precision) IS
'transition function of fit_purchases(frequency, recency, age, weight)';

CREATE FUNCTION fit_purchases_named_trans(internal, double precision, double precision, double precision, double precision, text, interval)
RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'fit_purchases_named_trans_wrapper';
COMMENT ON FUNCTION fit_purchases_named_trans(internal, double precision, double precision, double precision, double precision, text, interval) IS
'transition function of fit_purchases(frequency, recency, age, weight, model, time_unit)';

CREATE FUNCTION fit_purchases_combine(internal, internal)
RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'fit_purchases_combine_wrapper';
COMMENT ON FUNCTION fit_purchases_combine(internal, internal) IS
'combine function of fit_purchases';

CREATE FUNCTION fit_purchases_serial(internal)
RETURNS bytea
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'fit_purchases_serial_wrapper';
COMMENT ON FUNCTION fit_purchases_serial(internal) IS
'serialisation function of fit_purchases';

CREATE FUNCTION fit_purchases_deserial(bytea, internal)
RETURNS internal
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'fit_purchases_deserial_wrapper';
COMMENT ON FUNCTION fit_purchases_deserial(bytea, internal) IS
'deserialisation function of fit_purchases';

CREATE FUNCTION fit_purchases_final(internal)
RETURNS purchase_model
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'fit_purchases_final_wrapper';
COMMENT ON FUNCTION fit_purchases_final(internal) IS
'final function of fit_purchases';

CREATE AGGREGATE fit_purchases(frequency double precision, recency double precision, age double precision) (
    SFUNC = fit_purchases_trans,
    STYPE = internal,
    SSPACE = 512,
    FINALFUNC = fit_purchases_final,
    COMBINEFUNC = fit_purchases_combine,
    SERIALFUNC = fit_purchases_serial,
    DESERIALFUNC = fit_purchases_deserial,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE fit_purchases(frequency double precision, recency double precision, age double precision) IS
'fits MBG/NBD to a summary of customers, times in days';

CREATE AGGREGATE fit_purchases(frequency double precision, recency double precision, age double precision, weight double precision) (
    SFUNC = fit_purchases_weighted_trans,
    STYPE = internal,
    SSPACE = 512,
    FINALFUNC = fit_purchases_final,
    COMBINEFUNC = fit_purchases_combine,
    SERIALFUNC = fit_purchases_serial,
    DESERIALFUNC = fit_purchases_deserial,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE fit_purchases(frequency double precision, recency double precision, age double precision, weight double precision) IS
'fits MBG/NBD to a summary of customers, times in days; each row stands for so many customers';

CREATE AGGREGATE fit_purchases(frequency double precision, recency double precision, age double precision, weight double precision, model text, time_unit interval) (
    SFUNC = fit_purchases_named_trans,
    STYPE = internal,
    SSPACE = 512,
    FINALFUNC = fit_purchases_final,
    COMBINEFUNC = fit_purchases_combine,
    SERIALFUNC = fit_purchases_serial,
    DESERIALFUNC = fit_purchases_deserial,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE fit_purchases(frequency double precision, recency double precision, age double precision, weight double precision, model text, time_unit interval) IS
'fits a model of purchases to a summary of customers, times in time_unit; each row stands for so many customers';

CREATE FUNCTION parameters(model purchase_model)
RETURNS TABLE (
    parameter text,
    estimate double precision,
    standard_error double precision,
    low double precision,
    high double precision,
    at_limit boolean
)
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE ROWS 4 COST 20
AS 'MODULE_PATHNAME', 'purchase_model_parameters_wrapper';
COMMENT ON FUNCTION parameters(model purchase_model) IS
'the parameters of a model of purchases, with standard errors, 95 % confidence limits, and what is at a limit';

CREATE FUNCTION describe(
    model purchase_model,
    OUT model text,
    OUT status text,
    OUT customers double precision,
    OUT repeat_customers double precision,
    OUT early_customers double precision,
    OUT observed interval,
    OUT log_likelihood double precision,
    OUT aic double precision,
    OUT bic double precision,
    OUT warnings text
)
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100
AS 'MODULE_PATHNAME', 'purchase_model_describe_wrapper';
COMMENT ON FUNCTION describe(model purchase_model) IS
'how a model of purchases was fitted, and what to know before one trusts it';

CREATE FUNCTION p_alive(model purchase_model, frequency double precision, recency double precision, age double precision)
RETURNS double precision
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 50
AS 'MODULE_PATHNAME', 'p_alive_wrapper';
COMMENT ON FUNCTION p_alive(model purchase_model, frequency double precision, recency double precision, age double precision) IS
'the probability that a customer is still there';

CREATE FUNCTION expected_orders(model purchase_model, frequency double precision, recency double precision, age double precision, horizon interval)
RETURNS double precision
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 200
AS 'MODULE_PATHNAME', 'expected_orders_wrapper';
COMMENT ON FUNCTION expected_orders(model purchase_model, frequency double precision, recency double precision, age double precision, horizon interval) IS
'how many purchases of a customer are expected within the horizon';

CREATE FUNCTION churn_probability(model purchase_model, frequency double precision, recency double precision, age double precision, horizon interval)
RETURNS double precision
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 200
AS 'MODULE_PATHNAME', 'churn_probability_wrapper';
COMMENT ON FUNCTION churn_probability(model purchase_model, frequency double precision, recency double precision, age double precision, horizon interval) IS
'the probability that a customer places no order within the horizon';

CREATE FUNCTION p_orders(model purchase_model, frequency double precision, recency double precision, age double precision, n double precision, horizon interval)
RETURNS double precision
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 500
AS 'MODULE_PATHNAME', 'p_orders_wrapper';
COMMENT ON FUNCTION p_orders(model purchase_model, frequency double precision, recency double precision, age double precision, n double precision, horizon interval) IS
'the probability that a customer makes exactly n purchases within the horizon';

CREATE FUNCTION expected_orders_new_customer(model purchase_model, horizon interval)
RETURNS double precision
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 200
AS 'MODULE_PATHNAME', 'expected_orders_new_customer_wrapper';
COMMENT ON FUNCTION expected_orders_new_customer(model purchase_model, horizon interval) IS
'how many purchases of a new customer are expected within the horizon, after the first one';

CREATE FUNCTION orders_low(model purchase_model, frequency double precision, recency double precision, age double precision, horizon interval, confidence double precision DEFAULT 0.95)
RETURNS double precision
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 1000
AS 'MODULE_PATHNAME', 'orders_low_wrapper';
COMMENT ON FUNCTION orders_low(model purchase_model, frequency double precision, recency double precision, age double precision, horizon interval, confidence double precision) IS
'at least so many purchases will a customer actually make within the horizon: the lower limit, with this confidence that the number is within both';

CREATE FUNCTION orders_high(model purchase_model, frequency double precision, recency double precision, age double precision, horizon interval, confidence double precision DEFAULT 0.95)
RETURNS double precision
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 1000
AS 'MODULE_PATHNAME', 'orders_high_wrapper';
COMMENT ON FUNCTION orders_high(model purchase_model, frequency double precision, recency double precision, age double precision, horizon interval, confidence double precision) IS
'at most so many purchases will a customer actually make within the horizon: the upper limit, with this confidence that the number is within both';

-- ---------------------------------------------------------------------------------------------------------------------
-- spend: what a purchase of a customer is worth
-- ---------------------------------------------------------------------------------------------------------------------

CREATE TYPE spend_model;

CREATE FUNCTION spend_model_in(cstring)
RETURNS spend_model
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'spend_model_in_wrapper';
COMMENT ON FUNCTION spend_model_in(cstring) IS
'text input of spend_model: JSON';

CREATE FUNCTION spend_model_out(spend_model)
RETURNS cstring
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'spend_model_out_wrapper';
COMMENT ON FUNCTION spend_model_out(spend_model) IS
'text output of spend_model: JSON';

CREATE FUNCTION spend_model_recv(internal)
RETURNS spend_model
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'spend_model_recv_wrapper';
COMMENT ON FUNCTION spend_model_recv(internal) IS
'binary input of spend_model';

CREATE FUNCTION spend_model_send(spend_model)
RETURNS bytea
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE
AS 'byteasend';
COMMENT ON FUNCTION spend_model_send(spend_model) IS
'binary output of spend_model: the stored bytes';

CREATE TYPE spend_model (
    INPUT = spend_model_in,
    OUTPUT = spend_model_out,
    RECEIVE = spend_model_recv,
    SEND = spend_model_send,
    INTERNALLENGTH = variable,
    ALIGNMENT = int4,
    STORAGE = extended
);
COMMENT ON TYPE spend_model IS
'a fitted Gamma-Gamma model of spend: parameters, how sure they are, and what to know before one trusts them';

CREATE CAST (spend_model AS jsonb) WITH INOUT;
COMMENT ON CAST (spend_model AS jsonb) IS 'the text form of a spend_model, as jsonb';
CREATE CAST (jsonb AS spend_model) WITH INOUT;
COMMENT ON CAST (jsonb AS spend_model) IS 'a spend_model from its text form, as jsonb';

CREATE FUNCTION spend_model_json(spend_model)
RETURNS json
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CAST(CAST($1 AS text) AS json);
COMMENT ON FUNCTION spend_model_json(spend_model) IS
'implementation of the cast of spend_model to json, which to_jsonb and to_json go by';
CREATE CAST (spend_model AS json) WITH FUNCTION spend_model_json(spend_model);
COMMENT ON CAST (spend_model AS json) IS 'the text form of a spend_model, as json';

CREATE FUNCTION spend_model_eq(spend_model, spend_model)
RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
AS 'byteaeq';
COMMENT ON FUNCTION spend_model_eq(spend_model, spend_model) IS
'implementation of = for spend_model';

CREATE FUNCTION spend_model_ne(spend_model, spend_model)
RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
AS 'byteane';
COMMENT ON FUNCTION spend_model_ne(spend_model, spend_model) IS
'implementation of <> for spend_model';

CREATE FUNCTION spend_model_hash(spend_model)
RETURNS integer
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE
AS 'hashvarlena';
COMMENT ON FUNCTION spend_model_hash(spend_model) IS
'hash of spend_model';

CREATE FUNCTION spend_model_hash_extended(spend_model, bigint)
RETURNS bigint
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE
AS 'hashvarlenaextended';
COMMENT ON FUNCTION spend_model_hash_extended(spend_model, bigint) IS
'hash of spend_model, with a seed';

CREATE OPERATOR = (
    LEFTARG = spend_model, RIGHTARG = spend_model, FUNCTION = spend_model_eq,
    COMMUTATOR = =, NEGATOR = <>, RESTRICT = eqsel, JOIN = eqjoinsel, HASHES
);
COMMENT ON OPERATOR = (spend_model, spend_model) IS 'equal, byte for byte';

CREATE OPERATOR <> (
    LEFTARG = spend_model, RIGHTARG = spend_model, FUNCTION = spend_model_ne,
    COMMUTATOR = <>, NEGATOR = =, RESTRICT = neqsel, JOIN = neqjoinsel
);
COMMENT ON OPERATOR <> (spend_model, spend_model) IS 'not equal';

CREATE OPERATOR CLASS spend_model_ops DEFAULT FOR TYPE spend_model USING hash AS
    OPERATOR 1 =,
    FUNCTION 1 spend_model_hash(spend_model),
    FUNCTION 2 spend_model_hash_extended(spend_model, bigint);
COMMENT ON OPERATOR FAMILY spend_model_ops USING hash IS 'spend_model by its bytes';
COMMENT ON OPERATOR CLASS spend_model_ops USING hash IS 'spend_model by its bytes: for DISTINCT, GROUP BY and hash joins';

CREATE FUNCTION fit_spend(log order_log, as_of timestamp DEFAULT NULL, period text DEFAULT 'day', time_zone text DEFAULT 'UTC')
RETURNS spend_model
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 10000000 SUPPORT plan_work
AS 'MODULE_PATHNAME', 'fit_spend_wrapper';
COMMENT ON FUNCTION fit_spend(log order_log, as_of timestamp, period text, time_zone text) IS
'fits the Gamma-Gamma model of spend to the customers of an order log who have bought again, by maximum likelihood';

CREATE FUNCTION fit_spend_trans(internal, double precision, double precision)
RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'fit_spend_trans_wrapper';
COMMENT ON FUNCTION fit_spend_trans(internal, double precision, double precision) IS
'transition function of fit_spend(frequency, monetary_value)';

CREATE FUNCTION fit_spend_weighted_trans(internal, double precision, double precision, double precision)
RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'fit_spend_weighted_trans_wrapper';
COMMENT ON FUNCTION fit_spend_weighted_trans(internal, double precision, double precision, double precision) IS
'transition function of fit_spend(frequency, monetary_value, weight)';

CREATE FUNCTION fit_spend_combine(internal, internal)
RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'fit_spend_combine_wrapper';
COMMENT ON FUNCTION fit_spend_combine(internal, internal) IS
'combine function of fit_spend';

CREATE FUNCTION fit_spend_serial(internal)
RETURNS bytea
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'fit_spend_serial_wrapper';
COMMENT ON FUNCTION fit_spend_serial(internal) IS
'serialisation function of fit_spend';

CREATE FUNCTION fit_spend_deserial(bytea, internal)
RETURNS internal
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'fit_spend_deserial_wrapper';
COMMENT ON FUNCTION fit_spend_deserial(bytea, internal) IS
'deserialisation function of fit_spend';

CREATE FUNCTION fit_spend_final(internal)
RETURNS spend_model
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'fit_spend_final_wrapper';
COMMENT ON FUNCTION fit_spend_final(internal) IS
'final function of fit_spend';

CREATE AGGREGATE fit_spend(frequency double precision, monetary_value double precision) (
    SFUNC = fit_spend_trans,
    STYPE = internal,
    SSPACE = 512,
    FINALFUNC = fit_spend_final,
    COMBINEFUNC = fit_spend_combine,
    SERIALFUNC = fit_spend_serial,
    DESERIALFUNC = fit_spend_deserial,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE fit_spend(frequency double precision, monetary_value double precision) IS
'fits the Gamma-Gamma model of spend to a summary of customers';

CREATE AGGREGATE fit_spend(frequency double precision, monetary_value double precision, weight double precision) (
    SFUNC = fit_spend_weighted_trans,
    STYPE = internal,
    SSPACE = 512,
    FINALFUNC = fit_spend_final,
    COMBINEFUNC = fit_spend_combine,
    SERIALFUNC = fit_spend_serial,
    DESERIALFUNC = fit_spend_deserial,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE fit_spend(frequency double precision, monetary_value double precision, weight double precision) IS
'fits the Gamma-Gamma model of spend to a summary of customers; each row stands for so many customers';

CREATE FUNCTION parameters(model spend_model)
RETURNS TABLE (
    parameter text,
    estimate double precision,
    standard_error double precision,
    low double precision,
    high double precision,
    at_limit boolean
)
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE ROWS 3 COST 20
AS 'MODULE_PATHNAME', 'spend_model_parameters_wrapper';
COMMENT ON FUNCTION parameters(model spend_model) IS
'the parameters of a model of spend, with standard errors, 95 % confidence limits, and what is at a limit';

CREATE FUNCTION describe(
    model spend_model,
    OUT model text,
    OUT status text,
    OUT customers double precision,
    OUT log_likelihood double precision,
    OUT aic double precision,
    OUT bic double precision,
    OUT warnings text
)
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100
AS 'MODULE_PATHNAME', 'spend_model_describe_wrapper';
COMMENT ON FUNCTION describe(model spend_model) IS
'how a model of spend was fitted, and what to know before one trusts it';

CREATE FUNCTION expected_spend(model spend_model, frequency double precision, monetary_value double precision)
RETURNS double precision
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 20
AS 'MODULE_PATHNAME', 'expected_spend_wrapper';
COMMENT ON FUNCTION expected_spend(model spend_model, frequency double precision, monetary_value double precision) IS
'what a purchase of a customer is expected to be worth; without repeat purchases, that of all customers';

-- ---------------------------------------------------------------------------------------------------------------------
-- clv
-- ---------------------------------------------------------------------------------------------------------------------

CREATE FUNCTION clv(log order_log, horizon interval DEFAULT '1 year', discount_rate double precision DEFAULT 0, margin double precision DEFAULT 1, model text DEFAULT 'mbg/nbd', as_of timestamp DEFAULT NULL, period text DEFAULT NULL, time_zone text DEFAULT 'UTC', discount_period interval DEFAULT '1 year', confidence double precision DEFAULT 0.95, purchases purchase_model DEFAULT NULL, spend spend_model DEFAULT NULL, intervals boolean DEFAULT true)
RETURNS TABLE (
    customer_id bigint,
    p_alive double precision,
    expected_orders double precision,
    orders_low double precision,
    orders_high double precision,
    expected_spend double precision,
    clv double precision,
    clv_low double precision,
    clv_high double precision,
    mean_low double precision,
    mean_high double precision
)
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 20000000 ROWS 500000 SUPPORT plan_customers
AS 'MODULE_PATHNAME', 'clv_wrapper';
COMMENT ON FUNCTION clv(log order_log, horizon interval, discount_rate double precision, margin double precision, model text, as_of timestamp, period text, time_zone text, discount_period interval, confidence double precision, purchases purchase_model, spend spend_model, intervals boolean) IS
'customer lifetime value: what the orders of each customer within the horizon are expected to bring, discounted, between what limits that will actually be, and between what limits the expectation lies';

CREATE FUNCTION clv(log order_log, key anyelement, horizon interval DEFAULT '1 year', discount_rate double precision DEFAULT 0, margin double precision DEFAULT 1, model text DEFAULT 'mbg/nbd', as_of timestamp DEFAULT NULL, period text DEFAULT NULL, time_zone text DEFAULT 'UTC', discount_period interval DEFAULT '1 year', confidence double precision DEFAULT 0.95, purchases purchase_model DEFAULT NULL, spend spend_model DEFAULT NULL, intervals boolean DEFAULT true)
RETURNS TABLE (
    customer_id anyelement,
    p_alive double precision,
    expected_orders double precision,
    orders_low double precision,
    orders_high double precision,
    expected_spend double precision,
    clv double precision,
    clv_low double precision,
    clv_high double precision,
    mean_low double precision,
    mean_high double precision
)
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 20000000 ROWS 500000 SUPPORT plan_customers
AS 'MODULE_PATHNAME', 'clv_wrapper';
COMMENT ON FUNCTION clv(log order_log, key anyelement, horizon interval, discount_rate double precision, margin double precision, model text, as_of timestamp, period text, time_zone text, discount_period interval, confidence double precision, purchases purchase_model, spend spend_model, intervals boolean) IS
'customer lifetime value: what the orders of each customer within the horizon are expected to bring, discounted, between what limits that will actually be, and between what limits the expectation lies; keys of the type of the second argument, such as NULL::uuid';

-- ---------------------------------------------------------------------------------------------------------------------
-- churn
-- ---------------------------------------------------------------------------------------------------------------------

CREATE FUNCTION churn(log order_log, horizon interval DEFAULT '90 days', model text DEFAULT 'mbg/nbd', as_of timestamp DEFAULT NULL, period text DEFAULT NULL, time_zone text DEFAULT 'UTC', medium_from double precision DEFAULT 0.33, high_from double precision DEFAULT 0.67, purchases purchase_model DEFAULT NULL)
RETURNS TABLE (
    customer_id bigint,
    days_since_last double precision,
    p_alive double precision,
    churn_probability double precision,
    risk text
)
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 20000000 ROWS 500000 SUPPORT plan_customers
AS 'MODULE_PATHNAME', 'churn_wrapper';
COMMENT ON FUNCTION churn(log order_log, horizon interval, model text, as_of timestamp, period text, time_zone text, medium_from double precision, high_from double precision, purchases purchase_model) IS
'the probability that each customer places no order within the horizon, and its band: low, medium or high';

CREATE FUNCTION churn(log order_log, key anyelement, horizon interval DEFAULT '90 days', model text DEFAULT 'mbg/nbd', as_of timestamp DEFAULT NULL, period text DEFAULT NULL, time_zone text DEFAULT 'UTC', medium_from double precision DEFAULT 0.33, high_from double precision DEFAULT 0.67, purchases purchase_model DEFAULT NULL)
RETURNS TABLE (
    customer_id anyelement,
    days_since_last double precision,
    p_alive double precision,
    churn_probability double precision,
    risk text
)
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 20000000 ROWS 500000 SUPPORT plan_customers
AS 'MODULE_PATHNAME', 'churn_wrapper';
COMMENT ON FUNCTION churn(log order_log, key anyelement, horizon interval, model text, as_of timestamp, period text, time_zone text, medium_from double precision, high_from double precision, purchases purchase_model) IS
'the probability that each customer places no order within the horizon, and its band: low, medium or high; keys of the type of the second argument, such as NULL::uuid';

-- ---------------------------------------------------------------------------------------------------------------------
-- validation: whether models would have been right
-- ---------------------------------------------------------------------------------------------------------------------

CREATE FUNCTION validate_purchases(log order_log, split timestamp DEFAULT NULL, model text DEFAULT 'mbg/nbd', as_of timestamp DEFAULT NULL, period text DEFAULT NULL, time_zone text DEFAULT 'UTC')
RETURNS TABLE (
    method text,
    decile integer,
    customers bigint,
    predicted double precision,
    actual bigint,
    bias double precision,
    mae double precision,
    rmse double precision,
    rank_correlation double precision,
    predicted_active double precision,
    actual_active double precision
)
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 20000000 ROWS 35 SUPPORT plan_work
AS 'MODULE_PATHNAME', 'validate_purchases_wrapper';
COMMENT ON FUNCTION validate_purchases(log order_log, split timestamp, model text, as_of timestamp, period text, time_zone text) IS
'fits a model of purchases to what came up to the split, and puts what it predicts after it beside what came, and beside rules of thumb: for all customers (decile NULL), and by deciles of what was predicted';

CREATE FUNCTION validate_clv(log order_log, split timestamp DEFAULT NULL, model text DEFAULT 'mbg/nbd', as_of timestamp DEFAULT NULL, period text DEFAULT NULL, time_zone text DEFAULT 'UTC', confidence double precision DEFAULT 0.95)
RETURNS TABLE (
    method text,
    decile integer,
    customers bigint,
    predicted double precision,
    actual double precision,
    bias double precision,
    mae double precision,
    rmse double precision,
    rank_correlation double precision,
    top_tenth_share double precision,
    coverage double precision
)
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 20000000 ROWS 35 SUPPORT plan_work
AS 'MODULE_PATHNAME', 'validate_clv_wrapper';
COMMENT ON FUNCTION validate_clv(log order_log, split timestamp, model text, as_of timestamp, period text, time_zone text, confidence double precision) IS
'fits models of purchases and of spend to what came up to the split, and puts the revenue that they predict after it beside what came in, and beside rules of thumb: for all customers (decile NULL), and by deciles of what was predicted';

CREATE FUNCTION validate_churn(log order_log, split timestamp DEFAULT NULL, model text DEFAULT 'mbg/nbd', as_of timestamp DEFAULT NULL, period text DEFAULT NULL, time_zone text DEFAULT 'UTC')
RETURNS TABLE (
    method text,
    decile integer,
    customers bigint,
    predicted_churn double precision,
    actual_churn double precision,
    brier_score double precision,
    log_loss double precision,
    auc double precision
)
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 20000000 ROWS 23 SUPPORT plan_work
AS 'MODULE_PATHNAME', 'validate_churn_wrapper';
COMMENT ON FUNCTION validate_churn(log order_log, split timestamp, model text, as_of timestamp, period text, time_zone text) IS
'fits a model of purchases to what came up to the split, and puts the probability of no order after it beside who placed none, and beside what the time before teaches: for all customers (decile NULL), and by deciles of the probability';

CREATE FUNCTION compare_purchase_models(log order_log, split timestamp DEFAULT NULL, as_of timestamp DEFAULT NULL, period text DEFAULT 'day', time_zone text DEFAULT 'UTC')
RETURNS TABLE (
    method text,
    status text,
    log_likelihood double precision,
    aic double precision,
    bic double precision,
    customers bigint,
    predicted double precision,
    actual bigint,
    bias double precision,
    mae double precision,
    rmse double precision,
    rank_correlation double precision,
    predicted_active double precision,
    actual_active double precision,
    predicted_revenue double precision,
    actual_revenue double precision,
    revenue_bias double precision,
    revenue_mae double precision,
    revenue_rmse double precision,
    revenue_rank_correlation double precision,
    top_tenth_share double precision,
    coverage double precision
)
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 20000000 ROWS 8 SUPPORT plan_work
AS 'MODULE_PATHNAME', 'compare_purchase_models_wrapper';
COMMENT ON FUNCTION compare_purchase_models(log order_log, split timestamp, as_of timestamp, period text, time_zone text) IS
'fits all models of purchases but bg/bb, and one of spend, to what came up to the split, and puts the orders and the revenue that each predicts after it beside what came, and beside rules of thumb';

-- ---------------------------------------------------------------------------------------------------------------------
-- retention
-- ---------------------------------------------------------------------------------------------------------------------

CREATE TYPE retention_model;

CREATE FUNCTION retention_model_in(cstring)
RETURNS retention_model
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'retention_model_in_wrapper';
COMMENT ON FUNCTION retention_model_in(cstring) IS
'text input of retention_model: JSON';

CREATE FUNCTION retention_model_out(retention_model)
RETURNS cstring
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'retention_model_out_wrapper';
COMMENT ON FUNCTION retention_model_out(retention_model) IS
'text output of retention_model: JSON';

CREATE FUNCTION retention_model_recv(internal)
RETURNS retention_model
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'retention_model_recv_wrapper';
COMMENT ON FUNCTION retention_model_recv(internal) IS
'binary input of retention_model';

CREATE FUNCTION retention_model_send(retention_model)
RETURNS bytea
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE
AS 'byteasend';
COMMENT ON FUNCTION retention_model_send(retention_model) IS
'binary output of retention_model: the stored bytes';

CREATE TYPE retention_model (
    INPUT = retention_model_in,
    OUTPUT = retention_model_out,
    RECEIVE = retention_model_recv,
    SEND = retention_model_send,
    INTERNALLENGTH = variable,
    ALIGNMENT = int4,
    STORAGE = extended
);
COMMENT ON TYPE retention_model IS
'the parameters of a shifted-beta-geometric model of retention, with how sure they are: who stays under contract, and for how long';

CREATE CAST (retention_model AS jsonb) WITH INOUT;
COMMENT ON CAST (retention_model AS jsonb) IS 'the text form of a retention_model, as jsonb';
CREATE CAST (jsonb AS retention_model) WITH INOUT;
COMMENT ON CAST (jsonb AS retention_model) IS 'a retention_model from its text form, as jsonb';

CREATE FUNCTION retention_model_json(retention_model)
RETURNS json
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CAST(CAST($1 AS text) AS json);
COMMENT ON FUNCTION retention_model_json(retention_model) IS
'implementation of the cast of retention_model to json, which to_jsonb and to_json go by';
CREATE CAST (retention_model AS json) WITH FUNCTION retention_model_json(retention_model);
COMMENT ON CAST (retention_model AS json) IS 'the text form of a retention_model, as json';

CREATE FUNCTION retention_model_eq(retention_model, retention_model)
RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
AS 'byteaeq';
COMMENT ON FUNCTION retention_model_eq(retention_model, retention_model) IS
'implementation of = for retention_model';

CREATE FUNCTION retention_model_ne(retention_model, retention_model)
RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
AS 'byteane';
COMMENT ON FUNCTION retention_model_ne(retention_model, retention_model) IS
'implementation of <> for retention_model';

CREATE FUNCTION retention_model_hash(retention_model)
RETURNS integer
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE
AS 'hashvarlena';
COMMENT ON FUNCTION retention_model_hash(retention_model) IS
'hash of retention_model';

CREATE FUNCTION retention_model_hash_extended(retention_model, bigint)
RETURNS bigint
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE
AS 'hashvarlenaextended';
COMMENT ON FUNCTION retention_model_hash_extended(retention_model, bigint) IS
'hash of retention_model, with a seed';

CREATE OPERATOR = (
    LEFTARG = retention_model, RIGHTARG = retention_model, FUNCTION = retention_model_eq,
    COMMUTATOR = =, NEGATOR = <>, RESTRICT = eqsel, JOIN = eqjoinsel, HASHES
);
COMMENT ON OPERATOR = (retention_model, retention_model) IS 'equal, byte for byte';

CREATE OPERATOR <> (
    LEFTARG = retention_model, RIGHTARG = retention_model, FUNCTION = retention_model_ne,
    COMMUTATOR = <>, NEGATOR = =, RESTRICT = neqsel, JOIN = neqjoinsel
);
COMMENT ON OPERATOR <> (retention_model, retention_model) IS 'not equal';

CREATE OPERATOR CLASS retention_model_ops DEFAULT FOR TYPE retention_model USING hash AS
    OPERATOR 1 =,
    FUNCTION 1 retention_model_hash(retention_model),
    FUNCTION 2 retention_model_hash_extended(retention_model, bigint);
COMMENT ON OPERATOR FAMILY retention_model_ops USING hash IS 'retention_model by its bytes';
COMMENT ON OPERATOR CLASS retention_model_ops USING hash IS 'retention_model by its bytes: for DISTINCT, GROUP BY and hash joins';

CREATE FUNCTION fit_retention_curve_trans(internal, double precision, double precision)
RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'fit_retention_curve_trans_wrapper';
COMMENT ON FUNCTION fit_retention_curve_trans(internal, double precision, double precision) IS
'transition function of fit_retention(period, customers)';

CREATE FUNCTION fit_retention_trans(internal, double precision, double precision, boolean)
RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'fit_retention_trans_wrapper';
COMMENT ON FUNCTION fit_retention_trans(internal, double precision, double precision, boolean) IS
'transition function of fit_retention(period, customers, has_left)';

CREATE FUNCTION fit_retention_combine(internal, internal)
RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'fit_retention_combine_wrapper';
COMMENT ON FUNCTION fit_retention_combine(internal, internal) IS
'combine function of fit_retention';

CREATE FUNCTION fit_retention_serial(internal)
RETURNS bytea
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'fit_retention_serial_wrapper';
COMMENT ON FUNCTION fit_retention_serial(internal) IS
'serialisation function of fit_retention';

CREATE FUNCTION fit_retention_deserial(bytea, internal)
RETURNS internal
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'fit_retention_deserial_wrapper';
COMMENT ON FUNCTION fit_retention_deserial(bytea, internal) IS
'deserialisation function of fit_retention';

CREATE FUNCTION fit_retention_curve_final(internal)
RETURNS retention_model
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'fit_retention_curve_final_wrapper';
COMMENT ON FUNCTION fit_retention_curve_final(internal) IS
'final function of fit_retention(period, customers)';

CREATE FUNCTION fit_retention_final(internal)
RETURNS retention_model
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'fit_retention_final_wrapper';
COMMENT ON FUNCTION fit_retention_final(internal) IS
'final function of fit_retention(period, customers, has_left)';

CREATE AGGREGATE fit_retention(period double precision, customers double precision) (
    SFUNC = fit_retention_curve_trans,
    STYPE = internal,
    SSPACE = 512,
    FINALFUNC = fit_retention_curve_final,
    COMBINEFUNC = fit_retention_combine,
    SERIALFUNC = fit_retention_serial,
    DESERIALFUNC = fit_retention_deserial,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE fit_retention(period double precision, customers double precision) IS
'fits a retention_model to a survivor curve: how many customers are still there after each number of renewals, from 0 on';

CREATE AGGREGATE fit_retention(period double precision, customers double precision, has_left boolean) (
    SFUNC = fit_retention_trans,
    STYPE = internal,
    SSPACE = 512,
    FINALFUNC = fit_retention_final,
    COMBINEFUNC = fit_retention_combine,
    SERIALFUNC = fit_retention_serial,
    DESERIALFUNC = fit_retention_deserial,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE fit_retention(period double precision, customers double precision, has_left boolean) IS
'fits a retention_model to customers who left at renewal number period, or were last seen still there after so many renewals';

CREATE FUNCTION survival(model retention_model, periods double precision)
RETURNS double precision
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 50
AS 'MODULE_PATHNAME', 'retention_survival_wrapper';
COMMENT ON FUNCTION survival(model retention_model, periods double precision) IS
'the share of customers who are still there after so many renewals';

CREATE FUNCTION retention_rate(model retention_model, period double precision)
RETURNS double precision
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 20
AS 'MODULE_PATHNAME', 'retention_rate_wrapper';
COMMENT ON FUNCTION retention_rate(model retention_model, period double precision) IS
'the share of those who come to renewal number period that renew';

CREATE FUNCTION expected_lifetime(model retention_model, renewals double precision DEFAULT 0, discount_rate double precision DEFAULT 0, horizon double precision DEFAULT NULL)
RETURNS double precision
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 200
AS 'MODULE_PATHNAME', 'retention_expected_lifetime_wrapper';
COMMENT ON FUNCTION expected_lifetime(model retention_model, renewals double precision, discount_rate double precision, horizon double precision) IS
'how many periods a customer who has renewed so often will be there for, the one under way included; later ones discounted';

CREATE FUNCTION parameters(model retention_model)
RETURNS TABLE (
    parameter text,
    estimate double precision,
    standard_error double precision,
    low double precision,
    high double precision,
    at_limit boolean
)
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE ROWS 2 COST 20
AS 'MODULE_PATHNAME', 'retention_model_parameters_wrapper';
COMMENT ON FUNCTION parameters(model retention_model) IS
'the parameters of a model of retention, with standard errors, 95 % confidence limits, and what is at a limit';

CREATE FUNCTION describe(
    model retention_model,
    OUT model text,
    OUT status text,
    OUT customers double precision,
    OUT log_likelihood double precision,
    OUT aic double precision,
    OUT bic double precision,
    OUT warnings text
)
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100
AS 'MODULE_PATHNAME', 'retention_model_describe_wrapper';
COMMENT ON FUNCTION describe(model retention_model) IS
'how a model of retention was fitted, and what to know before one trusts it';

-- ---------------------------------------------------------------------------------------------------------------------
-- feature_set: the value
-- ---------------------------------------------------------------------------------------------------------------------

CREATE TYPE feature_set;

CREATE FUNCTION feature_set_in(cstring)
RETURNS feature_set
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'feature_set_in_wrapper';
COMMENT ON FUNCTION feature_set_in(cstring) IS
'text input of feature_set: its text form, or JSON';

CREATE FUNCTION feature_set_out(feature_set)
RETURNS cstring
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'feature_set_out_wrapper';
COMMENT ON FUNCTION feature_set_out(feature_set) IS
'text output of feature_set: type, version, counts, and the stored bytes in base64';

CREATE FUNCTION feature_set_recv(internal)
RETURNS feature_set
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'feature_set_recv_wrapper';
COMMENT ON FUNCTION feature_set_recv(internal) IS
'binary input of feature_set: checked to the last byte';

CREATE FUNCTION feature_set_send(feature_set)
RETURNS bytea
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE
AS 'byteasend';
COMMENT ON FUNCTION feature_set_send(feature_set) IS
'binary output of feature_set: the stored bytes';

-- Packed columns do not compress any further: out of line, as they are.
CREATE TYPE feature_set (
    INPUT = feature_set_in,
    OUTPUT = feature_set_out,
    RECEIVE = feature_set_recv,
    SEND = feature_set_send,
    INTERNALLENGTH = variable,
    ALIGNMENT = int4,
    STORAGE = external
);
COMMENT ON TYPE feature_set IS
'features of customers: as many numbers for each id; a compact, mergeable value that segments are made from';

CREATE FUNCTION feature_set_json(feature_set)
RETURNS json
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 3000000
AS 'MODULE_PATHNAME', 'feature_set_json_wrapper';
COMMENT ON FUNCTION feature_set_json(feature_set) IS
'implementation of the cast of feature_set to json, which to_jsonb and to_json go by';

CREATE FUNCTION feature_set_jsonb(feature_set)
RETURNS jsonb
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CAST(feature_set_json($1) AS jsonb);
COMMENT ON FUNCTION feature_set_jsonb(feature_set) IS
'implementation of the cast of feature_set to jsonb';

CREATE CAST (feature_set AS json) WITH FUNCTION feature_set_json(feature_set);
COMMENT ON CAST (feature_set AS json) IS 'a feature_set as json that loses nothing';
CREATE CAST (feature_set AS jsonb) WITH FUNCTION feature_set_jsonb(feature_set);
COMMENT ON CAST (feature_set AS jsonb) IS 'a feature_set as jsonb that loses nothing';
CREATE CAST (json AS feature_set) WITH INOUT;
COMMENT ON CAST (json AS feature_set) IS 'a feature_set from json';
CREATE CAST (jsonb AS feature_set) WITH INOUT;
COMMENT ON CAST (jsonb AS feature_set) IS 'a feature_set from jsonb';

-- The same rows give the same bytes, so that equality and hashing are those of bytes.
CREATE FUNCTION feature_set_eq(feature_set, feature_set)
RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
AS 'byteaeq';
COMMENT ON FUNCTION feature_set_eq(feature_set, feature_set) IS
'implementation of = for feature_set';

CREATE FUNCTION feature_set_ne(feature_set, feature_set)
RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
AS 'byteane';
COMMENT ON FUNCTION feature_set_ne(feature_set, feature_set) IS
'implementation of <> for feature_set';

CREATE FUNCTION feature_set_hash(feature_set)
RETURNS integer
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE
AS 'hashvarlena';
COMMENT ON FUNCTION feature_set_hash(feature_set) IS
'hash of feature_set';

CREATE FUNCTION feature_set_hash_extended(feature_set, bigint)
RETURNS bigint
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE
AS 'hashvarlenaextended';
COMMENT ON FUNCTION feature_set_hash_extended(feature_set, bigint) IS
'hash of feature_set, with a seed';

CREATE OPERATOR = (
    LEFTARG = feature_set, RIGHTARG = feature_set, FUNCTION = feature_set_eq,
    COMMUTATOR = =, NEGATOR = <>, RESTRICT = eqsel, JOIN = eqjoinsel, HASHES
);
COMMENT ON OPERATOR = (feature_set, feature_set) IS 'equal, byte for byte';

CREATE OPERATOR <> (
    LEFTARG = feature_set, RIGHTARG = feature_set, FUNCTION = feature_set_ne,
    COMMUTATOR = <>, NEGATOR = =, RESTRICT = neqsel, JOIN = neqjoinsel
);
COMMENT ON OPERATOR <> (feature_set, feature_set) IS 'not equal';

CREATE OPERATOR CLASS feature_set_ops DEFAULT FOR TYPE feature_set USING hash AS
    OPERATOR 1 =,
    FUNCTION 1 feature_set_hash(feature_set),
    FUNCTION 2 feature_set_hash_extended(feature_set, bigint);
COMMENT ON OPERATOR FAMILY feature_set_ops USING hash IS 'feature_set by its bytes';
COMMENT ON OPERATOR CLASS feature_set_ops USING hash IS 'feature_set by its bytes: for DISTINCT, GROUP BY and hash joins';

-- ---------------------------------------------------------------------------------------------------------------------
-- feature_set: collecting
-- ---------------------------------------------------------------------------------------------------------------------

-- Arrays of other numbers are cast by PostgreSQL: ARRAY[days, orders, revenue] may mix them.
CREATE FUNCTION feature_set_trans(internal, "any", double precision[])
RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'feature_set_trans_wrapper';
COMMENT ON FUNCTION feature_set_trans(internal, "any", double precision[]) IS
'transition function of feature_set(id, features)';

CREATE FUNCTION feature_set_trans(internal, "any", double precision[], double precision)
RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'feature_set_trans_wrapper';
COMMENT ON FUNCTION feature_set_trans(internal, "any", double precision[], double precision) IS
'transition function of feature_set(id, features, weight)';

CREATE FUNCTION feature_set_merge_trans(internal, feature_set)
RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'feature_set_merge_trans_wrapper';
COMMENT ON FUNCTION feature_set_merge_trans(internal, feature_set) IS
'transition function of merge(feature_set)';

CREATE FUNCTION feature_set_combine(internal, internal)
RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'feature_set_combine_wrapper';
COMMENT ON FUNCTION feature_set_combine(internal, internal) IS
'combine function of feature_set and merge(feature_set)';

CREATE FUNCTION feature_set_serial(internal)
RETURNS bytea
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'feature_set_serial_wrapper';
COMMENT ON FUNCTION feature_set_serial(internal) IS
'serialisation function of feature_set and merge(feature_set)';

CREATE FUNCTION feature_set_deserial(bytea, internal)
RETURNS internal
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'feature_set_deserial_wrapper';
COMMENT ON FUNCTION feature_set_deserial(bytea, internal) IS
'deserialisation function of feature_set and merge(feature_set)';

CREATE FUNCTION feature_set_final(internal)
RETURNS feature_set
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'feature_set_final_wrapper';
COMMENT ON FUNCTION feature_set_final(internal) IS
'final function of feature_set and merge(feature_set)';

CREATE AGGREGATE feature_set(id "any", features double precision[]) (
    SFUNC = feature_set_trans,
    STYPE = internal,
    SSPACE = 512,
    FINALFUNC = feature_set_final,
    COMBINEFUNC = feature_set_combine,
    SERIALFUNC = feature_set_serial,
    DESERIALFUNC = feature_set_deserial,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE feature_set(id "any", features double precision[]) IS
'collects features (id: integer, uuid or text; as many finite numbers in each row) into a feature_set';

CREATE AGGREGATE feature_set(id "any", features double precision[], weight double precision) (
    SFUNC = feature_set_trans,
    STYPE = internal,
    SSPACE = 512,
    FINALFUNC = feature_set_final,
    COMBINEFUNC = feature_set_combine,
    SERIALFUNC = feature_set_serial,
    DESERIALFUNC = feature_set_deserial,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE feature_set(id "any", features double precision[], weight double precision) IS
'collects features with the weight of each row: how many rows it stands for, finite and not negative';

CREATE AGGREGATE merge(set feature_set) (
    SFUNC = feature_set_merge_trans,
    STYPE = internal,
    SSPACE = 512,
    FINALFUNC = feature_set_final,
    COMBINEFUNC = feature_set_combine,
    SERIALFUNC = feature_set_serial,
    DESERIALFUNC = feature_set_deserial,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE merge(set feature_set) IS
'merges feature sets: the same bytes as collecting all their rows at once';

CREATE FUNCTION describe(
    set feature_set,
    OUT ids text,
    OUT rows bigint,
    OUT dimension integer,
    OUT weight double precision,
    OUT null_ids bigint,
    OUT null_features bigint,
    OUT null_weights bigint,
    OUT bytes bigint
)
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1000000 SUPPORT plan_work
AS 'MODULE_PATHNAME', 'feature_set_describe_wrapper';
COMMENT ON FUNCTION describe(set feature_set) IS
'what is in a feature set, and which rows were ignored';

-- ---------------------------------------------------------------------------------------------------------------------
-- k-means
-- ---------------------------------------------------------------------------------------------------------------------

CREATE TYPE kmeans_model;

CREATE FUNCTION kmeans_model_in(cstring)
RETURNS kmeans_model
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'kmeans_model_in_wrapper';
COMMENT ON FUNCTION kmeans_model_in(cstring) IS
'text input of kmeans_model: JSON';

CREATE FUNCTION kmeans_model_out(kmeans_model)
RETURNS cstring
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'kmeans_model_out_wrapper';
COMMENT ON FUNCTION kmeans_model_out(kmeans_model) IS
'text output of kmeans_model: JSON';

CREATE FUNCTION kmeans_model_recv(internal)
RETURNS kmeans_model
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'kmeans_model_recv_wrapper';
COMMENT ON FUNCTION kmeans_model_recv(internal) IS
'binary input of kmeans_model';

CREATE FUNCTION kmeans_model_send(kmeans_model)
RETURNS bytea
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE
AS 'byteasend';
COMMENT ON FUNCTION kmeans_model_send(kmeans_model) IS
'binary output of kmeans_model: the stored bytes';

CREATE TYPE kmeans_model (
    INPUT = kmeans_model_in,
    OUTPUT = kmeans_model_out,
    RECEIVE = kmeans_model_recv,
    SEND = kmeans_model_send,
    INTERNALLENGTH = variable,
    ALIGNMENT = int4,
    STORAGE = extended
);
COMMENT ON TYPE kmeans_model IS
'clusters of features: centers, scaling, sizes and quality; a value to store, compare and assign rows with';

CREATE CAST (kmeans_model AS jsonb) WITH INOUT;
COMMENT ON CAST (kmeans_model AS jsonb) IS 'the text form of a kmeans_model, as jsonb';
CREATE CAST (jsonb AS kmeans_model) WITH INOUT;
COMMENT ON CAST (jsonb AS kmeans_model) IS 'a kmeans_model from its text form, as jsonb';

CREATE FUNCTION kmeans_model_json(kmeans_model)
RETURNS json
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CAST(CAST($1 AS text) AS json);
COMMENT ON FUNCTION kmeans_model_json(kmeans_model) IS
'implementation of the cast of kmeans_model to json, which to_jsonb and to_json go by';
CREATE CAST (kmeans_model AS json) WITH FUNCTION kmeans_model_json(kmeans_model);
COMMENT ON CAST (kmeans_model AS json) IS 'the text form of a kmeans_model, as json';

CREATE FUNCTION kmeans_model_eq(kmeans_model, kmeans_model)
RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
AS 'byteaeq';
COMMENT ON FUNCTION kmeans_model_eq(kmeans_model, kmeans_model) IS
'implementation of = for kmeans_model';

CREATE FUNCTION kmeans_model_ne(kmeans_model, kmeans_model)
RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
AS 'byteane';
COMMENT ON FUNCTION kmeans_model_ne(kmeans_model, kmeans_model) IS
'implementation of <> for kmeans_model';

CREATE FUNCTION kmeans_model_hash(kmeans_model)
RETURNS integer
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE
AS 'hashvarlena';
COMMENT ON FUNCTION kmeans_model_hash(kmeans_model) IS
'hash of kmeans_model';

CREATE FUNCTION kmeans_model_hash_extended(kmeans_model, bigint)
RETURNS bigint
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE
AS 'hashvarlenaextended';
COMMENT ON FUNCTION kmeans_model_hash_extended(kmeans_model, bigint) IS
'hash of kmeans_model, with a seed';

CREATE OPERATOR = (
    LEFTARG = kmeans_model, RIGHTARG = kmeans_model, FUNCTION = kmeans_model_eq,
    COMMUTATOR = =, NEGATOR = <>, RESTRICT = eqsel, JOIN = eqjoinsel, HASHES
);
COMMENT ON OPERATOR = (kmeans_model, kmeans_model) IS 'equal, byte for byte';

CREATE OPERATOR <> (
    LEFTARG = kmeans_model, RIGHTARG = kmeans_model, FUNCTION = kmeans_model_ne,
    COMMUTATOR = <>, NEGATOR = =, RESTRICT = neqsel, JOIN = neqjoinsel
);
COMMENT ON OPERATOR <> (kmeans_model, kmeans_model) IS 'not equal';

CREATE OPERATOR CLASS kmeans_model_ops DEFAULT FOR TYPE kmeans_model USING hash AS
    OPERATOR 1 =,
    FUNCTION 1 kmeans_model_hash(kmeans_model),
    FUNCTION 2 kmeans_model_hash_extended(kmeans_model, bigint);
COMMENT ON OPERATOR FAMILY kmeans_model_ops USING hash IS 'kmeans_model by its bytes';
COMMENT ON OPERATOR CLASS kmeans_model_ops USING hash IS 'kmeans_model by its bytes: for DISTINCT, GROUP BY and hash joins';

CREATE FUNCTION fit_kmeans(set feature_set, k integer, scaling text DEFAULT 'standard', n_init integer DEFAULT NULL, max_iter integer DEFAULT 300, tolerance double precision DEFAULT NULL, seed bigint DEFAULT 1, previous kmeans_model DEFAULT NULL, names text[] DEFAULT NULL, order_by text DEFAULT 'size', nulls text DEFAULT 'error', silhouette text DEFAULT 'simplified')
RETURNS kmeans_model
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 20000000 SUPPORT plan_work
AS 'MODULE_PATHNAME', 'fit_kmeans_wrapper';
COMMENT ON FUNCTION fit_kmeans(set feature_set, k integer, scaling text, n_init integer, max_iter integer, tolerance double precision, seed bigint, previous kmeans_model, names text[], order_by text, nulls text, silhouette text) IS
'clusters of features: k of them, or as many as there are different rows; a row of weight w counts as w rows; NULL and a NOTICE if no row weighs anything';

CREATE FUNCTION kmeans(set feature_set, k integer, scaling text DEFAULT 'standard', n_init integer DEFAULT NULL, max_iter integer DEFAULT 300, tolerance double precision DEFAULT NULL, seed bigint DEFAULT 1, previous kmeans_model DEFAULT NULL, order_by text DEFAULT 'size', nulls text DEFAULT 'error', silhouette text DEFAULT 'simplified')
RETURNS TABLE (
    id bigint,
    cluster integer,
    distance double precision,
    silhouette double precision
)
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 20000000 ROWS 500000 SUPPORT plan_features
AS 'MODULE_PATHNAME', 'kmeans_wrapper';
COMMENT ON FUNCTION kmeans(set feature_set, k integer, scaling text, n_init integer, max_iter integer, tolerance double precision, seed bigint, previous kmeans_model, order_by text, nulls text, silhouette text) IS
'the cluster of each row, its distance to the center in scaled units, and how much nearer that is than the next, from -1 to 1';

CREATE FUNCTION kmeans(set feature_set, key anyelement, k integer, scaling text DEFAULT 'standard', n_init integer DEFAULT NULL, max_iter integer DEFAULT 300, tolerance double precision DEFAULT NULL, seed bigint DEFAULT 1, previous kmeans_model DEFAULT NULL, order_by text DEFAULT 'size', nulls text DEFAULT 'error', silhouette text DEFAULT 'simplified')
RETURNS TABLE (
    id anyelement,
    cluster integer,
    distance double precision,
    silhouette double precision
)
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 20000000 ROWS 500000 SUPPORT plan_features
AS 'MODULE_PATHNAME', 'kmeans_wrapper';
COMMENT ON FUNCTION kmeans(set feature_set, key anyelement, k integer, scaling text, n_init integer, max_iter integer, tolerance double precision, seed bigint, previous kmeans_model, order_by text, nulls text, silhouette text) IS
'the cluster of each row, its distance to the center in scaled units, and how much nearer that is than the next, from -1 to 1; ids of the type of the second argument, such as NULL::uuid';

CREATE FUNCTION kmeans(set feature_set, model kmeans_model, silhouette text DEFAULT 'simplified')
RETURNS TABLE (
    id bigint,
    cluster integer,
    distance double precision,
    silhouette double precision
)
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 20000000 ROWS 500000 SUPPORT plan_features
AS 'MODULE_PATHNAME', 'kmeans_by_model_wrapper';
COMMENT ON FUNCTION kmeans(set feature_set, model kmeans_model, silhouette text) IS
'the cluster of each row, its distance to the center in scaled units, and how much nearer that is than the next, from -1 to 1, by a model that was fitted before';

CREATE FUNCTION kmeans(set feature_set, key anyelement, model kmeans_model, silhouette text DEFAULT 'simplified')
RETURNS TABLE (
    id anyelement,
    cluster integer,
    distance double precision,
    silhouette double precision
)
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 20000000 ROWS 500000 SUPPORT plan_features
AS 'MODULE_PATHNAME', 'kmeans_by_model_wrapper';
COMMENT ON FUNCTION kmeans(set feature_set, key anyelement, model kmeans_model, silhouette text) IS
'the cluster of each row, its distance to the center in scaled units, and how much nearer that is than the next, from -1 to 1, by a model that was fitted before; ids of the type of the second argument, such as NULL::uuid';

CREATE FUNCTION kmeans_scan(set feature_set, k_min integer DEFAULT 2, k_max integer DEFAULT 10, scaling text DEFAULT 'standard', n_init integer DEFAULT NULL, max_iter integer DEFAULT 300, tolerance double precision DEFAULT NULL, seed bigint DEFAULT 1, nulls text DEFAULT 'error', silhouette text DEFAULT 'simplified')
RETURNS TABLE (
    k integer,
    inertia double precision,
    silhouette double precision,
    calinski_harabasz double precision,
    davies_bouldin double precision,
    preferred_by text[],
    warnings text
)
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 20000000 ROWS 9 SUPPORT plan_numbers_of_clusters
AS 'MODULE_PATHNAME', 'kmeans_scan_wrapper';
COMMENT ON FUNCTION kmeans_scan(set feature_set, k_min integer, k_max integer, scaling text, n_init integer, max_iter integer, tolerance double precision, seed bigint, nulls text, silhouette text) IS
'the quality of clusterings with k_min to k_max clusters, and which measure prefers which';

CREATE FUNCTION kmeans_assign(model kmeans_model, features double precision[])
RETURNS integer
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 20
AS 'MODULE_PATHNAME', 'kmeans_assign_wrapper';
COMMENT ON FUNCTION kmeans_assign(model kmeans_model, features double precision[]) IS
'the number of the cluster whose center is nearest; NULL if a feature is NULL, NaN or infinite';

CREATE FUNCTION kmeans_distances(model kmeans_model, features double precision[])
RETURNS double precision[]
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 30
AS 'MODULE_PATHNAME', 'kmeans_distances_wrapper';
COMMENT ON FUNCTION kmeans_distances(model kmeans_model, features double precision[]) IS
'the distances to all centers in scaled units; NULL if a feature is NULL, NaN or infinite';

CREATE FUNCTION kmeans_centers(model kmeans_model)
RETURNS TABLE (
    cluster integer,
    size bigint,
    weight double precision,
    share double precision,
    radius double precision,
    center double precision[]
)
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100 ROWS 10 SUPPORT plan_clusters
AS 'MODULE_PATHNAME', 'kmeans_centers_wrapper';
COMMENT ON FUNCTION kmeans_centers(model kmeans_model) IS
'the clusters of a model: rows, their weight and its share, the root mean square distance to the center in scaled units, and the center in the units of the features';

CREATE FUNCTION kmeans_profile(model kmeans_model)
RETURNS TABLE (
    cluster integer,
    size bigint,
    feature text,
    value double precision,
    mean double precision,
    scaled double precision
)
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100 ROWS 50 SUPPORT plan_profiles
AS 'MODULE_PATHNAME', 'kmeans_profile_wrapper';
COMMENT ON FUNCTION kmeans_profile(model kmeans_model) IS
'the centers of a model feature by feature: the value, the mean over all rows, and the value in scaled units';

CREATE FUNCTION describe(
    model kmeans_model,
    OUT clusters integer,
    OUT features text[],
    OUT scaling text,
    OUT rows bigint,
    OUT weight double precision,
    OUT inertia double precision,
    OUT silhouette double precision,
    OUT calinski_harabasz double precision,
    OUT davies_bouldin double precision,
    OUT status text,
    OUT iterations bigint,
    OUT starts bigint,
    OUT seed bigint,
    OUT warnings text
)
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100
AS 'MODULE_PATHNAME', 'kmeans_model_describe_wrapper';
COMMENT ON FUNCTION describe(model kmeans_model) IS
'how a model was fitted, how good it is, and what to know before one trusts it';

-- ---------------------------------------------------------------------------------------------------------------------
-- segment_agreement
-- ---------------------------------------------------------------------------------------------------------------------

CREATE TYPE segment_agreement AS (
    rows bigint,
    adjusted_rand double precision,
    normalized_mutual_information double precision
);
COMMENT ON TYPE segment_agreement IS
'how far two labelings of the same rows agree: 1 if they are the same but for the names of the labels';

CREATE FUNCTION segment_agreement_trans(internal, "any", "any")
RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'segment_agreement_trans_wrapper';
COMMENT ON FUNCTION segment_agreement_trans(internal, "any", "any") IS
'transition function of segment_agreement(a, b)';

CREATE FUNCTION segment_agreement_combine(internal, internal)
RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'segment_agreement_combine_wrapper';
COMMENT ON FUNCTION segment_agreement_combine(internal, internal) IS
'combine function of segment_agreement(a, b)';

CREATE FUNCTION segment_agreement_serial(internal)
RETURNS bytea
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'segment_agreement_serial_wrapper';
COMMENT ON FUNCTION segment_agreement_serial(internal) IS
'serialisation function of segment_agreement(a, b)';

CREATE FUNCTION segment_agreement_deserial(bytea, internal)
RETURNS internal
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'segment_agreement_deserial_wrapper';
COMMENT ON FUNCTION segment_agreement_deserial(bytea, internal) IS
'deserialisation function of segment_agreement(a, b)';

CREATE FUNCTION segment_agreement_final(internal)
RETURNS segment_agreement
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'segment_agreement_final_wrapper';
COMMENT ON FUNCTION segment_agreement_final(internal) IS
'final function of segment_agreement(a, b)';

CREATE AGGREGATE segment_agreement(a "any", b "any") (
    SFUNC = segment_agreement_trans,
    STYPE = internal,
    SSPACE = 1024,
    FINALFUNC = segment_agreement_final,
    COMBINEFUNC = segment_agreement_combine,
    SERIALFUNC = segment_agreement_serial,
    DESERIALFUNC = segment_agreement_deserial,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE segment_agreement(a "any", b "any") IS
'how far two labels of the same rows agree: adjusted Rand index and normalized mutual information';

-- ---------------------------------------------------------------------------------------------------------------------
-- basket_log: the value
-- ---------------------------------------------------------------------------------------------------------------------

CREATE TYPE basket_log;

CREATE FUNCTION basket_log_in(cstring)
RETURNS basket_log
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'basket_log_in_wrapper';
COMMENT ON FUNCTION basket_log_in(cstring) IS
'text input of basket_log: its text form, or JSON';

CREATE FUNCTION basket_log_out(basket_log)
RETURNS cstring
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'basket_log_out_wrapper';
COMMENT ON FUNCTION basket_log_out(basket_log) IS
'text output of basket_log: type, version, counts, and the stored bytes in base64';

CREATE FUNCTION basket_log_recv(internal)
RETURNS basket_log
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'basket_log_recv_wrapper';
COMMENT ON FUNCTION basket_log_recv(internal) IS
'binary input of basket_log: checked to the last byte';

CREATE FUNCTION basket_log_send(basket_log)
RETURNS bytea
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE
AS 'byteasend';
COMMENT ON FUNCTION basket_log_send(basket_log) IS
'binary output of basket_log: the stored bytes';

-- Small differences do not compress much further: out of line, as they are.
CREATE TYPE basket_log (
    INPUT = basket_log_in,
    OUTPUT = basket_log_out,
    RECEIVE = basket_log_recv,
    SEND = basket_log_send,
    INTERNALLENGTH = variable,
    ALIGNMENT = int4,
    STORAGE = external
);
COMMENT ON TYPE basket_log IS
'items collected by basket: a compact, mergeable value that itemsets, rules and recommendations are found in';

CREATE FUNCTION basket_log_json(basket_log)
RETURNS json
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 3000000
AS 'MODULE_PATHNAME', 'basket_log_json_wrapper';
COMMENT ON FUNCTION basket_log_json(basket_log) IS
'implementation of the cast of basket_log to json, which to_jsonb and to_json go by';

CREATE FUNCTION basket_log_jsonb(basket_log)
RETURNS jsonb
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CAST(basket_log_json($1) AS jsonb);
COMMENT ON FUNCTION basket_log_jsonb(basket_log) IS
'implementation of the cast of basket_log to jsonb';

CREATE CAST (basket_log AS json) WITH FUNCTION basket_log_json(basket_log);
COMMENT ON CAST (basket_log AS json) IS 'a basket_log as json that loses nothing';
CREATE CAST (basket_log AS jsonb) WITH FUNCTION basket_log_jsonb(basket_log);
COMMENT ON CAST (basket_log AS jsonb) IS 'a basket_log as jsonb that loses nothing';
CREATE CAST (json AS basket_log) WITH INOUT;
COMMENT ON CAST (json AS basket_log) IS 'a basket_log from json';
CREATE CAST (jsonb AS basket_log) WITH INOUT;
COMMENT ON CAST (jsonb AS basket_log) IS 'a basket_log from jsonb';

-- The same rows give the same bytes, so that equality and hashing are those of bytes.
CREATE FUNCTION basket_log_eq(basket_log, basket_log)
RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
AS 'byteaeq';
COMMENT ON FUNCTION basket_log_eq(basket_log, basket_log) IS
'implementation of = for basket_log';

CREATE FUNCTION basket_log_ne(basket_log, basket_log)
RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
AS 'byteane';
COMMENT ON FUNCTION basket_log_ne(basket_log, basket_log) IS
'implementation of <> for basket_log';

CREATE FUNCTION basket_log_hash(basket_log)
RETURNS integer
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE
AS 'hashvarlena';
COMMENT ON FUNCTION basket_log_hash(basket_log) IS
'hash of basket_log';

CREATE FUNCTION basket_log_hash_extended(basket_log, bigint)
RETURNS bigint
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE
AS 'hashvarlenaextended';
COMMENT ON FUNCTION basket_log_hash_extended(basket_log, bigint) IS
'hash of basket_log, with a seed';

CREATE OPERATOR = (
    LEFTARG = basket_log, RIGHTARG = basket_log, FUNCTION = basket_log_eq,
    COMMUTATOR = =, NEGATOR = <>, RESTRICT = eqsel, JOIN = eqjoinsel, HASHES
);
COMMENT ON OPERATOR = (basket_log, basket_log) IS 'equal, byte for byte';

CREATE OPERATOR <> (
    LEFTARG = basket_log, RIGHTARG = basket_log, FUNCTION = basket_log_ne,
    COMMUTATOR = <>, NEGATOR = =, RESTRICT = neqsel, JOIN = neqjoinsel
);
COMMENT ON OPERATOR <> (basket_log, basket_log) IS 'not equal';

CREATE OPERATOR CLASS basket_log_ops DEFAULT FOR TYPE basket_log USING hash AS
    OPERATOR 1 =,
    FUNCTION 1 basket_log_hash(basket_log),
    FUNCTION 2 basket_log_hash_extended(basket_log, bigint);
COMMENT ON OPERATOR FAMILY basket_log_ops USING hash IS 'basket_log by its bytes';
COMMENT ON OPERATOR CLASS basket_log_ops USING hash IS 'basket_log by its bytes: for DISTINCT, GROUP BY and hash joins';

-- ---------------------------------------------------------------------------------------------------------------------
-- basket_log: collecting
-- ---------------------------------------------------------------------------------------------------------------------

CREATE FUNCTION basket_log_trans(internal, "any", "any")
RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'basket_log_trans_wrapper';
COMMENT ON FUNCTION basket_log_trans(internal, "any", "any") IS
'transition function of basket_log(basket, item)';

CREATE FUNCTION basket_log_merge_trans(internal, basket_log)
RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'basket_log_merge_trans_wrapper';
COMMENT ON FUNCTION basket_log_merge_trans(internal, basket_log) IS
'transition function of merge(basket_log)';

CREATE FUNCTION basket_log_combine(internal, internal)
RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'basket_log_combine_wrapper';
COMMENT ON FUNCTION basket_log_combine(internal, internal) IS
'combine function of basket_log and merge(basket_log)';

CREATE FUNCTION basket_log_serial(internal)
RETURNS bytea
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'basket_log_serial_wrapper';
COMMENT ON FUNCTION basket_log_serial(internal) IS
'serialisation function of basket_log and merge(basket_log)';

CREATE FUNCTION basket_log_deserial(bytea, internal)
RETURNS internal
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'basket_log_deserial_wrapper';
COMMENT ON FUNCTION basket_log_deserial(bytea, internal) IS
'deserialisation function of basket_log and merge(basket_log)';

CREATE FUNCTION basket_log_final(internal)
RETURNS basket_log
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'basket_log_final_wrapper';
COMMENT ON FUNCTION basket_log_final(internal) IS
'final function of basket_log and merge(basket_log)';

CREATE AGGREGATE basket_log(basket "any", item "any") (
    SFUNC = basket_log_trans,
    STYPE = internal,
    SSPACE = 768,
    FINALFUNC = basket_log_final,
    COMBINEFUNC = basket_log_combine,
    SERIALFUNC = basket_log_serial,
    DESERIALFUNC = basket_log_deserial,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE basket_log(basket "any", item "any") IS
'collects items (integer, uuid or text) by basket (a key of any type; rows work too) into a basket_log';

CREATE AGGREGATE merge(log basket_log) (
    SFUNC = basket_log_merge_trans,
    STYPE = internal,
    SSPACE = 768,
    FINALFUNC = basket_log_final,
    COMBINEFUNC = basket_log_combine,
    SERIALFUNC = basket_log_serial,
    DESERIALFUNC = basket_log_deserial,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE merge(log basket_log) IS
'merges basket logs: the same bytes as collecting all their rows at once';

-- ---------------------------------------------------------------------------------------------------------------------
-- basket_log: looking into it
-- ---------------------------------------------------------------------------------------------------------------------

CREATE FUNCTION describe(
    log basket_log,
    OUT basket_keys text,
    OUT item_keys text,
    OUT baskets bigint,
    OUT items bigint,
    OUT entries bigint,
    OUT largest_basket bigint,
    OUT mean_basket double precision,
    OUT rows bigint,
    OUT null_baskets bigint,
    OUT null_items bigint,
    OUT bytes bigint
)
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 3000000 SUPPORT plan_work
AS 'MODULE_PATHNAME', 'basket_log_describe_wrapper';
COMMENT ON FUNCTION describe(log basket_log) IS
'what is in a basket log, and which rows were ignored';

CREATE FUNCTION items(log basket_log)
RETURNS TABLE (
    item text,
    baskets bigint,
    support double precision
)
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100000 ROWS 1000 SUPPORT plan_items
AS 'MODULE_PATHNAME', 'basket_log_items_wrapper';
COMMENT ON FUNCTION items(log basket_log) IS
'the items of a basket log, from the most frequent one down: in how many baskets each is, and in which share of them';

-- ---------------------------------------------------------------------------------------------------------------------
-- frequent_itemsets
-- ---------------------------------------------------------------------------------------------------------------------

CREATE FUNCTION frequent_itemsets(log basket_log, min_support double precision DEFAULT NULL, min_count bigint DEFAULT NULL, target text DEFAULT 'all', min_length integer DEFAULT 1, max_length integer DEFAULT NULL)
RETURNS TABLE (
    items text[],
    length integer,
    baskets bigint,
    support double precision,
    all_baskets bigint
)
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 20000000 ROWS 500000 SUPPORT plan_work
AS 'MODULE_PATHNAME', 'frequent_itemsets_wrapper';
COMMENT ON FUNCTION frequent_itemsets(log basket_log, min_support double precision, min_count bigint, target text, min_length integer, max_length integer) IS
'items that are together in at least min_support (a share) or min_count of the baskets: all sets of them, the closed or the maximal ones';

-- ---------------------------------------------------------------------------------------------------------------------
-- association_rules
-- ---------------------------------------------------------------------------------------------------------------------

CREATE FUNCTION association_rules(log basket_log, min_support double precision DEFAULT NULL, min_count bigint DEFAULT NULL, min_confidence double precision DEFAULT NULL, max_antecedent integer DEFAULT NULL, max_consequent integer DEFAULT 1, top integer DEFAULT NULL, by text DEFAULT 'lift_low', redundant boolean DEFAULT true, only_antecedent "any" DEFAULT NULL, only_consequent "any" DEFAULT NULL, max_item_support double precision DEFAULT NULL, significance_level double precision DEFAULT NULL)
RETURNS TABLE (
    antecedent text[],
    consequent text[],
    baskets bigint,
    antecedent_baskets bigint,
    consequent_baskets bigint,
    all_baskets bigint,
    support double precision,
    confidence double precision,
    lift double precision,
    lift_low double precision,
    leverage double precision,
    conviction double precision,
    zhang double precision,
    jaccard double precision,
    cosine double precision,
    kulczynski double precision,
    imbalance double precision,
    odds_ratio double precision,
    p_value double precision
)
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 20000000 ROWS 500000 SUPPORT plan_rules
AS 'MODULE_PATHNAME', 'association_rules_wrapper';
COMMENT ON FUNCTION association_rules(log basket_log, min_support double precision, min_count bigint, min_confidence double precision, max_antecedent integer, max_consequent integer, top integer, by text, redundant boolean, only_antecedent "any", only_consequent "any", max_item_support double precision, significance_level double precision) IS
'baskets with all items of the antecedent also hold the consequent: the rules, the best first, with their counts and measures';

CREATE FUNCTION rule_counts(log basket_log, antecedent anycompatiblearray, consequent anycompatiblearray)
RETURNS TABLE (
    baskets bigint,
    antecedent_baskets bigint,
    consequent_baskets bigint,
    all_baskets bigint,
    support double precision,
    confidence double precision,
    lift double precision,
    lift_low double precision,
    leverage double precision,
    conviction double precision,
    zhang double precision,
    jaccard double precision,
    cosine double precision,
    kulczynski double precision,
    imbalance double precision,
    odds_ratio double precision,
    p_value double precision
)
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100000 ROWS 1 SUPPORT plan_work
AS 'MODULE_PATHNAME', 'rule_counts_wrapper';
COMMENT ON FUNCTION rule_counts(log basket_log, antecedent anycompatiblearray, consequent anycompatiblearray) IS
'the counts and measures of one rule in the baskets of a log, frequent or not';

-- ---------------------------------------------------------------------------------------------------------------------
-- recommend
-- ---------------------------------------------------------------------------------------------------------------------

CREATE TYPE basket_model;

CREATE FUNCTION basket_model_in(cstring)
RETURNS basket_model
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'basket_model_in_wrapper';
COMMENT ON FUNCTION basket_model_in(cstring) IS
'text input of basket_model: JSON';

CREATE FUNCTION basket_model_out(basket_model)
RETURNS cstring
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'basket_model_out_wrapper';
COMMENT ON FUNCTION basket_model_out(basket_model) IS
'text output of basket_model: JSON';

CREATE FUNCTION basket_model_recv(internal)
RETURNS basket_model
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'basket_model_recv_wrapper';
COMMENT ON FUNCTION basket_model_recv(internal) IS
'binary input of basket_model';

CREATE FUNCTION basket_model_send(basket_model)
RETURNS bytea
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE
AS 'byteasend';
COMMENT ON FUNCTION basket_model_send(basket_model) IS
'binary output of basket_model: the stored bytes';

CREATE TYPE basket_model (
    INPUT = basket_model_in,
    OUTPUT = basket_model_out,
    RECEIVE = basket_model_recv,
    SEND = basket_model_send,
    INTERNALLENGTH = variable,
    ALIGNMENT = int4,
    STORAGE = extended
);
COMMENT ON TYPE basket_model IS
'rules of what goes with what, to recommend items by without the baskets';

CREATE CAST (basket_model AS jsonb) WITH INOUT;
COMMENT ON CAST (basket_model AS jsonb) IS 'the text form of a basket_model, as jsonb';
CREATE CAST (jsonb AS basket_model) WITH INOUT;
COMMENT ON CAST (jsonb AS basket_model) IS 'a basket_model from its text form, as jsonb';

CREATE FUNCTION basket_model_json(basket_model)
RETURNS json
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CAST(CAST($1 AS text) AS json);
COMMENT ON FUNCTION basket_model_json(basket_model) IS
'implementation of the cast of basket_model to json, which to_jsonb and to_json go by';
CREATE CAST (basket_model AS json) WITH FUNCTION basket_model_json(basket_model);
COMMENT ON CAST (basket_model AS json) IS 'the text form of a basket_model, as json';

CREATE FUNCTION basket_model_eq(basket_model, basket_model)
RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
AS 'byteaeq';
COMMENT ON FUNCTION basket_model_eq(basket_model, basket_model) IS
'implementation of = for basket_model';

CREATE FUNCTION basket_model_ne(basket_model, basket_model)
RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
AS 'byteane';
COMMENT ON FUNCTION basket_model_ne(basket_model, basket_model) IS
'implementation of <> for basket_model';

CREATE FUNCTION basket_model_hash(basket_model)
RETURNS integer
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE
AS 'hashvarlena';
COMMENT ON FUNCTION basket_model_hash(basket_model) IS
'hash of basket_model';

CREATE FUNCTION basket_model_hash_extended(basket_model, bigint)
RETURNS bigint
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE
AS 'hashvarlenaextended';
COMMENT ON FUNCTION basket_model_hash_extended(basket_model, bigint) IS
'hash of basket_model, with a seed';

CREATE OPERATOR = (
    LEFTARG = basket_model, RIGHTARG = basket_model, FUNCTION = basket_model_eq,
    COMMUTATOR = =, NEGATOR = <>, RESTRICT = eqsel, JOIN = eqjoinsel, HASHES
);
COMMENT ON OPERATOR = (basket_model, basket_model) IS 'equal, byte for byte';

CREATE OPERATOR <> (
    LEFTARG = basket_model, RIGHTARG = basket_model, FUNCTION = basket_model_ne,
    COMMUTATOR = <>, NEGATOR = =, RESTRICT = neqsel, JOIN = neqjoinsel
);
COMMENT ON OPERATOR <> (basket_model, basket_model) IS 'not equal';

CREATE OPERATOR CLASS basket_model_ops DEFAULT FOR TYPE basket_model USING hash AS
    OPERATOR 1 =,
    FUNCTION 1 basket_model_hash(basket_model),
    FUNCTION 2 basket_model_hash_extended(basket_model, bigint);
COMMENT ON OPERATOR FAMILY basket_model_ops USING hash IS 'basket_model by its bytes';
COMMENT ON OPERATOR CLASS basket_model_ops USING hash IS 'basket_model by its bytes: for DISTINCT, GROUP BY and hash joins';

CREATE FUNCTION fit_baskets(log basket_log, min_support double precision DEFAULT NULL, min_count bigint DEFAULT NULL, min_confidence double precision DEFAULT 0, max_antecedent integer DEFAULT 2)
RETURNS basket_model
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 20000000 SUPPORT plan_work
AS 'MODULE_PATHNAME', 'fit_baskets_wrapper';
COMMENT ON FUNCTION fit_baskets(log basket_log, min_support double precision, min_count bigint, min_confidence double precision, max_antecedent integer) IS
'the rules of the baskets, to recommend items by without them';

CREATE FUNCTION recommend(log basket_log, items anycompatiblearray, n integer DEFAULT 10, by text DEFAULT 'confidence', min_support double precision DEFAULT NULL, min_count bigint DEFAULT NULL, min_confidence double precision DEFAULT 0, max_antecedent integer DEFAULT 2)
RETURNS TABLE (
    item text,
    score double precision,
    antecedent text[],
    baskets bigint,
    antecedent_baskets bigint,
    consequent_baskets bigint,
    all_baskets bigint,
    confidence double precision,
    lift double precision
)
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 100000 ROWS 10 SUPPORT plan_recommendations
AS 'MODULE_PATHNAME', 'recommend_wrapper';
COMMENT ON FUNCTION recommend(log basket_log, items anycompatiblearray, n integer, by text, min_support double precision, min_count bigint, min_confidence double precision, max_antecedent integer) IS
'items to offer to a basket, the best first, each with the rule that says so';

CREATE FUNCTION recommend(model basket_model, items anycompatiblearray, n integer DEFAULT 10, by text DEFAULT 'confidence')
RETURNS TABLE (
    item text,
    score double precision,
    antecedent text[],
    baskets bigint,
    antecedent_baskets bigint,
    consequent_baskets bigint,
    all_baskets bigint,
    confidence double precision,
    lift double precision
)
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 100 ROWS 10 SUPPORT plan_recommendations
AS 'MODULE_PATHNAME', 'recommend_by_model_wrapper';
COMMENT ON FUNCTION recommend(model basket_model, items anycompatiblearray, n integer, by text) IS
'items to offer to a basket by the rules of a model, the best first, each with the rule that says so';

CREATE FUNCTION describe(
    model basket_model,
    OUT baskets bigint,
    OUT items bigint,
    OUT rules bigint,
    OUT min_count bigint,
    OUT min_confidence double precision,
    OUT max_antecedent bigint,
    OUT bytes bigint
)
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100
AS 'MODULE_PATHNAME', 'basket_model_describe_wrapper';
COMMENT ON FUNCTION describe(model basket_model) IS
'what a model was fitted to and with, and how much it holds';
