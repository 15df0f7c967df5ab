#!/usr/bin/env python3
"""The same models by the Python package lifetimes. Run by tests/bench/models:

    lifetimes.py version                        prints: what is measured, in words
    lifetimes.py fit MODEL SUMMARY              prints: wall, CPU, peak, log-likelihood
    lifetimes.py expected MODEL SUMMARY HORIZON PARAMETER...
                                                prints: wall, CPU, peak
    lifetimes.py compare MODEL FORETOLD HORIZON PARAMETER...
                                                prints: the greatest relative difference of orders expected of a
                                                customer, and for how many customers lifetimes has no number
    lifetimes.py clv SUMMARY MONTHS DISCOUNT    prints: wall, CPU, peak, value of all customers together
    lifetimes.py export ORDERS SCORES HORIZON   prints: wall, CPU, peak, and sums over all customers: frequency, recency
                                                and age in days, value; writes the scores

MODEL is bg/nbd, mbg/nbd, pareto/nbd or spend. The files are CSV: SUMMARY of frequency, recency, age, monetary value;
FORETOLD of frequency, recency, age, expected orders; ORDERS of customer, time, amount. Wall and CPU are in
microseconds, the peak is the memory of the process in kB; horizons and parameters are in weeks.
"""
import os
import sys
import time

# One thread, as a query has; set before numpy starts any.
for library in ("OMP", "OPENBLAS", "MKL"):
    os.environ[f"{library}_NUM_THREADS"] = "1"
# This file has the name of the module: its own directory must not be searched first.
sys.path.pop(0)
import numpy  # noqa: E402
import pandas  # noqa: E402
import scipy  # noqa: E402
from scipy.special import gammaln  # noqa: E402
import lifetimes  # noqa: E402
from lifetimes.utils import summary_data_from_transaction_data  # noqa: E402

FITTERS = {
    "bg/nbd": lifetimes.BetaGeoFitter,
    "mbg/nbd": lifetimes.ModifiedBetaGeoFitter,
    "pareto/nbd": lifetimes.ParetoNBDFitter,
    "spend": lifetimes.GammaGammaFitter,
}
PARAMETERS = {"bg/nbd": "r alpha a b", "mbg/nbd": "r alpha a b", "pareto/nbd": "r alpha s beta", "spend": "p q v"}


# --- Log-likelihoods, summed over customers: lifetimes keeps means, in a time of its own. ---


def bg(x, t, age, r, alpha, a, b):
    """Fader, Hardie and Lee 2005, equation 6."""
    alive = -(r + x) * numpy.log(alpha + age)
    gone = numpy.where(x > 0, numpy.log(a / (b + numpy.maximum(x, 1) - 1)) - (r + x) * numpy.log(alpha + t), -numpy.inf)
    orders = gammaln(r + x) - gammaln(r) + r * numpy.log(alpha)
    return orders + gammaln(a + b) + gammaln(b + x) - gammaln(b) - gammaln(a + b + x) + numpy.logaddexp(alive, gone)


def mbg(x, t, age, r, alpha, a, b):
    """Batislam, Denizel and Filiztekin 2007: the first order may be the last, too."""
    alive = -(r + x) * numpy.log(alpha + age)
    gone = numpy.log(a / (b + x)) - (r + x) * numpy.log(alpha + t)
    orders = gammaln(r + x) - gammaln(r) + r * numpy.log(alpha)
    left = gammaln(a + b) + gammaln(b + x + 1) - gammaln(b) - gammaln(a + b + x + 1)
    return orders + left + numpy.logaddexp(alive, gone)


def pareto(x, t, age, r, alpha, s, beta):
    """Fader and Hardie 2005, with the integral over the end of the customer's life left as it is:

    s * integral of (alpha + y)^-(r + x) * (beta + y)^-(s + 1) over y from t to age, with
    alpha + y = (alpha + t) * exp(u).
    """
    k = r + s + x
    # What comes after exp(-40) of its start does not count.
    last = numpy.minimum(numpy.log((alpha + age) / (alpha + t)), 40 / k)
    nodes, weights = numpy.polynomial.legendre.leggauss(64)
    integral = numpy.empty_like(age)
    # In parts, for there are as many numbers as customers and nodes.
    for part in numpy.array_split(numpy.arange(len(age)), len(age) // 20000 + 1):
        u = last[part, None] * (nodes + 1) / 2
        y = (alpha + t[part, None]) * numpy.exp(u)
        values = numpy.exp(-k[part, None] * u) * (y / (y + beta - alpha)) ** (s + 1)
        integral[part] = last[part] / 2 * (values @ weights)
    alive = -(r + x) * numpy.log(alpha + age) - s * numpy.log(beta + age)
    with numpy.errstate(divide="ignore"):
        gone = numpy.log(s) - k * numpy.log(alpha + t) + numpy.log(integral)
    orders = gammaln(r + x) - gammaln(r) + r * numpy.log(alpha)
    return orders + s * numpy.log(beta) + numpy.logaddexp(alive, gone)


def spend(x, m, p, q, v):
    """Fader and Hardie 2013, equation 1a."""
    beta = gammaln(p * x + q) - gammaln(p * x) - gammaln(q)
    powers = q * numpy.log(v) + (p * x - 1) * numpy.log(m) + p * x * numpy.log(x)
    return beta + powers - (p * x + q) * numpy.log(x * m + v)


LOG_LIKELIHOODS = {"bg/nbd": bg, "mbg/nbd": mbg, "pareto/nbd": pareto, "spend": spend}


# --- What is measured ---


def read(file):
    return pandas.read_csv(file, header=None, names=["frequency", "recency", "age", "monetary_value"])


def columns(model, summary):
    """What a model is of: the one of amounts has no use for customers without a repeat purchase."""
    if model == "spend":
        summary = summary[(summary.frequency > 0) & (summary.monetary_value > 0)]
        return summary.frequency, summary.monetary_value
    return summary.frequency, summary.recency, summary.age


def with_parameters(model, parameters):
    fitter = FITTERS[model]()
    fitter.params_ = pandas.Series([float(parameter) for parameter in parameters], index=PARAMETERS[model].split())
    if model.endswith("bg/nbd"):
        fitter.predict = fitter.conditional_expected_number_of_purchases_up_to_time
    return fitter


def measure(work, answer):
    """Prints how long some work took and what came of it."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    with open("/proc/self/status") as status:
        peak = next(line.split()[1] for line in status if line.startswith("VmHWM:"))
    print(round(wall * 1e6), round(cpu * 1e6), peak, *answer(result))


def fit(model, file):
    data = columns(model, read(file))

    def log_likelihood(fitter):
        arrays = [column.to_numpy(float) for column in data]
        parameters = [fitter.params_[name] for name in PARAMETERS[model].split()]
        return [float(LOG_LIKELIHOODS[model](*arrays, *parameters).sum())]

    measure(lambda: FITTERS[model]().fit(*data), log_likelihood)


def expected(model, file, horizon, *parameters):
    data = columns(model, read(file))
    fitter = with_parameters(model, parameters)
    measure(lambda: foretold(fitter, data, horizon), lambda orders: [])


def foretold(fitter, data, horizon):
    return numpy.asarray(fitter.conditional_expected_number_of_purchases_up_to_time(float(horizon), *data))


def compare(model, file, horizon, *parameters):
    summary = pandas.read_csv(file, header=None, names=["frequency", "recency", "age", "ours"])
    theirs = foretold(with_parameters(model, parameters), columns(model, summary), horizon)
    finite = numpy.isfinite(theirs)
    ours, theirs = summary.ours.to_numpy()[finite], theirs[finite]
    # Expectations that are next to nothing are compared as they are.
    print(float(numpy.max(numpy.abs(ours - theirs) / numpy.maximum(theirs, 1e-6))), int(numpy.sum(~finite)))


def value(purchases, amounts, summary, months, discount):
    return amounts.customer_lifetime_value(
        purchases, summary.frequency, summary.recency, summary.age, summary.monetary_value, months, discount, "W"
    )


def clv(file, months, discount):
    """With a discount, for which lifetimes goes month by month; the models are made before."""
    summary = read(file)
    purchases = FITTERS["mbg/nbd"]().fit(*columns("mbg/nbd", summary))
    amounts = FITTERS["spend"]().fit(*columns("spend", summary))
    measure(
        lambda: value(purchases, amounts, summary, int(months), float(discount)),
        lambda values: [float(values.sum())],
    )


def export(orders, scores, horizon):
    """From orders to scores without a discount, which takes one prediction and not one for each month."""

    def work():
        data = pandas.read_csv(orders, header=None, names=["customer", "at", "amount"])
        # Without a word about the format, times on the full second are refused.
        data["at"] = pandas.to_datetime(data["at"], format="ISO8601")
        summary = summary_data_from_transaction_data(data, "customer", "at", "amount").rename(columns={"T": "age"})
        sums = [int(summary[column].sum()) for column in ("frequency", "recency", "age")]
        summary[["recency", "age"]] /= 7
        purchases = FITTERS["mbg/nbd"]().fit(*columns("mbg/nbd", summary))
        amounts = FITTERS["spend"]().fit(*columns("spend", summary))
        data = columns("mbg/nbd", summary)
        summary["p_alive"] = purchases.conditional_probability_alive(*data)
        summary["expected_orders"] = purchases.predict(float(horizon), *data)
        summary["expected_spend"] = amounts.conditional_expected_average_profit(
            summary.frequency, summary.monetary_value
        )
        summary["clv"] = summary.expected_orders * summary.expected_spend
        summary[["p_alive", "expected_orders", "expected_spend", "clv"]].to_csv(scores, header=False)
        return [*sums, float(summary.clv.sum())]

    measure(work, lambda sums: sums)


def version():
    print(
        f"lifetimes {lifetimes.__version__} has one thread, numpy {numpy.__version__}, scipy {scipy.__version__}"
        f" and pandas {pandas.__version__}"
    )


COMMANDS = {command.__name__: command for command in (version, fit, expected, compare, clv, export)}
COMMANDS[sys.argv[1]](*sys.argv[2:])
