/* SPDX-License-Identifier: ISC */
/*
 * Proofs of possession.
 */
#include <stdio.h>
#include <string.h>

#include "lib/sshsig.h"
#include "shell/proof.h"
#include "shell/run.h"

/* That of now, or the one before it. */
static int
ask(struct shell *sh, int before, char out[PROOF_SIZE])
{
	if (sh->challenge == NULL)
		return (-1);
	return (sh->challenge(sh->challenge_arg, before, out, PROOF_SIZE));
}

int
proof_challenge(struct shell *sh, char out[PROOF_SIZE])
{
	return (ask(sh, 0, out));
}

int
proof_check(struct shell *sh, const struct sshsig *s)
{
	char	text[PROOF_SIZE], line[PROOF_SIZE + 1];
	int	before;

	for (before = 0; before < 2; before++) {
		if (ask(sh, before, text) == -1)
			return (0);
		snprintf(line, sizeof(line), "%s\n", text);
		if (sshsig_verify(s, PROOF_SPACE, line, strlen(line)) ||
		    sshsig_verify(s, PROOF_SPACE, text, strlen(text)))
			return (1);
	}
	return (0);
}
