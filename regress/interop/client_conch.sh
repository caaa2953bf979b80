#!/bin/bash
# SPDX-License-Identifier: ISC
#
# Twisted's conch and its cftp.
# timeout: 120
# cost: 50

. "$TOP/regress/interop/lib.sh"
tid "client: conch"
need conch3 cftp3

row_ready
export HOME=$T/home PYTHONWARNINGS=ignore
OPTIONS=(--noagent -i "$HOME/.ssh/id_ed25519"
    --known-hosts "$HOME/.ssh/known_hosts" -p "$PORTAL_PORT" -l "$LOGIN")

# Whatever it talks to, it reads neither files nor /dev/null, and forgets its
# output at the end of its input: it gets one that does not end.
cat >"$T/piped" <<CMD
#!/bin/bash
cat <&0 >"$T/endless" &
exec "\$@" <>"$T/endless"
CMD
mkfifo "$T/endless"
chmod +x "$T/piped"
ROW_CAT="head -c 1048576"

ROW_EXEC=("$T/piped" conch3 --notty "${OPTIONS[@]}" 127.0.0.1)
ROW_PTY=(conch3 -t "${OPTIONS[@]}" 127.0.0.1)
row_put()
{
	printf "%s\n" "put $1 $2" quit >"$T/batch"
	bounded cftp3 "${OPTIONS[@]}" -b "$T/batch" 127.0.0.1
}
row_get()
{
	printf "%s\n" "cd ${1%/*}" "get ${1##*/} $2" quit >"$T/batch"
	bounded cftp3 "${OPTIONS[@]}" -b "$T/batch" 127.0.0.1
}
check_all
