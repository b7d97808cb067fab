/* See detect_network.h. */
#include "cmd/detect_network.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/utf8.h"
#include "report/best_cell.h"
#include "store/files.h"

/* "results/mine: cell r50x1-global, validation auc 0.9712, the best of 14 finished cells" */
static void tell(const char *folder, const BestCell *best, FILE *notes)
{
    utf8_print(notes, "gisd-detect: %s: cell %s", folder, best->name);
    if (isfinite(best->validation))
        fprintf(notes, ", validation %s %.4f", strchr(best->measure, '_') + 1, best->validation);
    fprintf(notes, ", the best of %zu finished cell%s", best->finished,
            best->finished == 1 ? "" : "s");
    if (best->finished < best->cells)
        fprintf(notes, " (%zu are not finished)", best->cells - best->finished);
    utf8_print(notes, ": %s\n", best->checkpoint);
}

Status network_find(const char *word, FILE *notes, char **checkpoint)
{
    *checkpoint = NULL;
    if (!files_is_folder(word))
        return memory_copy_text(word, checkpoint);
    TRY(files_join(word, "checkpoint.h5", checkpoint));
    if (files_exists(*checkpoint))
        return STATUS_OK;
    free(*checkpoint);
    *checkpoint = NULL;
    BestCell best;
    TRY(best_cell_find(word, NULL, &best));
    tell(word, &best, notes);
    Status status = memory_copy_text(best.checkpoint, checkpoint);
    best_cell_clear(&best);
    return status;
}
