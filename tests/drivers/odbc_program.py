"""The idiom of ODBC by pyodbc, and what its section says about it."""

import datetime
import os

import pyodbc
from checks import AT, JULY, SHORT, check, check_best, end, outcome
from idiom import best, churn_probability, expected, offers, purchases

PLACE = f"DRIVER={os.environ['ODBC_DRIVER']};SERVER=127.0.0.1;PORT={os.environ['PGPORT']};DATABASE={os.environ['PGDATABASE']};UID=postgres"
NUMBER = "SELECT sum(expected_orders) FROM model, clientele.clv((SELECT log FROM shop), horizon => ?, purchases => purchases)"

for settings in ["", "UseServerSidePrepare=0", "UseDeclareFetch=1"]:
    connection = pyodbc.connect(f"{PLACE};{settings}")
    check_best("now", best(connection))
    check_best("july", best(connection, JULY))
    check_best("july", best(connection, JULY.date()))
    check_best("july", best(connection, "2017-07-01"))
    check_best("at", best(connection, AT))
    check_best("before", best(connection, AT - datetime.timedelta(seconds=1)))
    check_best("bins", best(connection, bins=3))
    # An instant hours before the last order: its zone is lost.
    moved = AT.replace(tzinfo=datetime.timezone(datetime.timedelta(hours=9)))
    check_best("at", best(connection, moved))

    check("expected.1 year", expected(connection, "1 year"))
    check("expected.365 days", expected(connection, "365 days"))
    check(f"expected.{SHORT}", expected(connection, SHORT))
    check("offers.basket", "|".join(offers(connection, ["Hot Dogs", "Soft Drinks"])))
    check("offers.empty", "|".join(offers(connection, [])))
    model = purchases(connection)
    check("churn", churn_probability(connection, model, 3, 100.5, 200))
    connection.commit()

    check("no bins", outcome(lambda: best(connection, bins=-1)), "22023")
    connection.rollback()
    check("timedelta", outcome(lambda: expected(connection, datetime.timedelta(365))), "HY105")
    connection.rollback()
    if settings == "UseServerSidePrepare=0":
        check("number for a horizon", outcome(lambda: connection.execute(NUMBER, 365)), "42883")
    elif not settings:
        check(f"expected.{SHORT}", connection.execute(NUMBER, 365).fetchval())
    connection.rollback()

    log = connection.execute("SELECT log FROM shop").fetchval()
    connection.execute("INSERT INTO archive SELECT ?::clientele.order_log", log)
    check("log", connection.execute("SELECT md5(log::text) FROM archive").fetchval())
    connection.rollback()
    widths = connection.execute("SELECT segment, m.purchases FROM customer_scores, model m LIMIT 1").description
    check("widths", [column[3] for column in widths], [8190, 255])
    connection.close()
end()
