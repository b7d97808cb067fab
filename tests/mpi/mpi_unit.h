/* A cmocka group under mpirun: every rank runs every test, and one rank's failure is the job's. */
#ifndef GISD_TESTS_MPI_UNIT_H
#define GISD_TESTS_MPI_UNIT_H

#include "../unit/unit.h"

#include <mpi.h>

#define RUN_MPI_TESTS(tests)                                                                       \
    int main(int argument_count, char **arguments)                                                 \
    {                                                                                              \
        MPI_Init(&argument_count, &arguments);                                                     \
        MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);                                \
        int failed = cmocka_run_group_tests(tests, NULL, NULL);                                    \
        MPI_Finalize();                                                                            \
        return failed;                                                                             \
    }

#endif
