/* Runs a fuzz target once over each file named, and over the files of each folder named: the main
 * of the targets where libFuzzer does not bring one. A folder that is not there has no files. */
#include <dirent.h>

#include "fuzz.h"
#include "store/files.h"

static void run_file(const char *path)
{
    char *bytes;
    size_t count;
    fprintf(stderr, "%s\n", path); /* who reads of a crash wants to know where */
    FUZZ_CHECK(files_read(path, &bytes, &count) == STATUS_OK);
    LLVMFuzzerTestOneInput((const uint8_t *)bytes, count);
    free(bytes);
}

static size_t run_folder(const char *folder)
{
    size_t runs = 0;
    DIR *listing = opendir(folder);
    for (const struct dirent *entry; listing && (entry = readdir(listing));) {
        char *path;
        FUZZ_CHECK(files_join(folder, entry->d_name, &path) == STATUS_OK);
        if (!files_is_folder(path)) {
            run_file(path);
            ++runs;
        }
        free(path);
    }
    if (listing)
        closedir(listing);
    return runs;
}

int main(int argc, char **argv)
{
    size_t runs = 0;
    for (int i = 1; i < argc; ++i) {
        if (files_exists(argv[i]) && !files_is_folder(argv[i])) {
            run_file(argv[i]);
            ++runs;
        } else {
            runs += run_folder(argv[i]);
        }
    }
    printf("%zu inputs\n", runs);
    return runs == 0; /* a test of nothing is none */
}
