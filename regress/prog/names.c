/* SPDX-License-Identifier: ISC */
/*
 * What there must be a test of: each row of the gate and each command, one a
 * line, by the program's own tables.
 */
#include <stdio.h>

#include "monitor/dispatch.h"
#include "shell/cmd.h"

int
main(void)
{
	const struct cmd_entry *const	*e;
	unsigned			 i;

	for (i = 1; i < ASK_END_OF_LIST; i++)
		printf("request %s\n", gate_request_name(i));
	for (e = cmd_table; *e != NULL; e++)
		printf("command %s%s%s\n", (*e)->noun,
		    (*e)->verb != NULL ? " " : "",
		    (*e)->verb != NULL ? (*e)->verb : "");
	return (0);
}
