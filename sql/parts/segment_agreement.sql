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
