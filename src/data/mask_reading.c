/* Masks of whatever kind; see mask_reading.h. Here are palettes and colours; values of one channel
 * are mask_levels.c's. */
#include "data/mask_reading.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/mask_levels.h"

enum {
    FEW = 8,               /* colours that a message lists */
    GREY_TOLERANCE = 16,   /* between red, green and blue, of 255: what JPEG does to grey */
    COLOUR_TOLERANCE = 31, /* of 255, from a colour that a rule names by its numbers */
    LOSSY_BLACK = 63,      /* of 255: what JPEG makes of black beside a colour */
    DARK = 16              /* of 255: a palette's colour 0 that stands for "nothing" */
};

/* ---- colours ---- */

/* Pixel i as 8 bits a channel, a palette looked up. */
static void colour_of(const ImageValues *values, size_t i, uint8_t colour[3])
{
    if (values->palette_count > 0) {
        memcpy(colour, values->palette[values->values[i]], 3);
        return;
    }
    for (size_t c = 0; c < 3; ++c) {
        unsigned value = values->values[i * values->channels + (values->channels == 3 ? c : 0)];
        colour[c] = (uint8_t)((value * 255u + values->most / 2u) / values->most);
    }
}

/* Which of red, green, blue are full: bits 0, 1, 2. */
static unsigned octant_of(const uint8_t colour[3])
{
    return (colour[0] >= 128 ? 1u : 0) | (colour[1] >= 128 ? 2u : 0) | (colour[2] >= 128 ? 4u : 0);
}

static bool is_near(const uint8_t colour[3], const MaskRule *rule)
{
    for (size_t c = 0; c < 3; ++c)
        if (abs(colour[c] - rule->values[c]) > COLOUR_TOLERANCE)
            return false;
    return true;
}

static void fill_colour(const ImageValues *values, const MaskRule *rule, Image *mask)
{
    uint8_t colour[3], wanted[3] = {0};
    if (rule->kind == MASK_RULE_NAMED)
        for (size_t c = 0; c < 3; ++c)
            wanted[c] = (uint8_t)rule->values[c];
    int black = mask_is_lossy(&values->info) ? LOSSY_BLACK : 0;
    for (size_t i = 0; i < values->width * values->height; ++i) {
        bool set;
        colour_of(values, i, colour);
        if (rule->kind == MASK_RULE_NONZERO)
            set = colour[0] > black || colour[1] > black || colour[2] > black;
        else if (rule->kind == MASK_RULE_NAMED)
            set = octant_of(colour) == octant_of(wanted);
        else
            set = is_near(colour, rule);
        mask->pixels[i] = set ? MASK_SET : 0;
    }
}

/* The colours of a mask, as long as they are few. */
typedef struct {
    size_t count; /* FEW + 1: more */
    uint8_t colours[FEW][3];
    size_t pixels[FEW];
    size_t octants[8]; /* pixels of each */
} Colours;

static void count_colours(const ImageValues *values, Colours *colours)
{
    *colours = (Colours){0};
    for (size_t i = 0; i < values->width * values->height; ++i) {
        uint8_t colour[3];
        size_t known = 0;
        colour_of(values, i, colour);
        ++colours->octants[octant_of(colour)];
        while (known < colours->count && known < FEW &&
               memcmp(colour, colours->colours[known], 3) != 0)
            ++known;
        if (known == colours->count && known < FEW)
            memcpy(colours->colours[known], colour, 3);
        if (known == colours->count && known <= FEW)
            ++colours->count;
        if (known < FEW)
            ++colours->pixels[known];
    }
}

static Status refuse_colours(const char *path, const ImageValues *values)
{
    static const char *const names[8] = {"black", "red",     "green", "yellow",
                                         "blue",  "magenta", "cyan",  "white"};
    Colours colours;
    count_colours(values, &colours);
    bool few = colours.count <= FEW;
    size_t kinds = few ? colours.count : 8, best = SIZE_MAX;
    const size_t *pixels = few ? colours.pixels : colours.octants;
    MaskLine found = {0}, advice = {0};
    for (size_t i = 0; i < kinds; ++i) {
        if (pixels[i] == 0)
            continue;
        const uint8_t *colour = colours.colours[few ? i : 0];
        mask_say(&found, "%s", found.used ? ", " : "");
        if (few)
            mask_say(&found, "#%02x%02x%02x", colour[0], colour[1], colour[2]);
        else
            mask_say(&found, "%s", names[i]);
        mask_say(&found, " (%.3g %%)",
                 100 * (double)pixels[i] / (double)(values->width * values->height));
        bool black = few ? colour[0] + colour[1] + colour[2] == 0 : i == 0;
        if (!black && (best == SIZE_MAX || pixels[i] > pixels[best]))
            best = i;
    }
    if (!few && best < kinds && colours.octants[0] < colours.octants[best])
        FAIL(STATUS_FORMAT,
             "%s: a picture in colour, of more than 8 colours about %s, expected a mask of two "
             "greys as 0 and 255",
             path, found.text);
    const uint8_t *colour = colours.colours[few && best < FEW ? best : 0];
    if (few)
        mask_say(&advice, "#%02x%02x%02x", colour[0], colour[1], colour[2]);
    else
        mask_say(&advice, "%s", best < 8 ? names[best] : "red");
    FAIL(STATUS_FORMAT,
         "%s: a mask in colour, of %s%s, expected two greys as 0 and 255%s say which colour is the "
         "lesion: mask_values \"%s\" " MASK_RULE_PLACES,
         path, few ? "" : "more than 8 colours about ", found.text,
         few ? ";" : ": is it a picture? If not,", advice.text);
}

/* ---- whatever the file holds ---- */

static bool is_nearly_grey(const ImageValues *values)
{
    unsigned tolerance = (unsigned)(GREY_TOLERANCE * (values->most + 1u) / 256u);
    for (size_t i = 0; i < values->width * values->height; ++i) {
        const uint16_t *v = values->values + 3 * i;
        unsigned low = v[0] < v[1] ? v[0] : v[1], high = v[0] < v[1] ? v[1] : v[0];
        low = v[2] < low ? v[2] : low;
        high = v[2] > high ? v[2] : high;
        if (high - low > tolerance)
            return false;
    }
    return true;
}

/* Puts grey of 8 bits in the place of colours that are nearly grey; as image_read() makes it, so
 * JPEG's own luma, not one computed from its colours. */
static Status make_grey(const char *path, ImageValues *values)
{
    Image grey;
    TRY(image_read(path, 1, &grey));
    for (size_t i = 0; i < values->width * values->height; ++i)
        values->values[i] = grey.pixels[i];
    image_clear(&grey);
    values->channels = 1;
    values->most = UINT8_MAX;
    return STATUS_OK;
}

/* Looks a palette up if all the colours that are used are greys; not where it tells 0 from 1 by
 * their indices alone. *coloured: they are no greys, and no black 0 with another 1 either. */
static void resolve_palette(ImageValues *values, bool *coloured)
{
    size_t count = values->width * values->height;
    bool used[256] = {false}, greys = true, zero_and_one = true;
    for (size_t i = 0; i < count; ++i)
        used[values->values[i]] = true;
    for (size_t k = 0; k < 256; ++k) {
        const uint8_t *colour = values->palette[k];
        greys &= !used[k] || (colour[0] == colour[1] && colour[1] == colour[2]);
        zero_and_one &= !used[k] || k <= 1;
    }
    bool dark[2];
    for (size_t k = 0; k < 2; ++k)
        dark[k] = values->palette[k][0] <= DARK && values->palette[k][1] <= DARK &&
                  values->palette[k][2] <= DARK;
    bool indices = zero_and_one && dark[0] && (!greys || dark[1]);
    *coloured = !greys && !indices;
    if (!greys || indices)
        return;
    for (size_t i = 0; i < count; ++i)
        values->values[i] = values->palette[values->values[i]][0];
    values->palette_count = 0;
    values->most = UINT8_MAX;
}

static Status read_values(const char *path, ImageValues *values, const MaskRule *rule, Image *mask,
                          MaskReading *reading)
{
    bool guess = rule->kind == MASK_RULE_FOUND || rule->kind == MASK_RULE_INVERTED;
    bool coloured = false;
    if (rule->kind == MASK_RULE_NAMED || rule->kind == MASK_RULE_COLOUR) {
        fill_colour(values, rule, mask);
        return STATUS_OK;
    }
    if (values->channels == 3) {
        coloured = !is_nearly_grey(values);
        if (!coloured)
            TRY(make_grey(path, values));
    } else if (values->palette_count > 0 && guess) {
        resolve_palette(values, &coloured);
    }
    if (coloured && rule->kind == MASK_RULE_NONZERO) {
        fill_colour(values, rule, mask);
        return STATUS_OK;
    }
    return coloured ? refuse_colours(path, values)
                    : mask_levels_read(path, values, rule, mask, reading);
}

Status mask_check_alpha(const char *path, const ImageValues *values)
{
    const uint16_t *first = values->values;
    size_t pixels = values->width * values->height, channels = values->channels;
    if (!values->info.alpha_differs)
        return STATUS_OK;
    for (size_t i = 1; i < pixels; ++i)
        if (memcmp(values->values + i * channels, first, channels * sizeof *first) != 0)
            return STATUS_OK;
    FAIL(STATUS_FORMAT,
         "%s: a mask of the one value %u whose alpha channel has several, expected the lesion in "
         "grey",
         path, first[0]);
}

Status mask_read(const char *path, const MaskRule *rule, Image *mask, MaskReading *reading,
                 ImageFileInfo *info)
{
    *mask = (Image){0};
    *reading = (MaskReading){.told = rule->kind != MASK_RULE_FOUND};
    ImageValues values;
    Status status = image_read_values(path, &values);
    if (status == STATUS_OK)
        status = image_init(mask, values.width, values.height, 1);
    if (status == STATUS_OK)
        status = read_values(path, &values, rule, mask, reading);
    if (status == STATUS_OK && rule->kind == MASK_RULE_FOUND)
        status = mask_check_alpha(path, &values);
    if (status != STATUS_OK)
        image_clear(mask);
    if (rule->kind == MASK_RULE_INVERTED)
        strncat(reading->text, " inverted", sizeof reading->text - strlen(reading->text) - 1);
    else if (reading->told)
        snprintf(reading->text, sizeof reading->text, "mask_values %s", rule->text);
    if (info)
        *info = values.info;
    image_values_clear(&values);
    return status;
}
