"""The idiom of psycopg 3, and what its section says about it."""

import datetime
import threading

import numpy
import psycopg
from checks import ANSWERS, AT, JULY, LONG, SHORT, check, check_best, end, outcome
from idiom import archive, best, churn_probability, expected, offers, purchases
from psycopg.types.json import Jsonb

with psycopg.connect("", autocommit=True) as connection, psycopg.connect("") as other:
    check_best("now", best(connection))
    check_best("july", best(connection, JULY))
    check_best("july", best(connection, JULY.date()))
    check_best("july", best(connection, "2017-07-01"))
    check_best("at", best(connection, AT))
    check_best("before", best(connection, AT - datetime.timedelta(seconds=1)))
    check_best("bins", best(connection, bins=3))
    check("aware", outcome(lambda: best(connection, JULY.astimezone(datetime.timezone.utc))), "42883")
    check("numpy integer", outcome(lambda: best(connection, bins=numpy.int64(3))), "42883")
    check_best("bins", best(connection, bins=int(numpy.int64(3))))
    check("no bins", outcome(lambda: best(connection, bins=-1)), "22023")
    check("no time", outcome(lambda: best(connection, "yesterday or so")), "22007")

    said = []
    connection.add_notice_handler(lambda notice: said.append(notice.message_primary))
    check(f"expected.{SHORT}", expected(connection, SHORT))
    check("notice", "horizon is shorter than a day" in said, True)
    check("expected.1 year", expected(connection, "1 year"))
    check("expected.365 days", expected(connection, datetime.timedelta(365)))
    check("number for a horizon", outcome(lambda: expected(connection, 365)), "42883")

    check("offers.basket", "|".join(offers(connection, ["Hot Dogs", "Soft Drinks"])))
    check("offers.empty", "|".join(offers(connection, [])))
    check("tuple", outcome(lambda: offers(connection, ("Hot Dogs",))), "22P02")

    model = purchases(connection)
    check("churn", churn_probability(connection, model, 3, 100.5, 200))
    check("churn", churn_probability(connection, model, numpy.float64(3), numpy.float64(100.5), 200))
    as_json = connection.execute("SELECT purchases::jsonb FROM model").fetchone()[0]
    check("jsonb", isinstance(as_json, dict), True)
    check("churn", churn_probability(connection, Jsonb(as_json), 3, 100.5, 200))
    in_bytes = connection.execute("SELECT purchases FROM model", binary=True).fetchone()[0]
    check("binary", isinstance(in_bytes, bytes), True)

    features = "SELECT (clientele.describe(clientele.feature_set(%s, %s))).dimension"
    check("array of NumPy", outcome(lambda: connection.execute(features, [1, numpy.ones(2)])), "ProgrammingError")
    check("list", connection.execute(features, [1, numpy.ones(2).tolist()]).fetchone()[0], 2)
    check("mixed list", outcome(lambda: connection.execute(features, [1, [1, 2.5]])), "DataError")

    archive(connection, other)
    check("log", other.execute("SELECT md5(log::text) FROM archive").fetchone()[0])
    other.rollback()

    for _ in range(8):
        check_best("july", best(connection, JULY))
    connection.execute("DISCARD ALL")
    check_best("july", best(connection, JULY))
    with connection.pipeline():
        july = connection.execute("SELECT orders FROM clientele.rfm((SELECT log FROM shop), as_of => %s) LIMIT 1", [JULY])
        all_ = connection.execute("SELECT count(*) FROM clientele.rfm((SELECT log FROM shop), as_of => %s)", [None])
    check("pipeline", all_.fetchone()[0], int(ANSWERS["customers"]))
    check("pipeline", len(july.fetchall()), 1)

    threading.Timer(1, connection.cancel).start()
    check("cancelled", outcome(lambda: connection.execute(LONG)), "57014")
    check_best("now", best(connection))
end()
