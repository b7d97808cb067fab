/* The sub-commands of gisd-data, each in a file data_NAME.c of its own.
 *
 * A sub-command gets its own argument vector, argv[0] being "gisd-data NAME" (so that argp's usage
 * is right), handles --help itself, and returns a Status whose message data.c prints. Wrong options
 * are reported by argp, which ends the program with EX_USAGE.
 */
#ifndef GISD_CMD_DATA_H
#define GISD_CMD_DATA_H

#include "base/status.h"
#include "store/outputs.h"

typedef Status DataCommand(int argc, char **argv);

DataCommand data_baseline, data_check, data_denoise, data_divide, data_export, data_import,
    data_join, data_overlays, data_overlays_of, data_pack, data_phantom;

/* Notes the manifest at `path` and all files that its rows name as inputs. */
Status data_note_inputs(Outputs *outputs, const char *path);

#endif
