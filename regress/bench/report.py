# SPDX-License-Identifier: ISC
"""The rows: measured values, their ratios to direct, and what the portal is
to reach."""

import statistics

# What the portal's figure is held against: its ratio to direct, or the value
# itself; and the limit, the least ('>') or the most ('<') that will do. Where
# CPU time is limited, or the milliseconds of a list (200), the limit was found on
# a machine on which direct took what the divisor says: a slower machine, or a
# busy one, is slower for both.
RATIO, VALUE = "ratio", "value"
TARGETS = {
    "login": (RATIO, "<", 0.45),
    "login_cpu": (RATIO, "<", 6 / 26),
    "parallel": (RATIO, ">", 1.0),
    "mux": (RATIO, "<", 1.5),
    "mux_lost": (VALUE, "<", 0),
    "down_gcm": (RATIO, ">", 0.55),
    "up_gcm": (RATIO, ">", 0.6),
    "down_chacha": (RATIO, ">", 0.6),
    "up_chacha": (RATIO, ">", 0.6),
    "down_gcm_cpu": (RATIO, "<", 1.5 / 1.4),
    "up_gcm_cpu": (RATIO, "<", 1.8 / 1.4),
    "down_chacha_cpu": (RATIO, "<", 1.5 / 2.4),
    "up_chacha_cpu": (RATIO, "<", 1.8 / 2.2),
    "scp_get": (RATIO, ">", 0.7),
    "scp_put": (RATIO, ">", 0.7),
    "rsync": (RATIO, "<", 1.05),
    "echo_p50": (RATIO, "<", 1.5),
    "echo_p99": (RATIO, "<", 1.6),
    "idle_pss": (RATIO, "<", 0.85),
    "left": (VALUE, "<", 1.05),
    "after_bulk": (VALUE, "<", 1.2),
    "wakeups": (VALUE, "<", 0),
    "idle_cpu": (VALUE, "<", 0),
    "bytes": (VALUE, "<", 0),
    "recorded_down_everything": (VALUE, ">", 0.98),
    "recorded_down_full": (VALUE, ">", 0.85),
    "recorded_up_everything": (VALUE, ">", 0.98),
    "recorded_up_full": (VALUE, ">", 0.85),
    "recorded_echo": (VALUE, "<", 1.1),
    "growth_login": (VALUE, "<", 1.2),
    "growth_cpu": (VALUE, "<", 1.2),
    "growth_pss": (VALUE, "<", 1.2),
    "growth_churn": (VALUE, ">", 1 / 1.2),
    "listing_sqlite3": (RATIO, "<", 200 / 135),
    "listing_mysql": (RATIO, "<", 200 / 135),
    "decision_sqlite3": (VALUE, "<", 5),
    "decision_mysql": (VALUE, "<", 5),
}
EXACT = 1e-9
WIDTH = 17


def medians(samples):
    return {n: statistics.median(v) for n, v in samples.items() if v}


def spread(values):
    """The distance of the quartiles, as a share of the median."""
    if len(values) < 4:
        return 0.0
    low, middle, high = statistics.quantiles(values, n=4)
    return (high - low) / middle if middle else 0.0


class Report:
    def __init__(self, names):
        self.names = names
        self.rows = []

    def heading(self):
        print(f"{'':32}" + "".join(f"{n:>{WIDTH}}" for n in self.names)
              + f" {'':5} portal's target", flush=True)

    def row(self, key, name, unit, values, spread_of_direct=None):
        """values: a way's name to its number; absent: not known ('-').
        Without a unit they are ratios or counts, of which none is made."""
        base = values.get("direct")
        row = {"key": key, "name": name.strip(), "unit": unit,
               "values": values,
               "ratios": {n: v / base for n, v in values.items()
                          if base and unit}}
        if spread_of_direct is not None:
            row["spread"] = round(spread_of_direct, 4)
        self.judge(row)
        self.rows.append(row)
        line = f"{name:32}" + "".join(
            f"{self.cell(row, n):>{WIDTH}}" for n in self.names)
        print(f"{line} {unit:5} {self.verdict(row)}", flush=True)

    @staticmethod
    def judge(row):
        """Adds the target, and whether the portal meets it."""
        if row["key"] not in TARGETS:
            return
        of, sense, limit = TARGETS[row["key"]]
        row["target"] = {"of": of, "sense": sense + "=", "limit": limit}
        got = (row["ratios"] if of == RATIO else row["values"]).get("portal")
        if got is not None:
            row["met"] = (got <= limit + EXACT if sense == "<"
                          else got >= limit - EXACT)

    @staticmethod
    def cell(row, name):
        if name not in row["values"]:
            return "-"
        ratio = row["ratios"].get(name)
        return f"{row['values'][name]:.4g}" + (
            f" ({ratio:.2f})" if ratio is not None else "")

    @staticmethod
    def verdict(row):
        if "target" not in row:
            return ""
        t = row["target"]
        limit = f"({t['limit']:.2f})" if t["of"] == RATIO else \
            f"{t['limit']:.3g}"
        word = {True: "met", False: "missed"}.get(row.get("met"), "")
        return f"{t['sense']} {limit} {word}".rstrip()
