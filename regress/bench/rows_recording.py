# SPDX-License-Identifier: ISC
"""What recording costs: the portal beside itself without, as ratios."""

import shutil
import statistics
import subprocess
import time

from rows_bytes import CIPHERS, MIB, move

KINDS = ("disabled", "everything", "full")


def ways(lab):
    """A host for each, with a name of its own: the same sshd."""
    for kind in KINDS:
        lab.ssh("admin", f"host create {lab.user}@127.0.0.1:{lab.far_port} "
                f"--name=bench-{kind} --logging={kind}")
        lab.host(f"portal-{kind}", lab.portal_port, f"bench-{kind}")
        lab.ssh(f"portal-{kind}", "true")


def bulk(bench):
    lab, size = bench.lab, bench.some(1024, 256) * MIB
    for way in ("down", "up"):
        took = {kind: [] for kind in KINDS}
        for _ in range(bench.some(5, 3)):
            for kind in KINDS:
                took[kind].append(move(lab, f"portal-{kind}", CIPHERS["gcm"],
                                       way, size))
                shutil.rmtree(f"{lab.dir}/portal/recordings",
                              ignore_errors=True)
        base = statistics.median(took["disabled"])
        for kind in KINDS[1:]:
            bench.report.row(f"recorded_{way}_{kind}",
                             f"MB/s {way}, gcm, {kind}", "",
                             {"portal": base / statistics.median(took[kind])})


def echo(bench):
    lab = bench.lab
    samples = {kind: [] for kind in KINDS[:2]}
    cats = {kind: lab.popen(
        lab.argv(f"portal-{kind}", "-tt")
        + ["stty raw -echo; echo up; exec cat"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        for kind in samples}
    lab.held(cats.values())
    for i in range(bench.some(3000, 600)):
        for kind, cat in cats.items():
            t0 = time.monotonic()
            cat.stdin.write(b"x")
            cat.stdout.read(1)
            if i >= 50:     # by then everything has been touched once
                samples[kind].append(time.monotonic() - t0)
    for cat in cats.values():
        lab.end(cat)
    middle = {kind: statistics.median(v) for kind, v in samples.items()}
    bench.report.row("recorded_echo", "echo p50, terminal, recorded", "",
                     {"portal": middle["everything"] / middle["disabled"]})


def recording(bench):
    ways(bench.lab)
    bulk(bench)
    echo(bench)
