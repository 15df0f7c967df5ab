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
