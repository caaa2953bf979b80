/* SPDX-License-Identifier: ISC */
/*
 * What hosts are offered, and what is said of those that offer something else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "child/offer.h"
#include "lib/msg.h"

#define HINT	"; an administrator can permit old algorithms with " \
		"\"host update --legacy h\""
#define OLD_KEX	"diffie-hellman-group14-sha1"

/* The lists of a KEXINIT, ciphers and MACs of either way. */
struct lists {
	const char	*kex, *key, *cipher[2], *mac[2];
};

static const struct lists	good = { "curve25519-sha256", "ssh-ed25519",
	{ "aes128-ctr", "aes128-ctr" }, { "hmac-sha2-256", "hmac-sha2-256" } };

/* What a host sends first; before is put before its version. */
static void
say(struct msg *m, const char *before, const struct lists *l)
{
	struct msg	p;
	char		cookie[16] = "";

	msg_init(&p);
	msg_put_u8(&p, 4);
	msg_put_u8(&p, 20);
	msg_put_raw(&p, cookie, sizeof(cookie));
	msg_put_text(&p, l->kex);
	msg_put_text(&p, l->key);
	msg_put_text(&p, l->cipher[0]);
	msg_put_text(&p, l->cipher[1]);
	msg_put_text(&p, l->mac[0]);
	msg_put_text(&p, l->mac[1]);
	msg_put_raw(&p, cookie, sizeof(cookie));
	msg_init(m);
	offer_keep(m, before, strlen(before));
	offer_keep(m, "SSH-2.0-x\r\n", 11);
	/* a debug message before it is allowed (RFC 4253, section 11.3) */
	offer_keep(m, "\0\0\0\2\0\4", 6);
	msg_put_blob(m, p.data, p.len);
	msg_free(&p);
}

static void
check(const struct lists *l, int legacy, const char *wanted)
{
	struct msg	m;
	char		*why;

	say(&m, "welcome\r\n", l);
	why = offer_explain(&m, legacy, "h");
	if (wanted == NULL)
		assert_null(why);
	else {
		assert_non_null(why);
		assert_string_equal(why, wanted);
	}
	free(why);
	msg_free(&m);
}

static void
test_nothing_is_missing(void **state)
{
	struct lists	l = good;

	(void)state;
	check(&l, 0, NULL);
	l.cipher[0] = l.cipher[1] = "chacha20-poly1305@openssh.com";
	l.mac[0] = l.mac[1] = "none";
	check(&l, 0, NULL);
	l.cipher[0] = l.cipher[1] = "x,aes256-gcm@openssh.com";
	check(&l, 0, NULL);
}

/* Each kind, in either way; with --legacy it would do, and does. */
static void
test_old(void **state)
{
	struct lists	l = good;
	int		i;

	(void)state;
	l.kex = OLD_KEX ",ext-info-s,kex-strict-s-v00@openssh.com";
	check(&l, 0, "no key exchange in common: it offers only " OLD_KEX HINT);
	check(&l, 1, NULL);
	l = good;
	l.key = "ssh-rsa";
	check(&l, 0, "no kind of host key in common: it offers only ssh-rsa"
	    HINT);
	check(&l, 1, NULL);
	for (i = 0; i < 2; i++) {
		l = good;
		l.cipher[i] = "aes128-cbc,3des-cbc";
		check(&l, 0, "no cipher in common: it offers only aes128-cbc, "
		    "3des-cbc" HINT);
		check(&l, 1, NULL);
	}
}

/* What --legacy does not permit either is no reason to name it. */
static void
test_older(void **state)
{
	struct lists	l = good;

	(void)state;
	l.kex = "diffie-hellman-group1-sha1";
	check(&l, 0, "no key exchange in common: it offers only "
	    "diffie-hellman-group1-sha1");
	check(&l, 1, "no key exchange in common: it offers only "
	    "diffie-hellman-group1-sha1");
	l.kex = OLD_KEX;
	l.mac[1] = "hmac-md5";
	check(&l, 0, "no key exchange in common: it offers only " OLD_KEX);
	check(&l, 1, "no MAC in common: it offers only hmac-md5");
	l = good;
	l.key = "";
	check(&l, 0, "no kind of host key in common: it offers only nothing");
	l.key = "kex-strict-s-v00@openssh.com,,ssh-dss\033[2J";
	check(&l, 0, "no kind of host key in common: it offers only "
	    "ssh-dss\\x1b[2J");
}

/* Long lists are cut; so is what is kept of a host that talks on. */
static void
test_long(void **state)
{
	struct lists	 l = good;
	struct msg	 m;
	char		*text = malloc(30001), *why, line[1024];
	int		 i;

	(void)state;
	memset(text, 'x', 30000);
	text[30000] = '\0';
	l.key = text;
	say(&m, "", &l);
	why = offer_explain(&m, 0, "h");
	assert_non_null(why);
	assert_in_range(strlen(why), 256, 400);
	free(why);
	msg_free(&m);
	memset(line, '\n', sizeof(line));
	msg_init(&m);
	for (i = 0; i < 1000; i++)
		offer_keep(&m, line, sizeof(line));
	assert_in_range(m.len, 32 * 1024, 64 * 1024);
	assert_null(offer_explain(&m, 0, "h"));
	msg_free(&m);
	free(text);
}

/* Cut anywhere, it says nothing. */
static void
test_cut(void **state)
{
	struct lists	l = good;
	struct msg	m;
	size_t		len;
	char		*why;

	(void)state;
	l.kex = OLD_KEX;
	say(&m, "", &l);
	len = m.len;
	for (m.len = 0; m.len < len; m.len++)
		assert_null(offer_explain(&m, 0, "h"));
	why = offer_explain(&m, 0, "h");
	assert_non_null(why);
	free(why);
	msg_free(&m);
}

/* Whether a list has a name. */
static int
has(enum offer_kind kind, int legacy, const char *name)
{
	char		*list = offer_ours(kind, legacy, ""), *at;
	const size_t	 n = strlen(name);
	int		 found = 0;

	for (at = list; (at = strstr(at, name)) != NULL; at += n) {
		found |= (at == list || at[-1] == ',') &&
		    (at[n] == '\0' || at[n] == ',');
	}
	free(list);
	return (found);
}

static void
test_ours(void **state)
{
	static const struct {
		enum offer_kind	 kind;
		const char	*name;
	}			old[] = {
		{ OFFER_KEX, OLD_KEX }, { OFFER_HOSTKEY, "ssh-rsa" },
		{ OFFER_CIPHER, "aes128-cbc" }, { OFFER_CIPHER, "3des-cbc" },
	}, never[] = {
		{ OFFER_KEX, "diffie-hellman-group1-sha1" },
		{ OFFER_HOSTKEY, "ssh-dss" }, { OFFER_CIPHER, "arcfour" },
		{ OFFER_MAC, "hmac-md5" },
	};
	char			*list;
	size_t			 i;

	(void)state;
	for (i = 0; i < 4; i++) {
		assert_false(has(old[i].kind, 0, old[i].name));
		assert_true(has(old[i].kind, 1, old[i].name));
		assert_false(has(never[i].kind, 1, never[i].name));
	}
	/* the pinned kind first, and with SHA-1 only where that is permitted */
	list = offer_ours(OFFER_HOSTKEY, 0, "ssh-rsa");
	assert_ptr_equal(strstr(list, "rsa-sha2-512,rsa-sha2-256,ssh-ed25519"),
	    list);
	assert_null(strstr(list, "ssh-rsa"));
	free(list);
	list = offer_ours(OFFER_HOSTKEY, 1, "ssh-rsa");
	assert_ptr_equal(strstr(list, "rsa-sha2-512,rsa-sha2-256,ssh-rsa,"),
	    list);
	free(list);
	list = offer_ours(OFFER_HOSTKEY, 0, "ecdsa-sha2-nistp384");
	assert_ptr_equal(strstr(list, "ecdsa-"), list);
	free(list);
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_nothing_is_missing),
		cmocka_unit_test(test_old),
		cmocka_unit_test(test_older),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_ours),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
