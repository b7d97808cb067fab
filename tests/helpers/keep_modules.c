/* Linked into the programs of a leak-checked build only: modules that a library loads stay loaded.
 *
 * Open MPI closes its plugins before the program ends, and the leak report then knows no names for
 * their frames, so that tests/leaks.supp could not tell their leaks from ours. */
#include <dlfcn.h>

int dlclose(void *handle)
{
    (void)handle;
    return 0;
}
