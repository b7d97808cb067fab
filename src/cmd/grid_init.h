/* gisd-grid init MANIFEST: writes a first experiment for a data set; see grid/run/draft.h. */
#ifndef GISD_CMD_GRID_INIT_H
#define GISD_CMD_GRID_INIT_H

/* argv[0] is "init". Returns the exit code. Starts MPI and ends it. */
int grid_init(int argc, char **argv);

#endif
