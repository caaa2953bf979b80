#!/bin/bash
# SPDX-License-Identifier: ISC
# db: sqlite3 mysql
#
# A session's row is there before its host is: while the dial hangs, it can be
# read who wants to go where.

. "$TOP/regress/lib.sh"
tid "a row before the host is dialled"

ready_portal "" --connect-timeout=50s

# A port that is listened on and answers nobody: its queue is full.
$PYTHON - >"$T/silent" <<'PY' &
import select, signal, socket
server = socket.socket()
server.bind(("127.0.0.1", 0))
server.listen(0)
waiting = []
while True:
    s = socket.socket()
    s.setblocking(False)
    s.connect_ex(server.getsockname())
    if not select.select([], [s], [], 1)[1]:
        s.close()
        break
    waiting.append(s)
print(server.getsockname()[1], flush=True)
signal.pause()
PY
at_exit end_process $!
wait_for 20 test -s "$T/silent" || fail "no silent host"
admin host create "$HOST_USER@127.0.0.1:$(cat "$T/silent")" --name=silent

ssh -F "$(conf)" silent@portal true </dev/null >"$T/dialling.out" 2>&1 &
dialling=$!
dials()
{
	ss -Htn state syn-sent "dport = :$(cat "$T/silent")" | grep -q .
}
wait_for 20 dials || fail "nobody dials: $(cat "$T/dialling.out")"
row=$(db_query "SELECT status, host_name, user_name,
    CASE ended_at WHEN 0 THEN 'open' ELSE ended_at END
    FROM sessions ORDER BY id DESC LIMIT 1")
is "the row" "$row" "active|silent|$(first_admin)|open"
! is_ended $dialling || fail "it ended: $(cat "$T/dialling.out")"

say "the person leaves: the row is closed"
kill -TERM $dialling
wait_for 20 sessions_are 0 || fail "the row stays active"
