/* gisd-grid EXPERIMENT.yaml: trains and tests every cell of a grid; --plan, --status and --why tell
 * what it would do, does and did.
 */
#include <argp.h>
#include <mpi.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/deadline.h"
#include "base/process_memory.h"
#include "base/text.h"
#include "base/utf8.h"
#include "cmd/command.h"
#include "cmd/grid_init.h"
#include "grid/run/launcher.h"
#include "grid/run/plan_json.h"
#include "grid/run/plan_view.h"
#include "grid/run/run.h"
#include "grid/run/status_json.h"
#include "grid/run/status_view.h"
#include "grid/run/walltime.h"

const char *argp_program_version = "gisd-grid " GISD_VERSION;

enum {
    OPTION_OUT = 'o',
    OPTION_DATA = 'd',
    OPTION_ONLY = 'y',
    OPTION_RETRY = 'r',
    OPTION_TIME = 't',
    OPTION_PLAN = 'p',
    OPTION_RANKS = 'n',
    OPTION_STATUS = 's',
    OPTION_WHY = 'w',
    OPTION_JSON = 'j',
    OPTION_MEMORY = 'm',
    OPTION_NODES = 'N',
};

static const struct argp_option options[] = {
    {"out", OPTION_OUT, "DIR", 0, "Folder for the results (results/NAME, NAME from the experiment)",
     1},
    {"data", OPTION_DATA, "PATH", 0,
     "Manifest (.csv), pack (.h5) or folder with a manifest.csv, in place of the experiment's", 1},
    {"only", OPTION_ONLY, "EXPR", 0,
     "Only these cells: KEY=VALUE[,VALUE...] terms, such as 'backbone=r50x1 tuning=global'", 1},
    {"retry", OPTION_RETRY, "failed", 0, "Run failed cells again", 1},
    {"walltime", OPTION_TIME, "TIME", 0,
     "Save and end before that time is over: 90m, 12h, 1-12:00:00 (Slurm's, where it tells)", 1},
    {"memory", OPTION_MEMORY, "SIZE", 0,
     "Memory of a node, such as 8G, that the cells running there never exceed (what the control "
     "group, Slurm and the kernel leave)",
     1},
    {"plan", OPTION_PLAN, NULL, 0, "Say what a run would do and how long, and do nothing", 2},
    {"ranks", OPTION_RANKS, "N", 0, "Ranks to plan for (1)", 2},
    {"nodes", OPTION_NODES, "N", 0, "Nodes that the ranks to plan for stand on (1)", 2},
    {"status", OPTION_STATUS, "DIR", 0, "Say how far the results in DIR are; also while it runs",
     2},
    {"json", OPTION_JSON, NULL, 0,
     "With --plan or --status: as JSON, for other programs (docs/automation.md)", 2},
    {"why", OPTION_WHY, "DIR CELL", 0, "Tell the story of a cell: attempts, causes, what to do", 2},
    {0},
};

typedef struct {
    RunSettings run;
    const char *status, *why; /* folders; NULL: not asked for */
    bool plan, json;
    size_t ranks;     /* to plan for; 0: not given */
    size_t nodes;     /* likewise */
    const char *word; /* the experiment, or the cell for --why */
} Arguments;

/* What would be taken and not heeded is refused: a script relies on its words. */
static error_t check_combination(const Arguments *arguments, const struct argp_state *state)
{
    const RunSettings *run = &arguments->run;
    const bool looks = arguments->status || arguments->why;
    if (arguments->json && !arguments->plan && !arguments->status)
        return command_refuse(state, "--json goes with --plan or --status DIR");
    if (looks + arguments->plan + (arguments->status && arguments->why) > 1)
        return command_refuse(state, "expected one of --plan, --status DIR and --why DIR CELL");
    if (looks && (run->folder || run->data || run->only || run->retry || arguments->ranks ||
                  arguments->nodes || run->memory.bytes > 0))
        return command_refuse(state,
                              "%s looks at a folder as it is (expected no --out, --data, "
                              "--only, --retry, --ranks, --nodes or --memory)",
                              arguments->status ? "--status" : "--why");
    if (arguments->status && arguments->word)
        return command_refuse(state, "unexpected argument '%s' (expected --status DIR alone)",
                              arguments->word);
    if (arguments->ranks && !arguments->plan)
        return command_refuse(state, "--ranks goes with --plan (mpirun -np N starts a run)");
    if (arguments->nodes && !arguments->plan)
        return command_refuse(state, "--nodes goes with --plan (mpirun knows those of a run)");
    if (arguments->nodes > (arguments->ranks ? arguments->ranks : 1))
        return command_refuse(state, "--nodes %zu: expected at most one for each of --ranks",
                              arguments->nodes);
    return 0;
}

static Status read_count(const char *name, const char *text, size_t *count)
{
    int64_t number = 0;
    TRY(text_to_integer(name, text, 1, 65535, &number));
    *count = (size_t)number;
    return STATUS_OK;
}

static error_t heed(const struct argp_state *state, Status status)
{
    return status == STATUS_OK ? 0 : command_refuse(state, "%s", status_message());
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    Arguments *arguments = state->input;
    RunSettings *run = &arguments->run;
    switch (key) {
    case ARGP_KEY_INIT:
        return command_check_words(state);
    case OPTION_OUT:
        run->folder = argument;
        return 0;
    case OPTION_DATA:
        run->data = argument;
        return 0;
    case OPTION_ONLY:
        run->only = argument;
        return 0;
    case OPTION_RETRY:
        if (strcmp(argument, "failed") != 0)
            return command_refuse(state, "--retry: '%s' (expected failed)", argument);
        run->retry = true;
        return 0;
    case OPTION_TIME:
        return heed(state, walltime_read(argument, &run->seconds));
    case OPTION_PLAN:
        arguments->plan = true;
        return 0;
    case OPTION_MEMORY:
        return heed(state, node_limit_read(argument, &run->memory));
    case OPTION_RANKS:
        return heed(state, read_count("--ranks", argument, &arguments->ranks));
    case OPTION_NODES:
        return heed(state, read_count("--nodes", argument, &arguments->nodes));
    case OPTION_STATUS:
        arguments->status = argument;
        return 0;
    case OPTION_WHY:
        arguments->why = argument;
        return 0;
    case OPTION_JSON:
        arguments->json = true;
        return 0;
    case ARGP_KEY_ARG:
        if (arguments->word)
            return command_refuse(state, "unexpected argument '%s'", argument);
        arguments->word = argument;
        return 0;
    case ARGP_KEY_END:
        if (!arguments->word && !arguments->status)
            return command_refuse(state, arguments->why ? "expected --why DIR CELL"
                                                        : "expected an EXPERIMENT.yaml");
        run->experiment = arguments->word;
        return check_combination(arguments, state);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp usage = {
    .options = options,
    .parser = parse,
    .args_doc = "EXPERIMENT.yaml\ninit MANIFEST [--out FILE]\n--status DIR\n--why DIR CELL",
    .doc =
        "Train and test every cell of a grid of experiments."
        "\vAlone it trains one cell after the other; under mpirun, which gisd-run starts and "
        "watches, rank 0 gives cells to groups of the other ranks:\n\n"
        "    gisd-grid init data/mine              writes mine.yaml, a first experiment\n"
        "    gisd-grid experiments/quickstart.yaml\n"
        "    gisd-run -np 9 gisd-grid experiments/table2.yaml --data /data/endoscopy\n\n"
        "Started again on the same folder it skips what is done and goes on from the last "
        "checkpoints; a folder that holds another experiment, or files that are no grid's, it "
        "leaves alone. SIGTERM, SIGINT and SIGUSR1 save the running cells and end it; that the "
        "terminal is "
        "closed, or nobody reads its output any more, does not.\n\n"
        "Exit status: 0 every cell is done; 75 stopped, or a rank died: start it again to go on; 1 "
        "a cell failed, "
        "or it could not run; 64 wrong usage; 130 a second Ctrl-C, which does not wait for cells "
        "to "
        "be saved. Under mpirun the journal has the code: docs/automation.md.",
};

/* What needs one process and no MPI: on a login node there may be none. */
static bool only_looks(int argc, char **argv)
{
    static const char *const words[] = {"--status", "--why",   "--plan",
                                        "--help",   "--usage", "--version"};
    for (int i = 1; i < argc; ++i)
        for (size_t k = 0; k < sizeof words / sizeof *words; ++k)
            if (strncmp(argv[i], words[k], strlen(words[k])) == 0)
                return true;
    return false;
}

static Status show_status(const Arguments *arguments, FILE *stream)
{
    Overview overview;
    Status status = STATUS_OK;
    TRY(overview_read(arguments->status, &overview));
    if (arguments->json)
        status = status_json(&overview, stream);
    else
        status_view(&overview, stream);
    overview_clear(&overview);
    return status;
}

/* The plan for a folder that a run would refuse is shown, and is an error. */
static Status show_plan(const Arguments *arguments, FILE *stream)
{
    Plan plan;
    Status status = STATUS_OK;
    TRY(plan_init(&arguments->run, arguments->ranks ? arguments->ranks : 1,
                  arguments->nodes ? arguments->nodes : 1, &plan));
    if (arguments->json)
        status = plan_json(&plan, stream);
    else
        plan_print(&plan, stream);
    if (status == STATUS_OK && plan.difference)
        status = status_set(STATUS_ARGUMENT, "%s", plan.difference);
    plan_clear(&plan);
    return status;
}

static bool looks(const Arguments *arguments)
{
    return arguments->status || arguments->why || arguments->plan;
}

static Status tell(const Arguments *arguments, FILE *stream)
{
    return arguments->status ? show_status(arguments, stream)
           : arguments->why  ? status_why(arguments->why, arguments->word, stream)
                             : show_plan(arguments, stream);
}

/* What is told comes from files that others may have written, and goes to a terminal; what JSON
 * would do there it escapes itself. */
static int look(const Arguments *arguments)
{
    char *text = NULL;
    size_t bytes;
    if (arguments->json)
        return command_end("gisd-grid", tell(arguments, stdout));
    FILE *page = open_memstream(&text, &bytes);
    Status status = page ? tell(arguments, page) : STATUS_OK;
    if (page && fclose(page) == 0)
        utf8_write(stdout, text);
    else
        status = status_set(STATUS_NO_MEMORY, "out of memory for what is to be told");
    free(text);
    return command_end("gisd-grid", status);
}

/* A rank that dies in MPI_Init() or MPI_Finalize() leaves the others there for ever. On a busy file
 * system many ranks take minutes to load the program: a minute, and a second for each. */
static unsigned patience_seconds(void)
{
    const size_t ranks = launcher_ranks();
    return 60 + (unsigned)(ranks ? ranks : 600);
}

/* A connection to every other rank, MPI's own files (some forty), ours, and room; 0: alone it is
 * few. */
static size_t files_needed(void)
{
    const size_t ranks = launcher_ranks();
    return ranks ? 64 + 2 * ranks : 0;
}

static int exit_code = EX_USAGE;

/* argp ends rank 0 after --help and after a wrong argument. */
static void finalize(void)
{
    deadline_set(patience_seconds(), NULL, exit_code);
    MPI_Finalize();
    deadline_clear();
}

int main(int argc, char **argv)
{
    Arguments arguments = {.run = {.seconds = walltime_of_slurm()}};
    RunEnd end = {.code = EX_USAGE};
    int rank = 0;
    command_begin();
    if (argc > 1 && strcmp(argv[1], "init") == 0)
        return grid_init(argc - 1, argv + 1);
    signal(SIGHUP, SIG_IGN); /* a terminal that is closed does not end days of work */
    if (only_looks(argc, argv)) {
        command_parse(&usage, argc, argv, &arguments);
        return look(&arguments);
    }
    process_memory_keep_small();
    command_check_room("MPI", COMMAND_MPI_BYTES);
    command_check_files(files_needed());
    deadline_set(patience_seconds(),
                 "gisd-grid: waited in vain for all ranks to start (did one die?); start again\n",
                 RUN_UNFINISHED);
    MPI_Init(&argc, &argv);
    deadline_clear();
    atexit(finalize);
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    const bool right =
        argp_parse(&usage, argc, argv, rank == 0 ? 0 : ARGP_SILENT, NULL, &arguments) == 0;
    if (right && looks(&arguments)) { /* a short or shortened option: it is no run all the same */
        end.code = rank == 0 ? look(&arguments) : EXIT_SUCCESS;
    } else if (right && arguments.run.experiment) {
        Status status = run_experiment(&arguments.run, MPI_COMM_WORLD, &end);
        /* A worker speaks only when there is no master left to do so. */
        if (status != STATUS_OK && (rank == 0 || status == STATUS_LOST))
            fprintf(stderr, "gisd-grid: %s\n", status_message());
        if (status != STATUS_OK) /* after a lost rank starting again may do better */
            end.code = status == STATUS_LOST ? RUN_UNFINISHED : EXIT_FAILURE;
    }
    if (end.broken) {
        fflush(NULL);
        _exit(end.code);
    }
    exit_code = rank == 0 ? end.code : EXIT_SUCCESS;
    return exit_code;
}
