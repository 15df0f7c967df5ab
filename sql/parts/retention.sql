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
