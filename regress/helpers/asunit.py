#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""
Runs what a unit's ExecStart says in what the unit leaves of the system, as far
as that can be had without systemd as pid 1.

usage: asunit.py ROOT UNIT [argument ...]

ROOT is where "make install DESTDIR=ROOT" put things: its /etc, /var/lib and
/run take the place of the machine's, in a mount namespace of this process, and
the program is that of ROOT. Arguments are added to those of ExecStart.

What is emulated: ProtectSystem=strict with ReadWritePaths, ProtectHome,
PrivateDevices, ProtectProc and ProcSubset, CapabilityBoundingSet,
NoNewPrivileges, the system call filter, RestrictAddressFamilies,
RestrictNamespaces, MemoryDenyWriteExecute, the limits, UMask and
WorkingDirectory. A setting that asks for something else in one of these is an
error, so that a change of the unit cannot pass unseen.
"""
import ctypes
import errno
import os
import re
import resource
import shlex
import subprocess
import sys

import seccomp

libc = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNS = 0x20000
MS_BIND, MS_REC, MS_PRIVATE = 4096, 16384, 1 << 18
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_MOVE = 1, 2, 4, 8, 8192
PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 24, 38
SYS_mount_setattr, AT_FDCWD, AT_RECURSIVE, ATTR_RDONLY = 442, -100, 0x8000, 1
NODES = "null", "zero", "full", "random", "urandom", "tty", "ptmx"


def check(r, what):
    if r == -1:
        sys.exit(f"asunit: {what}: {os.strerror(ctypes.get_errno())}")


def mount(source, target, fs=None, flags=0, data=None):
    check(libc.mount(source.encode(), target.encode(), fs and fs.encode(),
                     flags, data and data.encode()), f"mount {target}")


def set_readonly(path, on, recursive=True):
    class Attr(ctypes.Structure):
        _fields_ = [(n, ctypes.c_uint64)
                    for n in ("set", "clear", "propagation", "userns")]
    attr = Attr(set=ATTR_RDONLY) if on else Attr(clear=ATTR_RDONLY)
    check(libc.syscall(SYS_mount_setattr, AT_FDCWD, path.encode(),
                       AT_RECURSIVE if recursive else 0,
                       ctypes.byref(attr), ctypes.sizeof(attr)),
          f"mount_setattr {path}")


def read_unit(path):
    """The [Service] section: a list of values a key."""
    section, unit = None, {}
    text = re.sub(r"^[#;].*\n", "", open(path).read(), flags=re.M)
    for line in text.replace("\\\n", " ").splitlines():
        if line.startswith("["):
            section = line
        elif section == "[Service]" and "=" in line:
            key, value = line.split("=", 1)
            unit.setdefault(key, []).append(value.strip())
    return unit


def wanted(unit, **settings):
    for key, value in settings.items():
        if unit.get(key) != [value]:
            sys.exit(f"asunit: {key} is not {value}")


def words(unit, key):
    return " ".join(unit.get(key, [])).split()


def enter_root(root):
    check(libc.unshare(CLONE_NEWNS), "unshare")
    mount("none", "/", None, MS_REC | MS_PRIVATE)
    for d in "/etc", "/var/lib", "/run":
        mount(root + d, d, None, MS_BIND)


def private_devices():
    new = "/run/dev"
    os.mkdir(new)
    mount("tmpfs", new, "tmpfs", MS_NOSUID | MS_NOEXEC,
          "mode=755")
    for node in NODES:
        st = os.stat(f"/dev/{node}")
        os.mknod(f"{new}/{node}", st.st_mode, st.st_rdev)
        os.chmod(f"{new}/{node}", st.st_mode & 0o777)
    for d in "pts", "shm":
        os.mkdir(f"{new}/{d}")
        mount(f"/dev/{d}", f"{new}/{d}", None, MS_BIND)
    os.symlink("/proc/self/fd", f"{new}/fd")
    os.symlink("/run/systemd/journal/dev-log", f"{new}/log")
    mount(new, "/dev", None, MS_MOVE)
    os.rmdir(new)


def protect_files(unit):
    wanted(unit, ProtectSystem="strict", ProtectHome="yes",
           PrivateDevices="yes", ProtectProc="invisible", ProcSubset="pid")
    private_devices()
    for d in "/home", "/root":
        mount("tmpfs", d, "tmpfs", MS_RDONLY, "mode=0")
    mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC,
          "hidepid=invisible,subset=pid")
    for key in "StateDirectory", "RuntimeDirectory":
        if key in unit:
            sys.exit(f"asunit: {key} gives the directory to root")
    writable = words(unit, "ReadWritePaths")
    for d in writable:
        mount(d, d, None, MS_BIND)
    set_readonly("/", True)
    for d in *writable, "/dev", "/proc":
        set_readonly(d, False)


def capability_set(unit):
    out = subprocess.run(["systemd-analyze", "capability"], check=True,
                         capture_output=True, text=True).stdout
    numbers = dict(line.split() for line in out.splitlines()[1:])
    return {int(numbers[c.lower()])
            for c in words(unit, "CapabilityBoundingSet")}


def bound_capabilities(keep):
    for cap in range(64):
        if cap not in keep:
            libc.prctl(PR_CAPBSET_DROP, cap, 0, 0, 0)


def expand(names):
    """System calls, and groups of them as systemd knows them."""
    calls = set()
    for name in names:
        if not name.startswith("@"):
            calls.add(name)
            continue
        out = subprocess.run(["systemd-analyze", "syscall-filter", name],
                             check=True, capture_output=True, text=True)
        lines = [s.strip() for s in out.stdout.splitlines()[1:]]
        calls |= expand([s for s in lines if s and s[0] != "#"])
    return calls


def load(f):
    f.set_attr(seccomp.Attr.CTL_NNP, 0)
    f.load()


def call_set(unit):
    wanted(unit, SystemCallErrorNumber="EPERM")
    allowed, denied = [], []
    for line in unit["SystemCallFilter"]:
        if line.startswith("~"):
            denied += line[1:].split()
        else:
            allowed += line.split()
    return expand(allowed) - expand(denied)


def call_filter(calls):
    f = seccomp.SyscallFilter(seccomp.ERRNO(errno.EPERM))
    for call in calls:
        try:
            f.add_rule(seccomp.ALLOW, call)
        except (RuntimeError, ValueError):
            pass        # not of this machine
    load(f)


def other_filters(unit):
    wanted(unit, MemoryDenyWriteExecute="yes", RestrictNamespaces="yes")
    f = seccomp.SyscallFilter(seccomp.ALLOW)
    number = {"AF_UNIX": 1, "AF_INET": 2, "AF_INET6": 10}
    keep = {number[a] for a in words(unit, "RestrictAddressFamilies")}
    for family in set(range(64)) - keep:
        f.add_rule(seccomp.ERRNO(errno.EAFNOSUPPORT), "socket",
                   seccomp.Arg(0, seccomp.EQ, family))
    eperm = seccomp.ERRNO(errno.EPERM)
    for call in "mprotect", "pkey_mprotect":
        f.add_rule(eperm, call, seccomp.Arg(2, seccomp.MASKED_EQ, 4, 4))
    f.add_rule(eperm, "mmap", seccomp.Arg(2, seccomp.MASKED_EQ, 6, 6))
    for call in "unshare", "setns":
        f.add_rule(eperm, call)
    f.add_rule(seccomp.ERRNO(errno.ENOSYS), "clone3")
    load(f)


def limits(unit):
    for key, name in (("LimitNOFILE", resource.RLIMIT_NOFILE),
                      ("LimitNPROC", resource.RLIMIT_NPROC),
                      ("LimitCORE", resource.RLIMIT_CORE)):
        value = unit[key][0]
        n = resource.RLIM_INFINITY if value == "infinity" else int(value)
        try:
            resource.setrlimit(name, (n, n))
        except ValueError:
            pass        # a container's root may not raise what it has
    os.umask(int(unit["UMask"][0], 8))


def main():
    root, unit = sys.argv[1], read_unit(sys.argv[2])
    command = shlex.split(unit["ExecStart"][0]) + sys.argv[3:]
    keep, calls = capability_set(unit), call_set(unit)
    limits(unit)
    enter_root(root)
    protect_files(unit)
    os.chdir(unit["WorkingDirectory"][0])
    bound_capabilities(keep)
    wanted(unit, NoNewPrivileges="yes")
    check(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl")
    call_filter(calls)
    other_filters(unit)
    os.execv(root + command[0], command)


main()
