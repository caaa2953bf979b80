#!/bin/bash
# SPDX-License-Identifier: ISC
#
# Commands: every exit status, signals, standard error apart, the order of
# ends, and 200 short ones in a row.
# timeout: 400
# cost: 150

. "$TOP/regress/lib.sh"
each_mode
tid "commands on a host"

ready_portal

count=200
[ "$PORTAL_MODE" != user ] || [ -z "$IS_ROOT" ] || count=40
say "output, errors and status of $count commands, a connection each"
for i in $(seq "$count"); do
	run p web1@portal "echo out $i; echo err $i >&2; exit $((i % 256))"
	is "status of command $i" "$status" "$i"
	is "output of command $i" "$out" "out $i"
	is "errors of command $i" "$err" "err $i"
done

say "all exit statuses"
ok p -M -S "$T/mux" -o ControlPersist=60 -fN web1@portal
for i in $(seq 0 255); do
	run p -S "$T/mux" web1@portal "exit $i"
	is "status" "$status" "$i"
	is "output and errors" "$out$err" ''
done
ok p -S "$T/mux" -O exit web1@portal

say "the end by a signal is told"
run p -v web1@portal 'kill -TERM $$'
is "status" "$status" 255
like "what the client was told" "$err" 'rtype exit-signal'

say "the end of input, then output, then status"
is "cat" "$(seq 1000 | p web1@portal 'cat; echo end')" "$(seq 1000; echo end)"
seq 100000 >"$T/numbers"
is "count" "$(p web1@portal 'sleep 0.3; wc -c' <"$T/numbers")" \
    "$(wc -c <"$T/numbers")"
run p web1@portal 'exec >&-; sleep 0.3; echo late >&2; exit 3'
is "status after an early end of output" "$status" 3
is "errors after an early end of output" "$err" late
run p web1@portal 'exec 2>&-; sleep 0.3; echo late; exit 4'
is "status after an early end of errors" "$status" 4
is "output after an early end of errors" "$out" late
run p web1@portal 'exec <&-; sleep 0.3; echo late; exit 6'
is "status after an early end of input" "$status" 6
is "output after an early end of input" "$out" late
# nobody reads what the client sends
head -c 5000000 /dev/zero |
    p web1@portal 'exec <&-; sleep 0.3; echo unread; exit 8' >"$T/unread"
is "status with unread input" "${PIPESTATUS[1]}" 8
is "output with unread input" "$(cat "$T/unread")" unread

say "much of both, apart"
p web1@portal 'head -c 3000000 /dev/zero | tr "\0" e >&2 &
    head -c 3000000 /dev/zero | tr "\0" o; wait; exit 9' \
    >"$T/o" 2>"$T/e"
is "status" "$?" 9
is "output" "$(tr -d o <"$T/o" | wc -c) $(wc -c <"$T/o")" "0 3000000"
is "errors" "$(tr -d e <"$T/e" | wc -c) $(wc -c <"$T/e")" "0 3000000"

say "all bytes, both ways"
$PYTHON -c 'import sys
sys.stdout.buffer.write(bytes(range(256)) * 4096)' >"$T/bytes"
p web1@portal cat <"$T/bytes" >"$T/bytes.back"
same_file "$T/bytes" "$T/bytes.back"

say "words of a command arrive as they were typed"
ok p web1@portal "printf '%s|' 'a  b' \"c'd\" '*' \$((2+3)) ä; echo"
is "words" "$out" "a  b|c'd|*|5|ä|"
long=$(head -c 20000 /dev/zero | tr '\0' x)
ok p web1@portal "echo $long"
is "a long command" "$out" "$long"
ok p web1@portal true
is "no output" "$out$err" ''

say "the environment that the client sends and the host accepts"
LC_REGRESS='one two' ok p -o SendEnv=LC_REGRESS web1@portal \
    'echo "$LC_REGRESS"'
is "variable" "$out" 'one two'

say "a command that does not exist"
run_status 127 p web1@portal /no/such/program
like "errors" "$err" 'No such file|not found'
