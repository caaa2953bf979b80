/* SPDX-License-Identifier: ISC */
/*
 * The shell has no master key: what must be sealed or opened goes to its
 * monitor, which checks the role by itself.
 */
#ifndef SHELL_VAULT_H
#define SHELL_VAULT_H

struct sealer;

/*
 * A sealer that asks through the socket at *fd (lib/catalogue.h, enum vault),
 * which must stay where it is as long as the sealer is used.
 */
void	vault_init(struct sealer *, int *fd);

#endif
