#!/bin/bash
# SPDX-License-Identifier: ISC
#
# --idle-timeout ends sessions in which nothing passes, and no others.

. "$TOP/regress/lib.sh"
each_mode
tid "idle sessions are ended"

ready_portal "" --idle-timeout=3s

mkfifo "$T/in"
exec 9<>"$T/in"

say "one that is idle"
start=$(now_ms)
ssh -F "$(conf)" web1@portal 'echo begun; cat' <&9 >"$T/out" 2>"$T/err" &
idle=$!
say "beside one that is not"
p web1@portal 'for i in 1 2 3 4 5 6 7; do echo $i; sleep 1; done; exit 4' \
    </dev/null >"$T/busy" 2>&1 &
busy=$!
wait_for 20 is_ended $idle || fail "an idle session goes on"
took=$(($(now_ms) - start))
wait $idle
is "status" $? 255
[ $took -gt 2500 ] || fail "ended after $took ms already"
is "output" "$(cat "$T/out")" begun
like "what the person reads" "$(cat "$T/err")" '(^|
|: )sshportal: .*idle'
wait $busy
status=$?
is "status of the other ($(cat "$T/busy"))" "$status" 4
is "lines of the other" "$(wc -l <"$T/busy")" 7

say "a jump that is idle"
admin host update web1 --allow=all
admin acl update 1 --allow=all
ssh -F "$(conf)" -W web1:22 admin@portal <&9 >"$T/out" 2>"$T/err" &
idle=$!
wait_for 20 is_ended $idle || fail "an idle jump goes on"
wait $idle
is "status" $? 255
like "what came" "$(cat "$T/out")" '^SSH-2'
like "what the person reads" "$(cat "$T/err")" 'sshportal: .*idle'

say "the database says why"
wait_for 10 sessions_are 0 || fail "$(active_sessions) sessions are active"
like "error" "$(db_query 'SELECT error FROM sessions WHERE length(error) > 0' |
    tr '[:upper:]' '[:lower:]')" 'idle'
