-- What every test needs. The settings of the session are unusual on purpose: no result may depend on them.
CREATE EXTENSION clientele;
ALTER DATABASE clientele_regression SET timezone = 'Asia/Kathmandu';
ALTER DATABASE clientele_regression SET extra_float_digits = 1;
-- A small shop: two customers, one of them with two lines at one instant and a return, and one with a return only.
CREATE TABLE small_orders (customer_id bigint, ordered_at timestamptz, total numeric(10,2));
INSERT INTO small_orders VALUES
    (1, '2024-01-01 10:00+00', 20.00),
    (1, '2024-01-01 10:00+00', 5.50),
    (1, '2024-01-03 18:30+00', 10.00),
    (1, '2024-01-05 09:00+00', -4.25),
    (2, '2024-01-02 23:30+00', 99.99),
    (3, '2024-01-04 12:00+00', -7.00);
-- A large one: three thousand customers over a year.
CREATE FUNCTION pg_temp.u(i bigint, seed bigint) RETURNS float8 LANGUAGE sql IMMUTABLE AS $$
    SELECT ((hashint8extended(i, seed) & 1048575) + 0.5) / 1048576 $$;
CREATE TABLE many_orders AS
SELECT customer_id, timestamp '2023-01-01' + days * interval '1 day' AS ordered_at,
       round((20 / sqrt(pg_temp.u(customer_id, 6)) * (0.5 + pg_temp.u(customer_id * 1000 + n, 7)))::numeric, 2) AS total
FROM (SELECT i AS customer_id, n, pg_temp.u(i, 1) * 90 - sum(ln(pg_temp.u(i * 1000 + n, 2)) * (n > 0)::int) OVER (PARTITION BY i ORDER BY n)
                 * 20 / -ln(pg_temp.u(i, 3)) AS days
      FROM generate_series(1, 3000) i, generate_series(0, 60) n WHERE n <= ln(pg_temp.u(i, 4)) / ln(pg_temp.u(i, 5) ^ 0.3)) orders
WHERE days < 365;
