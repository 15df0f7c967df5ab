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
