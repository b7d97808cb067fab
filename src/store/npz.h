/* npz: NumPy's arrays in a zip archive, NAME.npy each, as Google publishes the weights of Big
 * Transfer.
 *
 * An array begins with "\x93NUMPY", a version, and a Python dictionary of 'descr' ("<f4"),
 * 'fortran_order' and 'shape'; its numbers follow. Arrays of objects are pickles, which hold code;
 * they are refused, as is whatever the archive says that it would come to more than EXPANSION_MOST
 * times the file: so the memory taken is in proportion to the file.
 */
#ifndef GISD_STORE_NPZ_H
#define GISD_STORE_NPZ_H

#include "store/safetensors.h"

/* Reads the arrays as tensors, NAME without ".npy". STATUS_FORMAT says what is wrong with the file.
 * To be released with safetensors_clear(), which takes what failed, too. */
Status npz_read(const char *path, SafeTensors *tensors);

#endif
