#!/bin/bash
# SPDX-License-Identifier: ISC
#
# As a service: what systemd is told, sockets and keys that it hands over, and
# the installed portal with its users, in what the unit leaves of the system.
# cost: 60

. "$TOP/regress/lib.sh"
tid "service"

command -v systemd-socket-activate >/dev/null || skip "systemd is not here"

NOTIFY=$T/notify
NOTIFY_LOG=$T/notify.log

# listen_to_notices PORT: a service manager that writes down what it is told.
listen_to_notices()
{
	[ -z "${LISTENER-}" ] || end_process "$LISTENER"
	rm -f "$NOTIFY"
	$PYTHON "$HELPERS/notify.py" "$NOTIFY" "$NOTIFY_LOG" "$1" &
	LISTENER=$!
	wait_for 10 test -S "$NOTIFY" || fail "nobody listens"
}

stop_listening()
{
	end_process "$LISTENER"
}
at_exit stop_listening

# Without the sender.
notices()
{
	cut -d' ' -f2- "$NOTIFY_LOG"
}

# told N ERE: at least so many are like this.
told()
{
	[ "$(notices | grep -cE -e "$2")" -ge "$1" ]
}

# reload N: the reload after which READY has been told N times.
reload()
{
	kill -HUP "$PORTAL_PID"
	wait_for 20 told "$1" ^READY || fail "no end of the reload: $(notices)"
}

good_reload()
{
	reload "$1"
	! log_has 'reload refused' || fail "the reload was refused"
}

READY='READY=1 STATUS=serving banner'

say "readiness and reload are told"
start_sshd
portal_config </dev/null
yaml=$PORTAL_DIR/sshportal.yaml
PORTAL_PORT=$(free_port)
listen_to_notices "$PORTAL_PORT"
PORTAL_ENV=(NOTIFY_SOCKET="$NOTIFY")
start_portal
wait_for 10 told 1 ^READY || fail "nothing is told"
is "the first" "$(notices)" "$READY"
client admin
redeem
authorize_portal
add_host web1
hold_session one web1
good_reload 2
is "words" "$(notices | cut -d= -f1 | tr '\n' ' ')" 'READY RELOADING READY '
like "the reload" "$(notices | sed -n 2p)" \
    '^RELOADING=1 MONOTONIC_USEC=[0-9]+$'
usec=$(notices | sed -n '2s/.*=//p')
now=$($PYTHON -c 'import time; print(time.monotonic_ns() // 1000)')
[ "$usec" -gt $((now - 600000000)) ] && [ "$usec" -le "$now" ] ||
    fail "MONOTONIC_USEC=$usec, and it is $now"
is "the last" "$(notices | tail -n 1)" "$READY"

say "a reload that is refused ends in READY too"
echo 'no-such-key: 1' >"$yaml"
reload 3
told 2 '^RELOADING=1' || fail "no second reload: $(notices)"
log_has 'reload refused' || fail "the reload was not refused"
: >"$yaml"
ok p web1@portal true

say "SIGTERM with a session"
kill -TERM "$PORTAL_PID"
wait_for 10 told 1 '^STOPPING=1' || fail "not told: $(notices)"
release_session one 5
wait_for 20 is_ended "$PORTAL_PID" || fail "the daemon stays"
wait "$PORTAL_PID"
is "status" $? 0
PORTAL_PID=
is "how many have told something" \
    "$(cut -d' ' -f1 "$NOTIFY_LOG" | sort -u | wc -l)" 1

say "a start that fails is never ready"
listen_to_notices "$PORTAL_PORT"
mv "$PORTAL_DIR/sshportal.db.key" "$T/key"
launch_portal --bind-address="127.0.0.1:$PORTAL_PORT" "${DB_FLAGS[@]}"
wait_for 20 is_ended "$PORTAL_PID" || fail "it runs without its key"
PORTAL_PID=
is "notices" "$(notices)" ''

say "a master key that is handed over"
mkdir "$T/credentials"
mv "$T/key" "$T/credentials/master-key"
"$BIN" genkey >"$T/credentials/other"
chown -R --reference="$PORTAL_DIR" "$T/credentials"
chmod 400 "$T/credentials"/*
chmod 500 "$T/credentials"
PORTAL_ENV+=(CREDENTIALS_DIRECTORY="$T/credentials")
start_portal
wait_for 10 told 1 ^READY || fail "not ready"
ok p web1@portal echo served
is "output" "$out" served
good_reload 2
ok p web1@portal echo again
is "output" "$out" again
stop_portal || fail "stop"
is "keys beside the database" "$(find "$PORTAL_DIR" -name '*.key')" ''

say "one that is named is used instead"
launch_portal --bind-address="127.0.0.1:$PORTAL_PORT" "${DB_FLAGS[@]}" \
    --master-key="$T/credentials/other"
wait_for 20 is_ended "$PORTAL_PID" || fail "it runs with another key"
PORTAL_PID=
log_has 'key' || fail "no word about the key"

say "sockets that are handed over"
launch_activated()
{
	LOG_START=$(stat -c %s "$PORTAL_DIR.log")
	set_starter
	(cd "$PORTAL_DIR" && exec "${STARTER[@]}" systemd-socket-activate \
	    --listen="127.0.0.1:$PORTAL_PORT" \
	    --setenv=NOTIFY_SOCKET --setenv=CREDENTIALS_DIRECTORY \
	    ${SANITIZED:+--setenv=ASAN_OPTIONS} \
	    ${SANITIZED:+--setenv=UBSAN_OPTIONS} \
	    ${SANITIZED:+--setenv=LSAN_OPTIONS} \
	    "$BIN" server "${DB_FLAGS[@]}" --bind-address=127.0.0.1:1) \
	    </dev/null >"$PORTAL_DIR.out" 2>>"$PORTAL_DIR.log" &
	PORTAL_PID=$!
}
listen_to_notices "$PORTAL_PORT"
launch_activated
wait_for 10 log_has 'Listening on' || fail "no sockets"
# the first to come starts it, and is served
ok p web1@portal echo first
is "output" "$out" first
wait_for 10 told 1 ^READY || fail "not ready: $(notices)"
is "who serves" "$(portal_pids daemon)" "$PORTAL_PID"
hold_session two web1
good_reload 2
is "who serves" "$(portal_pids daemon)" "$PORTAL_PID"
ok p web1@portal echo second
is "output" "$out" second
! log_has 'port 1[. ]' || fail "it listens on what it was not handed too"
release_session two 6
stop_portal || fail "stop"

# --- The installed portal, as the unit starts it ---------------------------

# which a sanitizer would not live in
[ -n "$IS_ROOT" ] && [ -z "${SANITIZED-}" ] || exit 0

say "installing"
ROOT=$T/root
mkdir -p "$ROOT/etc/ssl" "$ROOT/var/lib" "$ROOT/run"
for f in passwd group nsswitch.conf hosts resolv.conf ld.so.cache \
    ssl/openssl.cnf; do
	[ ! -e "/etc/$f" ] || cp -L "/etc/$f" "$ROOT/etc/$f"
done
(umask 077 && : >"$ROOT/etc/shadow" && : >"$ROOT/etc/gshadow")
sed -i '/^sshportal/d' "$ROOT/etc/passwd" "$ROOT/etc/group"
install_portal "$ROOT" PREFIX=/usr/local
ok systemd-sysusers --root="$ROOT"
ok systemd-tmpfiles --root="$ROOT" --create
uid_of()
{
	awk -F: -v n="$1" '$1 == n { print $3 }' "$ROOT/etc/passwd"
}
monitor_uid=$(uid_of sshportal)
child_uid=$(uid_of sshportal-child)
[ "$monitor_uid" -gt 0 ] && [ "$child_uid" -gt 0 ] &&
    [ "$monitor_uid" -ne "$child_uid" ] ||
    fail "uids: '$monitor_uid' and '$child_uid'"

# The same files as they are seen from here.
BIN=$ROOT/usr/local/sbin/sshportal
PORTAL_DIR=$ROOT/var/lib/sshportal
UNIT=$ROOT/usr/local/lib/systemd/system/sshportal.service
yaml=$ROOT/etc/sshportal/sshportal.yaml
PORTAL_MODE=root
PORTAL_PORT=$(free_port)

launch_unit()
{
	: >>"$PORTAL_DIR.log"
	LOG_START=$(stat -c %s "$PORTAL_DIR.log")
	set_starter
	"${STARTER[@]}" "$PYTHON" "$HELPERS/asunit.py" "$ROOT" "$UNIT" \
	    --bind-address="127.0.0.1:$PORTAL_PORT" \
	    </dev/null >"$PORTAL_DIR.out" 2>>"$PORTAL_DIR.log" &
	PORTAL_PID=$!
	wait_for 20 portal_ready
	! is_ended $PORTAL_PID || fail "the unit does not start: $(portal_log)"
}

# The installed settings say syslog: its lines join the others.
start_syslogd()
{
	local socket=$ROOT/run/systemd/journal/dev-log

	mkdir -p "${socket%/*}"
	"$PYTHON" "$HELPERS/syslogd.py" "$socket" "$PORTAL_DIR.log" &
	SYSLOGD=$!
	wait_for 10 test -S "$socket" || fail "nobody takes the log"
}

stop_syslogd()
{
	end_process "$SYSLOGD"
}

say "first login, and a host, in what the unit leaves"
listen_to_notices "$PORTAL_PORT"
PORTAL_ENV=(NOTIFY_SOCKET="$NOTIFY")
rm -r "$T/client"
start_syslogd
at_exit stop_syslogd
launch_unit
wait_for 10 told 1 ^READY || fail "not ready: $(notices)"
unlike "log" "$(portal_log)" 'not started by root|belongs to root'
client admin
redeem
authorize_portal
add_host web1
ok p web1@portal echo served
is "output" "$out" served
ok p -tt admin@portal host ls
like "host ls on a terminal" "$out" web1
ok p -tt web1@portal true

say "uids and walls"
admin=$(first_admin)
hold_session three web1
session_pids "$admin web1"
status_of()
{
	sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status" | tr -s '\t ' ' '
}
is "daemon" "$(status_of "$PORTAL_PID" Uid)" "0 0 0 0"
for pid in $(portal_pids monitor) $(portal_pids keeper); do
	is "monitor" "$(status_of "$pid" Uid)" \
	    "$monitor_uid $monitor_uid $monitor_uid $monitor_uid"
	is "its capabilities" "$(status_of "$pid" CapEff)" 0000000000000000
done
for pid in $(portal_pids child); do
	is "child" "$(status_of "$pid" Uid)" \
	    "$child_uid $child_uid $child_uid $child_uid"
	is "its groups" "$(status_of "$pid" Groups | tr -d ' ')" ''
	is "what is in its root directory" \
	    "$(find "/proc/$pid/root/" -mindepth 1)" ''
done
# DAC_OVERRIDE 1, KILL 5, SETGID 6, SETUID 7, SETPCAP 8, NET_BIND_SERVICE 10,
# SYS_CHROOT 18
bits=$((1 << 1 | 1 << 5 | 1 << 6 | 1 << 7 | 1 << 8 | 1 << 10 | 1 << 18))
is "the daemon's bounding set" "$(status_of "$PORTAL_PID" CapBnd)" \
    "$(printf '%016x' $bits)"
is "its no_new_privs" "$(status_of "$PORTAL_PID" NoNewPrivs)" 1
is "its seccomp" "$(status_of "$PORTAL_PID" Seccomp)" 2

say "where things are"
is "key" "$(stat -c '%u %a' "$ROOT/etc/sshportal/master.key")" "0 600"
is "database" "$(stat -c %u "$PORTAL_DIR/sshportal.db")" "$monitor_uid"
is "state" "$(stat -c '%u %a' "$PORTAL_DIR")" "$monitor_uid 700"
is "runtime" "$(stat -c '%u %a' "$ROOT/run/sshportal")" "$monitor_uid 700"
[ -n "$(find "$ROOT/run/sshportal" -type s)" ] || fail "no sockets there"
[ -n "$(find "$PORTAL_DIR/recordings" -name '*.ttyrec*')" ] ||
    fail "no recording"
is "files elsewhere" "$(find "$ROOT" -newer "$NOTIFY" -type f |
    grep -vE '/(etc|run|var/lib)/sshportal(/|\.(log|out)$)')" ''

say "a reload, with a hook"
printf '#!/bin/sh\n[ -e %s/shut ] || echo allow\n' "$T" >"$T/hook"
chmod 755 "$T/hook"
echo "acl-check-cmd: $T/hook" >>"$yaml"
good_reload 2
ok p web1@portal echo again
is "output" "$out" again
: >"$T/shut"
run p web1@portal echo never
is "what the hook forbids" "$status" 255
rm "$T/shut"

say "stopped as systemd does after a while, and started: sessions live"
end_process "$PORTAL_PID" KILL
PORTAL_PID=
launch_unit
ok p web1@portal echo served
! is_ended "$HELD_three" || fail "the session ended"
release_session three 7
wait_for 10 sessions_are 0 || fail "$(active_sessions) sessions are active"

say "a child that does not listen is killed"
hold_session four web1
session_pids "$admin web1"
kill -STOP "$CHILD"
kill -KILL "$MONITOR"
wait_for 10 is_ended "$CHILD" || fail "a stopped child lives"
end_process "$HELD_four"
