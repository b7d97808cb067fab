/* Tables of overlays, as a grid's control reads them beside a manifest. */
#include <math.h>

#include "data/overlay_table.h"
#include "fuzz_folder.h"

enum { FRAMES = 2 };

static void check(const OverlaySummary *summary)
{
    FUZZ_CHECK(summary->boxes >= 0 && isfinite(summary->boxes));
    FUZZ_CHECK(summary->area >= 0 && summary->area <= summary->boxes);
    FUZZ_CHECK((summary->area > 0) == (summary->boxes > 0));
    FUZZ_CHECK(summary->x >= 0 && summary->x < 1 + 1e-9);
    FUZZ_CHECK(summary->y >= 0 && summary->y < 1 + 1e-9);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Example examples[FRAMES] = {{.name = (char[]){"a.png"}, .width = 64, .height = 48},
                                {.name = (char[]){"b.png"}, .width = 1, .height = 1}};
    const Dataset dataset = {.count = FRAMES, .examples = examples};
    OverlayTable table;
    char manifest[FUZZ_PATH_BYTES];
    fuzz_write(OVERLAY_TABLE_FILE, data, size);
    fuzz_place("manifest.csv", manifest); /* which nobody reads */
    if (overlay_table_read(manifest, &dataset, &table) != STATUS_OK) {
        fuzz_check_line(status_message());
        return 0;
    }
    for (size_t i = 0; table.frames && i < FRAMES; ++i)
        for (size_t k = 0; k < OVERLAY_KINDS; ++k)
            check(&table.frames[i][k]);
    overlay_table_clear(&table);
    return 0;
}
