"""What the programs in Python compare, and how they say what came of it."""

import datetime
import os
import sys

JULY = datetime.datetime(2017, 7, 1)
"""An end of observation."""
AT = datetime.datetime(2017, 6, 25, 16, 23, 3)
"""The last order of the best customer in June: one second before, it is another."""
SHORT = "00:06:05"
"""A horizon that the server has something to say about."""

# Takes minutes unless it is cancelled.
LONG = """SELECT clientele.fit_kmeans(clientele.feature_set(i, ARRAY[sin(i), cos(i * 1.7), sin(i * 0.37)]), 50, n_init => 100)
          FROM generate_series(1, 200000) i"""

with open(os.environ["ANSWERS"], encoding="utf-8") as lines:
    ANSWERS = dict(line.rstrip("\n").split("\t", 1) for line in lines)

passed = failed = 0


def check(name, got, answer=None):
    """Whether this is what psql says, or another answer."""
    global passed, failed
    wanted = ANSWERS[name] if answer is None else answer
    if got == (float(wanted) if isinstance(got, float) else wanted):
        passed += 1
    else:
        failed += 1
        print(f"{name}: is {got!r}, and should be {wanted!r}", file=sys.stderr)


def check_best(name, rows):
    """The same for the best customers: rows of customer, segment, last order, revenue."""
    check(f"{name}.customers", " ".join(str(row[0]) for row in rows))
    check(f"{name}.segment", rows[0][1])
    check(f"{name}.last_order", rows[0][2].isoformat())
    check(f"{name}.revenue", rows[0][3])


def state(error):
    """The SQLSTATE of an error, or what the driver calls its own."""
    error = getattr(error, "orig", error)
    found = getattr(error, "sqlstate", None) or getattr(error, "pgcode", None)
    if found is None:
        # pyodbc has it among the arguments.
        found = next((one for one in error.args if isinstance(one, str) and len(one) == 5 and one.isalnum()), None)
    return found or type(error).__name__


def outcome(call):
    """What a call comes to: a value, or the SQLSTATE of its error."""
    try:
        return call()
    except Exception as error:
        return state(error)


def end():
    """Says how many were right, and ends."""
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0)
