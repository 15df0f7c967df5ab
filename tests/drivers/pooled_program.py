"""The programs behind a pool that gives a server to each transaction and keeps no prepared statements: pgbouncer."""

import asyncio
import os

import asyncpg
import psycopg
from checks import AT, JULY, check, check_best, end
from psycopg3_idiom import best
from asyncpg_idiom import best as best_of_asyncpg

POOL = {"host": "127.0.0.1", "port": os.environ["POOL_PORT"], "user": "postgres"}


def with_psycopg():
    """Two clients in turn, whose statements go to either server."""
    clients = [psycopg.connect(**POOL, dbname="drivers", autocommit=True, prepare_threshold=None) for _ in range(2)]
    for _ in range(8):
        for client in clients:
            check_best("july", best(client, JULY))


async def with_asyncpg():
    clients = [await asyncpg.connect(**POOL, database="drivers", statement_cache_size=0) for _ in range(2)]
    for _ in range(8):
        for rows in await asyncio.gather(*[best_of_asyncpg(client, AT) for client in clients]):
            check_best("at", rows)


with_psycopg()
asyncio.run(with_asyncpg())
end()
