/* SPDX-License-Identifier: ISC */
/*
 * Secrets as the original and its fork encrypt them, and what is none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <sodium.h>

#include "lib/xmalloc.h"
#include "shell/import_secret.h"

#define KEY	"0123456789abcdef0123456789abcdef"
#define OTHER	"0123456789abcdef0123456789abcdeX"
#define PEM	"-----BEGIN PRIVATE KEY-----\nMC4CAQAw\n" \
		"-----END PRIVATE KEY-----\n"

static struct import_key
key_of(const char *text)
{
	struct import_key	k;
	char			err[256];

	assert_int_equal(import_key_set(&k, text, err, sizeof(err)), 0);
	return (k);
}

/* As the original writes it (gcm 0), or its fork. */
static char *
encrypt(const char *key, const char *plain, int gcm)
{
	static const char	*const names[][2] = {
		{ "AES-128-CFB", "AES-128-GCM" },
		{ "AES-192-CFB", "AES-192-GCM" },
		{ "AES-256-CFB", "AES-256-GCM" },
	};
	size_t			 len = strlen(plain), head = gcm ? 12 : 16;
	size_t			 all = head + len + (gcm ? 16 : 0), size;
	unsigned char		*raw = xcalloc(1, all + 1);
	EVP_CIPHER_CTX		*ctx = EVP_CIPHER_CTX_new();
	EVP_CIPHER		*c;
	int			 n, last;
	char			*text;

	c = EVP_CIPHER_fetch(NULL, names[strlen(key) / 8 - 2][gcm], NULL);
	assert_non_null(c);
	randombytes_buf(raw, head);
	assert_int_equal(EVP_EncryptInit_ex2(ctx, c,
	    (const unsigned char *)key, raw, NULL), 1);
	assert_int_equal(EVP_EncryptUpdate(ctx, raw + head, &n,
	    (const unsigned char *)plain, (int)len), 1);
	assert_int_equal(EVP_EncryptFinal_ex(ctx, raw + head + n, &last), 1);
	if (gcm)
		assert_int_equal(EVP_CIPHER_CTX_ctrl(ctx,
		    EVP_CTRL_AEAD_GET_TAG, 16, raw + head + len), 1);
	EVP_CIPHER_CTX_free(ctx);
	EVP_CIPHER_free(c);
	size = sodium_base64_ENCODED_LEN(all, sodium_base64_VARIANT_URLSAFE);
	text = xmalloc(size);
	sodium_bin2base64(text, size, raw, all,
	    sodium_base64_VARIANT_URLSAFE);
	free(raw);
	return (text);
}

typedef enum import_secret opener(const struct import_key *, const char *,
    char **);

static void
opens(opener *open, const char *key, const char *text,
    enum import_secret as, const char *plain)
{
	struct import_key	 k = key_of(key);
	char			*got;

	assert_int_equal(open(&k, text, &got), as);
	if (plain == NULL)
		assert_null(got);
	else {
		assert_non_null(got);
		assert_string_equal(got, plain);
	}
	free(got);
}

static void
test_keys(void **state)
{
	struct import_key	k;
	char			err[256];

	(void)state;
	assert_int_equal(import_key_set(&k, "", err, sizeof(err)), 0);
	assert_int_equal(k.len, 0);
	assert_int_equal(import_key_set(&k, "0123456789abcdef", err,
	    sizeof(err)), 0);
	assert_int_equal(k.len, 16);
	assert_int_equal(import_key_set(&k, KEY "\n", err, sizeof(err)), -1);
	assert_non_null(strstr(err, "33 bytes"));
	assert_null(strstr(err, "0123"));
	assert_int_equal(import_key_set(&k, "short", err, sizeof(err)), -1);
}

static void
test_private(void **state)
{
	static const char	*const keys[] = { "0123456789abcdef",
				    "0123456789abcdef01234567", KEY };
	size_t			 i;
	char			*text;
	int			 gcm;

	(void)state;
	for (i = 0; i < 3; i++) {
		for (gcm = 0; gcm < 2; gcm++) {
			text = encrypt(keys[i], PEM, gcm);
			opens(import_open_private, keys[i], text,
			    gcm ? SECRET_GCM : SECRET_CFB, PEM);
			free(text);
		}
	}
	opens(import_open_private, KEY, PEM, SECRET_CLEAR, PEM);
	opens(import_open_private, "", PEM, SECRET_CLEAR, PEM);
	opens(import_open_private, KEY, "", SECRET_NONE, NULL);
}

/* Whatever comes out under a wrong key is no PEM; nor is what was changed. */
static void
test_private_shut(void **state)
{
	char	*text;
	int	 gcm;

	(void)state;
	for (gcm = 0; gcm < 2; gcm++) {
		text = encrypt(KEY, PEM, gcm);
		opens(import_open_private, OTHER, text, SECRET_SHUT, NULL);
		opens(import_open_private, "", text, SECRET_SHUT, NULL);
		text[25] ^= 1;
		opens(import_open_private, KEY, text, SECRET_SHUT, NULL);
		free(text);
	}
	opens(import_open_private, KEY, "no key at all", SECRET_SHUT, NULL);
	opens(import_open_private, KEY, "AAAA", SECRET_SHUT, NULL);
}

/* The fork's backups encrypt what is encrypted already. */
static void
test_layers(void **state)
{
	char	*once, *twice;
	int	 inner;

	(void)state;
	for (inner = 0; inner < 2; inner++) {
		once = encrypt(KEY, PEM, inner);
		twice = encrypt(KEY, once, 1);
		opens(import_open_private, KEY, twice, SECRET_GCM, PEM);
		opens(import_open_private, OTHER, twice, SECRET_SHUT, NULL);
		free(once);
		free(twice);
	}
	once = encrypt(KEY, "pass w\xc3\xb6rd", 1);
	twice = encrypt(KEY, once, 1);
	opens(import_open_password, KEY, twice, SECRET_GCM,
	    "pass w\xc3\xb6rd");
	free(once);
	free(twice);
}

static void
test_password(void **state)
{
	static const char	*const clear[] = { "marley", "qwertyuiop",
				    "not base64!", "bWFybGV5LTQyLW1hcg==" };
	size_t			 i;
	char			*text;

	(void)state;
	/* what the original itself has written */
	opens(import_open_password, KEY,
	    "chrIB38nTP270I5U6QGdIRh2mkh961A83Q==", SECRET_CFB, "marley-42");
	text = encrypt(KEY, "marley-42", 1);
	opens(import_open_password, KEY, text, SECRET_GCM, "marley-42");
	opens(import_open_password, OTHER, text, SECRET_SHUT, NULL);
	opens(import_open_password, "", text, SECRET_SHUT, NULL);
	free(text);
	for (i = 0; i < 4; i++)
		opens(import_open_password, KEY, clear[i], SECRET_CLEAR,
		    clear[i]);
	opens(import_open_password, KEY, "", SECRET_NONE, NULL);
	/* no text comes out of it */
	text = encrypt(KEY, "\xff\xfe\x01", 0);
	opens(import_open_password, KEY, text, SECRET_SHUT, NULL);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_private),
		cmocka_unit_test(test_private_shut),
		cmocka_unit_test(test_layers),
		cmocka_unit_test(test_password),
	};

	if (sodium_init() == -1)
		return (1);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
