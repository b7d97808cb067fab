/* See config_text.h. */
#include "report/config_text.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* '' and "" stand for nothing. */
static char *without_quotes(char *value)
{
    const size_t length = strlen(value);
    if (length < 2 || value[0] != value[length - 1] || (value[0] != '\'' && value[0] != '"'))
        return value;
    value[length - 1] = '\0';
    return value + 1;
}

Status config_pairs_read(const char *config, ConfigPairs *pairs)
{
    char *rest = NULL;
    *pairs = (ConfigPairs){0};
    TRY(memory_copy_text(config ? config : "", &pairs->text));
    for (char *line = strtok_r(pairs->text, "\n", &rest); line;
         line = strtok_r(NULL, "\n", &rest)) {
        char *colon = strstr(line, ": ");
        if (!colon)
            continue;
        Status status = MEMORY_GROW(&pairs->items, pairs->count + 1, &pairs->room);
        if (status != STATUS_OK) {
            config_pairs_clear(pairs);
            return status;
        }
        *colon = '\0';
        pairs->items[pairs->count++] = (ConfigPair){line, without_quotes(colon + 2)};
    }
    return STATUS_OK;
}

void config_pairs_clear(ConfigPairs *pairs)
{
    free(pairs->items);
    free(pairs->text);
    *pairs = (ConfigPairs){0};
}

const char *config_pairs_find(const ConfigPairs *pairs, const char *key)
{
    for (size_t i = 0; i < pairs->count; ++i)
        if (strcmp(pairs->items[i].key, key) == 0)
            return pairs->items[i].value;
    return NULL;
}
