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
