#!/bin/bash
# SPDX-License-Identifier: ISC
#
# The health check, by a stock client and by our own program.

. "$TOP/regress/lib.sh"
each_mode
tid "healthcheck"

PORTAL_PORT=$(free_port)
make_portal_dir

say "nobody listens"
run as_starter healthcheck --addr="127.0.0.1:$PORTAL_PORT"
is "status" "$status" 1
like "what it says" "$err" "^sshportal: .*127\.0\.0\.1:$PORTAL_PORT"
run as_starter healthcheck --quiet -a "127.0.0.1:$PORTAL_PORT"
is "status and words with --quiet" "$status $out$err" "1 "

say "--wait waits"
as_starter healthcheck --wait --addr="127.0.0.1:$PORTAL_PORT" \
    >"$T/wait" 2>&1 &
waiting=$!
sleep 0.5
! is_ended $waiting || fail "--wait does not wait: $(cat "$T/wait")"
start_portal
client admin
wait_for 20 is_ended $waiting || fail "--wait does not see the portal"
wait $waiting || fail "--wait: status $?, $(cat "$T/wait")"

say "it answers"
ok as_starter healthcheck --addr="127.0.0.1:$PORTAL_PORT"
ok as_starter healthcheck --addr "localhost:$PORTAL_PORT"
ok as_starter healthcheck -q -a "127.0.0.1:$PORTAL_PORT"
is "words with --quiet" "$out$err" ''

say "a stock client: unknown key, no key, with and without a command"
for option in PubkeyAuthentication=yes PubkeyAuthentication=no; do
	ok p -o $option healthcheck@portal
	is "answer" "$out" OK
	ok p -o $option healthcheck@portal ignored
	is "answer" "$out" OK
done
redeem
ok p healthcheck@portal
is "answer to one who is known" "$out" OK

say "another port's service is not healthy"
start_sshd
run as_starter healthcheck --addr="127.0.0.1:$SSHD_PORT"
is "status for an sshd" "$status" 1
silent=$(free_port)
socat -u "TCP-LISTEN:$silent,bind=127.0.0.1,fork,reuseaddr" OPEN:/dev/null &
at_exit end_process $!
wait_for 5 port_answers "$silent"
start=$(now_ms)
run as_starter healthcheck --addr="127.0.0.1:$silent"
is "status for one who says nothing" "$status" 1
[ $(($(now_ms) - start)) -lt 30000 ] || fail "it waits too long"

say "a login is not to be had that way"
stop_portal || fail "stop"
run as_starter healthcheck --nonsense
is "status of wrong usage" "$status" 2
