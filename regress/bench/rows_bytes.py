# SPDX-License-Identifier: ISC
"""Bytes: how fast, at what cost, and whether they are the same."""

import hashlib
import os
import random
import shutil
import subprocess
import time

import procs
from report import medians

CIPHERS = {"gcm": "aes128-gcm@openssh.com",
           "chacha": "chacha20-poly1305@openssh.com"}
MIB = 1 << 20
GIB = 1 << 30


def move(lab, alias, cipher, way, size):
    """Seconds for so many zeros by one connection."""
    t0 = time.monotonic()
    if way == "down":
        p = lab.popen(lab.argv(alias, "-c", cipher)
                      + [f"head -c {size} /dev/zero"],
                      stdout=subprocess.DEVNULL)
    else:
        zero = lab.popen(["head", "-c", str(size), "/dev/zero"],
                         stdout=subprocess.PIPE)
        p = lab.popen(lab.argv(alias, "-c", cipher) + ["cat >/dev/null"],
                      stdin=zero.stdout)
        zero.stdout.close()
        lab.ended(zero)
    lab.ended(p)
    return time.monotonic() - t0


def bulk(bench):
    size = bench.some(1024, 256) * MIB
    rounds = bench.some(3, 1)
    for label, cipher in CIPHERS.items():
        for way in ("down", "up"):
            rate = {w.name: [] for w in bench.ways}
            before = {w.name: procs.cpu_settled(w.pid)
                      for w in bench.ways if w.pid}
            for _ in range(rounds):
                for w in bench.ways:
                    rate[w.name].append(size / 1e6 / move(
                        bench.lab, w.name, cipher, way, size))
            cpu = {w.name: (procs.cpu_settled(w.pid) - before[w.name])
                   / rounds / (size / GIB) for w in bench.ways if w.pid}
            bench.report.row(f"{way}_{label}", f"MB/s {way}, {label}",
                             "MB/s", medians(rate))
            bench.report.row(f"{way}_{label}_cpu", "  CPU for a GiB", "s",
                             cpu)


def digest(path):
    with open(path, "rb") as f:
        return hashlib.file_digest(f, "sha256").digest() if hasattr(
            hashlib, "file_digest") else hashlib.sha256(f.read()).digest()


def scp(bench):
    lab = bench.lab
    size = bench.some(512, 128) * MIB
    big, copy = f"{lab.dir}/big", f"{lab.dir}/copy"
    with open(big, "wb") as f:
        for _ in range(size // MIB):
            f.write(os.urandom(MIB))
    want = digest(big)
    for way in ("get", "put"):
        rate = {w.name: [] for w in bench.ways}
        for _ in range(bench.some(3, 1)):
            for w in bench.ways:
                src, dst = (f"{w.name}:{big}", copy) if way == "get" else (
                    big, f"{w.name}:{copy}")
                t0 = time.monotonic()
                lab.ended(lab.popen(["scp", "-qF", lab.config, src, dst]))
                rate[w.name].append(size / 1e6 / (time.monotonic() - t0))
                if digest(copy) != want:
                    raise SystemExit(f"{w.name}: scp {way}: bytes differ")
                os.unlink(copy)
        bench.report.row(f"scp_{way}", f"scp {way}, {size // MIB} MiB",
                         "MB/s", medians(rate))
    os.unlink(big)


def rsync(bench):
    lab = bench.lab
    src, dst = f"{lab.dir}/small", f"{lab.dir}/small.copy"
    os.mkdir(src)
    n = bench.some(5000, 1000)
    for i in range(n):
        with open(f"{src}/{i}", "w") as f:
            f.write(f"file {i}\n" * 10)
    samples = {w.name: [] for w in bench.ways}
    for _ in range(bench.some(5, 3)):
        for w in bench.ways:
            shutil.rmtree(dst, ignore_errors=True)
            t0 = time.monotonic()
            lab.ended(lab.popen(["rsync", "-a", "-e",
                                 f"ssh -F {lab.config}", src + "/",
                                 f"{w.name}:{dst}"]))
            samples[w.name].append(time.monotonic() - t0)
            if len(os.listdir(dst)) != n:
                raise SystemExit(f"{w.name}: rsync lost files")
    bench.report.row("rsync", f"rsync of {n} small files", "s",
                     medians(samples))


def same(bench):
    """A program's output, its stderr, its status, and what it read."""
    lab = bench.lab
    noise = random.Random(1)
    wrong = {w.name: 0 for w in bench.ways}
    sizes = [0, 1, 4095, 4096, 32768, 65537, MIB, bench.some(20, 5) * MIB]
    for i, size in enumerate(sizes):
        out, err = noise.randbytes(size), noise.randbytes(size // 2)
        for name, data in (("out", out), ("err", err)):
            with open(f"{lab.dir}/{name}", "wb") as f:
                f.write(data)
        command = (f"cat {lab.dir}/err >&2 & cat {lab.dir}/out; wait; "
                   f"sha256sum >&1; exit {i + 1}")
        read = hashlib.sha256(out).hexdigest().encode() + b"  -\n"
        for w in bench.ways:
            p = subprocess.run(lab.argv(w.name) + [command], input=out,
                               capture_output=True)
            wrong[w.name] += (p.stdout != out + read or p.stderr != err
                              or p.returncode != i + 1)
    bench.report.row("bytes", f"bytes, stderr, status wrong of "
                     f"{len(sizes)}", "", wrong)
