/* The version of the arithmetic: part of every cell's identity. */
#ifndef GISD_TRAIN_VERSION_H
#define GISD_TRAIN_VERSION_H

/* Raised by every change after which a cell could come to another result: network, losses,
 * augmentation, optimisers, order of sums. Not raised by speed-ups that keep every bit. */
enum { ARITHMETIC_VERSION = 1 };

#endif
