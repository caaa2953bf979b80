# SPDX-License-Identifier: ISC
"""What sessions hold that do nothing, and what is left of them."""

import procs

# the host's programs are not its daemon's
PROGRAMS = ("cat", "sh", "bash", "dash")


def idle(bench):
    n = bench.some(200, 50)
    memory, left = {}, {}
    for w in bench.known:
        before = procs.pss_settled(w.pid, PROGRAMS)
        held = []
        for _ in range(0, n, 25):
            some = [bench.lab.hold(w.name) for _ in range(25)]
            bench.lab.held(some)
            held += some
        during = procs.pss_settled(w.pid, PROGRAMS)
        memory[w.name] = (during - before) / n
        bench.lab.release(held)
        left[w.name] = procs.pss_settled(w.pid, PROGRAMS) / before
    bench.report.row("idle_pss", f"PSS of an idle session, {n}", "KiB",
                     memory)
    bench.report.row("left", "  all after they ended / before", "", left)


def after_bulk(bench):
    """Four connections of which each has one session that goes on and one
    that moves 100 MB each way and ends."""
    lab, size = bench.lab, 100_000_000
    grown = {}
    for w in bench.known:
        before = procs.pss_settled(w.pid, PROGRAMS)
        paths = [f"{lab.dir}/b-{w.name}{i}" for i in range(4)]
        masters = [lab.master(w.name, path) for path in paths]
        held = [lab.hold(w.name, "-S", path) for path in paths]
        lab.held(held)
        still = procs.pss_settled(w.pid, PROGRAMS) - before
        for path in paths:
            lab.ended(lab.popen(["sh", "-c", f"head -c {size} /dev/zero | "
                      f"ssh -F {lab.config} -S {path} {w.name} "
                      f"'cat >/dev/null; head -c {size} /dev/zero' "
                      ">/dev/null"]))
        after = procs.pss_settled(w.pid, PROGRAMS) - before
        grown[w.name] = after / still
        lab.release(held)
        for m in masters:
            lab.end(m)
    bench.report.row("after_bulk", "PSS after 100 MB / idle", "", grown)


def wakeups(bench):
    """What is done for sessions that do nothing: each process's wake-ups and
    CPU time, less what the same process did without the sessions."""
    n, seconds = 20, bench.some(30, 10)
    woken, cpu = {}, {}
    for w in bench.known:
        procs.cpu_settled(w.pid)
        alone = procs.activity_in(w.pid, seconds)
        held = [bench.lab.hold(w.name) for _ in range(n)]
        bench.lab.held(held)
        procs.pss_settled(w.pid, PROGRAMS)
        procs.cpu_settled(w.pid)
        busy = procs.activity_in(w.pid, seconds)
        bench.lab.release(held)
        rest = {p: (max(0, times - alone.get(p, (0, 0))[0]),
                    max(0, ns - alone.get(p, (0, 0))[1]))
                for p, (times, ns) in busy.items()
                # a process that wakes without sessions does not wake for
                # them, but a beat more or less may fall into the time
                if alone.get(p, (0, 0))[0] == 0}
        woken[w.name] = sum(r[0] for r in rest.values()) / n * 60 / seconds
        cpu[w.name] = sum(r[1] for r in rest.values()) / n * 60 / seconds / 1e6
    bench.report.row("wakeups", "wake-ups of an idle session", "1/min",
                     woken)
    bench.report.row("idle_cpu", "  its CPU", "ms/m", cpu)
