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
