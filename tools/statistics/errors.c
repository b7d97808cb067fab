/* statistics-errors [SETS]: how often tests find a difference where there is none.
 *
 * Two programs that are equally good look at SETS (10,000) imagined test sets; a test that is right
 * finds p < 0.05 in 5 % of them. DeLong's and McNemar's tests are made twice: as if images were
 * independent, and by patients. Printed as a table of Markdown, percent of the sets.
 */
#include <stdio.h>
#include <stdlib.h>

#include "eval/clustered_delong.h"
#include "eval/mcnemar.h"
#include "imagined.h"

enum { TESTS = 4 }; /* DeLong of images and of patients, McNemar of both */

typedef struct {
    size_t patients, images_each;
    double shown;
} Design;

static const Design designs[] = {{200, 1, 1}, {70, 3, 1}, {70, 3, 0.7}, {40, 5, 0.7}};
static const double correlations[] = {0, 0.3, 0.5, 0.7};

static Status find_differences(const Imagining *imagining, uint32_t set, size_t found[TESTS])
{
    Imagined imagined;
    Clusters single;
    TRY(imagined_init(imagining, set, &imagined));
    Status status = clusters_init(&single, NULL, imagined.images);
    const Clusters *units[2] = {&single, &imagined.clusters};
    for (size_t i = 0; i < 2 && status == STATUS_OK; ++i) {
        ClusteredDelong delong = {0};
        McnemarTest mcnemar = {0};
        TRY_GOTO(status, end,
                 clustered_delong(imagined.score[0], imagined.score[1], imagined.positive, units[i],
                                  &delong));
        TRY_GOTO(status, end,
                 mcnemar_test(imagined.right[0], imagined.right[1], units[i], &mcnemar));
        found[i] += delong.p < 0.05;
        found[2 + i] += mcnemar.p < 0.05;
    }
end:
    clusters_clear(&single);
    imagined_clear(&imagined);
    return status;
}

static Status print_row(const Design *design, double correlation, size_t sets)
{
    const Imagining imagining = {.patients = design->patients,
                                 .images_each = design->images_each,
                                 .correlation = correlation,
                                 .shown = design->shown,
                                 .seed = 1};
    size_t found[TESTS] = {0};
    for (size_t set = 0; set < sets; ++set)
        TRY(find_differences(&imagining, (uint32_t)set, found));
    printf("| %zu | %zu | %s | %.1f |", design->patients, design->images_each,
           design->shown < 1 ? "both" : "one", correlation);
    for (size_t i = 0; i < TESTS; ++i)
        printf(" %.1f |", 100 * (double)found[i] / (double)sets);
    printf("\n");
    fflush(stdout);
    return STATUS_OK;
}

int main(int argc, char **argv)
{
    const size_t sets = argc > 1 ? strtoul(argv[1], NULL, 10) : 10000;
    if (argc > 2 || sets == 0) {
        fprintf(stderr, "usage: statistics-errors [SETS]\n");
        return 2;
    }
    printf("| patients | images each | kinds of an ill patient's images | correlation | DeLong, "
           "images "
           "| DeLong, patients | McNemar, images | McNemar, patients |\n"
           "|---|---|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < sizeof designs / sizeof *designs; ++i)
        for (size_t k = 0; k < sizeof correlations / sizeof *correlations; ++k)
            if ((designs[i].images_each > 1 || k == 0) &&
                print_row(&designs[i], correlations[k], sets) != STATUS_OK) {
                fprintf(stderr, "statistics-errors: %s\n", status_message());
                return 1;
            }
    return 0;
}
