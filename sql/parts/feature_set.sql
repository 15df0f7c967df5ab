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
