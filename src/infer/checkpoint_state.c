/* A short list searched from the front; see checkpoint_state.h. */
#include "infer/checkpoint_state.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

void checkpoint_state_init(CheckpointState *state)
{
    *state = (CheckpointState){0};
}

static void clear_item(StateItem *item)
{
    free(item->name);
    free(item->integers);
    free(item->numbers);
    free(item->text);
    *item = (StateItem){0};
}

void checkpoint_state_clear(CheckpointState *state)
{
    for (size_t i = 0; i < state->count; ++i)
        clear_item(&state->items[i]);
    free(state->items);
    *state = (CheckpointState){0};
}

const StateItem *checkpoint_state_find(const CheckpointState *state, const char *name)
{
    for (size_t i = 0; i < state->count; ++i)
        if (strcmp(state->items[i].name, name) == 0)
            return &state->items[i];
    return NULL;
}

/* Puts a complete item, or what there is of it after an error, into the list or away. */
static Status settle(CheckpointState *state, const char *name, Status status, StateItem *item)
{
    if (status == STATUS_OK)
        status = memory_copy_text(name, &item->name);
    if (status == STATUS_OK)
        status = MEMORY_GROW(&state->items, state->count + 1, &state->room);
    if (status != STATUS_OK) {
        clear_item(item);
        return status;
    }
    for (size_t i = 0; i < state->count; ++i) {
        if (strcmp(state->items[i].name, name) == 0) {
            clear_item(&state->items[i]);
            state->items[i] = *item;
            return STATUS_OK;
        }
    }
    state->items[state->count++] = *item;
    return STATUS_OK;
}

Status checkpoint_state_set_integers(CheckpointState *state, const char *name, size_t count,
                                     const int64_t *values)
{
    StateItem item = {.kind = STATE_INTEGERS, .count = count};
    Status status = MEMORY_NEW(&item.integers, count);
    if (status == STATUS_OK && count)
        memcpy(item.integers, values, count * sizeof *values);
    return settle(state, name, status, &item);
}

Status checkpoint_state_set_numbers(CheckpointState *state, const char *name, size_t count,
                                    const double *values)
{
    StateItem item = {.kind = STATE_NUMBERS, .count = count};
    Status status = MEMORY_NEW(&item.numbers, count);
    if (status == STATUS_OK && count)
        memcpy(item.numbers, values, count * sizeof *values);
    return settle(state, name, status, &item);
}

Status checkpoint_state_set_text(CheckpointState *state, const char *name, const char *text)
{
    StateItem item = {.kind = STATE_TEXT, .count = 1};
    Status status = memory_copy_text(text, &item.text);
    return settle(state, name, status, &item);
}

Status checkpoint_state_set_integer(CheckpointState *state, const char *name, int64_t value)
{
    return checkpoint_state_set_integers(state, name, 1, &value);
}

Status checkpoint_state_set_number(CheckpointState *state, const char *name, double value)
{
    return checkpoint_state_set_numbers(state, name, 1, &value);
}

static Status find_one(const CheckpointState *state, const char *name, StateKind kind,
                       const StateItem **item)
{
    static const char *const kinds[] = {"integer", "number", "text"};
    *item = checkpoint_state_find(state, name);
    if (!*item || (*item)->kind != kind || (*item)->count != 1)
        FAIL(STATUS_MISSING, "the checkpoint's state has no %s called %s", kinds[kind], name);
    return STATUS_OK;
}

Status checkpoint_state_integer(const CheckpointState *state, const char *name, int64_t *value)
{
    const StateItem *item = NULL;
    TRY(find_one(state, name, STATE_INTEGERS, &item));
    *value = item->integers[0];
    return STATUS_OK;
}

Status checkpoint_state_number(const CheckpointState *state, const char *name, double *value)
{
    const StateItem *item = NULL;
    TRY(find_one(state, name, STATE_NUMBERS, &item));
    *value = item->numbers[0];
    return STATUS_OK;
}

Status checkpoint_state_text(const CheckpointState *state, const char *name, const char **text)
{
    const StateItem *item = NULL;
    TRY(find_one(state, name, STATE_TEXT, &item));
    *text = item->text;
    return STATUS_OK;
}
