/* How long a job may run: from the command line or from Slurm. */
#ifndef GISD_GRID_RUN_WALLTIME_H
#define GISD_GRID_RUN_WALLTIME_H

#include "base/status.h"

/* Reads "90m", "12h", "2d", "3600s", or Slurm's "HH:MM:SS" and "D-HH:MM:SS" as seconds. */
Status walltime_read(const char *text, double *seconds);

/* Seconds until Slurm ends this job (SLURM_JOB_END_TIME); INFINITY if it does not say. */
double walltime_of_slurm(void);

#endif
