#!/bin/bash
# SPDX-License-Identifier: ISC
#
# Dropbear's client, with keys in its own format, and scp and sftp over it.
# check

. "$TOP/regress/interop/lib.sh"
tid "client: dropbear"
need dbclient dropbearkey dropbearconvert

row_ready
export HOME=$T/home

# dropbear_key NAME TYPE [BITS]: a user of that name with such a key.
dropbear_key()
{
	ok dropbearkey -t "$2" ${3:+-s "$3"} -f "$T/client/$1.db"
	ok dropbearconvert dropbear openssh "$T/client/$1.db" "$T/client/$1"
	chmod 600 "$T/client/$1"
	invite "$1"
}

# sftp and scp call it as they do ssh; it has no use for most of their options.
cat >"$T/over" <<'CMD'
#!/bin/bash
args=()
while [ $# -gt 0 ]; do
	case $1 in
	"-oPort "*) args+=(-p "${1#* }") ;;
	-o* | -q | -x) ;;
	--) ;;
	*) args+=("$1") ;;
	esac
	shift
done
exec dbclient -y -i "$DROPBEAR_KEY" "${args[@]}"
CMD
chmod +x "$T/over"

row_put()
{
	echo "put $1 $2" | sftp -q -S "$T/over" -P "$PORTAL_PORT" -b - \
	    $LOGIN@127.0.0.1
}
row_get()
{
	echo "get $1 $2" | sftp -q -S "$T/over" -P "$PORTAL_PORT" -b - \
	    $LOGIN@127.0.0.1
}

for key in ed25519 rsa ecdsa; do
	say "with a key of type $key"
	dropbear_key "$key" "$key"
	export DROPBEAR_KEY=$T/client/$key.db
	ROW_EXEC=(dbclient -y -i "$DROPBEAR_KEY" -p "$PORTAL_PORT"
	    $LOGIN@127.0.0.1)
	check_exec
done
ROW_PTY=(dbclient -t -y -i "$DROPBEAR_KEY" -p "$PORTAL_PORT" $LOGIN@127.0.0.1)
check_stdin
check_copies
check_pty

say "scp by its old protocol"
rm -f "$T/file.there" "$T/file.back"
ok bounded scp -O -q -S "$T/over" -P "$PORTAL_PORT" "$T/file" \
    "$LOGIN@127.0.0.1:$T/file.there"
ok bounded scp -O -q -S "$T/over" -P "$PORTAL_PORT" \
    "$LOGIN@127.0.0.1:$T/file.there" "$T/file.back"
same_file "$T/file" "$T/file.back"

say "a port of the host here"
port=$(free_port)
dbclient -y -N -i "$DROPBEAR_KEY" -p "$PORTAL_PORT" \
    -L "127.0.0.1:$port:127.0.0.1:$SSHD_PORT" $LOGIN@127.0.0.1 \
    </dev/null >"$T/forward.log" 2>&1 &
at_exit end_process $!
wait_for 20 port_answers "$port" || fail "no forward: $(cat "$T/forward.log")"
read -r line <"/dev/tcp/127.0.0.1/$port"
like "what answers" "$line" '^SSH-2.0-OpenSSH'
