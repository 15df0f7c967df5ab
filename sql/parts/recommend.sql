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
