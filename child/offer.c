/* SPDX-License-Identifier: ISC */
/*
 * What is offered to hosts, and what a host offered.
 */
#include <stdlib.h>
#include <string.h>

#include "child/offer.h"
#include "lib/escape.h"
#include "lib/xmalloc.h"

#define KEPT_MAX	(64 * 1024)	/* more than libssh2 takes before it
					   gives up */
#define SHOWN_MAX	256		/* bytes of a list that people read */
#define MSG_KEXINIT	20
#define COOKIE_LEN	16
#define LISTS		6		/* of a KEXINIT, up to the MACs */

#define ED25519	"ssh-ed25519"
#define ECDSA	"ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521"
#define RSA	"rsa-sha2-512,rsa-sha2-256"
#define OLD_RSA	"ssh-rsa"

/* Best first. What only hosts marked as legacy are offered comes behind. */
static const struct {
	const char	*words;
	const char	*modern;
	const char	*old;
	int		 lists[2];	/* of a KEXINIT */
} kinds[OFFER_KINDS] = {
	[OFFER_KEX] = { "key exchange",
	    "curve25519-sha256,curve25519-sha256@libssh.org,"
	    "ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,"
	    "diffie-hellman-group16-sha512,diffie-hellman-group18-sha512,"
	    "diffie-hellman-group-exchange-sha256,"
	    "diffie-hellman-group14-sha256",
	    "diffie-hellman-group14-sha1", { 0, 0 } },
	[OFFER_HOSTKEY] = { "kind of host key",
	    ED25519 "," ECDSA "," RSA, OLD_RSA, { 1, 1 } },
	[OFFER_CIPHER] = { "cipher",
	    "chacha20-poly1305@openssh.com,aes256-gcm@openssh.com,"
	    "aes128-gcm@openssh.com,aes256-ctr,aes192-ctr,aes128-ctr",
	    "aes256-cbc,aes192-cbc,aes128-cbc,3des-cbc", { 2, 3 } },
	[OFFER_MAC] = { "MAC",
	    "hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,"
	    "hmac-sha2-256,hmac-sha2-512,hmac-sha1-etm@openssh.com,hmac-sha1",
	    NULL, { 4, 5 } },
};

char *
offer_ours(enum offer_kind kind, int legacy, const char *pinned)
{
	const char	*old = legacy ? kinds[kind].old : NULL, *first = "";

	/* the same name twice does no harm */
	if (kind == OFFER_HOSTKEY && strcmp(pinned, "ssh-rsa") == 0)
		first = legacy ? RSA "," OLD_RSA "," : RSA ",";
	else if (kind == OFFER_HOSTKEY && strncmp(pinned, "ecdsa-", 6) == 0)
		first = ECDSA ",";
	return (xasprintf("%s%s%s%s", first, kinds[kind].modern,
	    old != NULL ? "," : "", old != NULL ? old : ""));
}

void
offer_keep(struct msg *m, const void *data, size_t len)
{
	if (len > KEPT_MAX - m->len)
		len = KEPT_MAX - m->len;
	msg_put_raw(m, data, len);
}

/* Goes behind the host's identification (RFC 4253, section 4.2). */
static void
skip_version(struct msg *m)
{
	const uint8_t	*line, *end;

	for (;;) {
		if (m->off == m->len) {
			msg_bad(m);
			return;
		}
		line = m->data + m->off;
		end = memchr(line, '\n', m->len - m->off);
		if (end == NULL) {
			msg_bad(m);
			return;
		}
		m->off += end - line + 1;
		if (end - line >= 4 && memcmp(line, "SSH-", 4) == 0)
			return;
	}
}

int
offer_has_version(const struct msg *kept)
{
	struct msg	m;

	msg_borrow(&m, kept->data, kept->len);
	skip_version(&m);
	return (!m.error);
}

/* The lists of the KEXINIT, not yet encrypted (sections 6 and 7.1). */
static int
read_lists(const struct msg *kept, char *lists[LISTS])
{
	struct msg	 m, p;
	const uint8_t	*list, *packet;
	size_t		 i, len;
	uint32_t	 size;

	msg_borrow(&m, kept->data, kept->len);
	skip_version(&m);
	do {
		size = msg_get_u32(&m);
		packet = msg_get_raw(&m, size);
		msg_borrow(&p, packet, packet != NULL ? size : 0);
		msg_get_u8(&p);		/* how much padding */
	} while (!p.error && msg_get_u8(&p) != MSG_KEXINIT);
	msg_get_raw(&p, COOKIE_LEN);
	for (i = 0; i < LISTS; i++) {
		list = msg_get_blob(&p, KEPT_MAX, &len);
		lists[i] = list == NULL ? NULL : (char *)xmemdup0(list, len);
	}
	return (p.error ? -1 : 0);
}

/* Whether a name, len bytes, is in a list. */
static int
is_in(const char *list, const char *name, size_t len)
{
	size_t	n;

	for (;; list += n + 1) {
		n = strcspn(list, ",");
		if (n == len && memcmp(list, name, len) == 0)
			return (1);
		if (list[n] == '\0')
			return (0);
	}
}

/* The first of our names that is theirs too, or NULL. */
static const char *
common(const char *ours, const char *theirs)
{
	size_t	n;

	for (;; ours += n + 1) {
		n = strcspn(ours, ",");
		if (is_in(theirs, ours, n))
			return (ours);
		if (ours[n] == '\0')
			return (NULL);
	}
}

/* Ciphers that need no MAC besides. */
static int
is_aead(const char *cipher)
{
	return (strncmp(cipher, "chacha20-", 9) == 0 ||
	    strncmp(cipher + strcspn(cipher, "-,"), "-gcm@", 5) == 0);
}

/* The first kind that is not in common, and in which list; OFFER_KINDS: none */
static enum offer_kind
missing(char *const lists[LISTS], int legacy, int *which)
{
	enum offer_kind	 k;
	const char	*agreed;
	char		*ours;
	int		 aead[2] = { 0, 0 }, i;

	for (k = OFFER_KEX; k < OFFER_KINDS; k++) {
		ours = offer_ours(k, legacy, "");
		for (i = 0; i < 2; i++) {
			*which = kinds[k].lists[i];
			agreed = common(ours, lists[*which]);
			if (agreed == NULL && !(k == OFFER_MAC && aead[i])) {
				free(ours);
				return (k);
			}
			aead[i] = k == OFFER_CIPHER && is_aead(agreed);
		}
		free(ours);
	}
	return (OFFER_KINDS);
}

/* A list as people read it: without what names no algorithm, and not long. */
static char *
list_text(const char *list)
{
	static const char *const	marks[] = { "ext-info-s",
		"kex-strict-s-v00@openssh.com", NULL };
	char				*text = xstrdup(""), *more, *shown;
	size_t				 i, n;

	for (; *list != '\0'; list += n + (list[n] == ',')) {
		n = strcspn(list, ",");
		for (i = 0; marks[i] != NULL; i++) {
			if (is_in(marks[i], list, n))
				break;
		}
		if (marks[i] != NULL || n == 0)
			continue;
		more = xasprintf("%s%s%.*s", text, *text != '\0' ? ", " : "",
		    (int)n, list);
		free(text);
		text = more;
		if (strlen(text) > SHOWN_MAX) {
			text[SHOWN_MAX] = '\0';
			break;
		}
	}
	shown = *text == '\0' ? xstrdup("nothing") :
	    escape_text(text, strlen(text));
	free(text);
	return (shown);
}

/* The sentence, of a kind that is missing in a list. */
static char *
explain(enum offer_kind k, const char *list, int helps, const char *name)
{
	char	*theirs = list_text(list), *hint, *all;

	hint = helps ? xasprintf("; an administrator can permit old "
	    "algorithms with \"host update --legacy %s\"", name) : xstrdup("");
	all = xasprintf("no %s in common: it offers only %s%s", kinds[k].words,
	    theirs, hint);
	free(hint);
	free(theirs);
	return (all);
}

char *
offer_explain(const struct msg *kept, int legacy, const char *name)
{
	char		*lists[LISTS] = { NULL }, *why = NULL;
	enum offer_kind	 k;
	int		 helps, which;

	if (read_lists(kept, lists) == 0) {
		helps = !legacy && missing(lists, 1, &which) == OFFER_KINDS;
		k = missing(lists, legacy, &which);
		if (k != OFFER_KINDS)
			why = explain(k, lists[which], helps, name);
	}
	for (which = 0; which < LISTS; which++)
		free(lists[which]);
	return (why);
}
