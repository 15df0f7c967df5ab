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
