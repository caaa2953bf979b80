# SPDX-License-Identifier: ISC
"""How much more memory of its own a child of the portal has than a spare.

usage: peak.py PROGRAM

Looks at all children of that program until it gets SIGTERM, and prints the
most that one had, and what the largest had in the beginning, in KiB.
"""
import glob
import os
import signal
import sys
import time


def anonymous(pid):
    try:
        if not os.readlink(f"/proc/{pid}/exe").startswith(sys.argv[1]):
            return 0
        with open(f"/proc/{pid}/cmdline", "rb") as f:
            if not f.read().startswith(b"sshportal: child"):
                return 0
        with open(f"/proc/{pid}/status") as f:
            for line in f:
                if line.startswith("RssAnon:"):
                    return int(line.split()[1])
    except OSError:
        pass
    return 0


def largest():
    return max([0] + [anonymous(d.rsplit("/", 1)[1])
        for d in glob.glob("/proc/[0-9]*")])


def end(*_):
    print(most, first, flush=True)
    sys.exit(0)


most = first = largest()
signal.signal(signal.SIGTERM, end)
while True:
    most = max(most, largest())
    time.sleep(0.005)
