# SPDX-License-Identifier: ISC
"""What it takes to list what a large portal holds, and to decide on a login
there, on SQLite and on a MariaDB of its own.

The rows are put straight into the database: commands would take hours.
"""

import os
import shutil
import sqlite3
import statistics
import subprocess
import time

from lab import TOP, free_port, run, wait_for

HOSTS = USERS = 1_000
GROUPS = 200        # of either kind
ACLS = 500
KEYS = 20
PAST = 1_000_000    # sessions, and events
LIVE = 300          # of the sessions go on
# Half of all sessions are of one user, and to one host: the robots.
ROBOT_USER, ROBOT_HOST = "u0", "h0"
GROUPS_OF_ONE = 4
DIGITS = " UNION ALL ".join(f"SELECT {k} AS i" for k in range(10))


def numbers(n):
    """A common table n(i) of 0 to n - 1, for both engines."""
    width = range(len(str(n - 1)))
    sum_of = " + ".join(f"d{k}.i * {10 ** k}" for k in width)
    return (f"WITH d AS ({DIGITS}), n AS (SELECT {sum_of} AS i FROM "
            + ", ".join(f"d d{k}" for k in width) + ") ")


def insert(table, n, **values):
    """So many rows, their values by the number i."""
    return (f"INSERT INTO {table} ({', '.join(values)}) {numbers(n)}"
            f"SELECT {', '.join(map(str, values.values()))} "
            f"FROM n WHERE i < {n} ORDER BY i")


def link(table, left, right, n, members, other):
    """Each of n in GROUPS_OF_ONE of the others; names say who is who."""
    (left_table, left_column, left_key) = members
    (right_table, right_column, right_letter) = other
    return (f"INSERT INTO {table} ({left}, {right}) {numbers(n)}, "
            + "k AS (SELECT i FROM d WHERE i < " + str(GROUPS_OF_ONE) + ") "
            f"SELECT l.{left_column}, r.{right_column} FROM n, k, "
            f"{left_table} l, {right_table} r WHERE n.i < {n} "
            f"AND l.{left_key} AND "
            f"r.name = '{right_letter}' || ((n.i * 7 + k.i * 31) % {GROUPS})")


def inventory(now):
    made = {"created_at": now - 86400, "updated_at": now - 3600}
    key = "(SELECT MIN(id) FROM private_keys)"
    yield insert("private_keys", KEYS, name="'k' || i", type="'ssh-ed25519'",
                 length=256, pub_blob="x'00'",
                 fingerprint="'SHA256:k' || i", comment="''", **made)
    yield insert("hosts", HOSTS, name="'h' || i", scheme="'ssh'",
                 addr="'198.51.100.' || (i % 250)", port=22, login="'root'",
                 key_id=key, logging="'everything'", comment="'host ' || i",
                 host_key_type="''", legacy=0, **made)
    yield insert("users", USERS, name="'u' || i",
                 email="'u' || i || '@example.org'", comment="''",
                 invite_expires_at=0, disabled=0, expires_at=0, **made)
    yield ("INSERT INTO user_keys (user_id, type, key_blob, fingerprint, "
           "comment, created_at, updated_at) SELECT id, 'ssh-ed25519', "
           "x'00', 'SHA256:' || name, name || '@laptop', created_at, "
           "updated_at FROM users WHERE name LIKE 'u%' ORDER BY id")
    yield ("INSERT INTO user_user_roles (user_id, role_id) SELECT u.id, r.id "
           "FROM users u, user_roles r WHERE u.name LIKE 'u%' "
           "AND r.name = 'standard'")


def rules(now):
    made = {"created_at": now - 86400, "updated_at": now - 3600}
    for table in ("user_groups", "host_groups"):
        yield insert(table, GROUPS, name="'g' || i", comment="''", **made)
    yield insert("acls", ACLS, action="CASE WHEN i % 10 = 0 THEN 'deny' ELSE "
                 "'allow' END", weight="i % 7",
                 host_pattern="CASE WHEN i % 5 = 0 THEN 'h*' || (i % 10) ELSE "
                 "'' END", inception=0, expiration=0, comment="'rule ' || i",
                 **made)
    for kind, letter, n in (("user", "u", USERS), ("host", "h", HOSTS)):
        yield link(f"{kind}_{kind}_groups", "member_id", "group_id", n,
                   (f"{kind}s", "id", f"name = '{letter}' || n.i"),
                   (f"{kind}_groups", "id", "g"))
        yield link(f"acl_{kind}_groups", "acl_id", "group_id", ACLS,
                   ("acls", "id", "comment = 'rule ' || n.i"),
                   (f"{kind}_groups", "id", "g"))


def history(now, past):
    user = "CASE WHEN i % 2 = 0 THEN 0 ELSE i % 1000 END"
    host = "CASE WHEN i % 4 < 2 THEN 0 ELSE i % 997 END"
    first_user = "(SELECT id FROM users WHERE name = 'u0')"
    first_host = "(SELECT id FROM hosts WHERE name = 'h0')"
    live = f"i % {past // LIVE} = 7"
    began = f"{now} - {past} * 10 + i * 10"
    yield insert("sessions", past, user_id=f"{first_user} + {user}",
                 user_name=f"'u' || ({user})",
                 host_id=f"{first_host} + {host}",
                 host_name=f"'h' || ({host})", account="'root'",
                 instance_id="'elsewhere'", source="'192.0.2.' || (i % 250)",
                 client_version="'SSH-2.0-OpenSSH_9.2p1 Debian-2'",
                 status=f"CASE WHEN {live} THEN 'active' ELSE 'closed' END",
                 started_at=began,
                 ended_at=f"CASE WHEN {live} THEN 0 ELSE {began} + 60 END",
                 error="''", comment="''", bytes_in=1234, bytes_out="i * 10")
    yield insert("events", past, author_name="'u' || (i % 1000)",
                 source="'192.0.2.1'",
                 domain="CASE WHEN i % 2 = 0 THEN 'host' ELSE 'user' END",
                 action="CASE WHEN i % 3 = 0 THEN 'create' ELSE 'update' END",
                 entity="'h' || (i % 1000)", args="'{\"comment\": \"new\"}'",
                 created_at=began)
    # or the keeper would take what goes on elsewhere for dead
    yield ("INSERT INTO instances (id, hostname, version, pid, started_at, "
           f"heartbeat_at) VALUES ('elsewhere', 'elsewhere', '1', 1, {now}, "
           f"{now + 86400})")


def statements(past):
    now = int(time.time())
    yield from inventory(now)
    yield from rules(now)
    yield from history(now, past)


class Sqlite:
    name, driver = "SQLite", "sqlite3"

    def __init__(self, lab):
        self.alias, self.person = "admin", "person"
        self.conn = lab.database
        self.port = lab.portal_port

    def fill(self, past):
        db = sqlite3.connect(self.conn, timeout=60)
        with db:
            for sql in statements(past):
                db.execute(sql)
        db.close()


class MariaDB:
    name, driver = "MariaDB", "mysql"

    def __init__(self, lab):
        self.dir = os.path.join(lab.dir, "mariadb")
        self.alias, self.person = "portal-mysql-admin", "portal-mysql-person"
        port = free_port()
        self.start(lab, port)
        self.conn = f"root@tcp(127.0.0.1:{port})/portal"
        key = os.path.join(lab.dir, "master.key")
        with open(os.open(key, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as f:
            f.write(subprocess.check_output([TOP + "/sshportal", "genkey"]))
        state = os.path.join(lab.dir, "state")
        _, self.port = lab.start_portal(lab.far_port, "portal-mysql", [
            "--db-driver=mysql", f"--db-conn={self.conn}",
            f"--master-key={key}", f"--state-dir={state}",
            f"--runtime-dir={state}/run"])

    def start(self, lab, port):
        os.mkdir(self.dir)
        with open(self.dir + "/log", "w") as log:
            run("mariadb-install-db", "--no-defaults", "--user=root",
                f"--datadir={self.dir}/data", "--skip-test-db",
                "--auth-root-authentication-method=normal", stdout=log,
                stderr=log, env=dict(os.environ, TMPDIR=self.dir))
            # a server as it comes, but for what costs the disk
            p = lab.popen(["mariadbd", "--no-defaults", "--user=root",
                           f"--datadir={self.dir}/data",
                           f"--socket={self.dir}/s",
                           f"--pid-file={self.dir}/pid",
                           "--skip-name-resolve", "--bind-address=127.0.0.1",
                           f"--port={port}",
                           "--innodb-flush-log-at-trx-commit=2"],
                          stderr=log, stdout=log,
                          env=dict(os.environ, TMPDIR=self.dir))
        wait_for("MariaDB", lambda: p.poll() is not None
                 or os.path.exists(self.dir + "/s"), 60)
        self.sql("CREATE DATABASE portal")

    def sql(self, text, *options):
        run("mariadb", "--no-defaults", "-u", "root", "-S", self.dir + "/s",
            *options, stdin=None, input=text.encode())

    def fill(self, past):
        self.sql("SET sql_mode = 'PIPES_AS_CONCAT,STRICT_ALL_TABLES'; "
                 "START TRANSACTION;\n"
                 + ";\n".join(statements(past)) + ";\nCOMMIT", "portal")


def commands():
    """Each ls that there is, by the program's own table, and the filters."""
    names = subprocess.check_output([TOP + "/build/prog/names"], text=True)
    for line in names.splitlines():
        if line.startswith("command ") and line.endswith(" ls"):
            yield line.removeprefix("command ")
    for filters in ("--active", f"--user={ROBOT_USER}", "--user=u7",
                    f"--host={ROBOT_HOST}", "--host=h7", "--since=-1h",
                    "--since=-60d",
                    f"--user={ROBOT_USER} --host={ROBOT_HOST}",
                    "--user=u7 --host=h7", "--user=u7 --since=-60d",
                    "--user=u7 --host=h7 --active --since=-60d",
                    "--limit=10", "--latest", "--quiet", "--json"):
        yield "session ls " + filters
    yield "event ls --json"
    yield "host ls --json"


def time_of(bench, alias, command):
    t0 = time.monotonic()
    bench.lab.ssh(alias, command)
    return (time.monotonic() - t0) * 1e3


def add_person(bench, store):
    """Somebody without a role, in as many groups as the others."""
    lab, key = bench.lab, f"{bench.lab.dir}/{store.person}"
    run("ssh-keygen", "-qt", "ed25519", "-N", "", "-f", key)
    with open(key + ".pub") as f:
        blob = " ".join(f.read().split()[:2])
    groups = ",".join(f"g{i * 31}" for i in range(GROUPS_OF_ONE))
    lab.ssh(store.alias, "user create --name=person --group=" + groups
            + f" --key='{blob}' person@example.org")
    lab.host(store.person, store.port, "person", key)


def list_one(bench, store, alias, command, name):
    samples = {"direct": [], "portal": []}
    bench.lab.ssh(alias, command)
    for _ in range(bench.some(11, 5)):
        samples["direct"].append(time_of(bench, "direct", "true"))
        samples["portal"].append(time_of(bench, alias, command))
    bench.report.row("listing_" + store.driver, name, "ms",
                     {w: statistics.median(s) for w, s in samples.items()})


def list_all(bench, store):
    for command in commands():
        list_one(bench, store, store.alias, command, command)
    add_person(bench, store)
    for command in ("host ls", "session ls"):
        list_one(bench, store, store.person, command,
                 command + ", one's own")


def decisions(bench, store):
    p = run(TOP + "/build/prog/decide", store.driver,
            str(bench.some(200, 50)), stdin=None, text=True,
            input=store.conn + "\n", stdout=subprocess.PIPE)
    times = [float(line.split()[0]) for line in p.stdout.splitlines()]
    bench.report.row("decision_" + store.driver, "decision on a login", "ms",
                     {"portal": statistics.median(times)})
    bench.report.row("decision_" + store.driver, "  p95", "ms",
                     {"portal": statistics.quantiles(times, n=20)[18]})


def listing(bench):
    run("make", "-s", "-C", TOP, "build/prog/names", "build/prog/decide",
        stdout=subprocess.DEVNULL)
    for engine in (Sqlite, MariaDB):
        if engine is MariaDB and not shutil.which("mariadbd"):
            print("  (no mariadbd: MariaDB is left out)")
            continue
        store = engine(bench.lab)
        t0 = time.monotonic()
        store.fill(bench.some(PAST, 100_000))
        print(f"  ({time.monotonic() - t0:.0f} s to fill {store.name})",
              flush=True)
        decisions(bench, store)
        list_all(bench, store)
