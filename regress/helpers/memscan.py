# SPDX-License-Identifier: ISC
"""Look for secrets in the memory of processes.

usage: memscan.py SECRETS PID ...

SECRETS has a line for each: "text NAME WORD", "pem NAME FILE" (a private
key), "master NAME FILE" (our master key, and what is derived from it),
"public NAME KNOWN_HOSTS" (a public key). Says what was found where; status 1
if anything was.
"""
import base64
import hashlib
import sys

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (Encoding,
    NoEncryption, PrivateFormat, load_pem_private_key)

CHUNK = 1 << 20
OVERLAP = 4096


def number(n):
    """A big number as bytes of either order: libraries differ."""
    raw = n.to_bytes((n.bit_length() + 7) // 8, "big")
    yield "big-endian", raw
    yield "little-endian", raw[::-1]


def private(data):
    key = load_pem_private_key(data, None)
    if isinstance(key, ed25519.Ed25519PrivateKey):
        seed = key.private_bytes(Encoding.Raw, PrivateFormat.Raw,
            NoEncryption())
        yield "seed", seed
        expanded = bytearray(hashlib.sha512(seed).digest())
        yield "prefix", bytes(expanded[32:])
        expanded[0] &= 248
        expanded[31] = expanded[31] & 127 | 64
        yield "scalar", bytes(expanded[:32])
    elif isinstance(key, rsa.RSAPrivateKey):
        n = key.private_numbers()
        for name, value in (("p", n.p), ("q", n.q), ("d", n.d)):
            for order, raw in number(value):
                yield name + " " + order, raw[:64]
    elif isinstance(key, ec.EllipticCurvePrivateKey):
        for order, raw in number(key.private_numbers().private_value):
            yield order, raw
    der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    yield "DER", der[-32:]
    text = b"".join(data.split(b"-----")[2].split())
    yield "PEM", text[-48:-8]


def master(data):
    text = data.strip().split(b":")[1]
    raw = base64.b64decode(text)
    yield "text", text
    yield "raw", raw
    for number_ in (3, 4):     # those that seal; 1 and 2 are not secret
        yield "subkey %d" % number_, hashlib.blake2b(digest_size=32, key=raw,
            salt=number_.to_bytes(8, "little") + bytes(8),
            person=b"sshportl" + bytes(8)).digest()


def patterns(path):
    with open(path, encoding="utf-8") as f:
        for line in f:
            kind, name, value = line.rstrip("\n").split(" ", 2)
            if kind == "text":
                yield name, value.encode()
                continue
            with open(value, "rb") as source:
                data = source.read()
            if kind == "public":
                yield name, base64.b64decode(data.split()[2])[-32:]
                continue
            for part, raw in (private if kind == "pem" else master)(data):
                yield name + " " + part, raw


def regions(pid):
    with open("/proc/%s/maps" % pid, encoding="utf-8") as f:
        for line in f:
            span, *rest = line.split(None, 5)
            if "[v" in line:        # vdso, vvar, vsyscall
                continue
            start, end = (int(x, 16) for x in span.split("-"))
            yield start, end, (rest + ["anonymous"])[4].strip()


def scan(pid, wanted):
    found, total = 0, 0
    with open("/proc/%s/mem" % pid, "rb", 0) as mem:
        for start, end, name in regions(pid):
            tail = b""
            at = start
            while at < end:
                try:
                    mem.seek(at)
                    data = mem.read(min(CHUNK, end - at))
                except (OSError, ValueError):
                    at += CHUNK
                    tail = b""
                    continue
                if not data:
                    break
                total += len(data)
                block = tail + data
                for what, raw in wanted:
                    if raw in block:
                        print("process %s: %s in %s" % (pid, what, name))
                        found += 1
                tail = block[-OVERLAP:]
                at += len(data)
    if total < 1 << 20:
        sys.exit("process %s: only %d bytes could be read" % (pid, total))
    print("process %s: %d MB" % (pid, total >> 20))
    return found


wanted_ = list(patterns(sys.argv[1]))
for what_, raw_ in wanted_:
    if len(raw_) < 10:
        sys.exit("%s is too short to look for" % what_)
print("%d patterns" % len(wanted_))
sys.exit(1 if sum(scan(pid, wanted_) for pid in sys.argv[2:]) else 0)
