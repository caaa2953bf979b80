/* SPDX-License-Identifier: ISC */
/*
 * The script that changes a host's authorized_keys.
 *
 * A line is the old key's when a type and a blob stand where sshd(8) looks for
 * them: first, or after the options, in which quotes hide blanks. What only
 * mentions the key, a remark or a comment, stays. All is read by the shell
 * itself, byte by byte as they are; the last line calls what the others define,
 * so that half a script does nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "db/key.h"
#include "lib/sshkey.h"
#include "lib/xmalloc.h"
#include "monitor/errand_script.h"

static const char	keys_script[] =
    "w=' \t' all=0\n"
    "end() {\n"
    "\techo \"sshportal: $2\"\n"
    "\texit \"$1\"\n"
    "}\n"
    "strip() {\n"
    "\tr=${r#\"${r%%[!$w]*}\"}\n"
    "}\n"
    "at() {\n"
    "\tcase $r in\n"
    "\t\"$1\"[$w]*) r=${r#\"$1\"}; strip;;\n"
    "\t*) return 1;;\n"
    "\tesac\n"
    "\tcase $r in\n"
    "\t\"$2\"|\"$2\"[$w]*) post=${r#\"$2\"};;\n"
    "\t*) return 1;;\n"
    "\tesac\n"
    "}\n"
    "options() {\n"
    "\tq=0\n"
    "\twhile [ -n \"$r\" ]; do\n"
    "\t\tcase $r in\n"
    "\t\t\\\\\\\"*) c=\\\\\\\";;\n"
    "\t\t\\\"*) c=\\\"; q=$((1 - q));;\n"
    "\t\t[$w]*) [ $q = 0 ] && return 0; c=${r%\"${r#?}\"};;\n"
    "\t\t*) c=${r%%[\\\\\\\"$w]*}; [ -n \"$c\" ] || c=\\\\;;\n"
    "\t\tesac\n"
    "\t\tpre=$pre$c; r=${r#\"$c\"}\n"
    "\tdone\n"
    "\treturn 1\n"
    "}\n"
    "is() {\n"
    "\tr=$1 pre=\n"
    "\tstrip\n"
    "\tcase $r in\n"
    "\t'#'*) return 1;;\n"
    "\tesac\n"
    "\ts=$r\n"
    "\tat \"$2\" \"$3\" && return 0\n"
    "\tr=$s\n"
    "\toptions || return 1\n"
    "\tstrip\n"
    "\tpre=\"$pre \"\n"
    "\tat \"$2\" \"$3\"\n"
    "}\n"
    "has_new() {\n"
    "\twhile IFS= read -r l || [ -n \"$l\" ]; do\n"
    "\t\tis \"$l\" \"$new_t\" \"$new_b\" && there=1\n"
    "\tdone <\"$f\"\n"
    "}\n"
    "lines() {\n"
    "\twhile IFS= read -r l || [ -n \"$l\" ]; do\n"
    "\t\tif is \"$l\" \"$old_t\" \"$old_b\"; then\n"
    "\t\t\tn=$((n + 1))\n"
    "\t\t\t[ -n \"$new_b\" ] || continue\n"
    "\t\t\tset -- \"$l\" \"$pre$new_t $new_b$post\"\n"
    "\t\telse\n"
    "\t\t\tset -- \"$l\"\n"
    "\t\tfi\n"
    "\t\tprintf '%s\\n' \"$@\" || return 1\n"
    "\tdone <\"$f\"\n"
    "}\n"
    "who() {\n"
    "\tls -ln \"$1\" | {\n"
    "\t\tread -r m x u g y\n"
    "\t\techo \"${m%[.+@]} $u $g\"\n"
    "\t}\n"
    "}\n"
    "edit() {\n"
    "\tn=0 there=0\n"
    "\twhile [ -h \"$f\" ]; do\n"
    "\t\tn=$((n + 1))\n"
    "\t\t[ $n -lt 20 ] || end 4 \"$f: too many symbolic links\"\n"
    "\t\tl=$(readlink \"$f\") || end 4 \"$f: where does it lead to?\"\n"
    "\t\tcase $l in\n"
    "\t\t/*) f=$l;;\n"
    "\t\t*) f=${f%/*}/$l;;\n"
    "\t\tesac\n"
    "\tdone\n"
    "\t[ -f \"$f\" ] || end 4 \"$f is no file\"\n"
    "\t[ -z \"$new_b\" ] || has_new\n"
    "\tif [ $there = 1 ]; then\n"
    "\t\tall=$((all + 1))\n"
    "\t\treturn\n"
    "\tfi\n"
    "\tt=$f.sshportal.$$ n=0\n"
    "\ttrap 'rm -f \"$t\"' 0\n"
    "\ttrap 'exit 4' 1 2 13 15\n"
    "\trm -f \"$t\"\n"
    "\tcp -p \"$f\" \"$t\" || end 4 \"$f cannot be copied\"\n"
    "\t[ \"$(who \"$f\")\" = \"$(who \"$t\")\" ] ||\n"
    "\t    end 4 \"$f belongs to somebody else: change it by hand\"\n"
    "\tlines >\"$t\" || end 4 \"$t cannot be written\"\n"
    "\tif [ $n -gt 0 ]; then\n"
    "\t\tmv -f \"$t\" \"$f\" || end 4 \"$f cannot be replaced\"\n"
    "\tfi\n"
    "\trm -f \"$t\"\n"
    "\tall=$((all + n))\n"
    "}\n"
    "main() {\n"
    "\tLC_ALL=C\n"
    "\texport LC_ALL\n"
    "\tumask 077\n"
    "\tfor i in authorized_keys authorized_keys2; do\n"
    "\t\tf=$HOME/.ssh/$i\n"
    "\t\t[ -e \"$f\" ] || continue\n"
    "\t\tedit\n"
    "\tdone\n"
    "\t[ -z \"$new_b\" ] || [ $all -gt 0 ] ||\n"
    "\t    end 3 \"the old key has no line in ~/.ssh/authorized_keys\"\n"
    "\tend 0 \"lines: $all\"\n"
    "}\n"
    "main </dev/null 2>&1\n";

/* Type and blob of a key, as its line has them: no quote is in either. */
static int
key_words(const struct key *k, char **type, char **blob)
{
	char	*space;

	*type = *blob = NULL;
	if (k == NULL) {
		*type = xstrdup("");
		*blob = xstrdup("");
		return (0);
	}
	*type = sshkey_line(k->pub_blob, k->pub_bloblen, NULL);
	if (*type == NULL || (space = strchr(*type, ' ')) == NULL)
		return (-1);
	*space = '\0';
	*blob = xstrdup(space + 1);
	return (0);
}

char *
errand_script(const struct key *old, const struct key *incoming)
{
	char	*old_type, *old_blob, *type = NULL, *blob = NULL;
	char	*text = NULL;

	if (key_words(old, &old_type, &old_blob) == 0 &&
	    key_words(incoming, &type, &blob) == 0)
		text = xasprintf("old_t='%s' old_b='%s'\n"
		    "new_t='%s' new_b='%s'\n%s", old_type, old_blob, type,
		    blob, keys_script);
	free(old_type);
	free(old_blob);
	free(type);
	free(blob);
	return (text);
}
