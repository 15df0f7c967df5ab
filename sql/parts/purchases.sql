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
