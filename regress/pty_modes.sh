#!/bin/bash
# SPDX-License-Identifier: ISC
#
# The modes of a person's terminal (stty) are those of the host's.
# cost: 40

. "$TOP/regress/lib.sh"
tid "the terminal's modes reach the host"

built_with ssh_message_channel_request_pty_modes ||
    skip "libssh does not hand out terminal modes (contrib/deps" \
	"--own-libraries builds one that does)"

ready_portal
host_has_ptys || skip "needs root: sshd cannot hand out terminals"

# on_terminal MODES COMMAND ...: on a terminal that "stty MODES" has changed.
on_terminal()
{
	local modes=$1

	shift
	$PYTHON "$HELPERS/terminal.py" sh -c \
	    'test -z "$0" || stty $0; exec "$@"' "$modes" "$@" ||
	    fail "on a terminal with $modes: $*"
}

# same_modes MODES WORDS: stty says on the host by the portal what it says
# without it, and each of the words (of stty -a, "; " apart) is in it.
same_modes()
{
	local set=$1 words=$2 way word

	for way in direct web1@portal; do
		rm -f "$T/$way"
		on_terminal "$set" ssh -t -F "$(conf)" "$way" \
		    "stty -a >$T/$way" <<-END
		eof
		status 0
		END
	done
	is "stty -a with '$set'" "$(cat "$T/web1@portal")" "$(cat "$T/direct")"
	modes=" $(tr -s ';\n' ' ' <"$T/direct") "
	for word in ${words//;/ }; do
		like "stty -a" "$modes" " ${word//=/ = } "
	done
}

say "as a terminal is when it is new"
same_modes '' 'erase=\^\?;ixon'

say "other keys, and other ways of treating them"
same_modes 'erase ^H -ixon' 'erase=\^H;-ixon;icrnl'
same_modes 'intr ^X quit undef kill ^B eof ^A susp ^G werase ^P start ^Y' \
    'intr=\^X;quit=<undef>;kill=\^B;eof=\^A;susp=\^G;werase=\^P;start=\^Y'
same_modes '-echo noflsh tostop -echoe -echok -echoctl -iexten' \
    '-echo;noflsh;tostop;-echoe;-echok;-echoctl;-iexten'
same_modes 'igncr inlcr istrip ixoff ixany -iutf8 inpck' \
    'igncr;inlcr;istrip;ixoff;ixany;-iutf8;inpck'
same_modes '-onlcr ocrnl onlret olcuc' '-onlcr;ocrnl;onlret;olcuc'
same_modes 'raw' '-isig;-icanon;-opost;-icrnl'

say "a terminal whose name leaves less room for them"
TERM=xterm-$(printf '%*s' 80 '' | tr ' ' x) \
    same_modes 'erase ^H -ixon istrip ocrnl' 'erase=\^H;istrip;-ixon;ocrnl'

say "and to type on it"
on_terminal 'erase ^H' ssh -t -F "$(conf)" web1@portal \
    'read -r line; echo "<$line>"' <<'END'
pause 0.5
send abX\x08c\r
expect <abc>
status 0
END
on_terminal '-ixon' ssh -t -F "$(conf)" web1@portal \
    'read -r line; echo "$line" | od -An -c' <<'END'
pause 0.5
send a\x13\x11b\r
expect a +023 +021 +b
status 0
END
