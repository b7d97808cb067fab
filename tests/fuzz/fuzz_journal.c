/* Journals: each line of the input, which ends without its last brace, is sealed, as a line that
 * somebody made up would be; then all is read, and told as --status, its JSON and --why tell it. */
#include <inttypes.h>

#include "base/hash.h"
#include "base/utf8.h"
#include "fuzz_folder.h"
#include "grid/run/status_json.h"
#include "grid/run/status_view.h"
#include "results/axes.h"
#include "results/records.h"

static void write_sealed(const char *path, const uint8_t *data, size_t size)
{
    FILE *file = fopen(path, "wb");
    FUZZ_CHECK(file);
    while (size > 0) {
        const uint8_t *end = memchr(data, '\n', size);
        size_t length = end ? (size_t)(end - data) : size;
        fwrite(data, 1, length, file);
        fprintf(file, ",\"checksum\":\"%016" PRIx64 "\"}\n", hash_bytes(data, length, 0));
        length += end != NULL;
        data += length;
        size -= length;
    }
    fclose(file);
}

/* As gisd-grid shows it. */
static void check_clean(const char *text)
{
    char *shown = NULL;
    size_t bytes;
    FILE *stream = open_memstream(&shown, &bytes);
    FUZZ_CHECK(stream);
    utf8_write(stream, text);
    fclose(stream);
    fuzz_check_lines(shown);
    free(shown);
}

static void check_view(const Records *records)
{
    char *text = NULL;
    size_t bytes;
    FILE *stream = open_memstream(&text, &bytes);
    FUZZ_CHECK(stream);
    Overview overview;
    if (overview_read(fuzz_folder(), &overview) == STATUS_OK) {
        status_view(&overview, stream);
        if (status_json(&overview, stream) != STATUS_OK)
            fuzz_check_line(status_message());
        overview_clear(&overview);
    } else {
        fuzz_check_line(status_message());
    }
    for (size_t i = 0; i < records->count && i < 4; ++i)
        if (status_why(fuzz_folder(), records->cells[i].id, stream) != STATUS_OK)
            fuzz_check_line(status_message());
    fclose(stream);
    FUZZ_CHECK(strlen(text) == bytes);
    check_clean(text);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Records records;
    char path[FUZZ_PATH_BYTES];
    fuzz_place("journal.jsonl", path);
    write_sealed(path, data, size);
    if (records_read(path, &records) != STATUS_OK) {
        fuzz_check_line(status_message());
        return 0;
    }
    for (size_t i = 0; i < records.count; ++i) {
        const char *id = records.cells[i].id; /* names a folder */
        FUZZ_CHECK(*id && *id != '.' && !strchr(id, '/'));
    }
    check_view(&records);
    records_clear(&records);
    return 0;
}
