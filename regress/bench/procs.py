# SPDX-License-Identifier: ISC
"""What processes cost: their CPU time, memory and wake-ups, from /proc; and
what else the machine did meanwhile."""

import os
import re
import time

TICK = os.sysconf("SC_CLK_TCK")


def read(path):
    """A file of /proc, or "" when its process has ended."""
    try:
        with open(path) as f:
            return f.read()
    except OSError:
        return ""


def tree(pid):
    """The pid and all that it has started, as far as it still runs."""
    found, queue = [], [pid]
    while queue:
        p = queue.pop()
        found.append(p)
        try:
            tasks = os.listdir(f"/proc/{p}/task")
        except OSError:
            continue
        for t in tasks:
            queue += map(int, read(f"/proc/{p}/task/{t}/children").split())
    return found


def cpu_seconds(pid):
    """CPU time of a process tree, with its dead.

    A process's own time is in schedstat, to the nanosecond. The time of
    children that were waited for is only in stat, in ticks of 10 ms; but the
    kernel adds it up from the nanoseconds that they ran (also of those that
    lived for less than a tick) and rounds what it shows, so that the error is
    of one tick for user and one for system time, once for each living
    process, however many have died. Over 200 logins it is nothing; over one
    it would be all. So this is read before and after many.
    """
    total = 0.0
    for p in tree(pid):
        stat = read(f"/proc/{p}/stat")
        if not stat:
            continue
        utime, stime, cutime, cstime = map(
            int, stat.rsplit(")", 1)[1].split()[11:15])
        total += (cutime + cstime) / TICK
        own = [read(f"/proc/{p}/task/{t}/schedstat").split()
               for t in tasks(p)]
        if own and all(own):
            total += sum(int(o[0]) for o in own) / 1e9
        else:
            total += (utime + stime) / TICK
    return total


def tasks(pid):
    try:
        return os.listdir(f"/proc/{pid}/task")
    except OSError:
        return []


def cpu_settled(pid):
    """cpu_seconds() once it has stopped growing: what a login leaves behind
    (records written, the next spare made) belongs to it."""
    last = cpu_seconds(pid)
    for _ in range(50):
        time.sleep(0.2)
        now = cpu_seconds(pid)
        if now - last < 0.002:
            return now
        last = now
    return last


def pss_kib(pid, but=()):
    """Proportional set size of a tree, without commands of these names."""
    total = 0
    for p in tree(pid):
        if but and read(f"/proc/{p}/comm").strip() in but:
            continue
        m = re.search(r"^Pss:\s+(\d+)", read(f"/proc/{p}/smaps_rollup"),
                      re.M)
        total += int(m[1]) if m else 0
    return total


def pss_settled(pid, but=()):
    """pss_kib() once it has stopped moving: the dead are gone, the spares
    that are missing are made."""
    last = pss_kib(pid, but)
    for _ in range(50):
        time.sleep(0.4)
        now = pss_kib(pid, but)
        if abs(now - last) <= 8:
            return now
        last = now
    return last


def activity(pid):
    """pid to (times it slept of itself, nanoseconds of CPU), for a tree."""
    found = {}
    for p in tree(pid):
        m = re.search(r"^voluntary_ctxt_switches:\s+(\d+)",
                      read(f"/proc/{p}/status"), re.M)
        s = read(f"/proc/{p}/schedstat").split()
        if m and s:
            found[p] = (int(m[1]), int(s[0]))
    return found


def activity_in(pid, seconds):
    """What each process of a tree did in so many seconds."""
    before = activity(pid)
    time.sleep(seconds)
    after = activity(pid)
    return {p: (n - before.get(p, (0, 0))[0], ns - before.get(p, (0, 0))[1])
            for p, (n, ns) in after.items()}


class Noise:
    """What the machine did that was none of ours, row by row.

    Others' CPU is all that was used less what this process tree has used;
    interrupts belong to nobody. Stolen time is what the hypervisor gave to
    other machines.
    """

    OTHERS_MAX = 0.08       # of the machine
    STEAL_MAX = 0.02
    LOAD_MAX = 0.5          # for each CPU, before the start
    SPREAD_MAX = 0.25       # quartile distance of direct logins to the median

    def __init__(self):
        self.load = os.getloadavg()[0]
        self.reasons = []
        if self.load > self.LOAD_MAX * os.cpu_count():
            self.reasons.append(
                f"the load was {self.load:.1f} before the start")

    @staticmethod
    def machine():
        """(seconds in all, busy, stolen) of all CPUs together."""
        user, nice, system, idle, iowait, irq, softirq, steal = map(
            int, read("/proc/stat").split("\n", 1)[0].split()[1:9])
        busy = user + nice + system
        whole = busy + idle + iowait + irq + softirq + steal
        return whole / TICK, busy / TICK, steal / TICK

    def mark(self):
        return self.machine(), cpu_seconds(os.getpid())

    def since(self, mark, what):
        """The shares of others and of the hypervisor since a mark."""
        (whole0, busy0, steal0), ours0 = mark
        (whole1, busy1, steal1), ours1 = self.mark()
        whole = max(whole1 - whole0, 1e-3)
        others = max(0.0, (busy1 - busy0) - (ours1 - ours0)) / whole
        steal = (steal1 - steal0) / whole
        if others > self.OTHERS_MAX:
            self.reasons.append(
                f"{what}: {others:.0%} of the machine went to others")
        if steal > self.STEAL_MAX:
            self.reasons.append(
                f"{what}: {steal:.0%} was stolen by the hypervisor")
        return {"others": round(others, 4), "steal": round(steal, 4)}

    def spread(self, what, share):
        if share > self.SPREAD_MAX:
            self.reasons.append(f"{what}: the quartiles of direct are "
                                f"{share:.0%} of its median apart")
