/* What every cmocka test needs, in the order that cmocka demands. */
#ifndef GISD_TESTS_UNIT_H
#define GISD_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
