/* What a run needs to go on, besides parameters: named integers, numbers and texts.
 *
 * The trainer decides the names (step, epoch, seed, schedule, the history so far, ...); checkpoints
 * store them as /state/NAME. Owns everything through checkpoint_state_clear().
 */
#ifndef GISD_INFER_CHECKPOINT_STATE_H
#define GISD_INFER_CHECKPOINT_STATE_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

typedef enum { STATE_INTEGERS, STATE_NUMBERS, STATE_TEXT } StateKind;

typedef struct {
    char *name;
    StateKind kind;
    size_t count;      /* of integers or numbers; 1 for a text */
    int64_t *integers; /* count, or NULL */
    double *numbers;   /* count, or NULL */
    char *text;        /* or NULL */
} StateItem;

typedef struct {
    size_t count, room;
    StateItem *items; /* count, in order of their setting */
} CheckpointState;

void checkpoint_state_init(CheckpointState *state);
void checkpoint_state_clear(CheckpointState *state);

/* Sets an item; one of the same name is replaced. Values are copied. A seed of 64 bits is stored as
 * the integer with the same bits. */
Status checkpoint_state_set_integer(CheckpointState *state, const char *name, int64_t value);
Status checkpoint_state_set_integers(CheckpointState *state, const char *name, size_t count,
                                     const int64_t *values);
Status checkpoint_state_set_numbers(CheckpointState *state, const char *name, size_t count,
                                    const double *values);
Status checkpoint_state_set_text(CheckpointState *state, const char *name, const char *text);

/* The item of that name, or NULL; borrowed until the next change. */
const StateItem *checkpoint_state_find(const CheckpointState *state, const char *name);

/* One value; STATUS_MISSING if there is none of that name and kind. The text is borrowed. */
Status checkpoint_state_integer(const CheckpointState *state, const char *name, int64_t *value);
Status checkpoint_state_text(const CheckpointState *state, const char *name, const char **text);

#endif
