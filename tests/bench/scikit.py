#!/usr/bin/env python3
"""The same clusters by scikit-learn. Run by tests/bench/segments:

    scikit.py version                                  prints: what is measured, in words
    scikit.py prepare CSV ARRAY                        writes the numbers of a CSV file as an array
    scikit.py fit ARRAY DIMENSION K THREADS ITERATIONS prints: wall, CPU, peak, inertia

With 0 iterations: ten starts of k-means++, to the end as by default. Else so many from rows at equal distances.
Wall and CPU are in microseconds, the peak is the memory of the process in kB.
"""
import os
import resource
import sys
import time

command, arguments = sys.argv[1], sys.argv[2:]
threads = arguments[3] if command == "fit" else "1"
for library in ("OMP", "OPENBLAS", "MKL"):
    os.environ[f"{library}_NUM_THREADS"] = threads
import numpy  # noqa: E402
import sklearn  # noqa: E402
from sklearn.cluster import KMeans  # noqa: E402

if command == "version":
    print(f"scikit-learn {sklearn.__version__} (numpy {numpy.__version__}), Lloyd")
elif command == "prepare":
    numpy.save(arguments[1], numpy.loadtxt(arguments[0], delimiter=","))
else:
    rows = numpy.ascontiguousarray(numpy.load(arguments[0])[:, : int(arguments[1])])
    k, iterations = int(arguments[2]), int(arguments[4])
    if iterations:
        first = [i * (len(rows) - 1) // (k - 1) for i in range(k)]
        model = KMeans(k, init=rows[first], n_init=1, max_iter=iterations, tol=0, algorithm="lloyd")
    else:
        model = KMeans(k, n_init=10, random_state=1, algorithm="lloyd")
    start, cpu = time.perf_counter(), time.process_time()
    model.fit(rows)
    wall, cpu = time.perf_counter() - start, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(round(wall * 1e6), round(cpu * 1e6), peak, repr(float(model.inertia_)))
