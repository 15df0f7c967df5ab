"""The idiom of psycopg2, and what its section says about it."""

import datetime
import threading

import numpy
import psycopg2
from checks import AT, JULY, LONG, SHORT, check, check_best, end, outcome
from idiom import archive, best, query

connection, other = psycopg2.connect(""), psycopg2.connect("")
connection.autocommit = True
EXPECTED = """SELECT sum(expected_orders)
              FROM model, clientele.clv((SELECT log FROM shop), horizon => %s, purchases => purchases)"""
OFFERS = "SELECT string_agg(item, '|') FROM offers, clientele.recommend(model, %s, n => 3)"
CHURN = "SELECT clientele.churn_probability(%s::clientele.purchase_model, %s, %s, %s, '30 days')"


def value(sql, *parameters):
    return query(connection, sql, parameters)[0][0]


check_best("now", best(connection))
check_best("july", best(connection, JULY))
check_best("july", best(connection, "2017-07-01"))
check_best("at", best(connection, AT))
check_best("before", best(connection, AT - datetime.timedelta(seconds=1)))
check_best("bins", best(connection, bins=3))
check("aware", outcome(lambda: best(connection, JULY.astimezone(datetime.timezone.utc))), "42883")
check("numpy integer", outcome(lambda: best(connection, bins=numpy.int64(3))), "ProgrammingError")
check("no bins", outcome(lambda: best(connection, bins=-1)), "22023")
by_place = "SELECT count(*) FROM clientele.rfm((SELECT log FROM shop), NULL::integer, %s)"
check("by place", outcome(lambda: value(by_place, None)), "42725")

check(f"expected.{SHORT}", value(EXPECTED, SHORT))
check("notice", any("horizon is shorter than a day" in notice for notice in connection.notices), True)
check("expected.1 year", value(EXPECTED, "1 year"))
check("expected.365 days", value(EXPECTED, datetime.timedelta(365)))
check("number for a horizon", outcome(lambda: value(EXPECTED, 365)), "42883")
check("offers.basket", value(OFFERS, ["Hot Dogs", "Soft Drinks"]))
check("offers.empty", value(OFFERS, []))

model = value("SELECT purchases FROM model")
check("churn", value(CHURN, model, 3, 100.5, 200))
check("numpy float", outcome(lambda: value(CHURN, model, 3, numpy.float64(100.5), 200)), "3F000")
uuid = """SELECT customer_id FROM (SELECT clientele.order_log(%s::uuid, %s, 1) AS log) one,
          clientele.rfm(log, NULL::uuid)"""
check("uuid", value(uuid, "0004d0b5-9e19-461f-f126-e3a08a814c33", JULY), "0004d0b5-9e19-461f-f126-e3a08a814c33")

archive(connection, other)
check("log", query(other, "SELECT md5(log::text) FROM archive")[0][0])
other.rollback()

threading.Timer(1, connection.cancel).start()
check("cancelled", outcome(lambda: value(LONG)), "57014")
check_best("now", best(connection))
end()
