-- ---------------------------------------------------------------------------------------------------------------------
-- k-means
-- ---------------------------------------------------------------------------------------------------------------------

CREATE TYPE kmeans_model;

CREATE FUNCTION kmeans_model_in(cstring)
RETURNS kmeans_model
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'kmeans_model_in_wrapper';
COMMENT ON FUNCTION kmeans_model_in(cstring) IS
'text input of kmeans_model: JSON';

CREATE FUNCTION kmeans_model_out(kmeans_model)
RETURNS cstring
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'kmeans_model_out_wrapper';
COMMENT ON FUNCTION kmeans_model_out(kmeans_model) IS
'text output of kmeans_model: JSON';

CREATE FUNCTION kmeans_model_recv(internal)
RETURNS kmeans_model
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'kmeans_model_recv_wrapper';
COMMENT ON FUNCTION kmeans_model_recv(internal) IS
'binary input of kmeans_model';

CREATE FUNCTION kmeans_model_send(kmeans_model)
RETURNS bytea
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE
AS 'byteasend';
COMMENT ON FUNCTION kmeans_model_send(kmeans_model) IS
'binary output of kmeans_model: the stored bytes';

CREATE TYPE kmeans_model (
    INPUT = kmeans_model_in,
    OUTPUT = kmeans_model_out,
    RECEIVE = kmeans_model_recv,
    SEND = kmeans_model_send,
    INTERNALLENGTH = variable,
    ALIGNMENT = int4,
    STORAGE = extended
);
COMMENT ON TYPE kmeans_model IS
'clusters of features: centers, scaling, sizes and quality; a value to store, compare and assign rows with';

CREATE CAST (kmeans_model AS jsonb) WITH INOUT;
COMMENT ON CAST (kmeans_model AS jsonb) IS 'the text form of a kmeans_model, as jsonb';
CREATE CAST (jsonb AS kmeans_model) WITH INOUT;
COMMENT ON CAST (jsonb AS kmeans_model) IS 'a kmeans_model from its text form, as jsonb';

CREATE FUNCTION kmeans_model_json(kmeans_model)
RETURNS json
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CAST(CAST($1 AS text) AS json);
COMMENT ON FUNCTION kmeans_model_json(kmeans_model) IS
'implementation of the cast of kmeans_model to json, which to_jsonb and to_json go by';
CREATE CAST (kmeans_model AS json) WITH FUNCTION kmeans_model_json(kmeans_model);
COMMENT ON CAST (kmeans_model AS json) IS 'the text form of a kmeans_model, as json';

CREATE FUNCTION kmeans_model_eq(kmeans_model, kmeans_model)
RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
AS 'byteaeq';
COMMENT ON FUNCTION kmeans_model_eq(kmeans_model, kmeans_model) IS
'implementation of = for kmeans_model';

CREATE FUNCTION kmeans_model_ne(kmeans_model, kmeans_model)
RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
AS 'byteane';
COMMENT ON FUNCTION kmeans_model_ne(kmeans_model, kmeans_model) IS
'implementation of <> for kmeans_model';

CREATE FUNCTION kmeans_model_hash(kmeans_model)
RETURNS integer
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE
AS 'hashvarlena';
COMMENT ON FUNCTION kmeans_model_hash(kmeans_model) IS
'hash of kmeans_model';

CREATE FUNCTION kmeans_model_hash_extended(kmeans_model, bigint)
RETURNS bigint
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE
AS 'hashvarlenaextended';
COMMENT ON FUNCTION kmeans_model_hash_extended(kmeans_model, bigint) IS
'hash of kmeans_model, with a seed';

CREATE OPERATOR = (
    LEFTARG = kmeans_model, RIGHTARG = kmeans_model, FUNCTION = kmeans_model_eq,
    COMMUTATOR = =, NEGATOR = <>, RESTRICT = eqsel, JOIN = eqjoinsel, HASHES
);
COMMENT ON OPERATOR = (kmeans_model, kmeans_model) IS 'equal, byte for byte';

CREATE OPERATOR <> (
    LEFTARG = kmeans_model, RIGHTARG = kmeans_model, FUNCTION = kmeans_model_ne,
    COMMUTATOR = <>, NEGATOR = =, RESTRICT = neqsel, JOIN = neqjoinsel
);
COMMENT ON OPERATOR <> (kmeans_model, kmeans_model) IS 'not equal';

CREATE OPERATOR CLASS kmeans_model_ops DEFAULT FOR TYPE kmeans_model USING hash AS
    OPERATOR 1 =,
    FUNCTION 1 kmeans_model_hash(kmeans_model),
    FUNCTION 2 kmeans_model_hash_extended(kmeans_model, bigint);
COMMENT ON OPERATOR FAMILY kmeans_model_ops USING hash IS 'kmeans_model by its bytes';
COMMENT ON OPERATOR CLASS kmeans_model_ops USING hash IS 'kmeans_model by its bytes: for DISTINCT, GROUP BY and hash joins';

CREATE FUNCTION fit_kmeans(set feature_set, k integer, scaling text DEFAULT 'standard', n_init integer DEFAULT NULL, max_iter integer DEFAULT 300, tolerance double precision DEFAULT NULL, seed bigint DEFAULT 1, previous kmeans_model DEFAULT NULL, names text[] DEFAULT NULL, order_by text DEFAULT 'size', nulls text DEFAULT 'error', silhouette text DEFAULT 'simplified')
RETURNS kmeans_model
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 20000000 SUPPORT plan_work
AS 'MODULE_PATHNAME', 'fit_kmeans_wrapper';
COMMENT ON FUNCTION fit_kmeans(set feature_set, k integer, scaling text, n_init integer, max_iter integer, tolerance double precision, seed bigint, previous kmeans_model, names text[], order_by text, nulls text, silhouette text) IS
'clusters of features: k of them, or as many as there are different rows; a row of weight w counts as w rows; NULL and a NOTICE if no row weighs anything';

CREATE FUNCTION kmeans(set feature_set, k integer, scaling text DEFAULT 'standard', n_init integer DEFAULT NULL, max_iter integer DEFAULT 300, tolerance double precision DEFAULT NULL, seed bigint DEFAULT 1, previous kmeans_model DEFAULT NULL, order_by text DEFAULT 'size', nulls text DEFAULT 'error', silhouette text DEFAULT 'simplified')
RETURNS TABLE (
    id bigint,
    cluster integer,
    distance double precision,
    silhouette double precision
)
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 20000000 ROWS 500000 SUPPORT plan_features
AS 'MODULE_PATHNAME', 'kmeans_wrapper';
COMMENT ON FUNCTION kmeans(set feature_set, k integer, scaling text, n_init integer, max_iter integer, tolerance double precision, seed bigint, previous kmeans_model, order_by text, nulls text, silhouette text) IS
'the cluster of each row, its distance to the center in scaled units, and how much nearer that is than the next, from -1 to 1';

CREATE FUNCTION kmeans(set feature_set, key anyelement, k integer, scaling text DEFAULT 'standard', n_init integer DEFAULT NULL, max_iter integer DEFAULT 300, tolerance double precision DEFAULT NULL, seed bigint DEFAULT 1, previous kmeans_model DEFAULT NULL, order_by text DEFAULT 'size', nulls text DEFAULT 'error', silhouette text DEFAULT 'simplified')
RETURNS TABLE (
    id anyelement,
    cluster integer,
    distance double precision,
    silhouette double precision
)
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 20000000 ROWS 500000 SUPPORT plan_features
AS 'MODULE_PATHNAME', 'kmeans_wrapper';
COMMENT ON FUNCTION kmeans(set feature_set, key anyelement, k integer, scaling text, n_init integer, max_iter integer, tolerance double precision, seed bigint, previous kmeans_model, order_by text, nulls text, silhouette text) IS
'the cluster of each row, its distance to the center in scaled units, and how much nearer that is than the next, from -1 to 1; ids of the type of the second argument, such as NULL::uuid';

CREATE FUNCTION kmeans(set feature_set, model kmeans_model, silhouette text DEFAULT 'simplified')
RETURNS TABLE (
    id bigint,
    cluster integer,
    distance double precision,
    silhouette double precision
)
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 20000000 ROWS 500000 SUPPORT plan_features
AS 'MODULE_PATHNAME', 'kmeans_by_model_wrapper';
COMMENT ON FUNCTION kmeans(set feature_set, model kmeans_model, silhouette text) IS
'the cluster of each row, its distance to the center in scaled units, and how much nearer that is than the next, from -1 to 1, by a model that was fitted before';

CREATE FUNCTION kmeans(set feature_set, key anyelement, model kmeans_model, silhouette text DEFAULT 'simplified')
RETURNS TABLE (
    id anyelement,
    cluster integer,
    distance double precision,
    silhouette double precision
)
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 20000000 ROWS 500000 SUPPORT plan_features
AS 'MODULE_PATHNAME', 'kmeans_by_model_wrapper';
COMMENT ON FUNCTION kmeans(set feature_set, key anyelement, model kmeans_model, silhouette text) IS
'the cluster of each row, its distance to the center in scaled units, and how much nearer that is than the next, from -1 to 1, by a model that was fitted before; ids of the type of the second argument, such as NULL::uuid';

CREATE FUNCTION kmeans_scan(set feature_set, k_min integer DEFAULT 2, k_max integer DEFAULT 10, scaling text DEFAULT 'standard', n_init integer DEFAULT NULL, max_iter integer DEFAULT 300, tolerance double precision DEFAULT NULL, seed bigint DEFAULT 1, nulls text DEFAULT 'error', silhouette text DEFAULT 'simplified')
RETURNS TABLE (
    k integer,
    inertia double precision,
    silhouette double precision,
    calinski_harabasz double precision,
    davies_bouldin double precision,
    preferred_by text[],
    warnings text
)
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 20000000 ROWS 9 SUPPORT plan_numbers_of_clusters
AS 'MODULE_PATHNAME', 'kmeans_scan_wrapper';
COMMENT ON FUNCTION kmeans_scan(set feature_set, k_min integer, k_max integer, scaling text, n_init integer, max_iter integer, tolerance double precision, seed bigint, nulls text, silhouette text) IS
'the quality of clusterings with k_min to k_max clusters, and which measure prefers which';

CREATE FUNCTION kmeans_assign(model kmeans_model, features double precision[])
RETURNS integer
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 20
AS 'MODULE_PATHNAME', 'kmeans_assign_wrapper';
COMMENT ON FUNCTION kmeans_assign(model kmeans_model, features double precision[]) IS
'the number of the cluster whose center is nearest; NULL if a feature is NULL, NaN or infinite';

CREATE FUNCTION kmeans_distances(model kmeans_model, features double precision[])
RETURNS double precision[]
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 30
AS 'MODULE_PATHNAME', 'kmeans_distances_wrapper';
COMMENT ON FUNCTION kmeans_distances(model kmeans_model, features double precision[]) IS
'the distances to all centers in scaled units; NULL if a feature is NULL, NaN or infinite';

CREATE FUNCTION kmeans_centers(model kmeans_model)
RETURNS TABLE (
    cluster integer,
    size bigint,
    weight double precision,
    share double precision,
    radius double precision,
    center double precision[]
)
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100 ROWS 10 SUPPORT plan_clusters
AS 'MODULE_PATHNAME', 'kmeans_centers_wrapper';
COMMENT ON FUNCTION kmeans_centers(model kmeans_model) IS
'the clusters of a model: rows, their weight and its share, the root mean square distance to the center in scaled units, and the center in the units of the features';

CREATE FUNCTION kmeans_profile(model kmeans_model)
RETURNS TABLE (
    cluster integer,
    size bigint,
    feature text,
    value double precision,
    mean double precision,
    scaled double precision
)
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100 ROWS 50 SUPPORT plan_profiles
AS 'MODULE_PATHNAME', 'kmeans_profile_wrapper';
COMMENT ON FUNCTION kmeans_profile(model kmeans_model) IS
'the centers of a model feature by feature: the value, the mean over all rows, and the value in scaled units';

CREATE FUNCTION describe(
    model kmeans_model,
    OUT clusters integer,
    OUT features text[],
    OUT scaling text,
    OUT rows bigint,
    OUT weight double precision,
    OUT inertia double precision,
    OUT silhouette double precision,
    OUT calinski_harabasz double precision,
    OUT davies_bouldin double precision,
    OUT status text,
    OUT iterations bigint,
    OUT starts bigint,
    OUT seed bigint,
    OUT warnings text
)
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100
AS 'MODULE_PATHNAME', 'kmeans_model_describe_wrapper';
COMMENT ON FUNCTION describe(model kmeans_model) IS
'how a model was fitted, how good it is, and what to know before one trusts it';
