#!/bin/bash
# SPDX-License-Identifier: ISC
# timeout 300
#
# What was recorded shows what was seen: full-screen programs and a window that
# changes its size, by stock players, into an emulator; what was typed, and no
# password; what commands print, up to its limit.

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

say "what a shell reads; no password"
cat >"$T/ask" <<'END'
printf 'Password: '
stty -echo
read -r secret
stty echo
echo
echo "it has ${#secret} letters"
END
typed_is()
{
	is "$1" "$(screens typed "$(file "$(last_session)-1" "$2")" |
	    tr '\r' '\n')" "$3"
}
type_it()
{
	$PYTHON "$HELPERS/terminal.py" ssh -F "$(conf)" "$@" <<'END' ||
expect host> 
send echo one wo''rd\r
expect one word\r\n.*host> 
send sh ~/ASK\r
expect Password: 
send hun
pause 0.2
send ter2secret\r
expect 13 letters.*host> 
send read -s x; echo "${#x} of t\x1b[Di\x1b[C
pause 0.3
send ."\r
pause 0.3
send my pass phrase
pause 0.2
send \r
expect 14 of it\..*host> 
send echo a1\recho b2\recho c3\r
expect c3\r\n.*c3.*host> 
send exit 3\r
status 3
END
	    fail "on the terminal"
}
cp "$T/ask" "$T/host/home/ASK"
type_it web1@portal
wanted=$(printf '%s\n' "echo one wo''rd" 'sh ~/ASK' '~' \
    'read -s x; echo "${#x} of t'$'\e[Di\e[C."' '~' 'echo a1' 'echo b2' \
    'echo c3' 'exit 3')
typed_is "what was typed" cast "$wanted"
! grep -rlaE 'hunter2|ter2sec|pass phrase' "$(dirname "$(file '*' cast)")" ||
    fail "a password was recorded"

say "input alone"
admin host create "$HOST_USER@127.0.0.1:$SSHD_PORT" --name=typed \
    --logging=input
type_it typed@portal
typed_is "what was typed" input "$wanted"
[ -z "$(file "$(last_session)-1" cast)$(file "$(last_session)-1" ttyrec)" ] ||
    fail "the screen was recorded"
ok p typed@portal 'echo nothing'
[ -z "$(file "$(last_session)-1" '')" ] || fail "a command was recorded"

say "what commands print"
stop_portal || fail "stop"
start_portal
ok p web1@portal 'echo out; echo err >&2'
screens ttyrec "$T/played" "$(file "$(last_session)-1" ttyrec)"
is "output and errors" "$(sort "$T/played" | grep . | tr -d '\n ')" errout
p web1@portal 'head -c 5000000 /dev/zero | tr "\0" x' >"$T/bulk"
is "bytes" "$(wc -c <"$T/bulk")" 5000000
size=$(stat -c %s "$(file "$(last_session)-1" ttyrec)")
[ "$size" -gt 1048576 ] && [ "$size" -lt 1060000 ] || fail "size $size"
tail -c 100 "$(file "$(last_session)-1" ttyrec)" | grep -qa \
    'of this output only the first 1048576 bytes' || fail "not said"
is "what the database knows of it" "$(db_query "SELECT recording FROM channels
    WHERE session_id = $(last_session)")" \
    "$(date -u +%F)/session-$(last_session)-1"

say "not what files are copied with"
have=$(find "$PORTAL_DIR" -name 'session-*' | wc -l)
ok scp -F "$(conf)" "$T/text" "web1@portal:$T/copy"
same_file "$T/text" "$T/copy"
p -s web1@portal sftp </dev/null >/dev/null
is "recordings" "$(find "$PORTAL_DIR" -name 'session-*' | wc -l)" "$have"
