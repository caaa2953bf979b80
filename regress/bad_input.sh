#!/bin/bash
# SPDX-License-Identifier: ISC
#
# Bad input gets a clear error and loses nothing.
# db: sqlite3 mysql
# cost: 30

. "$TOP/regress/lib.sh"
each_mode
tid "bad input"

make_portal_dir
db=$PORTAL_DIR/sshportal.db
PORTAL_PORT=$(free_port)

# A start that must fail. not_started WHAT STATUS ERE [flag ...]: the flags
# instead of the usual ones.
not_started()
{
	local what=$1 wanted=$2 pattern=$3 lines

	shift 3
	[ $# -gt 0 ] || set -- "${DB_FLAGS[@]}"
	launch_portal --bind-address="127.0.0.1:$PORTAL_PORT" "$@"
	wait_for 30 is_ended $PORTAL_PID || fail "$what: the portal runs"
	wait $PORTAL_PID
	status=$?
	PORTAL_PID=
	err=$(portal_log)
	is "$what: status ($err)" "$status" "$wanted"
	like "$what" "$err" "$pattern"
	lines=$(grep -c . <<<"$err")
	[ "$lines" -le 3 ] || fail "$what: $lines lines: $err"
	wait_for 5 no_portal_pids || fail "$what: left: $(portal_pids)"
	! port_answers "$PORTAL_PORT" || fail "$what: somebody listens"
}

say "words and flags"
run as_starter
is "status without a word" "$status" 2
like "usage" "$err" 'usage: sshportal'
run as_starter nonsense
is "status of an unknown word" "$status" 2
like "what it says" "$err" '^sshportal: nonsense'
not_started "an unknown flag" 2 '^sshportal: --nonsense' --nonsense
not_started "a flag without a value" 2 '^sshportal: --db-conn' --db-conn
not_started "a word" 2 '^sshportal: word' word
not_started "a bad driver" 2 '^sshportal: --db-driver.*"oracle"' \
    --db-driver=oracle
not_started "a bad duration" 2 '^sshportal: --idle-timeout.*"soon"' \
    --idle-timeout=soon
not_started "a bad address" 2 '^sshportal: --bind-address' \
    --bind-address=127.0.0.1:99999
not_started "a bad number" 2 '^sshportal: --max-channels' --max-channels=-1
not_started "no such file of settings" 1 '^sshportal: .*/none\.yaml' \
    --config="$T/none.yaml"
[ ! -e "$db" ] || fail "a database was made"

say "the port is in use"
port_is_taken()
{
	grep -qi ":$(printf %04x "$PORTAL_PORT") 00000000:0000 0A" /proc/net/tcp
}
db_flags
socat "TCP-LISTEN:$PORTAL_PORT,bind=127.0.0.1,reuseaddr" OPEN:/dev/null &
occupant=$!
wait_for 5 port_is_taken || fail "the port is free"
launch_portal --bind-address="127.0.0.1:$PORTAL_PORT" "${DB_FLAGS[@]}"
wait_for 20 is_ended $PORTAL_PID || fail "port in use: the portal runs"
wait $PORTAL_PID
is "port in use: status" $? 1
PORTAL_PID=
like "port in use" "$(portal_log)" "$PORTAL_PORT.*[Ii]n use"
end_process $occupant

if [ "$DB" = mysql ]; then
	flags=("${DB_FLAGS[@]}")

	# The flags with one of them replaced.
	with()
	{
		local f

		for f in "${flags[@]}"; do
			case $f in
			"${1%%=*}"=*) DB_FLAGS+=("$1") ;;
			*) DB_FLAGS+=("$f") ;;
			esac
		done
	}
	say "MySQL: no key, a wrong password, nobody there, nonsense"
	not_started "no master key" 1 'master key' --db-driver=mysql \
	    --db-conn="$DB_CONN" --state-dir="$db.d" --runtime-dir="$db.d/run"
	not_started "a key file that is not there" 1 'nokey' "${flags[@]}" \
	    --master-key="$T/nokey"
	DB_FLAGS=()
	with --db-conn="portal:wrong@tcp(127.0.0.1:$MARIADB_PORT)/portal"
	not_started "a wrong password" 1 'denied|password'
	unlike "the error" "$err" 'wrong@|:wrong'
	DB_FLAGS=()
	with --db-conn="portal:x@tcp(127.0.0.1:$(free_port))/portal"
	not_started "nobody there" 1 'connect|reach'
	DB_FLAGS=()
	with --db-conn="nonsense"
	not_started "no DSN" 1 'DATABASE'
	DB_FLAGS=("${flags[@]}")
fi

say "files and directories"
if [ "$DB" = sqlite3 ]; then
	not_started "no such directory" 1 '/proc/none' \
	    --db-conn=/proc/none/x.db --logs-location="$T/elsewhere"
	mkdir "$T/readonly"
	chmod 555 "$T/readonly"
	[ -z "$IS_ROOT" ] || [ "$PORTAL_MODE" = user ] ||
	    chown 12345:12345 "$T/readonly"
	not_started "a directory that cannot be written to" 1 "$T/readonly" \
	    --db-conn="$T/readonly/x.db" --logs-location="$T/readonly/log"
	rm -rf "$T/readonly"
	not_started "a directory for a file" 1 "$PORTAL_DIR" \
	    --db-conn="$PORTAL_DIR" --logs-location="$T/elsewhere"
fi

say "a start that is good, to have something to lose"
start_sshd
start_portal
client admin
redeem
authorize_portal
add_host web1
ok p web1@portal true
stop_portal || fail "stop"
key=$db.key
[ "$DB" = sqlite3 ] || key=$PORTAL_DIR/master.key
cp -p "$key" "$T/key"

restore_key()
{
	cp -p "$T/key" "$key"
}
rows()
{
	db_query 'SELECT * FROM hosts; SELECT * FROM private_keys;
	    SELECT * FROM users; SELECT * FROM settings'
}
before=$(rows)

say "the master key"
chmod 644 "$key"
not_started "a key that others can read" 1 "$key.*(mode|chmod|read)"
chmod 640 "$key"
not_started "a key that the group can read" 1 "$key"
restore_key
"$BIN" genkey >"$T/otherkey"
cat "$T/otherkey" >"$key"
not_started "another master key" 1 'wrong master key'
echo nonsense >"$key"
not_started "a damaged key" 1 "$key"
: >"$key"
not_started "an empty key" 1 "$key"
rm "$key"
not_started "a lost key" 1 "$key"
[ ! -e "$key" ] || fail "a new key was made beside old secrets"
restore_key
is "what the database has" "$(rows)" "$before"

say "a database of a newer version"
db_query 'UPDATE schema_version SET version = version + 1000'
not_started "a newer database" 1 'version'
db_query 'UPDATE schema_version SET version = version - 1000'
is "what the database has" "$(rows)" "$before"

if [ "$DB" = sqlite3 ]; then
	say "the database file"
	cp -p "$db" "$T/good.db"
	damaged()
	{
		local sum

		chown --reference="$T/good.db" "$db"
		sum=$(sha256sum "$db")
		not_started "$1" 1 "$db"
		is "$1: the file" "$(sha256sum "$db")" "$sum"
	}
	head -c 100000 /dev/urandom >"$db"
	damaged "a file of noise"
	head -c 5000 "$T/good.db" >"$db"
	damaged "a database that was cut off"
	{ head -c 4096 "$T/good.db"; head -c 200000 /dev/urandom; } >"$db"
	damaged "a database with noise in it"
	rm "$db"
	sqlite3 "$db" 'CREATE TABLE pictures (id INTEGER, name TEXT);
	    INSERT INTO pictures VALUES (1, "cat")'
	damaged "somebody else's database"
	is "its rows" "$(as_owner sqlite3 "$db" 'SELECT * FROM pictures')" \
	    "1|cat"
	if [ "$PORTAL_MODE" = root ] || [ -z "$IS_ROOT" ]; then
		cp -p "$T/good.db" "$db"
		chmod 000 "$db"
		[ -z "$IS_ROOT" ] || chown 0:0 "$db"
		not_started "an unreadable database" 1 "$db"
	fi
	rm -f "$db"
	cp -p "$T/good.db" "$db"
fi

say "garbage on the port"
cat >"$PORTAL_DIR/sshportal.yaml" <<'END'
login-grace-time: 2s
END
start_portal
port=$PORTAL_PORT
throw()
{
	timeout --foreground 10 socat -t 1 - "TCP:127.0.0.1:$port" \
	    >"$T/thrown" 2>/dev/null
}
head -c 100000 /dev/urandom | throw
printf 'GET / HTTP/1.1\r\nHost: x\r\n\r\n' | throw
head -c 1000000 /dev/zero | throw
yes | head -c 1000000 | throw
printf 'SSH-2.0-x\r\n\377\377\377\377garbage garbage' | throw
{ printf 'SSH-2.0-x\r\n'; head -c 100000 /dev/urandom; } | throw
{ printf 'SSH-2.0-x\r\n\0\0\0\0'; head -c 100 /dev/zero; } | throw
printf 'SSH-1.5-old\r\n' | throw
printf 'SSH-2.0-%s\r\n' "$(head -c 5000 /dev/zero | tr '\0' a)" | throw
: | throw
for i in $(seq 30); do
	: >"/dev/tcp/127.0.0.1/$port"
done
ok p web1@portal echo served
is "output" "$out" served
! log_has 'SEGV|ABRT|SYS|signal|panic' ||
    fail "a crash: $(portal_log | grep -E 'SEGV|ABRT|SYS|signal|panic')"

say "clients that say nothing are ended by the grace time"
# silent WHAT COMMAND ...: what it begins must be over in 2 to 8 seconds.
silent()
{
	local what=$1 start took

	shift
	start=$(now_ms)
	timeout --foreground 30 "$@" >"$T/silent" 2>&1
	took=$(($(now_ms) - start))
	[ $took -gt 1500 ] && [ $took -lt 8000 ] ||
	    fail "$what: over after $took ms"
}
silent "nothing at all" socat -u "TCP:127.0.0.1:$port" -
silent "a version, no more" bash -c "exec 3<>/dev/tcp/127.0.0.1/$port
    printf 'SSH-2.0-slow\r\n' >&3; cat <&3"
silent "after the key exchange" $PYTHON "$HELPERS/stall.py" "$port"
silent "in the midst of authentication" $PYTHON "$HELPERS/stall.py" "$port" \
    "$T/client/admin"
no_logins()
{
	[ "$(portal_pids child | wc -l)" -le 8 ]
}
wait_for 5 no_logins || fail "children stay: $(portal_pids child)"
ok p web1@portal echo served
is "output" "$out" served
is "what the database has" "$(db_query 'SELECT COUNT(*) FROM hosts')" 1
