"""Superset over the reports, by its REST interface: datasets, charts, a dashboard, SQL Lab. What it shows is what PostgreSQL answers.

Run by tests/reporting/superset, with the address of Superset and the directory for pictures; PGHOST and the like name the server.
"""

import datetime
import decimal
import json
import os
import sys

import psycopg2
import requests

SUPERSET, PICTURES = sys.argv[1:]
PATIENCE = 120  # seconds that one request may take
PERCENT, MONEY, COUNT = ",.1f", ",.0f", ",d"

connection = psycopg2.connect("")
connection.autocommit = True


def asked(sql, parameters=None):
    """The rows that PostgreSQL answers, numbers as numbers and days as Superset writes them: milliseconds."""

    def plain(value):
        if isinstance(value, decimal.Decimal):
            return float(value)
        if isinstance(value, datetime.datetime):
            return value.timestamp() * 1000
        if isinstance(value, datetime.date):
            return datetime.datetime(value.year, value.month, value.day, tzinfo=datetime.timezone.utc).timestamp() * 1000
        return value

    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return [tuple(map(plain, row)) for row in cursor.fetchall()]


def call(method, path, body=None):
    answer = requests.request(method, f"{SUPERSET}/api/v1/{path}", json=body, timeout=PATIENCE)
    if not answer.ok:
        sys.exit(f"superset: {method} {path}: {answer.status_code} {answer.text[:2000]}")
    return answer.json()


def same(what, shown, expected):
    if len(shown) != len(expected):
        sys.exit(f"superset: {what}: {len(shown)} rows are shown, {len(expected)} expected\n{shown[:3]}\n{expected[:3]}")
    for mine, theirs in zip(shown, expected):
        for a, b in zip(mine, theirs, strict=True):
            near = isinstance(a, float) and isinstance(b, (int, float)) and abs(a - b) <= 1e-9 * max(abs(a), abs(b))
            if not (a == b or near):
                sys.exit(f"superset: {what}: {mine} is shown, {theirs} expected")
    if not expected:
        sys.exit(f"superset: {what}: nothing was compared")
    print(f"superset: {what}: {len(expected)} rows are what PostgreSQL answers")


# The database, as the role that sees the reports only.
host, port, name = os.environ["PGHOST"], os.environ["PGPORT"], os.environ["PGDATABASE"]
database = call("POST", "database/", {
    "database_name": "Shop", "expose_in_sqllab": True,
    "sqlalchemy_uri": f"postgresql+psycopg2://reporting@/{name}?host={host}&port={port}",
})["id"]
seen = call("GET", f"database/{database}/schemas/")["result"]
tables = call("GET", f"database/{database}/tables/?q=(schema_name:reports)")["result"]
views = [view for (view,) in asked(
    "SELECT relname FROM pg_class WHERE relnamespace = 'reports'::regnamespace AND relkind IN ('v', 'm') ORDER BY relname")]
if [table["value"] for table in sorted(tables, key=lambda table: table["value"].encode())] != views:
    sys.exit(f"superset: of {views} are offered {tables}")
print(f"superset: all {len(views)} views are offered, in one of the schemas {', '.join(seen)}")

datasets = {}
for view in views:
    datasets[view] = call("POST", "dataset/", {"database": database, "schema": "reports", "table_name": view})["id"]
    columns = call("GET", f"dataset/{datasets[view]}")["result"]["columns"]
    expected = asked("""SELECT attname::text, atttypid IN ('date'::regtype, 'timestamptz'::regtype), col_description(attrelid, attnum)
        FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 ORDER BY attname COLLATE "C" """, [f"reports.{view}"])
    shown = sorted((column["column_name"], column["is_dttm"], column["description"]) for column in columns)
    same(f"columns of {view}, which are times, and their comments", shown, expected)
    strange = [column["column_name"] for column in columns if not column["type"] or column["type"] == "NULL"]
    if strange:
        sys.exit(f"superset: {view}: the types of {strange} are not known to it")

datasets["segments_of_a_day"] = call("POST", "dataset/", {
    "database": database, "schema": "reports", "table_name": "segments_of_a_day",
    "sql": "SELECT * FROM reports.segments_as_of({{ \"'\" + to_dttm + \"'\" if to_dttm else 'NULL' }}::timestamp, "
           "{{ url_param('bins') or 'NULL' }}::integer)",
})["id"]


def metric(expression, label):
    return {"expressionType": "SQL", "sqlExpression": expression, "label": label, "optionName": f"metric_{label}"}


def table(columns, formats, order=None, ascending=True):
    return {
        "query_mode": "raw", "all_columns": columns, "row_limit": 10, "table_timestamp_format": "%Y-%m-%d",
        "show_cell_bars": False, "order_by_cols": [json.dumps([order, ascending])] if order else [],
        "column_config": {column: {"d3NumberFormat": format} for column, format in formats.items()},
    }


# Title, dataset, kind of chart, its settings, the query that it sends, width and height in the dashboard, what PostgreSQL is asked.
CHARTS = [
    ("As of when", "as_of", "table",
     table(["newest_order", "customers", "orders", "revenue", "fitted_on"], {"revenue": MONEY, "customers": COUNT, "orders": COUNT}),
     {"columns": ["newest_order", "customers", "orders", "revenue", "fitted_on"]}, 6, 20,
     "SELECT newest_order, customers, orders, revenue, fitted_on FROM reports.as_of"),
    ("Revenue expected in six months", "customers", "big_number_total",
     {"metric": metric("SUM(expected_revenue)", "Expected"), "y_axis_format": MONEY},
     {"metrics": [metric("SUM(expected_revenue)", "Expected")]}, 3, 20,
     "SELECT sum(expected_revenue) FROM reports.customers"),
    ("Customers at high risk", "risks", "big_number_total",
     {"metric": metric("SUM(customers) FILTER (WHERE risk = '3 high')", "High"), "y_axis_format": COUNT},
     {"metrics": [metric("SUM(customers) FILTER (WHERE risk = '3 high')", "High")]}, 3, 20,
     "SELECT count(*) FROM reports.customers WHERE risk = 'high'"),
    ("Segments", "segments", "echarts_timeseries_bar",
     {"x_axis": "segment", "metrics": [metric("SUM(customers)", "Customers")], "orientation": "horizontal", "groupby": [],
      "x_axis_sort": "Customers", "x_axis_sort_asc": True, "y_axis_format": COUNT, "show_value": True, "show_legend": False,
      "row_limit": 100, "truncateYAxis": False},
     {"columns": ["segment"], "metrics": [metric("SUM(customers)", "Customers")], "orderby": [["segment", True]]}, 6, 50,
     "SELECT segment, sum(customers) FROM reports.segments GROUP BY 1 ORDER BY 1"),
    ("Segments at the end of each month", "segments_over_time", "echarts_area",
     {"x_axis": "month", "metrics": [metric("SUM(customers)", "Customers")], "groupby": ["segment"], "stack": "Stack",
      "x_axis_time_format": "%b %Y", "row_limit": 1000, "y_axis_format": COUNT, "time_grain_sqla": "P1M", "show_legend": True,
      "opacity": 0.4},
     {"columns": [{"columnType": "BASE_AXIS", "sqlExpression": "month", "label": "month", "expressionType": "SQL", "timeGrain": "P1M"},
                  "segment"],
      "metrics": [metric("SUM(customers)", "Customers")], "orderby": [["month", True], ["segment", True]]}, 6, 50,
     "SELECT month, segment, sum(customers) FROM reports.segments_over_time GROUP BY 1, 2 ORDER BY 1, 2"),
    ("Best customers", "best_customers", "table",
     table(["place", "customer_id", "segment", "revenue", "orders", "average_order", "last_order"],
           {"customer_id": "d", "revenue": MONEY, "average_order": ",.2f"}, "place"),
     {"columns": ["place", "customer_id", "segment", "revenue", "orders", "average_order", "last_order"],
      "orderby": [["place", True]], "row_limit": 10}, 7, 55,
     "SELECT place, customer_id, segment, revenue, orders, average_order, last_order FROM reports.best_customers ORDER BY 1 LIMIT 10"),
    ("Who is leaving", "who_is_leaving", "table",
     table(["customer_id", "churn_percent", "days_since_last", "revenue"],
           {"customer_id": "d", "churn_percent": PERCENT, "revenue": MONEY}, "place"),
     {"columns": ["customer_id", "churn_percent", "days_since_last", "revenue"],
      "orderby": [["place", True]], "row_limit": 10, "filters": [{"col": "segment", "op": "IN", "val": ["At Risk", "Cannot Lose Them"]}]},
     5, 55,
     """SELECT customer_id, churn_percent, days_since_last, revenue FROM reports.who_is_leaving
        WHERE segment IN ('At Risk', 'Cannot Lose Them') ORDER BY place LIMIT 10"""),
    ("Revenue of each month", "over_time", "echarts_timeseries_line",
     {"x_axis": "month", "metrics": [metric("SUM(revenue)", "Revenue")], "groupby": [], "time_grain_sqla": "P1M", "row_limit": 1000,
      "x_axis_time_format": "%b %Y", "y_axis_format": MONEY, "show_legend": False},
     {"columns": [{"columnType": "BASE_AXIS", "sqlExpression": "month", "label": "month", "expressionType": "SQL", "timeGrain": "P1M"}],
      "metrics": [metric("SUM(revenue)", "Revenue")], "orderby": [["month", True]]}, 6, 50,
     "SELECT month, revenue FROM reports.over_time ORDER BY 1"),
    ("Was the forecast right, by tenths of the customers?", "forecast_by_tenth", "echarts_timeseries_bar",
     {"x_axis": "tenth", "metrics": [metric("SUM(predicted_orders)", "Forecast"), metric("SUM(actual_orders)", "Came")], "groupby": [],
      "xAxisForceCategorical": True, "x_axis_sort": "tenth", "x_axis_sort_asc": True, "y_axis_format": COUNT, "show_legend": True,
      "row_limit": 100},
     {"columns": ["tenth"], "metrics": [metric("SUM(predicted_orders)", "Forecast"), metric("SUM(actual_orders)", "Came")],
      "orderby": [["tenth", True]]}, 6, 50,
     "SELECT tenth, predicted_orders, actual_orders FROM reports.forecast_by_tenth ORDER BY 1"),
    ("Bought together", "bought_together", "table",
     table(["who_buys", "also_buys", "percent_of_cases", "times_as_often"],
           {"percent_of_cases": PERCENT, "times_as_often": PERCENT}, "place"),
     {"columns": ["who_buys", "also_buys", "percent_of_cases", "times_as_often"], "orderby": [["place", True]], "row_limit": 10}, 7, 50,
     "SELECT who_buys, also_buys, percent_of_cases, times_as_often FROM reports.bought_together ORDER BY place LIMIT 10"),
    ("Doubts", "doubts", "table", table(["about", "doubt"], {}), {"columns": ["about", "doubt"], "orderby": [["doubt", True]]}, 5, 50,
     "SELECT about, doubt FROM reports.doubts ORDER BY doubt"),
    ("Segments as of a day", "segments_of_a_day", "table",
     table(["segment", "customers", "revenue"], {"customers": COUNT, "revenue": MONEY}, "revenue", False)
     | {"time_range": "2017-01-01 : 2017-07-01"},
     {"columns": ["segment", "customers", "revenue"], "orderby": [["revenue", False]], "time_range": "2017-01-01 : 2017-07-01"}, 12, 50,
     "SELECT * FROM reports.segments_as_of('2017-07-01') ORDER BY revenue DESC"),
]


def queried(dataset, query, settings=None):
    body = {
        "datasource": {"id": datasets[dataset], "type": "table"}, "force": True, "result_format": "json", "result_type": "full",
        "queries": [{"filters": [], "extras": {}, "row_limit": 1000, "metrics": None, "columns": []} | query],
        "form_data": settings or {},
    }
    return body, call("POST", "chart/data", body)["result"][0]


charts = []
for title, dataset, kind, settings, query, width, height, sql in CHARTS:
    settings = settings | {"datasource": f"{datasets[dataset]}__table", "viz_type": kind}
    body, answer = queried(dataset, query, settings)
    same(f"chart {title}", [tuple(row.values()) for row in answer["data"]], asked(sql))
    chart = call("POST", "chart/", {
        "slice_name": title, "viz_type": kind, "datasource_id": datasets[dataset], "datasource_type": "table",
        "params": json.dumps(settings), "query_context": json.dumps(body),
    })["id"]
    charts.append((chart, title, width, height))

# Functions of the extension in a chart, whose SQL Superset parses and writes anew.
_, answer = queried("customers", {"columns": [], "metrics": [
    metric("(clientele.segment_agreement(segment, risk)).adjusted_rand", "Agreement"),
    metric("COUNT(DISTINCT clientele.rfm_segment(5, 4, 5))", "Segments")]})
same("functions in a chart", [tuple(row.values()) for row in answer["data"]],
     asked("SELECT (clientele.segment_agreement(segment, risk)).adjusted_rand, 1 FROM reports.customers"))

# SQL Lab: parameters by name, and a limit that Superset writes around the query.
for sql, expected in [
    ("SELECT * FROM reports.segments_as_of(bins => 3) ORDER BY revenue DESC",
     "SELECT * FROM reports.segments_as_of(bins => 3) ORDER BY revenue DESC LIMIT 4"),
    ("SELECT segment, CLIENTELE.RFM_SEGMENT(5, 4, 5) AS best, count(*) AS customers FROM customers GROUP BY segment ORDER BY 3 DESC",
     "SELECT segment, clientele.rfm_segment(5, 4, 5), count(*) FROM reports.customers GROUP BY segment ORDER BY 3 DESC LIMIT 4"),
    ("SELECT s.* FROM clientele.rfm_segments(bins => 3) s ORDER BY score;",
     "SELECT * FROM clientele.rfm_segments(bins => 3) ORDER BY score LIMIT 4"),
]:
    answer = call("POST", "sqllab/execute/", {
        "database_id": database, "schema": "reports", "sql": sql, "queryLimit": 4, "runAsync": False, "client_id": os.urandom(5).hex()})
    same(f"SQL Lab: {sql}", [tuple(row.values()) for row in answer["data"]], asked(expected))

# What the role may not see.
answer = requests.post(f"{SUPERSET}/api/v1/sqllab/execute/", timeout=PATIENCE, json={
    "database_id": database, "sql": "SELECT * FROM logs.orders", "runAsync": False, "client_id": os.urandom(5).hex()})
if answer.ok or "permission denied" not in answer.text:
    sys.exit(f"superset: the logs can be read: {answer.status_code} {answer.text[:1000]}")
print("superset: the logs cannot be read")

# The dashboard: rows of twelve columns, and a filter.
layout = {
    "DASHBOARD_VERSION_KEY": "v2",
    "ROOT_ID": {"type": "ROOT", "id": "ROOT_ID", "children": ["GRID_ID"]},
    "GRID_ID": {"type": "GRID", "id": "GRID_ID", "children": [], "parents": ["ROOT_ID"]},
}
row, used = None, 12
for chart, title, width, height in charts:
    if used + width > 12:
        row, used = f"ROW-{chart}", 0
        layout["GRID_ID"]["children"].append(row)
        layout[row] = {"type": "ROW", "id": row, "children": [], "parents": ["ROOT_ID", "GRID_ID"],
                       "meta": {"background": "BACKGROUND_TRANSPARENT"}}
    used += width
    layout[row]["children"].append(f"CHART-{chart}")
    layout[f"CHART-{chart}"] = {"type": "CHART", "id": f"CHART-{chart}", "children": [], "parents": ["ROOT_ID", "GRID_ID", row],
                                "meta": {"chartId": chart, "sliceName": title, "width": width, "height": height}}
dashboard = call("POST", "dashboard/", {
    "dashboard_title": "Customers", "slug": "customers", "published": True, "position_json": json.dumps(layout),
    "json_metadata": json.dumps({"native_filter_configuration": [{
        "id": "NATIVE_FILTER-segment", "type": "NATIVE_FILTER", "name": "Segment", "filterType": "filter_select",
        "targets": [{"datasetId": datasets["customers"], "column": {"name": "segment"}}], "cascadeParentIds": [],
        "controlValues": {"multiSelect": True, "enableEmptyFilter": False}, "scope": {"rootPath": ["ROOT_ID"], "excluded": []},
        "defaultDataMask": {"extraFormData": {}, "filterState": {}},
    }]}),
})["id"]
for chart, *_ in charts:
    call("PUT", f"chart/{chart}", {"dashboards": [dashboard]})

# The pictures, for people to look at. What is on them is checked as far as a program can: each chart has ended, none in an error.
chromium = os.environ.get("CHROMIUM")
if not chromium:
    print("superset: skipped: pictures, because chromium is missing")
    sys.exit()
from playwright.sync_api import sync_playwright  # noqa: E402: only here is it needed

with sync_playwright() as play:
    browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
    # As high as the dashboard: charts are drawn where they are seen.
    page = browser.new_page(viewport={"width": 1500, "height": 2700})
    page.set_default_timeout(PATIENCE * 1000)
    page.goto(f"{SUPERSET}/superset/dashboard/{dashboard}/?standalone=1")
    page.wait_for_function(f"document.querySelectorAll('.dashboard-chart').length >= {len(charts)}")
    page.wait_for_function("document.querySelectorAll('.dashboard-chart canvas').length >= 4")
    page.wait_for_function("document.querySelectorAll('.loading, .ant-spin-spinning').length === 0")
    page.wait_for_timeout(3000)
    page.screenshot(path=f"{PICTURES}/dashboard.png")
    text = page.inner_text("body")
    for place, (_, title, *_) in enumerate(charts):
        page.locator(".dashboard-chart").nth(place).screenshot(path=f"{PICTURES}/{title.replace(' ', '_').replace('?', '')}.png")
    browser.close()
for word in ("Unexpected error", "Data error", "Database error", "No results were returned"):
    if word in text:
        sys.exit(f"superset: the dashboard says: {word}\n{text}")
for word in ("Champions", "Pasta Sauce", "2322"):
    if word not in text:
        sys.exit(f"superset: the dashboard does not show {word}\n{text}")
print(f"superset: the dashboard is in {PICTURES}")
