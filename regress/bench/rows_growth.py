# SPDX-License-Identifier: ISC
"""Whether it stays as it is as the numbers grow.

The rows of a large installation are put straight into the portal's database,
as copies of those that it has made itself: commands would take hours.
"""

import os
import sqlite3
import statistics
import time

import procs
from rows_login import flock, logins
from rows_memory import PROGRAMS

MANY = 10_000
SESSIONS = 1_000_000


def columns(db, table, but):
    return [c[1] for c in db.execute(f"PRAGMA table_info({table})")
            if c[1] not in but]


def copies(db, table, where, new, rows):
    """Copies the row that where selects, with new values in some columns."""
    rest = columns(db, table, {"id", *new})
    db.executemany(
        f"INSERT INTO {table} ({', '.join([*new, *rest])}) SELECT "
        f"{', '.join(['?'] * len(new) + rest)} FROM {table} "
        f"WHERE {where} LIMIT 1", rows)


def join(db, table, member, like):
    """All of a table into the groups that its first row is in."""
    db.execute(f"INSERT OR IGNORE INTO {table} (member_id, group_id) SELECT "
               f"m.id, l.group_id FROM {member} m, {table} l WHERE "
               f"l.member_id = (SELECT id FROM {member} WHERE {like})")


def fill(path, n, sessions):
    """n hosts, users, keys and rules, and so many past sessions."""
    db = sqlite3.connect(path, timeout=60)
    with db:
        user = "id = (SELECT MIN(id) FROM users)"
        copies(db, "users", user, ("name", "email", "invite_hash"),
               ((f"u{i}", f"u{i}@example.org", None) for i in range(n)))
        copies(db, "user_keys", "1 = 1",
               ("user_id", "key_blob", "fingerprint"),
               ((i, os.urandom(51), f"SHA256:{i:043}") for (i,) in db.execute(
                   "SELECT id FROM users WHERE name LIKE 'u%'").fetchall()))
        copies(db, "hosts", "name = 'bench'", ("name",),
               ((f"h{i}",) for i in range(n)))
        join(db, "user_user_groups", "users", user)
        join(db, "host_host_groups", "hosts", "name = 'bench'")
        rules(db, n // 10)
        past(db, sessions)
    db.close()


def rules(db, n):
    """Groups of ten users and ten hosts each, and a rule for each pair."""
    for i in range(n):
        ids = []
        for table in ("user_groups", "host_groups"):
            copies(db, table, "1 = 1", ("name",), [(f"g{i}",)])
            ids.append(db.execute("SELECT last_insert_rowid()").fetchone()[0])
        copies(db, "acls", "1 = 1", ("comment",), [(f"rule {i}",)])
        acl = db.execute("SELECT last_insert_rowid()").fetchone()[0]
        db.execute("INSERT INTO acl_user_groups (group_id, acl_id) "
                   "VALUES (?, ?)", (ids[0], acl))
        db.execute("INSERT INTO acl_host_groups (group_id, acl_id) "
                   "VALUES (?, ?)", (ids[1], acl))
        for table, link, letter in (("users", "user_user_groups", "u"),
                                    ("hosts", "host_host_groups", "h")):
            db.executemany(
                f"INSERT INTO {link} (member_id, group_id) SELECT id, ? "
                f"FROM {table} WHERE name = ?",
                ((ids[table == "hosts"], f"{letter}{i * 10 + j}")
                 for j in range(10)))


def past(db, n):
    """Sessions that have ended, and a channel of each."""
    rest = ", ".join(columns(db, "sessions", {"id"}))
    steps = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 " \
            f"FROM n WHERE i < {n}) "
    last = db.execute("SELECT MAX(id) FROM sessions").fetchone()[0]
    db.execute(f"INSERT INTO sessions ({rest}) {steps} SELECT {rest} FROM n, "
               "sessions WHERE id = (SELECT MIN(id) FROM sessions WHERE "
               "status = 'closed')")
    channel = columns(db, "channels", {"id", "session_id"})
    names = ", ".join(channel)
    copied = ", ".join(f"c.{name}" for name in channel)
    db.execute(f"INSERT INTO channels (session_id, {names}) SELECT s.id, "
               f"{copied} FROM sessions s, channels c WHERE s.id > ? AND "
               "c.id = (SELECT MIN(id) FROM channels)", (last,))


def size(bench):
    """Login and decision with few rows and with many."""
    lab, n = bench.lab, bench.some(100, 20)
    portal = [w for w in bench.ways if w.name == "portal"]
    few = logins(lab, portal, n)
    t0 = time.monotonic()
    fill(lab.database, MANY, bench.some(SESSIONS, 100_000))
    print(f"  ({time.monotonic() - t0:.0f} s to fill the database)",
          flush=True)
    many = logins(lab, portal, n)
    name = portal[0].name
    bench.report.row(
        "growth_login", f"login, {MANY} hosts and users / 1", "",
        {name: statistics.median(many[0][name])
         / statistics.median(few[0][name])})
    # where the decision is taken: a scan would be seen here first
    bench.report.row("growth_cpu", "  CPU for a login / the same", "",
                     {name: many[1][name] / few[1][name]})


def sessions(bench):
    """Memory of one of few sessions, and of one of many."""
    lab, few, many = bench.lab, 50, bench.args.sessions
    ratio = {}
    for w in bench.known:
        before = procs.pss_settled(w.pid, PROGRAMS)
        held, at = [], {}
        for target in (few, many):
            while len(held) < target:
                some = [lab.hold(w.name)
                        for _ in range(min(25, target - len(held)))]
                lab.held(some)
                held += some
            at[target] = (procs.pss_settled(w.pid, PROGRAMS)
                          - before) / target
        lab.release(held)
        ratio[w.name] = at[many] / at[few]
    bench.report.row("growth_pss", f"PSS of a session, {many} / {few}", "",
                     ratio)


def churn(bench):
    """Logins without end: the last of six parts against the first."""
    part = (3600 if bench.args.long else bench.some(60, 12)) / 6
    ratio = {}
    for w in bench.ways:
        rates = []
        for _ in range(6):
            until, some = time.monotonic() + part, []
            while time.monotonic() < until:
                some.append(flock(bench.lab, w, 32, 16))
            rates.append(statistics.median(some))
        ratio[w.name] = rates[-1] / rates[0]
    bench.report.row("growth_churn", f"logins/s after {part * 6 / 60:.0f} min "
                     "/ at first", "", ratio)


def growth(bench):
    sessions(bench)
    churn(bench)
    size(bench)
