-- ---------------------------------------------------------------------------------------------------------------------
-- item_log: the value
-- ---------------------------------------------------------------------------------------------------------------------

CREATE TYPE item_log;

CREATE FUNCTION item_log_in(cstring)
RETURNS item_log
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'item_log_in_wrapper';
COMMENT ON FUNCTION item_log_in(cstring) IS
'text input of item_log: its text form, or JSON';

CREATE FUNCTION item_log_out(item_log)
RETURNS cstring
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'item_log_out_wrapper';
COMMENT ON FUNCTION item_log_out(item_log) IS
'text output of item_log: type, version, counts, and the stored bytes in base64';

CREATE FUNCTION item_log_recv(internal)
RETURNS item_log
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'item_log_recv_wrapper';
COMMENT ON FUNCTION item_log_recv(internal) IS
'binary input of item_log: checked to the last byte';

CREATE FUNCTION item_log_send(item_log)
RETURNS bytea
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE
AS 'byteasend';
COMMENT ON FUNCTION item_log_send(item_log) IS
'binary output of item_log: the stored bytes';

-- Packed columns do not compress any further: out of line, as they are.
CREATE TYPE item_log (
    INPUT = item_log_in,
    OUTPUT = item_log_out,
    RECEIVE = item_log_recv,
    SEND = item_log_send,
    INTERNALLENGTH = variable,
    ALIGNMENT = int4,
    STORAGE = external
);
COMMENT ON TYPE item_log IS
'what each customer bought and when: a compact, mergeable value that the analyses of journeys read';

CREATE FUNCTION item_log_json(item_log)
RETURNS json
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 3000000
AS 'MODULE_PATHNAME', 'item_log_json_wrapper';
COMMENT ON FUNCTION item_log_json(item_log) IS
'implementation of the cast of item_log to json, which to_jsonb and to_json go by';

CREATE FUNCTION item_log_jsonb(item_log)
RETURNS jsonb
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CAST(item_log_json($1) AS jsonb);
COMMENT ON FUNCTION item_log_jsonb(item_log) IS
'implementation of the cast of item_log to jsonb';

CREATE CAST (item_log AS json) WITH FUNCTION item_log_json(item_log);
COMMENT ON CAST (item_log AS json) IS 'an item_log as json that loses nothing';
CREATE CAST (item_log AS jsonb) WITH FUNCTION item_log_jsonb(item_log);
COMMENT ON CAST (item_log AS jsonb) IS 'an item_log as jsonb that loses nothing';
CREATE CAST (json AS item_log) WITH INOUT;
COMMENT ON CAST (json AS item_log) IS 'an item_log from json';
CREATE CAST (jsonb AS item_log) WITH INOUT;
COMMENT ON CAST (jsonb AS item_log) IS 'an item_log from jsonb';

-- The same rows give the same bytes, so that equality and hashing are those of bytes.
CREATE FUNCTION item_log_eq(item_log, item_log)
RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
AS 'byteaeq';
COMMENT ON FUNCTION item_log_eq(item_log, item_log) IS
'implementation of = for item_log';

CREATE FUNCTION item_log_ne(item_log, item_log)
RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
AS 'byteane';
COMMENT ON FUNCTION item_log_ne(item_log, item_log) IS
'implementation of <> for item_log';

CREATE FUNCTION item_log_hash(item_log)
RETURNS integer
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE
AS 'hashvarlena';
COMMENT ON FUNCTION item_log_hash(item_log) IS
'hash of item_log';

CREATE FUNCTION item_log_hash_extended(item_log, bigint)
RETURNS bigint
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE
AS 'hashvarlenaextended';
COMMENT ON FUNCTION item_log_hash_extended(item_log, bigint) IS
'hash of item_log, with a seed';

CREATE OPERATOR = (
    LEFTARG = item_log, RIGHTARG = item_log, FUNCTION = item_log_eq,
    COMMUTATOR = =, NEGATOR = <>, RESTRICT = eqsel, JOIN = eqjoinsel, HASHES
);
COMMENT ON OPERATOR = (item_log, item_log) IS 'equal, byte for byte';

CREATE OPERATOR <> (
    LEFTARG = item_log, RIGHTARG = item_log, FUNCTION = item_log_ne,
    COMMUTATOR = <>, NEGATOR = =, RESTRICT = neqsel, JOIN = neqjoinsel
);
COMMENT ON OPERATOR <> (item_log, item_log) IS 'not equal';

CREATE OPERATOR CLASS item_log_ops DEFAULT FOR TYPE item_log USING hash AS
    OPERATOR 1 =,
    FUNCTION 1 item_log_hash(item_log),
    FUNCTION 2 item_log_hash_extended(item_log, bigint);
COMMENT ON OPERATOR FAMILY item_log_ops USING hash IS 'item_log by its bytes';
COMMENT ON OPERATOR CLASS item_log_ops USING hash IS 'item_log by its bytes: for DISTINCT, GROUP BY and hash joins';

-- ---------------------------------------------------------------------------------------------------------------------
-- item_log: collecting
-- ---------------------------------------------------------------------------------------------------------------------

CREATE FUNCTION item_log_trans(internal, "any", timestamptz, "any", double precision)
RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'item_log_trans_wrapper';
COMMENT ON FUNCTION item_log_trans(internal, "any", timestamptz, "any", double precision) IS
'transition function of item_log(customer, timestamptz, item, double precision)';

CREATE FUNCTION item_log_trans(internal, "any", timestamptz, "any", numeric)
RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'item_log_trans_wrapper';
COMMENT ON FUNCTION item_log_trans(internal, "any", timestamptz, "any", numeric) IS
'transition function of item_log(customer, timestamptz, item, numeric)';

CREATE FUNCTION item_log_trans(internal, "any", timestamptz, "any")
RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'item_log_trans_wrapper';
COMMENT ON FUNCTION item_log_trans(internal, "any", timestamptz, "any") IS
'transition function of item_log(customer, timestamptz, item)';

CREATE FUNCTION item_log_trans(internal, "any", timestamp, "any", double precision)
RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'item_log_trans_wrapper';
COMMENT ON FUNCTION item_log_trans(internal, "any", timestamp, "any", double precision) IS
'transition function of item_log(customer, timestamp, item, double precision)';

CREATE FUNCTION item_log_trans(internal, "any", timestamp, "any", numeric)
RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'item_log_trans_wrapper';
COMMENT ON FUNCTION item_log_trans(internal, "any", timestamp, "any", numeric) IS
'transition function of item_log(customer, timestamp, item, numeric)';

CREATE FUNCTION item_log_trans(internal, "any", timestamp, "any")
RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'item_log_trans_wrapper';
COMMENT ON FUNCTION item_log_trans(internal, "any", timestamp, "any") IS
'transition function of item_log(customer, timestamp, item)';

CREATE FUNCTION item_log_trans(internal, "any", date, "any", double precision)
RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'item_log_trans_wrapper';
COMMENT ON FUNCTION item_log_trans(internal, "any", date, "any", double precision) IS
'transition function of item_log(customer, date, item, double precision)';

CREATE FUNCTION item_log_trans(internal, "any", date, "any", numeric)
RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'item_log_trans_wrapper';
COMMENT ON FUNCTION item_log_trans(internal, "any", date, "any", numeric) IS
'transition function of item_log(customer, date, item, numeric)';

CREATE FUNCTION item_log_trans(internal, "any", date, "any")
RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'item_log_trans_wrapper';
COMMENT ON FUNCTION item_log_trans(internal, "any", date, "any") IS
'transition function of item_log(customer, date, item)';

CREATE FUNCTION item_log_merge_trans(internal, item_log)
RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'item_log_merge_trans_wrapper';
COMMENT ON FUNCTION item_log_merge_trans(internal, item_log) IS
'transition function of merge(item_log)';

CREATE FUNCTION item_log_combine(internal, internal)
RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'item_log_combine_wrapper';
COMMENT ON FUNCTION item_log_combine(internal, internal) IS
'combine function of item_log and merge(item_log)';

CREATE FUNCTION item_log_serial(internal)
RETURNS bytea
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'item_log_serial_wrapper';
COMMENT ON FUNCTION item_log_serial(internal) IS
'serialisation function of item_log and merge(item_log)';

CREATE FUNCTION item_log_deserial(bytea, internal)
RETURNS internal
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'item_log_deserial_wrapper';
COMMENT ON FUNCTION item_log_deserial(bytea, internal) IS
'deserialisation function of item_log and merge(item_log)';

CREATE FUNCTION item_log_final(internal)
RETURNS item_log
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'item_log_final_wrapper';
COMMENT ON FUNCTION item_log_final(internal) IS
'final function of item_log and merge(item_log)';

CREATE AGGREGATE item_log(customer "any", ordered_at timestamptz, item "any", amount double precision) (
    SFUNC = item_log_trans,
    STYPE = internal,
    SSPACE = 768,
    FINALFUNC = item_log_final,
    COMBINEFUNC = item_log_combine,
    SERIALFUNC = item_log_serial,
    DESERIALFUNC = item_log_deserial,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE item_log(customer "any", ordered_at timestamptz, item "any", amount double precision) IS
'collects what customers bought (customer and item: integer, uuid or text; time; amount, returns below 0) into an item_log';

CREATE AGGREGATE item_log(customer "any", ordered_at timestamptz, item "any", amount numeric) (
    SFUNC = item_log_trans,
    STYPE = internal,
    SSPACE = 768,
    FINALFUNC = item_log_final,
    COMBINEFUNC = item_log_combine,
    SERIALFUNC = item_log_serial,
    DESERIALFUNC = item_log_deserial,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE item_log(customer "any", ordered_at timestamptz, item "any", amount numeric) IS
'collects what customers bought (customer and item: integer, uuid or text; time; amount, returns below 0) into an item_log';

CREATE AGGREGATE item_log(customer "any", ordered_at timestamptz, item "any") (
    SFUNC = item_log_trans,
    STYPE = internal,
    SSPACE = 768,
    FINALFUNC = item_log_final,
    COMBINEFUNC = item_log_combine,
    SERIALFUNC = item_log_serial,
    DESERIALFUNC = item_log_deserial,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE item_log(customer "any", ordered_at timestamptz, item "any") IS
'collects what customers bought without amounts (customer and item: integer, uuid or text; time) into an item_log';

CREATE AGGREGATE item_log(customer "any", ordered_at timestamp, item "any", amount double precision) (
    SFUNC = item_log_trans,
    STYPE = internal,
    SSPACE = 768,
    FINALFUNC = item_log_final,
    COMBINEFUNC = item_log_combine,
    SERIALFUNC = item_log_serial,
    DESERIALFUNC = item_log_deserial,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE item_log(customer "any", ordered_at timestamp, item "any", amount double precision) IS
'collects what customers bought (customer and item: integer, uuid or text; time; amount, returns below 0) into an item_log';

CREATE AGGREGATE item_log(customer "any", ordered_at timestamp, item "any", amount numeric) (
    SFUNC = item_log_trans,
    STYPE = internal,
    SSPACE = 768,
    FINALFUNC = item_log_final,
    COMBINEFUNC = item_log_combine,
    SERIALFUNC = item_log_serial,
    DESERIALFUNC = item_log_deserial,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE item_log(customer "any", ordered_at timestamp, item "any", amount numeric) IS
'collects what customers bought (customer and item: integer, uuid or text; time; amount, returns below 0) into an item_log';

CREATE AGGREGATE item_log(customer "any", ordered_at timestamp, item "any") (
    SFUNC = item_log_trans,
    STYPE = internal,
    SSPACE = 768,
    FINALFUNC = item_log_final,
    COMBINEFUNC = item_log_combine,
    SERIALFUNC = item_log_serial,
    DESERIALFUNC = item_log_deserial,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE item_log(customer "any", ordered_at timestamp, item "any") IS
'collects what customers bought without amounts (customer and item: integer, uuid or text; time) into an item_log';

CREATE AGGREGATE item_log(customer "any", ordered_at date, item "any", amount double precision) (
    SFUNC = item_log_trans,
    STYPE = internal,
    SSPACE = 768,
    FINALFUNC = item_log_final,
    COMBINEFUNC = item_log_combine,
    SERIALFUNC = item_log_serial,
    DESERIALFUNC = item_log_deserial,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE item_log(customer "any", ordered_at date, item "any", amount double precision) IS
'collects what customers bought (customer and item: integer, uuid or text; time; amount, returns below 0) into an item_log';

CREATE AGGREGATE item_log(customer "any", ordered_at date, item "any", amount numeric) (
    SFUNC = item_log_trans,
    STYPE = internal,
    SSPACE = 768,
    FINALFUNC = item_log_final,
    COMBINEFUNC = item_log_combine,
    SERIALFUNC = item_log_serial,
    DESERIALFUNC = item_log_deserial,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE item_log(customer "any", ordered_at date, item "any", amount numeric) IS
'collects what customers bought (customer and item: integer, uuid or text; time; amount, returns below 0) into an item_log';

CREATE AGGREGATE item_log(customer "any", ordered_at date, item "any") (
    SFUNC = item_log_trans,
    STYPE = internal,
    SSPACE = 768,
    FINALFUNC = item_log_final,
    COMBINEFUNC = item_log_combine,
    SERIALFUNC = item_log_serial,
    DESERIALFUNC = item_log_deserial,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE item_log(customer "any", ordered_at date, item "any") IS
'collects what customers bought without amounts (customer and item: integer, uuid or text; time) into an item_log';

CREATE AGGREGATE merge(log item_log) (
    SFUNC = item_log_merge_trans,
    STYPE = internal,
    SSPACE = 768,
    FINALFUNC = item_log_final,
    COMBINEFUNC = item_log_combine,
    SERIALFUNC = item_log_serial,
    DESERIALFUNC = item_log_deserial,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE merge(log item_log) IS
'merges item logs: the same bytes as collecting all their rows at once';

-- ---------------------------------------------------------------------------------------------------------------------
-- item_log: looking into it
-- ---------------------------------------------------------------------------------------------------------------------

CREATE FUNCTION plan_item_log(internal)
RETURNS internal
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'plan_item_log_wrapper';
COMMENT ON FUNCTION plan_item_log(internal) IS
'planner support of functions with a row for each item of an item log';

CREATE FUNCTION describe(
    log item_log,
    OUT keys text,
    OUT times text,
    OUT item_keys text,
    OUT customers bigint,
    OUT events bigint,
    OUT items bigint,
    OUT entries bigint,
    OUT orders bigint,
    OUT revenue double precision,
    OUT first_order timestamp,
    OUT last_order timestamp,
    OUT rows bigint,
    OUT null_customers bigint,
    OUT null_times bigint,
    OUT null_items bigint,
    OUT null_amounts bigint,
    OUT has_amounts boolean,
    OUT bytes bigint
)
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 3000000 SUPPORT plan_work
AS 'MODULE_PATHNAME', 'item_log_describe_wrapper';
COMMENT ON FUNCTION describe(log item_log) IS
'what is in an item log, and which rows were ignored';

CREATE FUNCTION items(log item_log, as_of timestamp DEFAULT NULL, time_zone text DEFAULT 'UTC')
RETURNS TABLE (
    item text,
    customers bigint,
    events bigint,
    revenue double precision,
    first_bought timestamp,
    last_bought timestamp
)
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 3000000 ROWS 1000 SUPPORT plan_item_log
AS 'MODULE_PATHNAME', 'item_log_items_wrapper';
COMMENT ON FUNCTION items(log item_log, as_of timestamp, time_zone text) IS
'the items of an item log, from the one bought most often down: by how many customers, how often, for how much, when first and last';

CREATE FUNCTION order_log(log item_log)
RETURNS order_log
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 3000000 SUPPORT plan_work
AS 'MODULE_PATHNAME', 'item_log_orders_wrapper';
COMMENT ON FUNCTION order_log(log item_log) IS
'the orders of an item log: the same bytes as collecting customers, times and amounts of its rows';

CREATE FUNCTION baskets(log item_log, period text DEFAULT 'order', as_of timestamp DEFAULT NULL, time_zone text DEFAULT 'UTC')
RETURNS basket_log
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 5000000 SUPPORT plan_work
AS 'MODULE_PATHNAME', 'item_log_baskets_wrapper';
COMMENT ON FUNCTION baskets(log item_log, period text, as_of timestamp, time_zone text) IS
'what was bought together, as a basket_log: in one order, in a day, week, month, quarter or year of a customer, or by one customer';
