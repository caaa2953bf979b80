#!/bin/bash
# SPDX-License-Identifier: ISC
#
# SIGHUP with people at work, and with all kinds of programs on disk: nothing
# is lost, and what cannot serve does not come to serve.
# timeout: 600
# cost: 120

. "$TOP/regress/lib.sh"
each_mode
tid "many reloads, and programs good and bad"

portal_config <<<'healthcheck-user: health-zero'
ready_portal

# Each way to start is tried, but not all of it twice.
reloads=100
[ "$MODE" = root ] || [ -z "$IS_ROOT" ] || reloads=10
[ -z "${SANITIZED-}" ] || reloads=10
SESSIONS=20

# The last reload that was begun has come to its end, and nobody is asked.
is_settled()
{
	portal_log | grep -E 'daemon: (reloading|ready)$' | tail -n 1 |
	    grep -q 'ready$' &&
	    ! pgrep -P "$PORTAL_PID" -f 'server --check' >/dev/null
}

# A SIGHUP, and the word that the next image is there.
reload()
{
	local n

	n=$(log_count 'daemon: ready$')
	kill -HUP "$PORTAL_PID"
	[ $# -eq 0 ] || "$@"
	wait_for 30 log_has_many 'daemon: ready$' $((n + 1)) ||
	    fail "no reload: $(portal_log | tail -n 5)"
}

refused_for()
{
	[ "$(portal_log |
	    grep -cE "reload refused, program and settings stay.*$1")" -ge \
	    "${2:-1}" ]
}

no_zombies()
{
	[ -z "$(ps -o pid=,stat= --ppid "$PORTAL_PID" | grep ' Z')" ]
}

is_served()
{
	ok p web1@portal echo served
	is "output" "$out" served
}

# --- Many reloads ------------------------------------------------------------

pids=()
ways=()

# begin N COMMAND [option ...]: a session whose input stays open.
begin()
{
	local i=$1 command=$2 way

	shift 2
	mkfifo "$T/s$i.in"
	: >"$T/s$i.out"
	ssh -F "$(conf)" "$@" web1@portal "$command" \
	    <"$T/s$i.in" >"$T/s$i.out" 2>"$T/s$i.err" &
	pids[i]=$!
	exec {way}>"$T/s$i.in"
	ways[i]=$way
}

# answers N WORD: the session echoes.
answers()
{
	echo "$2" >&"${ways[$1]}"
	wait_for 30 grep -q "^$2" "$T/s$1.out" ||
	    fail "session $1 is dead: $(tail -n 3 "$T/s$1.err")"
}

# finish N STATUS
finish()
{
	local way=${ways[$1]} got

	echo end >&"$way"
	exec {way}>&-
	wait_for 20 is_ended "${pids[$1]}" || fail "session $1 does not end"
	wait "${pids[$1]}"
	got=$?
	is "status of session $1 ($(tail -n 3 "$T/s$1.err"))" $got "$2"
}

say "$SESSIONS sessions, a transfer both ways, and logins all the time"
terminal=
! host_has_ptys || terminal=-tt
echoes='while IFS= read -r l && [ "$l" != end ]; do echo "$l"; done; exit'
for ((i = 1; i <= SESSIONS; i++)); do
	if [ $((i % 2)) -eq 0 ] && [ -n "$terminal" ]; then
		begin $i "stty -echo; $echoes $((100 + i))" $terminal
	elif [ $((i % 3)) -eq 0 ]; then
		begin $i "sed -u /^end\$/q\;s/^end.*//; exit $((100 + i))"
	else
		begin $i "$echoes $((100 + i))"
	fi
done
for ((i = 1; i <= SESSIONS; i++)); do
	answers $i "first-$i"
done
head -c $((6 << 20)) /dev/urandom >"$T/chunk"
mkfifo "$T/up"
tee >(sha256sum >"$T/sent") <"$T/up" |
    ssh -F "$(conf)" web1@portal cat 2>"$T/transfer.err" |
    sha256sum >"$T/received" &
transfer=$!
exec {up}>"$T/up"

more_bytes()
{
	timeout 60 cat "$T/chunk" >&"$up" || fail "the transfer stands still"
}

log_in_all_the_time()
{
	local n=0 got

	trap - EXIT
	trap 'exit 143' TERM
	until [ -e "$T/stop" ]; do
		p web1@portal "exit 7" </dev/null >"$T/logins.err" 2>&1
		got=$?
		[ $got -eq 7 ] ||
		    echo "status $got: $(cat "$T/logins.err")" >>"$T/refused"
		n=$((n + 1))
	done
	echo $n >"$T/logins"
}
log_in_all_the_time &
logins=$!
at_exit end_process $logins

say "$reloads reloads"
descriptors()
{
	find "/proc/$PORTAL_PID/fd" -mindepth 1 | wc -l
}
memory()
{
	awk '/^VmRSS/ { print $2 }' "/proc/$PORTAL_PID/status"
}
for ((round = 1; round <= reloads; round++)); do
	reload more_bytes
	answers $((round % SESSIONS + 1)) "round-$round"
	[ $round -ne 5 ] || early=$(memory)
	! [ -e "$T/refused" ] || fail "a login: $(cat "$T/refused")"
done
late=$(memory)
[ "$late" -lt $((early + early / 5 + 1024)) ] ||
    fail "the daemon had $early kB, and has $late kB"
touch "$T/stop"
wait $logins
[ "$(cat "$T/logins")" -ge 3 ] || fail "$(cat "$T/logins") logins"
! [ -e "$T/refused" ] || fail "a login: $(cat "$T/refused")"

say "nothing was lost"
exec {up}>&-
wait_for 60 is_ended $transfer || fail "the transfer does not end"
is "what came back of $((reloads * 6)) MB ($(cat "$T/transfer.err"))" \
    "$(cat "$T/received")" "$(cat "$T/sent")"
wait_for 10 sessions_are $SESSIONS ||
    fail "$(active_sessions) sessions are active, not $SESSIONS"
ok p admin@portal session ls --active --quiet
is "active sessions" "$(wc -l <<<"$out")" $SESSIONS
for ((i = 1; i <= SESSIONS; i++)); do
	answers $i "late-$i"
done
wait_for 10 no_zombies || fail "zombies: $(ps --ppid "$PORTAL_PID")"
is "daemon" "$(portal_pids daemon)" "$PORTAL_PID"
# standard ones, loop, signals, listener, reserve, lock, three memfds, one a
# keeper, spare (4) and session
if [ -n "$IS_ROOT" ]; then
	few_descriptors()
	{
		[ "$(descriptors)" -le $((3 + 8 + 5 + SESSIONS)) ]
	}
	wait_for 20 few_descriptors ||
	    fail "open: $(ls -l "/proc/$PORTAL_PID/fd")"
fi
for ((i = 1; i <= SESSIONS - 3; i++)); do
	finish $i $((100 + i))
done
wait_for 20 sessions_are 3 || fail "$(active_sessions) sessions are active"

say "many at once are answered as one, and the last one counts"
healthy()
{
	[ "$(p "$1@portal" </dev/null 2>/dev/null)" = OK ]
}
before=$(log_count 'daemon: reloading$')
portal_config <<<'healthcheck-user: health-one'
for ((i = 0; i < 10; i++)); do
	kill -HUP "$PORTAL_PID"
done
portal_config <<<'healthcheck-user: health-two'
for ((i = 0; i < 10; i++)); do
	kill -HUP "$PORTAL_PID"
done
portal_config <<<'healthcheck-user: health-three'
kill -HUP "$PORTAL_PID"
wait_for 30 healthy health-three || fail "the last settings do not hold"
wait_for 30 is_settled || fail "it does not come to rest"
[ $(($(log_count 'daemon: reloading$') - before)) -le 21 ] ||
    fail "too many reloads"
for ((i = SESSIONS - 2; i <= SESSIONS; i++)); do
	answers $i "burst-$i"
done

# --- Programs ----------------------------------------------------------------

cp "$BIN" "$T/good"
chmod a+w "$T"		# for what the scripts do there

# A script in place of the program, its lines from standard input.
script()
{
	{ echo '#!/bin/bash'; cat; } >"$BIN.new"
	chmod 755 "$BIN.new"
	mv "$BIN.new" "$BIN"
}

restore()
{
	cp "$T/good" "$BIN.new"
	mv "$BIN.new" "$BIN"
}

say "what is changed while the program is asked is not lost"
script <<END
[ "\$2" = server ] || [ "\$3" != --check ] || exit 9
if [ "\$2" = --check ]; then
	"$T/good" "\$@"
	status=\$?
	: >"$T/asked"
	until [ -e "$T/go" ]; do sleep 0.05; done
	exit \$status
fi
exec "$T/good" "\$@"
END
portal_config <<<'healthcheck-user: health-four'
kill -HUP "$PORTAL_PID"
wait_for 20 test -e "$T/asked" || fail "the program was not asked"
portal_config <<<'healthcheck-user: health-five'
kill -HUP "$PORTAL_PID"
is_served
touch "$T/go"
wait_for 30 healthy health-five || fail "the second SIGHUP was lost"
wait_for 30 is_settled || fail "it does not come to rest"
restore
reload

# refused_program REASON: the program on disk now is not taken.
nth=0
refused_program()
{
	local before

	before=$(log_count 'daemon: reloading$')
	kill -HUP "$PORTAL_PID"
	wait_for 30 refused_for "$1" ||
	    fail "not refused for '$1': $(portal_log | tail -n 5)"
	is "reloads" "$(log_count 'daemon: reloading$')" "$before"
	nth=$((nth + 1))
	answers $((SESSIONS - nth % 3)) "refused-$nth"
	is_served
	restore
}

say "programs that cannot serve are not taken"
rm "$BIN"
refused_program 'cannot execute .*No such file'
chmod 644 "$BIN"
refused_program 'cannot execute .*Permission denied'
head -c 60 "$T/good" >"$BIN.new"
chmod 755 "$BIN.new"
mv "$BIN.new" "$BIN"
refused_program 'cannot execute .*(Exec format|Invalid arg|Input/output)'
head -c 200000 "$T/good" >"$BIN.new"
chmod 755 "$BIN.new"
mv "$BIN.new" "$BIN"
refused_program "$BIN"
script <<<'exit 1'
refused_program 'its check ended with status 1'
script <<<'echo "nobody: knows this"; echo "nor that" >&2; exit 3'
refused_program 'nobody: knows this'
log_has 'reload: nor that' || fail "the second line is not in the log"
script <<<'kill -SEGV $$'
refused_program 'killed by signal 11'
script <<<'exit 0'
refused_program 'did not hand over'
if [ "$reloads" -eq 100 ]; then		# ten seconds, once
	script <<<'exec sleep 1000'
	refused_program 'its check was not done'
	is "left of the check" "$(pgrep -P "$PORTAL_PID" -x sleep)" ''
fi

say "a program that is gone when it has said yes is not taken either"
script <<END
"$T/good" "\$@" && rm "$BIN"
END
refused_program 'cannot execute .*No such file' 2

say "a program of another version"
version=$("$T/good" version)
version=${version#sshportal }
other=$(tr 0-9 98765432 <<<"$version")
LC_ALL=C sed -E "s/(sshportal |\\x00)${version//./\\.}/\\1$other/g" \
    "$T/good" >"$BIN.new"
chmod 755 "$BIN.new"
mv "$BIN.new" "$BIN"
is "its version" "$("$BIN" version)" "sshportal $other"
reload
wait_for 10 log_has "daemon: sshportal $other has taken over" ||
    fail "the log does not name the version"
for ((i = SESSIONS - 2; i <= SESSIONS; i++)); do
	answers $i "upgraded-$i"
done
is_served
ok p admin@portal version
is "the version that the shell tells" "$out" "sshportal $other"
ok p admin@portal info
like "info" "$out" "${other//./\\.}"

say "a program that is another one after its check ends the daemon alone"
script <<END
[ "\$2" = --check ] || exit 1
exec "$T/good" "\$@"
END
kill -HUP "$PORTAL_PID"
wait_for 20 is_ended "$PORTAL_PID" || fail "the daemon lives"
wait "$PORTAL_PID"
PORTAL_PID=
for ((i = SESSIONS - 2; i <= SESSIONS; i++)); do
	answers $i "alone-$i"
done
restore
start_portal
log_has 'daemon: 3 sessions of the daemon before live on' ||
    fail "they are not found again"

say "SIGINT ends all that have lived through this"
stop_portal INT || fail "SIGINT"
is "its status" "$PORTAL_STATUS" 0
for ((i = SESSIONS - 2; i <= SESSIONS; i++)); do
	wait_for 10 is_ended "${pids[i]}" || fail "session $i lives on"
done
is "rows of active sessions" "$(active_sessions)" 0
