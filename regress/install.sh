#!/bin/bash
# SPDX-License-Identifier: ISC
#
# make install and uninstall; and what systemd's own tools say of the files.
# cost: 45

. "$TOP/regress/lib.sh"
need_walls "what is installed is not"
tid "install"

DEST=$T/dest

# The files below a directory: mode and name.
files()
{
	(cd "$1" && find . -type f -printf '%m %P\n' | sort -k 2)
}

say "every file, under the prefix named to make"
install_portal "$DEST" PREFIX=/usr
manuals=$(cd "$TOP" && for page in man/*.[158]; do
	[ ! -e "$page" ] ||
	    echo "644 usr/share/man/man${page##*.}/${page##*/}"
done)
is "files" "$(files "$DEST")" "$(sort -k 2 <<END | grep .
600 etc/sshportal/sshportal.yaml
644 usr/lib/systemd/system/sshportal.service
644 usr/lib/systemd/system/sshportal.socket
644 usr/lib/sysusers.d/sshportal.conf
644 usr/lib/tmpfiles.d/sshportal.conf
755 usr/sbin/sshportal
644 usr/share/doc/sshportal/examples/sshportal.yaml
$manuals
END
)"
is "directories that others may write to or not enter" \
    "$(find "$DEST" -type d ! -perm 755)" ''
ok "$DEST/usr/sbin/sshportal" version
same_file "$TOP/contrib/sshportal.yaml" \
    "$DEST/usr/share/doc/sshportal/examples/sshportal.yaml"

say "paths in them"
unit=$DEST/usr/lib/systemd/system/sshportal.service
is "paths that were not put in" "$(grep -rn '@[a-z]*dir@' "$DEST/usr/lib" \
    "$DEST/etc")" ''
is "the program in the unit" "$(grep -oE '=/usr[^ ]*/sshportal ' "$unit" |
    sort | uniq -c | tr -s ' ')" ' 2 =/usr/sbin/sshportal '
is "settings that are made" \
    "$(grep -vE '^(#|$)' "$DEST/etc/sshportal/sshportal.yaml")" \
    'db-conn: /var/lib/sshportal/sshportal.db
state-dir: /var/lib/sshportal
runtime-dir: /run/sshportal
logs-location: /var/lib/sshportal/recordings
syslog: true'
ok "$DEST/usr/sbin/sshportal" server --check \
    --config="$DEST/etc/sshportal/sshportal.yaml"

say "settings that are there stay; uninstall leaves them alone"
echo 'quiet: true' >>"$DEST/etc/sshportal/sshportal.yaml"
cp "$DEST/etc/sshportal/sshportal.yaml" "$T/mine"
install_portal "$DEST" PREFIX=/usr
same_file "$T/mine" "$DEST/etc/sshportal/sshportal.yaml"
make_in_copy uninstall DESTDIR="$DEST" PREFIX=/usr
is "what is left" "$(files "$DEST")" '600 etc/sshportal/sshportal.yaml'
same_file "$T/mine" "$DEST/etc/sshportal/sshportal.yaml"
[ ! -e "$DEST/usr/share/doc/sshportal" ] || fail "an empty directory is left"

say "the prefix of configure"
rm -r "$DEST"
(umask 077 && install_portal "$DEST")
prefix=$(sed -n 's/^prefix[[:space:]]*= //p' "$T/tree/config.mk")
[ -x "$DEST$prefix/sbin/sshportal" ] || fail "no program in $prefix"
is "modes under another umask" "$(stat -c %a \
    "$DEST$prefix/lib/systemd/system/sshportal.service" "$DEST$prefix/sbin" \
    "$DEST/etc" "$DEST/etc/sshportal/sshportal.yaml" | tr '\n' ' ')" \
    '644 755 755 600 '
grep -q "^ExecStart=$prefix/sbin/sshportal " \
    "$DEST$prefix/lib/systemd/system/sshportal.service" ||
    fail "the unit has another path than $prefix"

# --- What systemd says ------------------------------------------------------

command -v systemd-analyze >/dev/null || {
	echo "systemd is not here: it is not asked"
	exit 0
}

say "the units are good"
# As an own prefix, so that the programs in them are where they say.
install_portal '' PREFIX="$T/here" sysconfdir="$T/here/etc"
units=$T/here/lib/systemd/system
run systemd-analyze verify --man=no "$units/sshportal.service" \
    "$units/sshportal.socket"
is "systemd-analyze verify" "$out$err" ''
is "its status" "$status" 0
ok systemd-analyze security --no-pager --offline=yes --threshold=25 \
    "$units/sshportal.service"
# the test is one: without its walls the unit does not pass
grep -v '^Protect' "$units/sshportal.service" >"$T/sshportal.service"
run systemd-analyze security --no-pager --offline=yes --threshold=25 \
    "$T/sshportal.service"
[ "$status" -ne 0 ] || fail "systemd-analyze security passes everything"

say "users and directories"
rm -r "$DEST"
install_portal "$DEST" PREFIX=/usr
printf 'root:x:0:0:root:/root:/bin/sh\n' >"$DEST/etc/passwd"
printf 'root:x:0:\n' >"$DEST/etc/group"
if [ -z "$IS_ROOT" ]; then
	ok systemd-sysusers --root="$DEST" --dry-run
	exit 0
fi
ok systemd-sysusers --root="$DEST"
is "users" "$(cut -d: -f1,5,6,7 "$DEST/etc/passwd" | grep sshportal | sort)" \
    'sshportal-child:SSH bastion, network side:/:/usr/sbin/nologin
sshportal:SSH bastion:/var/lib/sshportal:/usr/sbin/nologin'
# the group of a user's name is its own
is "groups" "$(cut -d: -f1 "$DEST/etc/group" | grep -c sshportal)" 2
ok systemd-tmpfiles --root="$DEST" --create
id_of()
{
	awk -F: -v n="$1" '$1 == n { print $3 ":" $4 }' "$DEST/etc/passwd"
}
# is_dir PATH MODE USER
is_dir()
{
	is "$1" "$(stat -c '%u:%g %a' "$DEST$1")" "$(id_of "$3") $2"
}
is_dir /var/lib/sshportal 700 sshportal
is_dir /var/lib/sshportal/spool 700 sshportal
is_dir /var/lib/sshportal/recordings 700 sshportal
is_dir /var/lib/sshportal/empty 555 root
is_dir /run/sshportal 700 sshportal
is_dir /etc/sshportal 755 root
