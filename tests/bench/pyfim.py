#!/usr/bin/env python3
"""Frequent itemsets by Borgelt's programs. Run by tests/bench/baskets:

    pyfim.py version                prints: what is measured, in words
    pyfim.py eclat|fpgrowth|best FILE COUNT
                                    prints: wall, CPU, peak, number of sets, all of which are listed

FILE has a basket on each line, with items that are separated by blanks. Reading it is not measured, but for "best". Wall
and CPU are in microseconds, the peak is the memory of the process in kB.
"""
import resource
import sys
import time

# This file's name is near that of a module.
sys.path.pop(0)
import fim  # noqa: E402


def now():
    return time.perf_counter(), time.process_time()


if sys.argv[1] == "version":
    print("PyFIM", getattr(fim, "__version__", "6.28"))
else:
    miner, count = sys.argv[1], int(sys.argv[3])
    begun = now()
    with open(sys.argv[2]) as lines:
        baskets = [[int(item) for item in line.split()] for line in lines]
    if miner != "best":
        begun = now()
    # fpgrowth is the faster one of both on dense baskets, eclat on sparse ones.
    run = fim.fpgrowth if miner == "fpgrowth" else fim.eclat
    found = run(baskets, target="s", supp=-count, zmin=1, report="a")
    ended = now()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(round((ended[0] - begun[0]) * 1e6), round((ended[1] - begun[1]) * 1e6), peak, len(found))
