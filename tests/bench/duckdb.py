#!/usr/bin/env python3
"""The same questions put to DuckDB, on one thread and on its own columnar table. Run by tests/bench/run:

    duckdb.py load DATABASE CSV              prints: customers, revenue
    duckdb.py aggregates|rfm DATABASE        prints: wall and CPU in microseconds, peak memory of the process in kB
"""
import sys
import time

# This file has the name of the module: its own directory must not be searched first.
sys.path.pop(0)
import duckdb  # noqa: E402

AGGREGATES = """
SELECT customer_id, count(*) AS orders, max(ordered_at) AS last_order, min(ordered_at) AS first_order,
       sum(total) AS revenue
FROM orders GROUP BY 1
"""
# Sums over the answer, so that every column is made and none has to be handed to Python.
QUERIES = {
    "aggregates": f"""
SELECT count(*), sum(customer_id), sum(orders), max(last_order), min(first_order), sum(revenue) FROM ({AGGREGATES})
""",
    "rfm": f"""
SELECT count(*), sum(customer_id), max(last_order), sum(orders), sum(revenue), sum(r), sum(f), sum(m)
FROM (SELECT *, ntile(5) OVER (ORDER BY last_order) AS r, ntile(5) OVER (ORDER BY orders) AS f,
             ntile(5) OVER (ORDER BY revenue) AS m
      FROM ({AGGREGATES}))
""",
}


def load(database, csv):
    connection = duckdb.connect(database)
    connection.execute("CREATE TABLE orders (customer_id BIGINT, ordered_at TIMESTAMP, total DECIMAL(10, 2))")
    connection.execute(f"COPY orders FROM '{csv}' (FORMAT csv, HEADER false)")
    print(*connection.execute("SELECT count(DISTINCT customer_id), sum(total) FROM orders").fetchone())


def measure(query, database):
    connection = duckdb.connect(database, read_only=True, config={"threads": 1})
    # Read once, so that the columns are in memory, as the table is in PostgreSQL's.
    connection.execute("SELECT sum(customer_id), max(ordered_at), sum(total) FROM orders").fetchone()
    wall, cpu = time.perf_counter(), time.process_time()
    connection.execute(QUERIES[query]).fetchone()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    with open("/proc/self/status") as status:
        peak = next(line.split()[1] for line in status if line.startswith("VmHWM:"))
    print(round(wall * 1e6), round(cpu * 1e6), peak)


if sys.argv[1] == "load":
    load(sys.argv[2], sys.argv[3])
else:
    measure(sys.argv[1], sys.argv[2])
