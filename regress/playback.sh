#!/bin/bash
# SPDX-License-Identifier: ISC
#
# Recordings as an auditor sees them, in real terminals (tmux): a session is
# watched by two while it goes on, and played again after; each screen is that
# of who was recorded. Keys, and what the terminal has back at the end.
# cost: 30

. "$TOP/regress/lib.sh"
tid "session play, watch, export, grep in a terminal"

ready_portal "" --play-own-sessions
host_has_ptys || skip "this host gives no terminals"
invite aud
admin user update aud --assign-role=auditor
invite bob

screen()
{
	env -u TMUX TERM=xterm-256color tmux -f /dev/null \
	    -S "$T/tmux.sock" "$@"
}

end_screens()
{
	local pid

	pid=$(screen display-message -p '#{pid}' 2>/dev/null) || return 0
	screen kill-server
	wait_for 10 is_ended "$pid"
}
at_exit end_screens

# open NAME COLUMNS LINES COMMAND: a terminal of its own
open()
{
	screen new-session -d -s "$1" -x "$2" -y "$3" "$4; cat"
}

# seen NAME ERE; shows NAME ERE
seen()
{
	screen capture-pane -t "$1" -p >"$T/screen.$1"
	grep -Eq -- "$2" "$T/screen.$1"
}

shows()
{
	wait_for 20 seen "$1" "$2" || fail "no '$2' on the screen of $1:
$(cat "$T/screen.$1")"
}

# The same, and what was scrolled away.
seen_before()
{
	screen capture-pane -S -200 -t "$1" -p >"$T/screen.$1"
	grep -Eq -- "$2" "$T/screen.$1"
}

showed()
{
	wait_for 20 seen_before "$1" "$2" || fail "no '$2' was shown to $1:
$(cat "$T/screen.$1")"
}

# done_with NAME: its terminal goes away
done_with()
{
	screen kill-session -t "$1"
}

# press NAME KEY ...
press()
{
	screen send-keys -t "$@"
}

# Until two screens are the same, with their colours.
same_screens()
{
	screen capture-pane -e -t "$1" -p >"$T/screen.$1"
	screen capture-pane -e -t "$2" -p >"$T/screen.$2"
	cmp -s "$T/screen.$1" "$T/screen.$2"
}

alike()
{
	wait_for 20 same_screens "$1" "$2" || fail "screens differ:
$(diff "$T/screen.$1" "$T/screen.$2")"
}

say "a session that draws on the whole screen"
cat >"$T/draw.sh" <<'END'
stty -echo
printf '\033[?1049h\033[2J\033[5;10H\033[1;31mred\033[0m\033[10;3HF1\033[6n'
read -r _
printf '\033[3;15r\033[15;1Hscrolled\n\n\033[r\033[12;40H\033[7mlast words\033[0m'
read -r _
printf '\033[?1049l'
echo 'needle in the hay'
read -r _
END
open live 80 24 "ssh -t -F '$(conf)' web1@portal sh '$T/draw.sh'"
shows live 'F1'
session=$(db_query "SELECT MAX(id) FROM sessions WHERE status = 'active'")

say "two watch; who comes later sees the same"
open first 80 24 "ssh -t -F '$T/client/aud.conf' admin@portal \
session watch $session"
shows first 'F1'
alike live first
like "what is watched" "$(cat "$T/screen.first")" 'red'
press live Enter
shows first 'last words'
alike live first
open second 80 24 "ssh -t -F '$T/client/aud.conf' admin@portal \
session watch $session; echo status \$?"
shows second 'last words'
alike live second

say "what a watcher types goes nowhere, but q, which ends only that"
press second x Enter
press second q
shows second '^status 0$'
shows second 'stopped: session'
seen second 'last words' && fail "the second screen is left on: $(
    cat "$T/screen.second")"
alike live first

say "the end of the session is the end of watching"
press live Enter
showed first 'needle in the hay'
press live Enter
shows first 'the end: session'
wait_for 20 session_closed "$session" || fail "the session goes on"
is_finished()
{
	[ -z "$(find "$PORTAL_DIR" -name "session-$session-*.part")" ]
}
wait_for 30 is_finished || fail "the recording is not finished"

say "played again: the same screen, and then the terminal is one's own"
open play 80 24 "ssh -t -F '$T/client/aud.conf' admin@portal \
session play $session --max-idle=1h --speed=0.01; stty -a; echo status \$?"
shows play 'F1'
press play Space q
shows play 'status 0'
shows play 'stopped: session'
shows play ' echo '
done_with play
open play 80 24 "ssh -t -F '$T/client/aud.conf' admin@portal \
session play $session.1 --max-idle=100ms; echo status \$?"
shows play '^status 0$'
showed play 'needle in the hay'
shows play "the end: session $session, channel 1, .*, a terminal of 80x24"
done_with play

say "skipping: on to the last screen, back to the first, and paused there"
open play 80 24 "ssh -t -F '$T/client/aud.conf' admin@portal \
session play $session --speed=0.01; echo status \$?"
shows play 'F1'
seen play 'last words' && fail "too soon"
press play Up
shows play 'the end: session'
done_with play

say "a window that is too small is warned about"
open play 60 20 "ssh -t -F '$T/client/aud.conf' admin@portal \
session play $session --max-idle=1s; echo status \$?"
showed play 'smaller, 60x20, than the one'
press play Enter
showed play '^status 0$'
done_with play

say "in the shell with a prompt: it is as it was before"
open play 80 24 "ssh -F '$T/client/aud.conf' admin@portal"
shows play '^config>'
press play "session play $session --speed=0.01" Enter
shows play 'F1'
press play C-c
shows play 'stopped: session'
press play 'version' Enter
shows play '^sshportal [0-9]'
shows play 'config> *$'
done_with play

say "on the machine itself, the same"
run as_starter admin "${DB_FLAGS[@]}" session export "$session" --format=text
is "status ($err)" "$status" 0
like "text" "$out" 'needle in the hay'
as_starter admin "${DB_FLAGS[@]}" session play "$session" --speed=1000 \
    --max-idle=1ms >"$T/local.out" 2>&1 </dev/null ||
    fail "play: $(cat "$T/local.out")"
grep -q 'needle in the hay' "$T/local.out" || fail "not played"
grep -q $'\033\\[6n' "$T/local.out" && fail "the terminal is asked"

say "others' programs play what is exported"
ok p admin@portal session export "$session" --format=ttyrec
cp "$T/run.out" "$T/it.ttyrec"
ok p admin@portal session export "$session"
cp "$T/run.out" "$T/it.cast"
if command -v ttyplay >/dev/null; then
	open play 80 24 "ttyplay -n '$T/it.ttyrec'"
	shows play 'needle in the hay'
	done_with play
fi
if command -v asciinema >/dev/null; then
	open play 80 24 "env HOME='$T' LC_ALL=C.UTF-8 asciinema play -s 100 '$T/it.cast'"
	shows play 'needle in the hay'
	done_with play
fi

say "found, by its text"
ok p admin@portal session grep "'needle in'"
like "hit" "$out" "^$session.1 20[0-9TZ:-]* needle in the hay$"
run_status 1 p admin@portal session grep "'nowhere to be found'"
is "no hit" "$out$err" ''
if [ -z "${SANITIZED-}" ]; then
	run_status 1 p admin@portal session grep \
	    "'((a{1,255}){1,255}){1,9}'"
	like "a pattern that wants gigabytes" "$err" 'no regular expression'
fi

say "people see their own, where that is allowed, and nobody else's"
run_status 1 as bob p admin@portal session play "$session"
like "refusal" "$err" "no session of yours"
run_status 1 as bob p admin@portal session grep needle
is "nothing found" "$out" ''

say "each look is an event of the session"
is "events" "$(db_query "SELECT action, COUNT(*) FROM events
    WHERE session_id = $session AND domain = 'session'
    AND action IN ('play', 'watch', 'export') GROUP BY action
    ORDER BY action" | tr '\n' ' ')" 'export|3 play|6 watch|2 '
