/* Ends the process when a call takes too long: for calls of MPI that block for ever once another
 * rank is dead, and that there is no way to poll.
 *
 * There is one deadline a process; it is SIGALRM's.
 */
#ifndef GISD_BASE_DEADLINE_H
#define GISD_BASE_DEADLINE_H

/* From now on the process ends with exit code `code` once the seconds are over, after writing
 * `text` (static, a whole line with its newline; NULL: nothing) to the standard error. */
void deadline_set(unsigned seconds, const char *text, int code);

/* All went well. */
void deadline_clear(void);

#endif
