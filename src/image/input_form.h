/* How a network wants its pictures: what the bytes of a pixel become before they enter it. */
#ifndef GISD_IMAGE_INPUT_FORM_H
#define GISD_IMAGE_INPUT_FORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A channel's number is (byte - offset) / scale; channels are red, green, blue. */
typedef struct {
    float offset[3], scale[3];
    bool letterbox; /* fitted into the square, else stretched over it: see letterbox.h */
} InputForm;

/* pixels: count x 3 bytes; input: count x 3 numbers. */
static inline void input_form_apply(const InputForm *form, size_t count, const uint8_t *pixels,
                                    float *input)
{
    for (size_t i = 0; i < count; ++i)
        for (size_t c = 0; c < 3; ++c)
            input[3 * i + c] = ((float)pixels[3 * i + c] - form->offset[c]) / form->scale[c];
}

#endif
