/* See launcher.h. */
#include "grid/run/launcher.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/text.h"

size_t launcher_ranks(void)
{
    static const char *const names[] = {
        "OMPI_COMM_WORLD_SIZE", /* Open MPI */
        "PMI_SIZE",             /* MPICH and what is made of it, Slurm's srun */
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; ++i) {
        const char *text = getenv(names[i]);
        int64_t ranks;
        if (text && text_to_integer(names[i], text, 1, 100000, &ranks) == STATUS_OK)
            return (size_t)ranks;
    }
    return 0;
}
