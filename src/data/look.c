/* See look.h. */
#include "data/look.h"

#include "base/hash.h"

Status look_take(const Image *image, Look *look)
{
    LightPlanes planes;
    PixelBox field;
    *look = (Look){.width = (uint32_t)image->width, .height = (uint32_t)image->height};
    TRY(light_planes_init(image, &planes));
    Status status = bright_field_find(&planes, &field);
    if (status == STATUS_OK) {
        hash_wide(image->pixels, image->width * image->height * image->channels, look->pixels);
        look->field = difference_hash(&planes, &field);
        look->taken = true;
    }
    light_planes_clear(&planes);
    return status;
}

bool look_equal(const Look *a, const Look *b)
{
    return a->taken && look_order(a, b) == 0;
}

int look_order(const Look *a, const Look *b)
{
    const uint64_t first[] = {a->taken, a->width, a->height, a->pixels[0], a->pixels[1]};
    const uint64_t second[] = {b->taken, b->width, b->height, b->pixels[0], b->pixels[1]};
    for (size_t i = 0; i < sizeof first / sizeof *first; ++i)
        if (first[i] != second[i])
            return first[i] < second[i] ? -1 : 1;
    return 0;
}
