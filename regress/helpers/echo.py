# SPDX-License-Identifier: ISC
"""Send lines to a command that gives them back, until a file is there.

usage: echo.py STOPFILE COMMAND ...

Says how many came back and how long they took; status 1 if one did not, or
came back changed.
"""
import os
import select
import subprocess
import sys
import time

SECONDS = 30        # for one line

stop, command = sys.argv[1], sys.argv[2:]
child = subprocess.Popen(command, stdin=subprocess.PIPE,
    stdout=subprocess.PIPE)
times = []
while not os.path.exists(stop) or not times:
    line = b"line %d %s\n" % (len(times), os.urandom(20).hex().encode())
    start = time.monotonic()
    child.stdin.write(line)
    child.stdin.flush()
    back = b""
    while len(back) < len(line):
        left = start + SECONDS - time.monotonic()
        if left <= 0 or not select.select([child.stdout], [], [], left)[0]:
            sys.exit("no echo after %d s" % SECONDS)
        data = os.read(child.stdout.fileno(), 4096)
        if not data:
            sys.exit("the echo ended")
        back += data
    if back != line:
        sys.exit("sent %r, got %r" % (line, back))
    times.append(time.monotonic() - start)
    time.sleep(0.01)
child.stdin.close()
if child.wait(SECONDS) != 0:
    sys.exit("status %d" % child.returncode)
times.sort()
print("%d echoes, median %.1f ms, longest %.1f ms" % (len(times),
    times[len(times) // 2] * 1000, times[-1] * 1000))
