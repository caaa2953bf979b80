/* SPDX-License-Identifier: ISC */
/*
 * Keys against ssh-keygen's own: every kind and file format is read, named,
 * measured, printed and made as it does.
 */
#include <sys/stat.h>
#include <sys/wait.h>

#include <ctype.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include <openssl/evp.h>
#include <sodium.h>

#include "lib/msg.h"
#include "lib/sshkey.h"
#include "lib/xmalloc.h"

static char	dir[] = "/tmp/sshkey.XXXXXX";
static int	number;		/* of files made */

/* Runs a program with its output in a file; returns its status. */
static int
run(const char *out, const char *const argv[])
{
	pid_t	pid;
	int	fd, status;

	if ((pid = fork()) == 0) {
		if ((fd = open(out, O_WRONLY | O_CREAT | O_TRUNC, 0600)) == -1)
			_exit(127);
		dup2(fd, STDOUT_FILENO);
		dup2(open("/dev/null", O_RDWR), STDERR_FILENO);
		dup2(STDERR_FILENO, STDIN_FILENO);
		execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	assert_int_not_equal(pid, -1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return (WIFEXITED(status) ? WEXITSTATUS(status) : -1);
}

static char *
slurp(const char *path, size_t *len)
{
	char	*data = xmalloc(SSHKEY_TEXT_MAX);
	FILE	*f = fopen(path, "r");

	assert_non_null(f);
	*len = fread(data, 1, SSHKEY_TEXT_MAX - 1, f);
	data[*len] = '\0';
	fclose(f);
	return (data);
}

static char *
path_new(void)
{
	return (xasprintf("%s/key%d", dir, number++));
}

/* The second word of `ssh-keygen -lf FILE`, and the first: bits. */
static void
keygen_fingerprint(const char *file, char **fp, unsigned *bits)
{
	char	*out = xasprintf("%s/fp", dir), *text, *save;
	const char *argv[] = { "ssh-keygen", "-lf", file, NULL };
	size_t	 len;

	assert_int_equal(run(out, argv), 0);
	text = slurp(out, &len);
	*bits = strtoul(text, &save, 10);
	*fp = xmemdup0(save + 1, strcspn(save + 1, " "));
	free(text);
	free(out);
}

static void
check_public(const char *file, const char *line, const uint8_t *blob,
    size_t len, const char *kind)
{
	struct sshkey_info	 info;
	char			 fp[SSHKEY_FINGERPRINT_SIZE], *want, *own;
	unsigned		 bits;

	keygen_fingerprint(file, &want, &bits);
	assert_string_equal(sshkey_fingerprint(blob, len, fp), want);
	assert_int_equal(sshkey_info(blob, len, &info), 0);
	assert_int_equal(info.bits, bits);
	assert_string_equal(info.kind, kind);
	assert_memory_equal(line, info.type, strlen(info.type));
	own = sshkey_line(blob, len, "a comment");
	assert_int_equal(strlen(own), strcspn(line, "\r\n"));
	assert_memory_equal(own, line, strlen(own));
	free(own);
	free(want);
}

/* A signature of one is good for the other. */
static void
check_pair(EVP_PKEY *priv, EVP_PKEY *pub)
{
	EVP_MD_CTX	*ctx = EVP_MD_CTX_new();
	uint8_t		 sig[2048], tbs[5] = { 0 };
	size_t		 n = sizeof(sig);
	const EVP_MD	*md = EVP_PKEY_get_base_id(priv) == EVP_PKEY_ED25519 ?
			    NULL : EVP_sha256();

	assert_int_equal(EVP_DigestSignInit(ctx, NULL, md, NULL, priv), 1);
	assert_int_equal(EVP_DigestSign(ctx, sig, &n, tbs, 4), 1);
	EVP_MD_CTX_reset(ctx);
	assert_int_equal(EVP_DigestVerifyInit(ctx, NULL, md, NULL, pub), 1);
	assert_int_equal(EVP_DigestVerify(ctx, sig, n, tbs, 4), 1);
	assert_int_not_equal(EVP_DigestVerify(ctx, sig, n, tbs, 5), 1);
	EVP_MD_CTX_free(ctx);
}

/* Every prefix, and every byte changed, is refused or still a key: no more. */
static void
check_damage(const uint8_t *blob, size_t len)
{
	struct sshkey_info	 info;
	EVP_PKEY		*pkey;
	uint8_t			*copy = xmalloc(len + 1);
	size_t			 i;

	for (i = 0; i < len; i++) {
		memcpy(copy, blob, i);
		assert_int_equal(sshkey_info(copy, i, &info), -1);
		assert_int_equal(sshkey_from_blob(copy, i, &pkey), -1);
	}
	memcpy(copy, blob, len);
	copy[len] = 0;
	assert_int_equal(sshkey_info(copy, len + 1, &info), -1);
	for (i = 0; i < len; i++) {
		copy[i] ^= 0xff;
		if (sshkey_from_blob(copy, len, &pkey) == 0)
			EVP_PKEY_free(pkey);
		copy[i] ^= 0xff;
	}
	free(copy);
}

static void
check_file(const char *file, const char *kind)
{
	char		*pubfile = xasprintf("%s.pub", file), *text, *line;
	char		*comment, *pem;
	uint8_t		*blob, *own;
	size_t		 len, bloblen, ownlen, pemlen;
	EVP_PKEY	*priv, *again, *pub;
	char		 err[256];

	line = slurp(pubfile, &len);
	assert_int_equal(sshkey_parse_line(line, &blob, &bloblen, &comment,
	    err, sizeof(err)), 0);
	assert_string_equal(comment, "a comment");
	check_public(pubfile, line, blob, bloblen, kind);
	check_damage(blob, bloblen);

	text = slurp(file, &len);
	assert_int_equal(sshkey_read_private(text, len, &priv, err,
	    sizeof(err)), 0);
	assert_int_equal(sshkey_blob(priv, &own, &ownlen), 0);
	assert_int_equal(ownlen, bloblen);
	assert_memory_equal(own, blob, ownlen);

	assert_int_equal(sshkey_write_private(priv, &pem, &pemlen), 0);
	assert_int_equal(strlen(pem), pemlen);
	assert_int_equal(sshkey_read_private(pem, pemlen, &again, err,
	    sizeof(err)), 0);
	assert_int_equal(EVP_PKEY_eq(priv, again), 1);
	assert_int_equal(sshkey_from_blob(blob, bloblen, &pub), 0);
	check_pair(again, pub);

	EVP_PKEY_free(priv);
	EVP_PKEY_free(again);
	EVP_PKEY_free(pub);
	sodium_free(pem);
	free(own), free(blob), free(comment), free(text), free(line);
	free(pubfile);
}

static void
test_files(void **state)
{
	static const struct {
		const char	*type, *bits, *format;
		const char	*kind;
	} cases[] = {
		{ "ed25519", "256", "RFC4716", "ed25519" },
		{ "ecdsa", "256", "RFC4716", "ecdsa" },
		{ "ecdsa", "384", "RFC4716", "ecdsa" },
		{ "ecdsa", "521", "RFC4716", "ecdsa" },
		{ "rsa", "1024", "RFC4716", "rsa" },
		{ "rsa", "2048", "RFC4716", "rsa" },
		{ "rsa", "3071", "RFC4716", "rsa" },
		{ "ecdsa", "256", "PEM", "ecdsa" },
		{ "ecdsa", "384", "PKCS8", "ecdsa" },
		{ "ecdsa", "521", "PKCS8", "ecdsa" },
		{ "rsa", "2048", "PEM", "rsa" },
		{ "rsa", "2048", "PKCS8", "rsa" },
	};
	char	*file, *out = xasprintf("%s/out", dir);
	size_t	 i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		file = path_new();
		const char *argv[] = { "ssh-keygen", "-q", "-t", cases[i].type,
		    "-b", cases[i].bits, "-m", cases[i].format, "-N", "",
		    "-C", "a comment", "-f", file, NULL };
		assert_int_equal(run(out, argv), 0);
		check_file(file, cases[i].kind);
		free(file);
	}
	free(out);
}

static void
test_passphrase(void **state)
{
	static const char *const formats[] = { "RFC4716", "PEM", "PKCS8" };
	char		*file, *text, *out = xasprintf("%s/out", dir);
	char		 err[256];
	EVP_PKEY	*pkey;
	size_t		 i, len;

	(void)state;
	for (i = 0; i < 3; i++) {
		file = path_new();
		const char *argv[] = { "ssh-keygen", "-q", "-t", "ecdsa", "-m",
		    formats[i], "-N", "secret words", "-f", file, NULL };
		assert_int_equal(run(out, argv), 0);
		text = slurp(file, &len);
		assert_int_equal(sshkey_read_private(text, len, &pkey, err,
		    sizeof(err)), -1);
		assert_non_null(strstr(err, "passphrase"));
		assert_null(pkey);
		free(text);
		free(file);
	}
	free(out);
}

/* What is made here, ssh-keygen reads, with the same fingerprint. */
static void
test_generate(void **state)
{
	static const struct {
		const char	*kind;
		unsigned	 ask, bits;
	} cases[] = {
		{ "ed25519", 0, 256 }, { "ecdsa", 0, 256 },
		{ "ecdsa", 384, 384 }, { "ecdsa", 521, 521 },
		{ "rsa", 2048, 2048 }, { "rsa", 0, 3072 },
	};
	char		*file, *line, *fp, own[SSHKEY_FINGERPRINT_SIZE];
	uint8_t		*blob;
	EVP_PKEY	*pkey;
	unsigned	 bits;
	size_t		 i, len;
	FILE		*f;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(sshkey_generate(cases[i].kind, cases[i].ask,
		    &pkey, NULL, 0), 0);
		assert_int_equal(sshkey_blob(pkey, &blob, &len), 0);
		line = sshkey_line(blob, len, "made\nhere");
		assert_non_null(strstr(line, " madehere"));
		file = path_new();
		f = fopen(file, "w");
		fprintf(f, "%s\n", line);
		fclose(f);
		keygen_fingerprint(file, &fp, &bits);
		assert_int_equal(bits, cases[i].bits);
		assert_string_equal(sshkey_fingerprint(blob, len, own), fp);
		free(file), free(fp), free(line), free(blob);
		EVP_PKEY_free(pkey);
	}
}

static void
test_refused(void **state)
{
	static const struct {
		const char	*kind;
		unsigned	 bits;
	} cases[] = {
		{ "dsa", 0 }, { "", 0 }, { "ed25519", 255 }, { "ecdsa", 255 },
		{ "rsa", 1024 }, { "rsa", 100000 }, { "rsa", 1 },
	};
	char		 err[256];
	EVP_PKEY	*pkey;
	size_t		 i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		err[0] = '\0';
		assert_int_equal(sshkey_generate(cases[i].kind, cases[i].bits,
		    &pkey, err, sizeof(err)), -1);
		assert_null(pkey);
		assert_int_not_equal(strlen(err), 0);
	}
}

/* Each byte of a file changed or cut: a key or a sentence, nothing else. */
static void
test_damaged_file(void **state)
{
	char		*file = path_new(), *out = xasprintf("%s/out", dir);
	const char	*argv[] = { "ssh-keygen", "-q", "-t", "ecdsa", "-N", "",
			    "-f", file, NULL };
	char		*text, err[256];
	EVP_PKEY	*pkey, *whole;
	size_t		 i, len;

	(void)state;
	assert_int_equal(run(out, argv), 0);
	text = slurp(file, &len);
	assert_int_equal(sshkey_read_private(text, len, &whole, err,
	    sizeof(err)), 0);
	for (i = 0; i < len; i++) {
		text[i] ^= 0x03;
		if (sshkey_read_private(text, len, &pkey, err,
		    sizeof(err)) == 0) {
			assert_int_equal(EVP_PKEY_eq(pkey, whole), 1);
			EVP_PKEY_free(pkey);
		} else
			assert_int_not_equal(strlen(err), 0);
		text[i] ^= 0x03;
		if (i < len - 1)
			assert_int_equal(sshkey_read_private(text, i, &pkey,
			    err, sizeof(err)), -1);
	}
	EVP_PKEY_free(whole);
	free(text), free(file), free(out);
}

#define ED25519_LINE	"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICC3wYTlTgNPm" \
			"vNrXxUDbkUaFeiH3UvzOVEHmmZnmLvl"

static void
test_lines(void **state)
{
	static const struct {
		const char	*line, *comment;	/* NULL: refused */
	} cases[] = {
		{ ED25519_LINE, "" },
		{ "  " ED25519_LINE "   me at home\r\n", "me at home" },
		{ "restrict,command=\"a b \\\" c\" " ED25519_LINE " x", "x" },
		{ "", NULL }, { "#" ED25519_LINE, NULL },
		{ "# " ED25519_LINE, NULL },
		{ "a b " ED25519_LINE, NULL },
		{ "ssh-ed25519", NULL }, { "ssh-ed25519 AAAA", NULL },
		{ "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAICC3wYTlTgNPmvNrXxUDbkUaFe"
		    "iH3UvzOVEHmmZnmLvl", NULL },
		{ ED25519_LINE "AAAA", NULL }, { ED25519_LINE "=", NULL },
		{ "ssh-ed25519-cert-v01@openssh.com AAAA", NULL },
	};
	char	*comment, err[256];
	uint8_t	*blob;
	size_t	 i, len;
	int	 r;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		r = sshkey_parse_line(cases[i].line, &blob, &len, &comment,
		    err, sizeof(err));
		assert_int_equal(r, cases[i].comment == NULL ? -1 : 0);
		if (r == 0)
			assert_string_equal(comment, cases[i].comment);
		free(blob);
		free(comment);
	}
}

/* Keys in tokens cannot be made here: blobs by hand, measured by both. */
static void
test_tokens(void **state)
{
	static const char *const	types[] = {
		"sk-ssh-ed25519@openssh.com",
		"sk-ecdsa-sha2-nistp256@openssh.com",
	};
	static const char *const	kinds[] = { "ed25519-sk",
					    "ecdsa-sk" };
	struct sshkey_info		 info;
	struct msg			 plain, sk;
	EVP_PKEY			*pkey;
	uint8_t				*blob;
	char				*file, *line, *fp;
	char				 own[SSHKEY_FINGERPRINT_SIZE];
	unsigned			 bits;
	size_t				 i, n;
	FILE				*f;

	(void)state;
	for (i = 0; i < 2; i++) {
		assert_int_equal(sshkey_generate(i ? "ecdsa" : "ed25519", 0,
		    &pkey, NULL, 0), 0);
		assert_int_equal(sshkey_blob(pkey, &blob, &n), 0);
		msg_borrow(&plain, blob, n);
		msg_get_blob(&plain, 64, &n);
		msg_init(&sk);
		msg_put_text(&sk, types[i]);
		msg_put_raw(&sk, plain.data + plain.off,
		    plain.len - plain.off);
		assert_int_equal(sshkey_info(sk.data, sk.len, &info), -1);
		msg_put_text(&sk, "ssh:");
		EVP_PKEY_free(pkey);
		assert_int_equal(sshkey_info(sk.data, sk.len, &info), 0);
		assert_string_equal(info.kind, kinds[i]);
		check_damage(sk.data, sk.len);
		assert_int_equal(sshkey_from_blob(sk.data, sk.len, &pkey), 0);
		file = path_new();
		line = sshkey_line(sk.data, sk.len, NULL);
		f = fopen(file, "w");
		fprintf(f, "%s\n", line);
		fclose(f);
		keygen_fingerprint(file, &fp, &bits);
		assert_int_equal(info.bits, bits);
		assert_string_equal(sshkey_fingerprint(sk.data, sk.len, own),
		    fp);
		free(file), free(line), free(fp), free(blob);
		msg_free(&sk);
		EVP_PKEY_free(pkey);
	}
}

static int
setup(void **state)
{
	(void)state;
	return (mkdtemp(dir) == NULL || sodium_init() == -1);
}

static int
teardown(void **state)
{
	const char *argv[] = { "rm", "-rf", dir, NULL };

	(void)state;
	return (run("/dev/null", argv));
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_passphrase),
		cmocka_unit_test(test_generate),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_damaged_file),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_tokens),
	};

	return (cmocka_run_group_tests(tests, setup, teardown));
}
