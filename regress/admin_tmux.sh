#!/bin/bash
# SPDX-License-Identifier: ISC
#
# The interactive shell as a person sees it, in a real terminal (tmux): what
# TAB completes, history, Ctrl-C, Ctrl-D, and a window that changes its size.

. "$TOP/regress/lib.sh"
tid "the admin shell in a terminal"

ready_portal
for name in alpha-one alpha-two beta; do
	admin host create "root@192.0.2.9" --name="$name" --comment=\
"'a comment that is long enough to be cut where a window is narrow'"
done
admin hostgroup create --name=rack
admin user invite dora@example.org

# TMUX and what a person has configured are nothing to it.
screen()
{
	env -u TMUX tmux -f /dev/null -S "$T/tmux.sock" "$@"
}

end_screen()
{
	screen kill-server 2>/dev/null
	wait_for 10 is_ended "$SCREEN_PID"
}

# open COLUMNS LINES USER
open()
{
	screen new-session -d -x "$1" -y "$2" \
	    "ssh -F '$(conf)' $3@portal; echo status \$?; cat"
	SCREEN_PID=$(screen display-message -p '#{pid}')
	shows '^config>$'
}

# The words and keys of tmux send-keys.
press()
{
	screen send-keys "$@"
}

typed()
{
	screen send-keys -l "$1"
}

seen()
{
	screen capture-pane -p >"$T/screen"
	grep -Eq -- "$1" "$T/screen"
}

shows()
{
	wait_for 20 seen "$1" || fail "no '$1' on the screen:
$(cat "$T/screen")"
}

# A fresh screen, with an empty line.
clean()
{
	press C-c
	press C-l
	shows '^config>$'
	wait_for 20 only_prompt || fail "more than a prompt: $(cat "$T/screen")"
}

only_prompt()
{
	screen capture-pane -p >"$T/screen"
	[ "$(grep -c . "$T/screen")" -eq 1 ]
}

# completes TYPED BECOMES: TAB after the one makes the other of it
completes()
{
	clean
	typed "$1"
	press Tab
	shows "^config> $2\$"
}

at_exit end_screen
open 100 30 admin
seen 'Welcome to sshportal' || fail "no welcome: $(cat "$T/screen")"
seen 'TAB completes' || fail "nothing of TAB: $(cat "$T/screen")"

say "TAB: nouns, verbs, flags, rows"
completes 'ver' 'version'
completes 'hostg' 'hostgroup'
completes 'host insp' 'host inspect'
completes 'host inspect be' 'host inspect beta'
completes 'host ls --qu' 'host ls --quiet'
completes 'host create root@192.0.2.1 --gr' \
    'host create root@192.0.2.1 --group'
completes 'host update beta --assign-group=ra' \
    'host update beta --assign-group=rack'
completes 'user inspect do' 'user inspect dora'
completes 'key show def' 'key show default'

say "several: what they share, then all of them"
completes 'host inspect al' 'host inspect alpha-'
press Tab
shows 'alpha-one +alpha-two'
typed 't'
press Tab
shows '^config> host inspect alpha-two$'

say "nothing fits: nothing changes"
clean
typed 'host inspect zzz'
press Tab
typed 'y'
shows '^config> host inspect zzzy$'

say "a completed line runs"
clean
typed 'host ls --q'
press Tab Enter
shows '^[0-9]+$'

say "history: up, down, and no line twice in a row"
clean
typed 'version'
press Enter
shows '^sshportal [0-9]'
typed 'version'
press Enter
clean
press Up
shows '^config> version$'
press Up
shows '^config> host ls --quiet$'
press Down
shows '^config> version$'

say "editing: to the line's begin and in the middle"
clean
typed 'osts'
press C-a
typed 'h'
press C-e BSpace
typed ' ls --latest'
press Enter
shows 'error: .*hosts|Total: 1 host'

say "Ctrl-C gives up a line and no more"
clean
typed 'host rm beta'
press C-c
shows '\^C'
shows '^config>$'
clean
typed 'host ls'
press Enter
shows ' beta '

say "a row stays one line in a narrow window, and is whole in a wide one"
lines()
{
	screen capture-pane -p | grep -c .
}
# The shell has the new size with the next key, once its terminal has it.
resize()
{
	screen resize-window -x "$1" -y 30
	wait_for 20 has_columns "$1" || fail "the shell's window stays"
}
has_columns()
{
	[ "$(stty size <"/proc/$(portal_pids shell)/fd/0")" = "30 $1" ]
}
clean
resize 60
typed 'host ls'
press Enter
shows 'Total: 4 hosts'
# two prompts, the head, four rows, the total
is "lines of a narrow window" "$(lines)" 8
unlike "the comment" "$(cat "$T/screen")" 'a window is narrow'
clean
resize 250
typed 'host ls'
press Enter
shows 'where a window is narrow'
is "lines of a wide window" "$(lines)" 8

say "a long line is edited across the window's edge"
resize 60
clean
typed 'host create root@192.0.2.77 --name=longlonglong --comment=aaaaaaaaaaaaaaaaaa'
press Enter
shows '^[0-9]+$'
admin host ls
like "made" "$out" 'longlonglong'

say "Ctrl-D leaves, with status 0"
clean
press C-d
shows '^status 0$'
end_screen

say "no administrator: TAB offers what may be run"
invite bob
CLIENT=bob open 100 30 bob
clean
typed 'user '
press Tab Tab
typed 'x'
shows '^config> user .*x$'
seen 'invite' && fail "bob is offered: $(cat "$T/screen")"
press C-c C-d
shows '^status 0$'
