/* SPDX-License-Identifier: ISC */
/*
 * Private keys with a passphrase. PEM is OpenSSL's; OpenSSH's format derives
 * its key with bcrypt, which no library of ours has but libssh, so that opens
 * it, and the key is read from what libssh writes.
 */
#include <stdio.h>
#include <string.h>

#include <libssh/libssh.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sodium.h>

#include "lib/msg.h"
#include "lib/sshkey.h"
#include "shell/unlock.h"

#define OPENSSH_BEGIN	"-----BEGIN OPENSSH PRIVATE KEY-----"
#define OPENSSH_END	"-----END OPENSSH PRIVATE KEY-----"
#define OPENSSH_MAGIC	"openssh-key-v1"	/* and its NUL */
#define ROUNDS_MAX	1024	/* of bcrypt; each takes some milliseconds */
#define WORD_MAX	64	/* of a cipher's or a type's name */

/* The clear part of OpenSSH's format (PROTOCOL.key of its sources). */
struct head {
	char		cipher[WORD_MAX];
	char		type[WORD_MAX];		/* of the key */
	uint32_t	rounds;
};

/* libssh's others, GCM and chacha20, end the process instead of failing. */
static const char *const	ciphers[] = {
	"aes256-ctr", "aes192-ctr", "aes128-ctr", "aes256-cbc", "aes192-cbc",
	"aes128-cbc", "3des-cbc", NULL
};

static int
refuse(char *err, const char *why)
{
	snprintf(err, UNLOCK_ERROR_MAX, "%s", why);
	return (-1);
}

static void
get_word(struct msg *m, char word[WORD_MAX])
{
	const uint8_t	*p;
	size_t		 n;

	word[0] = '\0';
	if ((p = msg_get_blob(m, WORD_MAX - 1, &n)) == NULL)
		return;
	memcpy(word, p, n);
	word[n] = '\0';
}

static int
head_parse(struct msg *m, struct head *h)
{
	struct msg	 part;
	const uint8_t	*p;
	char		 kdf[WORD_MAX];
	size_t		 n;

	p = msg_get_raw(m, sizeof(OPENSSH_MAGIC));
	if (p == NULL || memcmp(p, OPENSSH_MAGIC, sizeof(OPENSSH_MAGIC)) != 0)
		return (-1);
	get_word(m, h->cipher);
	get_word(m, kdf);
	p = msg_get_blob(m, 1024, &n);
	if (strcmp(kdf, "bcrypt") == 0 && p != NULL) {
		msg_borrow(&part, p, n);
		msg_get_blob(&part, n, &n);	/* the salt */
		h->rounds = msg_get_u32(&part);
	}
	if (msg_get_u32(m) != 1)
		return (-1);
	p = msg_get_blob(m, SSHKEY_BLOB_MAX, &n);
	if (p == NULL)
		return (-1);
	msg_borrow(&part, p, n);
	get_word(&part, h->type);
	return (m->error || part.error ? -1 : 0);
}

static int
head_read(const char *text, struct head *h)
{
	struct msg	 m;
	const char	*base64 = strstr(text, OPENSSH_BEGIN), *end, *stop;
	uint8_t		*bin;
	size_t		 n;
	int		 r = -1;

	memset(h, 0, sizeof(*h));
	base64 += strlen(OPENSSH_BEGIN);
	if ((end = strstr(base64, OPENSSH_END)) == NULL ||
	    (bin = sodium_malloc(end - base64 + 1)) == NULL)
		return (-1);
	if (sodium_base642bin(bin, end - base64, base64, end - base64,
	    " \t\r\n", &n, &stop, sodium_base64_VARIANT_ORIGINAL) == 0) {
		msg_borrow(&m, bin, n);
		r = head_parse(&m, h);
	}
	sodium_free(bin);
	return (r);
}

static int
check_openssh(const char *text, char *err)
{
	struct head	 h;
	size_t		 i;

	if (head_read(text, &h) == -1)
		return (0);	/* sshkey_read_private() says what is wrong */
	if (strcmp(h.type, "ssh-dss") == 0)
		return (refuse(err, "a DSA key is too weak, and servers take "
		    "it no longer: make another with key create"));
	if (strncmp(h.type, "sk-", 3) == 0)
		return (refuse(err, "a key in a security token needs a touch "
		    "for each login, which the portal cannot give"));
	if (strcmp(h.cipher, "none") == 0)
		return (0);
	for (i = 0; ciphers[i] != NULL; i++) {
		if (strcmp(h.cipher, ciphers[i]) == 0 &&
		    h.rounds <= ROUNDS_MAX)
			return (1);
	}
	return (refuse(err, h.rounds > ROUNDS_MAX ?
	    "the private key's passphrase takes too many rounds: "
	    "ssh-keygen -p -a 16 -f FILE makes them fewer" :
	    "the private key is encrypted in a way that cannot be opened "
	    "here: ssh-keygen -p -Z aes256-ctr -f FILE changes that"));
}

int
unlock_check(const char *text, char *err)
{
	if (strstr(text, OPENSSH_BEGIN) != NULL)
		return (check_openssh(text, err));
	if (strstr(text, "-----BEGIN DSA PRIVATE KEY-----") != NULL)
		return (refuse(err, "a DSA key is too weak, and servers take "
		    "it no longer: make another with key create"));
	if (strncmp(text, "PuTTY-User-Key-File", 19) == 0)
		return (refuse(err, "a key of PuTTY's own format: puttygen "
		    "FILE -O private-openssh -o NEWFILE makes one that can "
		    "be read"));
	if (strncmp(text, "ssh-", 4) == 0 || strncmp(text, "ecdsa-", 6) == 0 ||
	    strncmp(text, "sk-", 3) == 0)
		return (refuse(err, "this is a public key: the private one is "
		    "in the file without .pub"));
	return (strstr(text, "-----BEGIN ENCRYPTED PRIVATE KEY-----") != NULL ||
	    strstr(text, "Proc-Type: 4,ENCRYPTED") != NULL);
}

static int
give_passphrase(char *buf, int size, int rwflag, void *arg)
{
	size_t	len = strlen(arg);

	(void)rwflag;
	if (len > (size_t)size)
		return (-1);
	memcpy(buf, arg, len);
	return ((int)len);
}

static EVP_PKEY *
open_pem(const char *text, const char *passphrase)
{
	BIO		*bio = BIO_new_mem_buf(text, -1);
	EVP_PKEY	*pkey = NULL;

	if (bio != NULL)
		pkey = PEM_read_bio_PrivateKey(bio, NULL, give_passphrase,
		    (void *)passphrase);
	BIO_free(bio);
	ERR_clear_error();
	return (pkey);
}

static EVP_PKEY *
open_openssh(const char *text, const char *passphrase)
{
	ssh_key		 key = NULL;
	EVP_PKEY	*pkey = NULL;
	char		*plain = NULL;

	if (ssh_pki_import_privkey_base64(text, passphrase, NULL, NULL,
	    &key) == SSH_OK &&
	    ssh_pki_export_privkey_base64(key, NULL, NULL, NULL,
	    &plain) == SSH_OK) {
		sshkey_read_private(plain, strlen(plain), &pkey, NULL, 0);
		explicit_bzero(plain, strlen(plain));
	}
	ssh_string_free_char(plain);
	ssh_key_free(key);
	ERR_clear_error();
	return (pkey);
}

int
unlock_private(const char *text, const char *passphrase, EVP_PKEY **pkey,
    char *err)
{
	EVP_PKEY	*opened;
	char		*pem = NULL;
	size_t		 len;
	int		 r = -1;

	*pkey = NULL;
	if (strstr(text, OPENSSH_BEGIN) != NULL)
		opened = open_openssh(text, passphrase);
	else
		opened = open_pem(text, passphrase);
	if (opened == NULL)
		refuse(err, "the passphrase does not open this private key");
	else if (sshkey_write_private(opened, &pem, &len) == -1)
		refuse(err, "the key could not be read");
	else
		/* which kinds and lengths are taken is decided there */
		r = sshkey_read_private(pem, len, pkey, err, UNLOCK_ERROR_MAX);
	sodium_free(pem);
	EVP_PKEY_free(opened);
	return (r);
}
