# SPDX-License-Identifier: ISC
# shellcheck shell=bash
#
# What the regress scripts share: a real sshd as the host, the portal, a stock
# ssh client, assertions, and an end that leaves no process behind.
#
# A script runs in an empty directory of its own; everything that it starts
# has its files there. The environment it is given is told in regress/run.

set -u
umask 022

: "${TOP:?run this by "make regress T=name"}" "${SSHPORTAL:?}" "${TESTDIR:?}"
DB=${DB:-sqlite3}
T=$TESTDIR
HELPERS=$TOP/regress/helpers
PYTHON=/usr/bin/python3		# Debian's, which sees the packaged modules
UNPRIVILEGED=${REGRESS_UID:-20417}		# a uid that is nobody's
MONITOR_UID=20418		# and one for the owner of a root's database
IS_ROOT=
[ "$(id -u)" -ne 0 ] || IS_ROOT=yes
# The mark by which processes that a script started are found again.
export REGRESS_DIR=$T

# The portal under test is a copy: nobody's make changes it meanwhile, and its
# processes can be told from those of another test.
BIN=$T/sshportal

# --- What is tested, and how it ends ---------------------------------------

tid()
{
	echo "tid: $*"
	[ -x "$SSHPORTAL" ] || fail "$SSHPORTAL is not there: run make"
	cp "$SSHPORTAL" "$BIN"
	[ -z "${SANITIZED-}" ] || collect_reports
	trap cleanup EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
}

say()
{
	echo "--- $*"
}

fail()
{
	echo "FAIL: $*" >&2
	exit 1
}

skip()
{
	echo "$*"
	exit 77
}

# built_with FUNCTION: whether configure found a function that the SSH libraries
# have by contrib/patches.
built_with()
{
	grep -qix "#define HAVE_$1 1" "$TOP/config.h"
}

need_root()
{
	[ -n "$IS_ROOT" ] || skip "needs root: $*"
}

# "make check-asan" tests a program that has no walls (lib/harden.h).
need_walls()
{
	[ -z "${SANITIZED-}" ] || skip "not under a sanitizer: $*"
}

# Every process of a sanitized program, of whatever uid, writes what it finds
# into a file of its own.
collect_reports()
{
	local all=log_path=$T/reports/of:log_exe_name=0

	mkdir -m 1777 "$T/reports"
	ASAN_OPTIONS=$all:detect_leaks=1:quarantine_size_mb=8
	UBSAN_OPTIONS=$all:print_stacktrace=1
	LSAN_OPTIONS=$all:suppressions=$TOP/regress/lsan.supp
	LSAN_OPTIONS+=:print_suppressions=0
	export ASAN_OPTIONS UBSAN_OPTIONS LSAN_OPTIONS
	REPORTS_ENV=("ASAN_OPTIONS=$ASAN_OPTIONS"
	    "UBSAN_OPTIONS=$UBSAN_OPTIONS" "LSAN_OPTIONS=$LSAN_OPTIONS")
}

# sanitizer_option NAME=VALUE: for the portal, before it is started.
sanitizer_option()
{
	[ -n "${SANITIZED-}" ] || return 0
	ASAN_OPTIONS+=:$1
	REPORTS_ENV[0]="ASAN_OPTIONS=$ASAN_OPTIONS"
}

no_reports()
{
	local f found=

	for f in "$T"/reports/*; do
		[ -e "$f" ] || continue
		# who was killed while it looked for leaks
		grep -qvE '^==[0-9]+==Unable to get registers from thread' \
		    "$f" || continue
		echo "FAIL: a sanitizer's report: $f" >&2
		head -n 60 "$f" >&2
		found=yes
	done
	[ -z "$found" ]
}

# Runs the whole script once for each way to start the portal (MODE), each
# time in a directory of its own: as root, and as an ordinary user.
each_mode()
{
	local m

	[ -z "${MODE-}" ] || return 0
	for m in ${IS_ROOT:+root} user; do
		echo "=== portal started by: $m"
		mkdir "$T/$m"
		(cd "$T/$m" && MODE=$m TESTDIR=$T/$m exec bash "$0") ||
		    exit $?
	done
	exit 0
}

AT_EXIT=()
at_exit()
{
	AT_EXIT=("$*" ${AT_EXIT[@]+"${AT_EXIT[@]}"})
}

# Everything that was started here and runs: the portal's processes by the
# file that they run, all others by the mark in their environment.
our_processes()
{
	local pid

	{
		env -u REGRESS_DIR grep -lszx "REGRESS_DIR=$T" \
		    /proc/[0-9]*/environ
		env -u REGRESS_DIR find /proc/[0-9]*/exe -maxdepth 0 \
		    -lname "$BIN*"
	} 2>/dev/null | cut -d/ -f3 | sort -un | while read -r pid; do
		is_ended "$pid" || echo "$pid"
	done
}

is_ended()
{
	local stat

	{ read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 0
	case ${stat##*) } in
	[ZX]*) return 0 ;;
	esac
	return 1
}

nothing_runs()
{
	[ -z "$(our_processes)" ]
}

cleanup()
{
	local status=$? command

	trap - EXIT
	trap '' HUP INT TERM
	[ $status -eq 0 ] || [ $status -eq 77 ] || show_logs
	stop_portal || status=1
	for command in ${AT_EXIT[@]+"${AT_EXIT[@]}"}; do
		$command || status=1
	done
	stop_mariadb
	if ! wait_for 5 nothing_runs; then
		echo "FAIL: left running:" >&2
		end_and_show "$(our_processes)"
		[ $status -ne 0 ] || show_logs
		status=1
	fi
	no_reports || status=1
	exit $status
}

# The processes of a list that should not be there.
end_and_show()
{
	local pid

	for pid in $1; do
		ps -o pid=,ppid=,uid=,stat=,args= -p "$pid" >&2
	done
	for pid in $1; do
		kill -KILL "$pid" 2>/dev/null
	done
}

show_logs()
{
	local f

	for f in "$T"/*.out "$T"/*.log "$T"/*/sshd.log; do
		[ -s "$f" ] || continue
		echo "== the end of $f"
		tail -n 30 "$f"
	done
}

# Runs a command every few hundredths of a second until it is true.
wait_for()
{
	local seconds=$1 until

	shift
	until=$((${EPOCHREALTIME/[.,]/} + seconds * 1000000))
	until "$@"; do
		[ "${EPOCHREALTIME/[.,]/}" -lt "$until" ] || return 1
		sleep 0.03
	done
}

# Milliseconds on the clock.
now_ms()
{
	echo $((${EPOCHREALTIME/[.,]/} / 1000))
}

end_process()
{
	local pid=$1 signal=${2:-TERM}

	kill -"$signal" "$pid" 2>/dev/null || return 0
	wait_for 10 is_ended "$pid" || {
		kill -KILL "$pid" 2>/dev/null
		echo "FAIL: process $pid did not end upon SIG$signal" >&2
		return 1
	}
	wait "$pid" 2>/dev/null
	return 0
}

# --- Assertions -------------------------------------------------------------

# is WHAT GOT WANTED
is()
{
	[ "$2" = "$3" ] || fail "$1: got '$2', wanted '$3'"
}

# like WHAT GOT ERE; unlike WHAT GOT ERE
like()
{
	[[ $2 =~ $3 ]] || fail "$1: '$2' is not like '$3'"
}

unlike()
{
	[[ ! $2 =~ $3 ]] || fail "$1: '$2' must not be like '$3'"
}

# Runs a command without input; leaves $status, $out and $err.
run()
{
	"$@" </dev/null >"$T/run.out" 2>"$T/run.err"
	status=$?
	out=$(tr -d '\0' <"$T/run.out")
	err=$(tr -d '\r\0' <"$T/run.err")
}

# The same, and its status must be the one given first.
run_status()
{
	local wanted=$1

	shift
	run "$@"
	[ "$status" -eq "$wanted" ] ||
	    fail "status $status, not $wanted: $*
	stdout: $out
	stderr: $err"
}

ok()
{
	run_status 0 "$@"
}

same_file()
{
	cmp "$1" "$2" || fail "$1 and $2 differ"
}

# The refusal that a person reads: one sentence, status 255.
# refused WHAT ERE COMMAND ...
refused()
{
	local what=$1 pattern=$2 lines

	shift 2
	run_status 255 "$@"
	lines=$(grep -c '^sshportal: ' "$T/run.err")
	is "$what: number of sentences in '$err'" "$lines" 1
	like "$what" "$err" "$pattern"
	is "$what: standard output" "$out" ''
}

# --- Ports ------------------------------------------------------------------

# A free port outside of the range that the kernel gives to clients.
free_port()
{
	$PYTHON - <<'PY'
import random, socket
while True:
    port = random.randrange(10000, 32000)
    with socket.socket() as s, socket.socket(socket.AF_INET6) as s6:
        try:
            s.bind(("127.0.0.1", port))
            s6.bind(("::1", port))
        except OSError as e:
            if e.errno == 99:       # no IPv6 here
                print(port)
                break
            continue
    print(port)
    break
PY
}

port_answers()
{
	(exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# --- The host ---------------------------------------------------------------

HOST_USER=$(id -un)
SSHD_CONFIG=		# more lines for sshd_config, before it starts
SSHD_UNDER=()		# words before the program sshd

# start_sshd [NAME]: sets SSHD_PORT and SSHD_PID; files are in $T/NAME ("host"),
# what is run there has $T/NAME/home as its HOME.
start_sshd()
{
	local name=${1:-host} dir try

	dir=$T/$name
	mkdir -p "$dir/home/.ssh"
	[ -z "$IS_ROOT" ] || mkdir -p /run/sshd
	[ -e "$dir/hostkey_ed25519" ] ||
	    ssh-keygen -q -t ed25519 -N '' -C "$name" -f "$dir/hostkey_ed25519"
	[ -e "$dir/direct" ] ||
	    ssh-keygen -q -t ed25519 -N '' -C direct -f "$dir/direct"
	# a prompt that is easy to wait for, and no habits of this machine
	echo "PS1='host> ' HISTFILE=" >"$dir/home/.bash_profile"
	for try in 1 2 3 4 5; do
		SSHD_PORT=${SSHD_PORT_WANTED:-$(free_port)}
		sshd_config "$dir" >"$dir/sshd_config"
		: >"$dir/sshd.log"
		setsid ${SSHD_UNDER[@]+"${SSHD_UNDER[@]}"} \
		    /usr/sbin/sshd -D -f "$dir/sshd_config" \
		    -E "$dir/sshd.log" </dev/null >>"$dir/sshd.log" 2>&1 &
		SSHD_PID=$!
		if wait_for 10 sshd_ready "$dir" && ! is_ended $SSHD_PID; then
			at_exit end_process $SSHD_PID
			return
		fi
		kill $SSHD_PID 2>/dev/null
	done
	cat "$dir/sshd.log"
	fail "sshd does not start (attempt $try)"
}

sshd_ready()
{
	is_ended "$SSHD_PID" ||
	    grep -q '^Server listening' "$1/sshd.log"
}

sshd_config()
{
	# the first word on a matter holds
	[ -z "$SSHD_CONFIG" ] || echo "$SSHD_CONFIG"
	cat <<-END
	Port $SSHD_PORT
	ListenAddress 127.0.0.1
	$(printf 'HostKey %s\n' "$1"/hostkey_*[!b])
	PidFile none
	AuthorizedKeysFile $1/home/.ssh/authorized_keys $1/direct.pub
	StrictModes no
	UsePAM no
	PermitRootLogin yes
	PasswordAuthentication no
	KbdInteractiveAuthentication no
	PrintMotd no
	PrintLastLog no
	UseDNS no
	LogLevel VERBOSE
	MaxSessions 100
	MaxStartups 1000
	MaxAuthTries 20
	AcceptEnv LC_*
	Subsystem sftp ${SFTP_SERVER:-internal-sftp}
	SetEnv HOME=$1/home REGRESS_DIR=$REGRESS_DIR
	END
	# sshd of Debian 13 would punish what the tests do
	if /usr/sbin/sshd -G -f /dev/null -o PerSourcePenalties=no \
	    >/dev/null 2>&1; then
		echo 'PerSourcePenalties no'
	fi
}

# The account on the host becomes a plain person's, also where root tests: a
# root's sshd passes no signals on to a root's session. It is in a passwd of
# that sshd's own, for it alone. To be called before start_sshd.
host_of_a_person()
{
	[ -n "$IS_ROOT" ] || return 0
	HOST_USER=regress
	mkdir -p "$T/host/home/.ssh"
	chown -R $UNPRIVILEGED:$UNPRIVILEGED "$T/host/home"
	{
		cat /etc/passwd
		echo "regress:x:$UNPRIVILEGED:$UNPRIVILEGED::$T:/bin/bash"
	} >"$T/passwd"
	# shellcheck disable=SC2016 # for the shell below
	SSHD_UNDER=(unshare --mount --propagation private sh -c
	    'mount --bind "$1" /etc/passwd && shift && exec "$@"'
	    sh "$T/passwd")
	"${SSHD_UNDER[@]}" true 2>/dev/null ||
	    skip "no mount namespace of its own here"
}

# Whether that sshd can hand out terminals: without root it seldom can.
host_has_ptys()
{
	p -tt direct true </dev/null >/dev/null 2>&1
}

# start_odd_host NAME [WORD ...]: a host with ways of its own, the SSH server
# regress/helpers/NAME.py, on ODD_PORT.
start_odd_host()
{
	local name=$1 key=$T/$1.key

	shift
	ODD_PORT=$(free_port)
	[ -e "$key" ] || ssh-keygen -q -t rsa -b 2048 -m PEM -N '' -f "$key"
	"$PYTHON" "$HELPERS/$name.py" "$ODD_PORT" "$key" "$@" \
	    >"$T/$name.log" 2>&1 &
	at_exit end_process $!
	wait_for 20 port_answers "$ODD_PORT" ||
	    fail "$name does not start: $(cat "$T/$name.log")"
}

# How often anybody has logged in there.
sshd_logins()
{
	grep -c '^Accepted publickey' "$T/${1:-host}/sshd.log"
}

# --- The database -----------------------------------------------------------

MARIADB_PID=
MARIADB_PASSWORD=regress-db-password-$RANDOM$RANDOM$RANDOM

# A private MariaDB; sets DB_CONN. Once more after stop_mariadb: the same data.
# Its TMPDIR is its own too: a server that starts removes another's tables.
start_mariadb()
{
	local dir=$T/mariadb try

	mkdir -p "$dir"
	if [ ! -e "$dir/data" ]; then
		TMPDIR=$dir mariadb-install-db --no-defaults \
		    --datadir="$dir/data" \
		    --auth-root-authentication-method=normal --skip-test-db \
		    ${IS_ROOT:+--user=root} >"$dir/install.log" 2>&1 ||
		    fail "mariadb-install-db: $(cat "$dir/install.log")"
		cat >"$dir/init.sql" <<-END
		CREATE DATABASE portal;
		CREATE USER portal@'%' IDENTIFIED BY '$MARIADB_PASSWORD';
		GRANT ALL ON portal.* TO portal@'%';
		END
	fi
	for try in 1 2 3 4 5; do
		MARIADB_PORT=${MARIADB_PORT:-$(free_port)}
		TMPDIR=$dir setsid mariadbd --no-defaults --datadir="$dir/data" \
		    ${IS_ROOT:+--user=root} --socket="$dir/s" \
		    --pid-file="$dir/pid" --skip-name-resolve \
		    --bind-address=127.0.0.1 --port="$MARIADB_PORT" \
		    --loose-innodb-flush-method=nosync \
		    --innodb-flush-log-at-trx-commit=2 \
		    --innodb-log-file-size=4M --max-connections=500 \
		    --init-file="$dir/init.sql" \
		    </dev/null >>"$dir/log" 2>&1 &
		MARIADB_PID=$!
		wait_for 30 mariadb_ready
		if ! is_ended $MARIADB_PID; then
			: >"$dir/init.sql"
			DB_CONN="portal:$MARIADB_PASSWORD"
			DB_CONN+="@tcp(127.0.0.1:$MARIADB_PORT)/portal"
			DB_CONN+="?parseTime=true"
			return
		fi
		[ ! -e "$dir/started" ] || break
		MARIADB_PORT=
	done
	tail -n 20 "$dir/log"
	fail "MariaDB does not start (attempt $try)"
}

mariadb_ready()
{
	is_ended "$MARIADB_PID" ||
	    mariadb_query 'SELECT 1 FROM DUAL' >/dev/null 2>&1
}

mariadb_query()
{
	MYSQL_PWD=$MARIADB_PASSWORD mariadb --no-defaults -u portal \
	    -S "$T/mariadb/s" -N -B portal -e "$1"
}

# stop_mariadb [SIGNAL]
stop_mariadb()
{
	[ -n "$MARIADB_PID" ] || return 0
	kill -"${1:-TERM}" "$MARIADB_PID" 2>/dev/null
	wait_for 30 is_ended "$MARIADB_PID" || kill -KILL "$MARIADB_PID"
	wait "$MARIADB_PID" 2>/dev/null
	MARIADB_PID=
}

# Asks the portal's database, columns separated by |, as the one who owns it:
# SQLite would leave files of ours there.
db_query()
{
	if [ "$DB" = mysql ]; then
		mariadb_query "$1" | tr '\t' '|'
	else
		as_owner sqlite3 -cmd '.timeout 10000' \
		    "$PORTAL_DIR/sshportal.db" "$1"
	fi
}

as_owner()
{
	local owner

	owner=$(stat -c %u "$PORTAL_DIR")
	if [ "$owner" -eq "$(id -u)" ]; then
		"$@"
	else
		setpriv --reuid="$owner" --regid="$owner" --clear-groups "$@"
	fi
}

# Holds SQLite's write lock as somebody who does not let go, until
# unlock_database.
lock_database()
{
	coproc LOCK { as_owner sqlite3 "$PORTAL_DIR/sshportal.db" 2>&1; }
	LOCKER=$LOCK_PID
	cat <<-'END' >&"${LOCK[1]}"
	.timeout 10000
	BEGIN EXCLUSIVE;
	SELECT 'held';
	END
	read -r -t 15 LOCKED <&"${LOCK[0]}"
	is "lock" "$LOCKED" held
}

unlock_database()
{
	printf 'ROLLBACK;\n.quit\n' >&"${LOCK[1]}"
	wait_for 10 is_ended "$LOCKER" || fail "the lock stays"
}

# --- The portal -------------------------------------------------------------

PORTAL_DIR=$T/portal
PORTAL_PID=
PORTAL_PORT=
PORTAL_MODE=
REPORTS_ENV=()		# what collect_reports wants it to have
PORTAL_ENV=()		# more environment for the portal

# Makes the directory that the portal lives in. A root's portal finds it in
# another's hands, so that its monitors do not run as root.
make_portal_dir()
{
	PORTAL_MODE=${1:-${MODE:-root}}
	[ -n "$IS_ROOT" ] || PORTAL_MODE=user
	[ ! -d "$PORTAL_DIR" ] || return 0
	mkdir "$PORTAL_DIR"
	[ -z "$IS_ROOT" ] || case $PORTAL_MODE in
	root) chown $MONITOR_UID:$MONITOR_UID "$PORTAL_DIR" ;;
	rootdir) ;;
	user) chown $UNPRIVILEGED:$UNPRIVILEGED "$PORTAL_DIR" ;;
	esac
	if [ "$DB" = mysql ] && [ ! -e "$PORTAL_DIR/master.key" ]; then
		(umask 077 && "$BIN" genkey >"$PORTAL_DIR/master.key") ||
		    fail "genkey"
		chown --reference="$PORTAL_DIR" "$PORTAL_DIR/master.key"
	fi
}

# The lines of sshportal.yaml, from standard input.
portal_config()
{
	make_portal_dir "$@"
	cat >"$PORTAL_DIR/sshportal.yaml"
	chown --reference="$PORTAL_DIR" "$PORTAL_DIR/sshportal.yaml"
}

# Sets STARTER, the words before the program that make the process that of the
# one who starts the portal.
set_starter()
{
	STARTER=()
	if [ -n "$IS_ROOT" ] && [ "$PORTAL_MODE" = user ]; then
		STARTER=(setpriv "--reuid=$UNPRIVILEGED"
		    "--regid=$UNPRIVILEGED" --clear-groups)
	fi
	STARTER+=(env -i --default-signal=INT --default-signal=QUIT PATH="$PATH"
	    HOME="$PORTAL_DIR" USER="$(id -un)"
	    ${REPORTS_ENV[@]+"${REPORTS_ENV[@]}"}
	    ${PORTAL_ENV[@]+"${PORTAL_ENV[@]}"})
}

# Runs the program in the portal's directory, as the one who starts it.
as_starter()
{
	set_starter
	(cd "$PORTAL_DIR" && exec "${STARTER[@]}" "$BIN" "$@")
}

# The flags with which the portal finds its database.
db_flags()
{
	DB_FLAGS=(--db-driver="$DB")
	if [ "$DB" = mysql ]; then
		[ -n "$MARIADB_PID" ] || start_mariadb
		DB_FLAGS+=(--db-conn="$DB_CONN"
		    --master-key="$PORTAL_DIR/master.key"
		    --state-dir="$PORTAL_DIR/sshportal.db.d"
		    --runtime-dir="$PORTAL_DIR/sshportal.db.d/run")
	else
		DB_FLAGS+=(--db-conn="$PORTAL_DIR/sshportal.db")
	fi
	[ ! -e "$PORTAL_DIR/sshportal.yaml" ] ||
	    DB_FLAGS+=(--config="$PORTAL_DIR/sshportal.yaml")
}

# start_portal [root|rootdir|user [flag ...]]; the mode is MODE without one.
start_portal()
{
	local try

	[ $# -eq 0 ] || [ "$1" = "" ] || PORTAL_MODE=$1
	make_portal_dir "${PORTAL_MODE:-}"
	[ $# -eq 0 ] || shift
	db_flags
	for try in 1 2 3; do
		PORTAL_PORT=${PORTAL_PORT:-$(free_port)}
		launch_portal --bind-address="127.0.0.1:$PORTAL_PORT" \
		    "${DB_FLAGS[@]}" "$@"
		wait_for 20 portal_ready
		if ! is_ended $PORTAL_PID; then
			return
		fi
		grep -q 'in use' "$PORTAL_DIR.log" || break
		PORTAL_PORT=
	done
	fail "the portal does not start (attempt $try)"
}

# Starts it in the background with just these flags; sets PORTAL_PID.
launch_portal()
{
	: >>"$PORTAL_DIR.log"
	LOG_START=$(stat -c %s "$PORTAL_DIR.log")
	set_starter
	(cd "$PORTAL_DIR" && exec "${STARTER[@]}" "$BIN" server "$@") \
	    </dev/null >"$PORTAL_DIR.out" 2>>"$PORTAL_DIR.log" &
	PORTAL_PID=$!
}

# Since the last start.
portal_log()
{
	tail -c +$((LOG_START + 1)) "$PORTAL_DIR.log"
}

log_has()
{
	portal_log | grep -qE -e "$1"
}

# log_count ERE: how many lines of it are like this.
log_count()
{
	portal_log | grep -cE -e "$1"
}

# log_has_many ERE N: at least N of them.
log_has_many()
{
	[ "$(log_count "$1")" -ge "$2" ]
}

portal_ready()
{
	is_ended "$PORTAL_PID" || log_has ': ready$|"message":"ready"'
}

# stop_portal [SIGNAL]: SIGINT ends all sessions. All its processes must end.
stop_portal()
{
	[ -n "$PORTAL_PID" ] || return 0
	kill -"${1:-INT}" "$PORTAL_PID" 2>/dev/null
	if ! wait_for 15 is_ended "$PORTAL_PID"; then
		echo "FAIL: the daemon does not end upon SIG${1:-INT}" >&2
		end_and_show "$(portal_pids)"
		PORTAL_PID=
		return 1
	fi
	wait "$PORTAL_PID" 2>/dev/null
	PORTAL_STATUS=$?
	PORTAL_PID=
	wait_for 10 no_portal_pids || {
		echo "FAIL: the portal left processes:" >&2
		end_and_show "$(portal_pids)"
		return 1
	}
}

# portal_pids [ROLE]: the ids of its processes, oldest first. Who is not root
# cannot ask which file they run, and gets the daemon's descendants.
portal_pids()
{
	local pid title

	if [ -n "$IS_ROOT" ]; then
		find /proc/[0-9]*/exe -maxdepth 0 -lname "$BIN*" 2>/dev/null |
		    cut -d/ -f3 | sort -n
	elif [ -n "$PORTAL_PID" ]; then
		descendants "$PORTAL_PID"
	fi | while read -r pid; do
		is_ended "$pid" && continue
		title=$(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline")
		case $title in
		"sshportal: ${1-}"*) echo "$pid" ;;
		*) [ -n "${1-}" ] || echo "$pid" ;;
		esac
	done
}

# Sets MONITOR and CHILD, the processes of the only session of "USER HOST".
session_pids()
{
	wait_for 10 has_one_monitor "$1" ||
	    fail "not one monitor of '$1': $(portal_pids "monitor $1")"
	MONITOR=$(portal_pids "monitor $1")
	CHILD=$(ps -o pid= --ppid "$MONITOR" | tr -d ' ')
	[ -n "$CHILD" ] || fail "monitor $MONITOR has no child"
}

has_one_monitor()
{
	[ "$(portal_pids "monitor $1" | wc -l)" -eq 1 ]
}

spares_are()
{
	[ "$(portal_pids "monitor spare" | wc -l)" -eq "$1" ]
}

descendants()
{
	ps -e -o pid=,ppid= | awk -v root="$1" '
	    { parent[$1] = $2 }
	    END {
		for (p in parent) {
			for (q = p; q in parent; q = parent[q]) {
				if (q == root) {
					print p
					break
				}
			}
		}
	    }' | sort -n
}

no_portal_pids()
{
	[ -z "$(portal_pids)" ]
}

# The name of the first row in users.
first_admin()
{
	db_query 'SELECT name FROM users ORDER BY id LIMIT 1'
}

# How many sessions are active in the database.
active_sessions()
{
	db_query "SELECT COUNT(*) FROM sessions WHERE status = 'active'"
}

# Makes all sessions a minute older: young ones are not taken for dead.
age_sessions()
{
	db_query 'UPDATE sessions SET started_at = started_at - 60'
}

# Waits until the database says that so many are.
sessions_are()
{
	[ "$(active_sessions)" -eq "$1" ]
}

# session_closed ID
session_closed()
{
	[ "$(db_query "SELECT status FROM sessions WHERE id = $1")" = closed ]
}

# The token of the invite that the portal printed.
invite_token()
{
	grep -ohE 'invite:[A-Za-z0-9_-]+' "$PORTAL_DIR.out" | head -n 1 |
	    cut -d: -f2
}

# --- The client -------------------------------------------------------------

CLIENT="admin"		# whose key and configuration p uses

# client NAME [KEYTYPE]: makes a key and a configuration in which the portal
# is "portal" and the host itself "direct".
client()
{
	local dir=$T/client

	mkdir -p "$dir"
	[ -e "$dir/$1" ] ||
	    ssh-keygen -q -t "${2:-ed25519}" -N '' -C "$1" -f "$dir/$1"
	cat >"$dir/$1.conf" <<-END
	Host portal
		HostName 127.0.0.1
		Port $PORTAL_PORT
		HostKeyAlias portal
		IdentityFile $dir/$1
	Host direct
		HostName 127.0.0.1
		Port ${SSHD_PORT:-22}
		User $HOST_USER
		HostKeyAlias direct
		IdentityFile $T/host/direct
	Host *
		IdentitiesOnly yes
		IdentityAgent none
		BatchMode yes
		ConnectTimeout 20
		StrictHostKeyChecking accept-new
		UserKnownHostsFile $dir/known_hosts
		GlobalKnownHostsFile /dev/null
		CheckHostIP no
		UpdateHostKeys no
		ControlPath none
	END
}

# start_agent SOCKET
start_agent()
{
	ssh-agent -D -a "$1" >/dev/null 2>&1 &
	at_exit end_process $!
	wait_for 10 test -S "$1" || fail "no ssh-agent"
}

# agent_client NAME SOCKET: a client with the keys of an agent and no others.
agent_client()
{
	[ -e "$T/client/admin.conf" ] || client admin
	sed -e '/IdentityFile .*client/d' -e '/IdentitiesOnly/d' \
	    -e "s|IdentityAgent none|IdentityAgent $2|" \
	    "$T/client/admin.conf" >"$T/client/$1.conf"
	echo "	IdentityFile none" >>"$T/client/$1.conf"
}

conf()
{
	echo "$T/client/$CLIENT.conf"
}

# as NAME COMMAND ...: with another client than admin.
as()
{
	local CLIENT=$1

	shift
	"$@"
}

# ssh with a bound on its time: p web1@portal true
p()
{
	timeout --foreground "${P_SECONDS:-60}" ssh -F "$(conf)" "$@"
}

# An admin command, which must succeed; its output is in $out.
admin()
{
	as admin ok p admin@portal "$*"
}

# redeem [TOKEN]: binds the client's key with an invite.
redeem()
{
	local token=${1:-$(invite_token)}

	[ -n "$token" ] || fail "no invite was printed"
	ok p "invite:$token@portal"
}

# invite NAME [flag ...]: a new user with a client of that name.
invite()
{
	local name=$1

	shift
	admin user invite "$name@example.org" --name="$name" "$@"
	like "user invite" "$out" 'invite:[A-Za-z0-9_-]+'
	client "$name"
	as "$name" redeem "$(grep -oE 'invite:[A-Za-z0-9_-]+' <<<"$out" |
	    head -n 1 | cut -d: -f2)"
}

# Lets the portal's default key in on the host, as the README tells it.
authorize_portal()
{
	admin key setup default
	ok p direct "$out"
}

# add_host NAME [flag ...]: the sshd started last.
add_host()
{
	local name=$1

	shift
	admin host create "$HOST_USER@127.0.0.1:$SSHD_PORT" \
	    --name="$name" "$@"
}

# hold_session NAME LOGIN [option ...]: a session that goes on in the
# background until release_session NAME; its output is in $T/NAME.out.
hold_session()
{
	local name=$1 login=$2

	shift 2
	: >"$T/$name.out"
	mkfifo "$T/$name.in"
	ssh -F "$(conf)" "$@" "$login@portal" \
	    'echo held; read -r status; exit "$status"' \
	    <"$T/$name.in" >"$T/$name.out" 2>&1 &
	eval "HELD_$name=$!"
	# a writer that stays until we close it
	eval "exec {IN_$name}>\"\$T/$name.in\""
	wait_for 20 grep -q held "$T/$name.out" ||
	    fail "session $name: $(cat "$T/$name.out")"
}

# Lets a session held go on, and end with a status; it must be what arrives.
release_session()
{
	local name=$1 status=$2 pid fd got

	eval "pid=\$HELD_$name fd=\$IN_$name"
	echo "$status" >&"$fd"
	wait_for 20 is_ended "$pid" || fail "session $name does not end"
	wait "$pid"
	got=$?
	eval "exec $fd>&-"
	is "status of session $name ($(cat "$T/$name.out"))" $got "$status"
}

# sshd, the portal, an administrator and the host web1.
# ready_portal [mode [flag ...]]
ready_portal()
{
	start_sshd
	start_portal "$@"
	client admin
	redeem
	authorize_portal
	add_host web1
}

# --- Installing -------------------------------------------------------------

# install_portal DESTDIR [VARIABLE=VALUE ...]: "make install" in a copy of the
# tree, so that the clone stays as it is.
install_portal()
{
	local dest=$1

	shift
	make_in_copy install DESTDIR="$dest" "$@"
}

# As somebody calls make who is not inside of another one. The copy is made
# when there is none yet.
make_in_copy()
{
	if [ ! -d "$T/tree" ]; then
		mkdir -p "$T/tree/build"
		find "$TOP" -mindepth 1 -maxdepth 1 ! -name .git \
		    ! -name .deps ! -name build ! -name '*.db*' \
		    -exec cp -a -t "$T/tree" {} +
		cp -a "$TOP/build/obj" "$T/tree/build"
		[ ! -e "$TOP/.deps" ] || ln -s "$TOP/.deps" "$T/tree/.deps"
	fi
	env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS -u DESTDIR -u PREFIX -u T \
	    make -C "$T/tree" "$@" >"$T/make.log" 2>&1 ||
	    fail "make $*: $(tail -n 20 "$T/make.log")"
}
