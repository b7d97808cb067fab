/* See experiment_path.h. */
#include "grid/experiment/experiment_path.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "grid/experiment/experiment_file.h"
#include "store/files.h"

Status experiment_path_expand(YamlNode node, const char *text, char expanded[SETTING_PATH_BYTES])
{
    size_t used = 0;
    for (const char *at = text; *at;) {
        char name[64];
        int length = 0;
        const char *piece;
        size_t bytes;
        if (sscanf(at, "${%63[A-Za-z0-9_]}%n", name, &length) == 1 && length > 0) {
            piece = getenv(name);
            if (!piece)
                return yaml_refuse(
                    node,
                    "%s: the environment variable %s is not set (set it, or write the path out)",
                    text, name);
            bytes = strlen(piece);
            at += length;
        } else {
            piece = at++;
            bytes = 1;
        }
        if (used + bytes >= SETTING_PATH_BYTES)
            return yaml_refuse(node, "a path longer than %d bytes", SETTING_PATH_BYTES);
        memcpy(expanded + used, piece, bytes);
        used += bytes;
    }
    expanded[used] = '\0';
    return STATUS_OK;
}

Status experiment_path_resolve(const char *file, YamlNode node, const char *written, char **text)
{
    char expanded[SETTING_PATH_BYTES], *here;
    TRY(experiment_path_expand(node, written, expanded));
    if (!*expanded)
        return memory_copy_text("", text);
    TRY(files_resolve(file, expanded, &here));
    Status status = files_absolute(here, text); /* other ranks may stand in other folders */
    free(here);
    TRY(status);
    return experiment_file_check_path(*text) == STATUS_OK
               ? STATUS_OK
               : yaml_refuse(node, "%s", status_message());
}
