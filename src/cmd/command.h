/* What all commands have in common: how they begin, how they refuse wrong words, how they end.
 *
 * Wrong usage is one line on the standard error and EX_USAGE; anything else that goes wrong is one
 * line and EXIT_FAILURE. Where nobody reads the standard output any more a command ends quietly, as
 * if SIGPIPE had ended it, but tidies up before.
 */
#ifndef GISD_CMD_COMMAND_H
#define GISD_CMD_COMMAND_H

#include <argp.h>
#include <stddef.h>

#include "base/status.h"

/* For the end of every --help but that of gisd-grid, which has codes of its own. */
#define COMMAND_EXIT_STATUS                                                                        \
    "Exit status: 0 all that was asked for is done; 1 something is not, and a line says what; 64 " \
    "wrong usage."

/* To be called first. Writing where nobody reads, or beyond the size that files may have, is from
 * now on an error of the call in place of a signal's end. */
void command_begin(void);

/* Ends the program with a message where a library that crashes for want of memory could not have
 * that many bytes. */
void command_check_room(const char *library, size_t bytes);

/* Raises the limit of open files to what is needed, and ends the program with a message where that
 * is not allowed: MPI would fail later, or wait for ever. */
void command_check_files(size_t needed);

/* What MPI_Init() takes of the address space. */
enum { COMMAND_MPI_BYTES = 256 << 20 };

/* For ARGP_KEY_INIT of every parser: refuses empty words (a shell's variable that is not set) and
 * leaves it at one line where getopt has described a wrong option. */
error_t command_check_words(struct argp_state *state);

/* Refuses a word: one line, and the end of the program where argp may end it. Returns EINVAL. */
error_t command_refuse(const struct argp_state *state, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* argp_parse() of all words, and the end of the program if one is wrong. */
void command_parse(const struct argp *parser, int argc, char **argv, void *arguments);

/* Prints the message of a status that is not STATUS_OK, and sees to it that all of the standard
 * output was written. Returns the exit code. `name` is the command's. */
int command_end(const char *name, Status status);

#endif
