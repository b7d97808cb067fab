/* Texts of settings: what --set, --only and the command line take, and rules of masks. The input is
 * two lines. What is canonical stays so when it is read again. */
#include "base/text.h"
#include "base/utf8.h"
#include "data/mask_rule.h"
#include "data/split.h"
#include "fuzz.h"
#include "grid/experiment/selection.h"

static const char experiment_text[] =
    "name: fuzz\nmodel: {backbone: [r50x1, r100x1], base: 4, size: 64}\ntuning: [local, global]\n"
    "loss: {alpha: [0.25, 0.5]}\n";

static void check_selection(const char *text)
{
    static ExperimentFile experiment;
    static GridCells cells;
    static bool selected[64];
    if (!cells.count) {
        const char *path = fuzz_file(experiment_text, sizeof experiment_text - 1);
        FUZZ_CHECK(experiment_file_read(path, &experiment) == STATUS_OK);
        FUZZ_CHECK(grid_cells_init(&experiment, path, &cells) == STATUS_OK && cells.count < 64);
    }
    if (selection_read(text, &experiment, &cells, selected) != STATUS_OK)
        FUZZ_CHECK(*status_message());
}

static void check_settings(const char *text)
{
    for (size_t i = 0; i < setting_count(); ++i) {
        char canonical[SETTING_TEXT_BYTES], again[SETTING_TEXT_BYTES];
        if (setting_canonical(i, text, canonical) != STATUS_OK)
            continue;
        FUZZ_CHECK(setting_canonical(i, canonical, again) == STATUS_OK);
        FUZZ_CHECK(strcmp(canonical, again) == 0);
    }
}

static void check_numbers(const char *text)
{
    int64_t width, height;
    double number;
    MaskRule rule;
    text_to_integer("it", text, INT64_MIN, INT64_MAX, &width);
    text_to_size("it", text, 1, 4096, &width, &height);
    if (text_to_number("it", text, -1e308, 1e308, &number) == STATUS_OK) {
        double again;
        FUZZ_CHECK(text_to_number("it", TEXT_NUMBER(number), -1e308, 1e308, &again) == STATUS_OK);
        FUZZ_CHECK(again == number);
    }
    mask_rule_parse(text, &rule);
}

static void check_quote(const char *text)
{
    char quote[UTF8_QUOTE_BYTES], *folded;
    utf8_quote(text, quote);
    FUZZ_CHECK(strlen(quote) < UTF8_QUOTE_BYTES && !utf8_has_control(quote));
    FUZZ_CHECK(quote[utf8_valid_bytes(quote)] == '\0');
    if (utf8_fold(text, &folded) == STATUS_OK)
        free(folded);
}

enum { LINES_MOST = 2 }; /* more only cost time */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size), *rest = text;
    void (*const checks[])(const char *text) = {check_selection, check_settings, check_numbers,
                                                check_quote};
    size_t lines = 0;
    for (char *line; (line = strsep(&rest, "\n")) && lines < LINES_MOST; ++lines)
        for (size_t i = 0; i < sizeof checks / sizeof *checks; ++i)
            checks[i](line);
    free(text);
    return 0;
}
