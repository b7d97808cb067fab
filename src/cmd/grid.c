/* gisd-grid EXPERIMENT.yaml [--out DIR] [--data PATH]: trains and tests every cell of a grid. */
#include <argp.h>
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "grid/run.h"

const char *argp_program_version = "gisd-grid " GISD_VERSION;

enum { OPTION_OUT = 'o', OPTION_DATA = 'd' };

static const struct argp_option options[] = {
    {"out", OPTION_OUT, "DIR", 0, "Folder for the results (results/NAME, NAME from the experiment)",
     0},
    {"data", OPTION_DATA, "PATH", 0,
     "Manifest (.csv), pack (.h5) or folder with a manifest.csv, in place of the experiment's", 0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    RunSettings *settings = state->input;
    switch (key) {
    case OPTION_OUT:
        settings->folder = argument;
        return 0;
    case OPTION_DATA:
        settings->data = argument;
        return 0;
    case ARGP_KEY_ARG:
        if (settings->experiment)
            argp_error(state, "unexpected argument '%s', expected one EXPERIMENT.yaml", argument);
        settings->experiment = argument;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "expected an EXPERIMENT.yaml");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp usage = {
    .options = options,
    .parser = parse,
    .args_doc = "EXPERIMENT.yaml",
    .doc =
        "Train and test every cell of a grid of experiments."
        "\vAlone it trains one cell after the other; under mpirun rank 0 gives cells to groups of "
        "the other ranks:\n\n"
        "    gisd-grid experiments/quickstart.yaml\n"
        "    mpirun -np 9 gisd-grid experiments/table2.yaml --data /data/endoscopy\n\n"
        "Started again on the same folder it skips what is done and goes on from the last "
        "checkpoints. SIGTERM, SIGINT and SIGUSR1 save the running cells and end it.\n\n"
        "Exit status: 0 every cell is done; 75 stopped, start it again to go on; 1 a cell failed, "
        "or it could not run.",
};

/* argp ends rank 0 after --help and after a wrong argument. */
static void finalize(void)
{
    MPI_Finalize();
}

int main(int argc, char **argv)
{
    RunSettings settings = {0};
    int rank = 0, code = EX_USAGE;
    MPI_Init(&argc, &argv);
    atexit(finalize);
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    argp_err_exit_status = EX_USAGE;
    if (argp_parse(&usage, argc, argv, rank == 0 ? 0 : ARGP_SILENT, NULL, &settings) == 0 &&
        settings.experiment) {
        Status status = run_experiment(&settings, MPI_COMM_WORLD, &code);
        if (status != STATUS_OK && rank == 0)
            fprintf(stderr, "gisd-grid: %s\n", status_message());
        code = status == STATUS_OK ? code : EXIT_FAILURE;
    }
    return rank == 0 ? code : EXIT_SUCCESS;
}
