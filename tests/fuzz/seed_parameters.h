/* A small list of parameters, for the checkpoint that is the seed and for who reads it. */
#ifndef GISD_TESTS_SEED_PARAMETERS_H
#define GISD_TESTS_SEED_PARAMETERS_H

#include "nn/parameters.h"

static inline Status seed_parameters_init(ParameterList *parameters)
{
    size_t index;
    const Initial initial = {INITIAL_HE_NORMAL, 0};
    parameters_init(parameters);
    TRY(parameters_declare(parameters, "stem.weight", 4, (const size_t[]){2, 1, 3, 3}, initial,
                           true, &index));
    TRY(parameters_declare(parameters, "stem.bias", 1, (const size_t[]){2}, initial, false,
                           &index));
    parameters_randomise(parameters, 1);
    return STATUS_OK;
}

#endif
