/* May this path be written? The one answer for all commands, so that none destroys what is not its
 * own.
 *
 * A command tells first what it reads, then claims what it is going to write, before it begins its
 * work. A claim is refused
 *   - where the path is an input or another output, under whatever name: links, hard links, "./"
 * and the case of letters where it does not matter are seen through, for files are compared by
 * device and inode, and new names by their folder and their letters;
 *   - where a folder, a pipe or a device is in the way;
 *   - where a file is there that the command did not write itself on an earlier run, which its
 *     content must tell; --force lifts this one.
 */
#ifndef GISD_STORE_OUTPUTS_H
#define GISD_STORE_OUTPUTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"
#include "base/text_map.h"

typedef struct OutputPlace OutputPlace;

typedef struct {
    bool force; /* replace files of others */
    OutputPlace *places;
    size_t count, capacity;
    TextMap keys; /* what a place is known by, and its position */
} Outputs;

/* --force, in the words of every command that has it. */
#define OUTPUTS_FORCE_HELP "Replace files that are there and that this command did not write"

void outputs_init(Outputs *outputs, bool force);
void outputs_clear(Outputs *outputs);

/* A file that the command reads. That there is none is for its reader to say. */
Status outputs_note_input(Outputs *outputs, const char *path);

/* Whether the plain file at `path` was written by the command that asks; an unreadable one was not.
 */
typedef bool OutputIsOwn(const char *path);

/* A file that the command writes. `is_own` may be NULL: no file that is there can be. */
Status outputs_claim(Outputs *outputs, const char *path, OutputIsOwn *is_own);

/* A folder that the command fills with files of many names: it is new, empty, or holds a file
 * called `mark`, which the command leaves in its folders; --force lifts this. No input lies in it.
 */
Status outputs_claim_folder(Outputs *outputs, const char *path, const char *mark);

#endif
