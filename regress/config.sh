#!/bin/bash
# SPDX-License-Identifier: ISC
#
# sshportal.yaml, environment and flags, and which beats which.

. "$TOP/regress/lib.sh"
tid "settings"

make_portal_dir
yaml=$PORTAL_DIR/sshportal.yaml
db_flags

check()
{
	run as_starter server --check --config="$yaml" "$@"
}

say "--check"
cat >"$yaml" <<'END'
# a comment
bind-address: [ "127.0.0.1:2222", "[::1]:2222" ]
login-grace-time: 30s
max-startups: 10:30:100
db-driver: sqlite3
END
check
is "status ($err)" "$status" 0
[ ! -e "$PORTAL_DIR/sshportal.db" ] || fail "--check made a database"

# bad LINES ERE: the file must be refused
bad()
{
	printf '%b' "$1" >"$yaml"
	check
	is "status for '$1'" "$status" 1
	like "error for '$1'" "$err" "$2"
	is "lines" "$(grep -c . <<<"$err")" 1
}

say "what a start would need is looked at"
: >"$yaml"
for hook in "$T/no/such" no-such-program "$yaml" "$T"; do
	check --acl-check-cmd="$hook"
	is "status for $hook" "$status" 1
	like "error" "$err" "acl-check-cmd $hook: .*; nobody could log in"
done
for hook in /bin/true true; do
	check --acl-check-cmd="$hook"
	is "status for $hook ($err)" "$status" 0
done
PORTAL_ENV=(SSHPORTAL_DEFAULT_ADMIN_INVITE_TOKEN='a b')
check
PORTAL_ENV=()
is "status of a bad token" "$status" 1
like "error" "$err" 'INVITE_TOKEN should be'

say "errors, with line and column"
bad 'db-driver: sqlite3\nnonsense: 1\n' "$yaml:2:1: .*nonsense"
bad 'db-driver: oracle\n' "$yaml:1:12: .*oracle"
bad 'spares: 1\n\nspares: 2\n' "$yaml:3:1: .*spares"
bad 'login-grace-time: soon\n' "$yaml:1:19: .*soon"
bad 'spares: [ 1, 2 ]\n' "$yaml:1:9: "
bad 'spares: { a: 1 }\n' "$yaml:1:9: "
bad 'spares:\n' "$yaml:[12]:[0-9]+: .*spares"
bad 'a: b: c\n' "$yaml:1:"
bad '\tspares: 1\n' "$yaml:1:"
bad 'spares: 1\n---\nspares: 2\n' "$yaml:2:"
bad 'just words\n' "$yaml:1:1: "
bad '- a\n- b\n' "$yaml:1:1: "
bad '"unclosed: 1\n' "$yaml:"
: >"$yaml"
check
is "an empty file ($err)" "$status" 0
rm "$yaml"
mkdir "$yaml"
check
is "a directory" "$status" 1
like "error" "$err" "$yaml"
rmdir "$yaml"

say "flags beat the environment, which beats the file"
ports=("$(free_port)" "$(free_port)" "$(free_port)")
echo "bind-address: 127.0.0.1:${ports[0]}" >"$yaml"

listens()
{
	launch_portal "${DB_FLAGS[@]}" --config="$yaml" "$@"
	wait_for 20 portal_ready
	! is_ended "$PORTAL_PID" || fail "it does not start: $(portal_log)"
	for port in "${ports[@]}"; do
		if port_answers "$port"; then
			printf 1
		else
			printf 0
		fi
	done >"$T/listens"
	stop_portal || fail "stop"
	cat "$T/listens"
}
listens >"$T/got"
is "file alone" "$(cat "$T/got")" 100
PORTAL_ENV=(SSHPORTAL_BIND="127.0.0.1:${ports[1]}")
listens >"$T/got"
is "environment" "$(cat "$T/got")" 010
listens --bind-address="127.0.0.1:${ports[2]}" >"$T/got"
is "flag" "$(cat "$T/got")" 001
listens -b "127.0.0.1:${ports[2]}" --bind-address="127.0.0.1:${ports[0]}" \
    >"$T/got"
is "two flags" "$(cat "$T/got")" 101
PORTAL_ENV=()

say "IPv4 and IPv6"
if [ -e /proc/net/if_inet6 ] && [ -s /proc/net/if_inet6 ]; then
	launch_portal "${DB_FLAGS[@]}" -b "[::1]:${ports[0]}" \
	    -b "127.0.0.1:${ports[1]}" -b ":${ports[2]}"
	wait_for 20 portal_ready
	! is_ended "$PORTAL_PID" || fail "it does not start: $(portal_log)"
	for address in "[::1]:${ports[0]}" "127.0.0.1:${ports[1]}" \
	    "[::1]:${ports[2]}" "127.0.0.1:${ports[2]}"; do
		ok as_starter healthcheck --addr="$address"
	done
	stop_portal || fail "stop"
else
	echo "no IPv6 here"
fi

say "every flag and variable of old"
PORTAL_ENV=(SSHPORTAL_BIND="127.0.0.1:${ports[0]}"
    SSHPORTAL_DB_DRIVER="$DB" SSHPORTAL_DATABASE_URL="$PORTAL_DIR/env.db"
    SSHPORTAL_DEBUG=true SSHPORTAL_AES_KEY=0123456789abcdef
    SSHPORTAL_LOGS_LOCATION="$PORTAL_DIR/env-log"
    SSHPORTAL_ACL_CHECK_CMD=/bin/true
    SSHPORTAL_DEFAULT_ADMIN_INVITE_TOKEN=token-of-the-environment)
launch_portal
wait_for 20 portal_ready
! is_ended "$PORTAL_PID" || fail "it does not start: $(portal_log)"
[ -e "$PORTAL_DIR/env.db" ] || fail "SSHPORTAL_DATABASE_URL was not read"
[ -d "$PORTAL_DIR/env-log" ] || fail "SSHPORTAL_LOGS_LOCATION was not read"
is "token" "$(invite_token)" token-of-the-environment
stop_portal || fail "stop"
PORTAL_ENV=()
launch_portal --bind-address "127.0.0.1:${ports[0]}" --db-driver=sqlite3 \
    --db-conn "$PORTAL_DIR/flag.db" -D --aes-key=0123456789abcdef \
    --logs-location="$PORTAL_DIR/flag-log" --idle-timeout=10m \
    --acl-check-cmd=/bin/true --config-user=boss --healthcheck-user=probe
wait_for 20 portal_ready
! is_ended "$PORTAL_PID" || fail "it does not start: $(portal_log)"
[ -d "$PORTAL_DIR/flag-log" ] || fail "--logs-location was not read"
log_has 'debug' || log_has 'child' || echo "(nothing at level debug)"
PORTAL_PORT=${ports[0]}
client admin
ok p probe@portal
is "health" "$out" OK
redeem
ok p boss@portal version
like "version" "$out" sshportal
run p admin@portal version
[ "$status" -ne 0 ] || [ "$(as admin first_admin)" = admin ] ||
    fail "--config-user was not read"
stop_portal || fail "stop"

say "relative names, from the directory of the start"
launch_portal --bind-address "127.0.0.1:${ports[0]}" --db-conn=rel.db
wait_for 20 portal_ready
[ -e "$PORTAL_DIR/rel.db" ] || fail "no rel.db"
[ -d "$PORTAL_DIR/log" ] || fail "no ./log"
