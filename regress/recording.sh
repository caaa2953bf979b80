#!/bin/bash
# SPDX-License-Identifier: ISC
# timeout 300
#
# What was recorded shows what was seen: full-screen programs and a window that
# changes its size, by stock players, into an emulator.

. "$TOP/regress/lib.sh"
tid "recordings, played again"

$PYTHON -c 'import pyte' 2>/dev/null || skip "no pyte: contrib/deps --test"
for program in ttyplay asciinema vim.tiny less top; do
	command -v $program >/dev/null ||
	    skip "no $program: contrib/deps --test"
done
ready_portal
host_has_ptys || skip "needs root: sshd cannot hand out terminals"
export TERM=xterm LC_ALL=C.UTF-8
seq 1 2000 | sed 's/$/: the words of a line/' >"$T/text"
screens()
{
	$PYTHON "$HELPERS/screens.py" "$@" || fail "screens $1"
}
# file SESSION-CHANNEL EXT: of the newest day
file()
{
	find "$PORTAL_DIR" -name "session-$1.$2*" | sort | tail -n 1
}
last_session()
{
	db_query 'SELECT MAX(id) FROM sessions'
}
same_screen()
{
	cmp -s "$T/live" "$2" && return
	diff -u "$T/live" "$2" | head -n 40
	fail "$1: its last screen is not the one that was seen"
}

# On a terminal that grows, the program still runs.
# full_screen NAME EXT COMMAND KEYS...
full_screen()
{
	local name=$1 ext=$2 command=$3 next
	local glob

	shift 3
	next=$(($(last_session) + 1))
	glob=$(dirname "$(file "*" "$ext")")/session-$next-1.$ext*
	{
		echo "quiet"
		printf '%s\nquiet\n' "$@"
		printf 'save %s %s\n' "$glob" "$T/$name.$ext"
	} | screens live "$T/live" ssh -t -F "$(conf)" web1@portal "$command"
	[ "$(grep -c . "$T/live")" -gt 20 ] ||
	    fail "$name: nothing on its screen: $(cat "$T/live")"
}

ok p -tt web1@portal true
top="top -b -n 1 >/dev/null; HOME=$T top -d 100"

say "vim, less and top as ttyrec"
vim=(vim.tiny -u NONE -N)
full_screen vim ttyrec "${vim[*]} $T/text" \
    'send 50Gonew words here\x1b' quiet 'resize 50 200' quiet 'send dd:set nu\r'
screens ttyrec "$T/played" "$T/vim.ttyrec"
same_screen "vim" "$T/played"
screens play "$T/played" 50 200 ttyplay -n "$T/vim.ttyrec"
same_screen "vim, by ttyplay" "$T/played"
full_screen less ttyrec "less $T/text" 'send    ' 'resize 50 200' \
    'send /1500\r'
screens ttyrec "$T/played" "$T/less.ttyrec"
same_screen "less" "$T/played"
screens play "$T/played" 50 200 ttyplay -n "$T/less.ttyrec"
same_screen "less, by ttyplay" "$T/played"
full_screen top ttyrec "$top" 'send M' 'resize 50 200'
screens ttyrec "$T/played" "$T/top.ttyrec"
same_screen "top" "$T/played"

say "sizes and what was typed, beside it"
head -c 60 "$T/vim.ttyrec" | grep -qa '8;24;80t' || fail "no size"
grep -qa '8;50;200t' "$T/vim.ttyrec" || fail "no new size"
f=$(file "*" input)
grep -q '"r", "200x50"' "$f" || fail "no size in $f"

say "the same as asciicast"
stop_portal || fail "stop"
start_portal "" --recording-format=asciicast
ok p -tt web1@portal true
full_screen vim cast "${vim[*]} $T/text" \
    'send 50Gonew words here\x1b' quiet 'resize 50 200' quiet 'send dd:set nu\r'
screens cast "$T/played" "$T/vim.cast"
same_screen "vim" "$T/played"
screens play "$T/played" 50 200 asciinema cat "$T/vim.cast"
same_screen "vim, by asciinema" "$T/played"
full_screen top cast "$top" 'send M' 'resize 50 200'
screens cast "$T/played" "$T/top.cast"
same_screen "top" "$T/played"
screens play "$T/played" 50 200 asciinema play -i 0.01 -s 100 "$T/top.cast"
same_screen "top, by asciinema" "$T/played"
[ -z "$(file "$(last_session)-1" input)" ] || fail "input beside a cast"
