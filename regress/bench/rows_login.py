# SPDX-License-Identifier: ISC
"""Logins, further sessions, and a byte there and back."""

import statistics
import subprocess
import time

import procs
from report import medians, spread


def logins(lab, ways, n):
    """n logins by each way, taken in turn. Milliseconds by way, and CPU
    milliseconds of one login by way (where the daemon is known)."""
    samples = {w.name: [] for w in ways}
    before = {w.name: procs.cpu_settled(w.pid) for w in ways if w.pid}
    for _ in range(n):
        for w in ways:
            t0 = time.monotonic()
            lab.ssh(w.name, "true")
            samples[w.name].append((time.monotonic() - t0) * 1e3)
    cpu = {w.name: (procs.cpu_settled(w.pid) - before[w.name]) / n * 1e3
           for w in ways if w.pid}
    return samples, cpu


def login(bench):
    samples, cpu = logins(bench.lab, bench.ways, bench.some(200, 30))
    wide = spread(samples["direct"])
    bench.noise.spread("login", wide)
    bench.report.row("login", "login, ssh true", "ms", medians(samples), wide)
    bench.report.row("login_cpu", "  CPU, all its processes", "ms", cpu)


def flock(lab, way, n, width):
    """Logins a second, width at a time."""
    t0, left, running = time.monotonic(), n, []
    while left or running:
        while left and len(running) < width:
            running.append(lab.popen(lab.argv(way.name) + ["true"]))
            left -= 1
        lab.ended(running.pop(0))
    return n / (time.monotonic() - t0)


def parallel(bench):
    n = bench.some(320, 96)
    rates = {w.name: [] for w in bench.ways}
    for _ in range(bench.some(3, 1)):
        for w in bench.ways:
            rates[w.name].append(flock(bench.lab, w, n, 32))
    bench.report.row("parallel", "logins/s, 32 parallel", "1/s",
                     medians(rates))


def mux(bench):
    lab = bench.lab
    samples = {w.name: [] for w in bench.ways}
    lost = {w.name: 0 for w in bench.ways}
    masters = {w.name: lab.master(w.name, f"{lab.dir}/m-{w.name}")
               for w in bench.ways}
    for i in range(bench.some(200, 50)):
        for w in bench.ways:
            t0 = time.monotonic()
            r = subprocess.run(
                lab.argv(w.name, "-S", f"{lab.dir}/m-{w.name}")
                + [f"exit {i}"], stdin=subprocess.DEVNULL)
            samples[w.name].append((time.monotonic() - t0) * 1e3)
            lost[w.name] += r.returncode != i
    for m in masters.values():
        lab.end(m)
    bench.report.row("mux", "one more session on a master", "ms",
                     medians(samples), spread(samples["direct"]))
    bench.report.row("mux_lost", "  its exit status lost", "times", lost)


def echo(bench):
    lab = bench.lab
    n = bench.some(3000, 600)
    samples = {w.name: [] for w in bench.ways}
    cats = {w.name: lab.hold(w.name) for w in bench.ways}
    lab.held(cats.values())
    for i in range(n):
        for name, cat in cats.items():
            t0 = time.monotonic()
            cat.stdin.write(b"x")
            cat.stdout.read(1)
            if i >= 50:     # by then everything has been touched once
                samples[name].append((time.monotonic() - t0) * 1e6)
    lab.release(cats.values())
    wide = spread(samples["direct"])
    bench.noise.spread("echo", wide)
    bench.report.row("echo_p50", "echo of one byte, p50", "us",
                     medians(samples), wide)
    bench.report.row("echo_p99", "echo of one byte, p99", "us", {
        k: statistics.quantiles(v, n=100)[98] for k, v in samples.items()})
