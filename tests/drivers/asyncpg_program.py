"""The idiom of asyncpg, and what its section says about it."""

import asyncio
import datetime

import asyncpg
from checks import AT, JULY, LONG, SHORT, check, check_best, end, state
from idiom import archive, best, churn_probability, expected, offers, purchases


async def failure(call):
    """The SQLSTATE of the error that a call ends with."""
    try:
        return await call
    except Exception as error:
        return state(error)


async def main():
    connection, other = await asyncpg.connect(), await asyncpg.connect()
    check_best("now", await best(connection))
    check_best("july", await best(connection, JULY))
    check_best("july", await best(connection, JULY.date()))
    check_best("at", await best(connection, AT))
    check_best("before", await best(connection, AT - datetime.timedelta(seconds=1)))
    check_best("bins", await best(connection, bins=3))
    check("aware", await failure(best(connection, JULY.astimezone(datetime.timezone.utc))), "22000")
    check("text for a time", await failure(best(connection, "2017-07-01")), "22000")
    check("text for a number", await failure(best(connection, bins="3")), "22000")
    check("no bins", await failure(best(connection, bins=-1)), "22023")

    said = []
    connection.add_log_listener(lambda _, notice: said.append(notice.message))
    check(f"expected.{SHORT}", await expected(connection, SHORT))
    check("notice", "horizon is shorter than a day" in said, True)
    check("expected.1 year", await expected(connection, "1 year"))
    of_a_timedelta = """SELECT sum(expected_orders)
                        FROM model, clientele.clv((SELECT log FROM shop), horizon => $1, purchases => purchases)"""
    check("expected.365 days", await connection.fetchval(of_a_timedelta, datetime.timedelta(365)))
    check("text for a horizon", await failure(connection.fetchval(of_a_timedelta, "1 year")), "22000")

    check("offers.basket", "|".join(await offers(connection, ["Hot Dogs", "Soft Drinks"])))
    check("offers.empty", "|".join(await offers(connection, [])))
    model = await purchases(connection)
    check("churn", await churn_probability(connection, model, 3, 100.5, 200))

    copied = "SELECT md5(log::text) FROM archive"
    transaction = other.transaction()
    await transaction.start()
    await archive(connection, other)
    check("log", await other.fetchval(copied))
    await transaction.rollback()
    log = await other.fetchval("SELECT log FROM shop")
    check("without a codec", await failure(other.copy_records_to_table("archive", records=[(log,)])), "InternalClientError")
    await other.set_type_codec("order_log", schema="clientele", encoder=bytes, decoder=bytes, format="binary")
    log = await other.fetchval("SELECT log FROM shop")
    check("codec", isinstance(log, bytes), True)
    transaction = other.transaction()
    await transaction.start()
    await other.copy_records_to_table("archive", records=[(log,)])
    check("log", await other.fetchval(copied))
    await transaction.rollback()

    await connection.execute("DISCARD ALL")
    check("discarded", await failure(best(connection, JULY)), "26000")
    without = await asyncpg.connect(statement_cache_size=0)
    check_best("july", await best(without, JULY))
    await without.execute("DISCARD ALL")
    check_best("july", await best(without, JULY))

    check("cancelled", await failure(without.execute(LONG, timeout=1)), "TimeoutError")
    check_best("now", await best(without))


asyncio.run(main())
end()
