"""The idiom of SQLAlchemy with each of its drivers, and what its section says about it."""

import asyncio
import datetime
import os
import warnings

import sqlalchemy
from checks import AT, JULY, check, check_best, end, outcome
from idiom import best, churn_probability, expected, offers, purchases
from sqlalchemy.ext.asyncio import create_async_engine

PLACE = f"postgres@/{os.environ['PGDATABASE']}?host={os.environ['PGHOST']}&port={os.environ['PGPORT']}"


def tried(connection, call):
    """What a call comes to, in a part of the transaction that an error ends."""
    part = connection.begin_nested()
    got = outcome(call)
    part.rollback()
    return got


def program(connection, driver):
    check_best("now", best(connection))
    check_best("july", best(connection, JULY))
    check_best("at", best(connection, AT))
    check_best("before", best(connection, AT - datetime.timedelta(seconds=1)))
    check_best("bins", best(connection, bins=3))
    check("no bins", tried(connection, lambda: best(connection, bins=-1)), "22023")

    # The zone of the session decides: some hours before the last order it is not seen yet.
    aware = AT.replace(tzinfo=datetime.timezone.utc)
    if driver == "psycopg":
        connection.exec_driver_sql("SET LOCAL TIME ZONE 'America/New_York'")
        check_best("before", best(connection, aware))
        connection.exec_driver_sql("SET LOCAL TIME ZONE 'UTC'")
        check_best("at", best(connection, aware))
    else:
        check("aware", tried(connection, lambda: best(connection, aware)), "22000" if driver == "asyncpg" else "42883")
    in_text = sqlalchemy.text("SELECT count(*) FROM clientele.rfm((SELECT log FROM shop), as_of => :as_of)")
    check("aware in text", tried(connection, lambda: connection.execute(in_text, {"as_of": aware})),
          "22000" if driver == "asyncpg" else "42883")

    check("expected.1 year", expected(connection, "1 year"))
    check("expected.365 days", expected(connection, "365 days"))
    check("offers.basket", "|".join(offers(connection, ["Hot Dogs", "Soft Drinks"])))
    check("offers.empty", "|".join(offers(connection, [])))
    model = purchases(connection)
    check("churn", churn_probability(connection, model, 3, 100.5, 200.0))

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tables = sqlalchemy.MetaData()
        tables.reflect(connection, views=True, only=["shop", "models", "offers", "archive", "customer_scores", "model"])
    check("reflected", repr(tables.tables["models"].c.purchases.type.get_col_spec()), "'clientele.purchase_model'")
    check("created", "clientele.order_log" in str(sqlalchemy.schema.CreateTable(tables.tables["shop"])), True)
    kept = tables.tables["archive"]
    part = connection.begin_nested()
    log = connection.execute(sqlalchemy.select(tables.tables["shop"].c.log)).scalar_one()
    connection.execute(sqlalchemy.insert(kept).values(log=log))
    check("log", connection.exec_driver_sql("SELECT md5(log::text) FROM archive").scalar_one())
    part.rollback()


def reflection_without():
    """What reflection says of columns whose types are not registered."""
    from sqlalchemy.dialects.postgresql.base import ischema_names

    registered = {name: ischema_names.pop(name) for name in ["purchase_model", "clientele.purchase_model"]}
    with sqlalchemy.create_engine(f"postgresql+psycopg://{PLACE}").connect() as connection, warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        models = sqlalchemy.Table("models", sqlalchemy.MetaData(), autoload_with=connection)
    check("warning", [str(one.message) for one in said], ["Did not recognize type 'clientele.purchase_model' of column 'purchases'"])
    check("no type", repr(models.c.purchases.type), "NullType()")
    ischema_names.update(registered)


async def with_asyncpg():
    engine = create_async_engine(f"postgresql+asyncpg://{PLACE}")
    async with engine.connect() as connection:
        await connection.run_sync(program, "asyncpg")
    await engine.dispose()


for driver in ["psycopg", "psycopg2"]:
    with sqlalchemy.create_engine(f"postgresql+{driver}://{PLACE}").connect() as connection:
        program(connection, driver)
asyncio.run(with_asyncpg())
reflection_without()
end()
