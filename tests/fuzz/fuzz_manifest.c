/* CSV tables, and manifests in them: read, checked, and written so that they read back the same. */
#include "data/findings.h"
#include "data/manifest.h"
#include "fuzz.h"
#include "store/csv.h"

/* Any table comes back as it was written. */
static void check_table(const CsvTable *table)
{
    CsvWriter writer;
    CsvTable again;
    FUZZ_CHECK(csv_writer_init(&writer) == STATUS_OK);
    for (size_t i = 0; i < (1 + table->rows) * table->columns; ++i) {
        csv_write_text(&writer, table->cells[i]);
        if ((i + 1) % table->columns == 0)
            csv_end_row(&writer);
    }
    fflush(writer.stream);
    FUZZ_CHECK(csv_parse("again", writer.text, writer.bytes, &again) == STATUS_OK);
    FUZZ_CHECK(again.rows == table->rows && again.columns == table->columns);
    for (size_t i = 0; i < (1 + table->rows) * table->columns; ++i)
        FUZZ_CHECK(strcmp(again.cells[i], table->cells[i]) == 0);
    csv_clear(&again);
    csv_writer_clear(&writer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CsvTable table;
    Manifest manifest;
    Findings findings = {.keep_errors = true};
    char *text = fuzz_text(data, size);
    if (csv_parse("table", text, size, &table) == STATUS_OK) {
        check_table(&table);
        csv_clear(&table);
    } else {
        fuzz_check_line(status_message());
    }
    if (manifest_parse("manifest", text, size, &manifest) == STATUS_OK)
        manifest_clear(&manifest);
    else
        fuzz_check_line(status_message());
    if (manifest_read(fuzz_file(data, size), &findings, &manifest) == STATUS_OK)
        manifest_clear(&manifest);
    for (size_t i = 0; i < findings.count; ++i)
        fuzz_check_line(findings.findings[i].text);
    findings_clear(&findings);
    free(text);
    return 0;
}
