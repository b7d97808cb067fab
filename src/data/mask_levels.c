/* One channel of stored values to set pixels; see mask_levels.h. The values are counted in a
 * histogram, which settles nearly every mask; only where values lie between two levels are
 * neighbours looked at, since soft edges and areas of a third value differ in nothing else. */
#include "data/mask_levels.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"

enum {
    FEW = 8,         /* values that a message lists */
    SPECKS = 8,      /* pixels: too few to be an area */
    LOSSY_LEAST = 15 /* of 255: values that JPEG may have made, or lost */
};

void mask_say(MaskLine *line, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length =
        vsnprintf(line->text + line->used, sizeof line->text - line->used, format, arguments);
    va_end(arguments);
    line->used += length > 0 ? (size_t)length : 0;
    if (line->used >= sizeof line->text)
        line->used = sizeof line->text - 1;
}

bool mask_is_lossy(const ImageFileInfo *info)
{
    return info->format == IMAGE_FORMAT_JPEG || info->format == IMAGE_FORMAT_WEBP;
}

/* The values of one channel, counted. */
typedef struct {
    const char *path; /* for messages */
    const ImageValues *values;
    size_t pixels;
    unsigned most;                /* of the range that is used: 255 for 8 bits in 16 */
    size_t *counts;               /* values->most + 1, owned */
    size_t distinct;              /* different values */
    unsigned few[FEW], low, high; /* the lowest of them in order; the lowest, the highest */
} Levels;

/* Set are the values from `from` on, or below it. */
typedef struct {
    unsigned from;
    bool below;
} Cut;

static Status count_levels(const char *path, const ImageValues *values, Levels *levels)
{
    *levels = (Levels){.path = path, .values = values, .most = values->most};
    levels->pixels = values->width * values->height;
    TRY(MEMORY_NEW(&levels->counts, (size_t)values->most + 1));
    for (size_t i = 0, next; i < levels->pixels; i = next) { /* by runs, which are long */
        uint16_t value = values->values[i];
        for (next = i + 1; next < levels->pixels && values->values[next] == value;)
            ++next;
        levels->counts[value] += next - i;
    }
    for (unsigned value = 0; value <= values->most; ++value) {
        if (levels->counts[value] == 0)
            continue;
        if (levels->distinct == 0)
            levels->low = value;
        levels->high = value;
        if (levels->distinct < FEW)
            levels->few[levels->distinct] = value;
        ++levels->distinct;
    }
    if (values->most == UINT16_MAX && levels->high <= UINT8_MAX)
        levels->most = UINT8_MAX;
    return STATUS_OK;
}

/* ---- two levels, or more ---- */

/* Pixels whose eight neighbours have about the same value, if that lies between the levels:
 * strictly between `low` and `high`. */
static size_t count_areas(const Levels *levels, unsigned low, unsigned high, unsigned tolerance)
{
    const ImageValues *values = levels->values;
    size_t width = values->width, found = 0;
    for (size_t y = 1; y + 1 < values->height; ++y)
        for (size_t x = 1; x + 1 < width; ++x) {
            const uint16_t *centre = values->values + y * width + x;
            if (*centre <= low || *centre >= high)
                continue;
            bool flat = true;
            for (size_t k = 0; k < 9 && flat; ++k) {
                unsigned other = centre[(ptrdiff_t)(k / 3 * width + k % 3) - (ptrdiff_t)width - 1];
                flat = other + tolerance >= *centre && other <= *centre + tolerance;
            }
            found += flat;
        }
    return found;
}

static size_t count_between(const Levels *levels, unsigned least, unsigned most)
{
    size_t found = 0;
    for (unsigned value = least; value <= most; ++value)
        found += levels->counts[value];
    return found;
}

/* Whether the values are two levels with soft edges or JPEG's ringing about them, and no third
 * one: no areas between the levels, nor more pixels there than edges have. */
static bool has_two_levels(const Levels *levels)
{
    unsigned dark = levels->high / 8, bright = levels->high - levels->high / 8;
    unsigned middle = levels->most / 2 + 1;
    size_t set = count_between(levels, middle, levels->high);
    size_t few = set / 50 > SPECKS ? set / 50 : SPECKS;
    /* Ringing reaches both levels; a few values by 0 and a single one far above are classes. */
    size_t bright_values = 0;
    for (unsigned value = bright; value <= levels->high; ++value)
        bright_values += levels->counts[value] > 0;
    if (levels->distinct <= FEW && bright_values == 1 &&
        count_areas(levels, levels->low, levels->high, 0) > few)
        return false;
    size_t between = count_between(levels, dark + 1, bright - 1);
    if (between <= few)
        return true;
    if (between > set && between > levels->pixels / 50)
        return false;
    return count_areas(levels, dark, bright, levels->most / 32) <= few;
}

/* ---- refusing ---- */

static Status refuse_values(const Levels *levels)
{
    if (mask_is_lossy(&levels->values->info) && levels->high <= LOSSY_LEAST)
        FAIL(STATUS_FORMAT,
             "%s: a mask of values up to %u in a %s file, which may not keep them: expected 0 and "
             "255, or a PNG file",
             levels->path, levels->high, image_format_name(levels->values->info.format));
    MaskLine found = {0}, advice = {0};
    if (levels->distinct > FEW) {
        unsigned dark = levels->high / 8;
        double between = (double)count_between(levels, dark + 1, levels->high - dark - 1);
        FAIL(STATUS_FORMAT,
             "%s: a mask of %zu values from %u to %u, %.0f %% of its pixels neither dark nor "
             "bright, expected two values as 0 and 255: is it a picture? If not, say from which "
             "value on it is set: mask_values \">=128\" " MASK_RULE_PLACES,
             levels->path, levels->distinct, levels->low, levels->high,
             100 * between / (double)levels->pixels);
    }
    for (size_t i = 0; i < levels->distinct; ++i) {
        unsigned value = levels->few[i];
        mask_say(&found, "%s%u (%.3g %%)", i ? ", " : "", value,
                 100 * (double)levels->counts[value] / (double)levels->pixels);
        if (value > 0)
            mask_say(&advice, "%c%u", advice.used ? ',' : '=', value);
    }
    FAIL(STATUS_FORMAT,
         "%s: a mask of the value%s %s, expected two as 0 and 255: class numbers? Say which are "
         "the lesion: mask_values \"%s\", or \"nonzero\" " MASK_RULE_PLACES,
         levels->path, levels->distinct > 1 ? "s" : "", found.text, advice.text);
}

/* ---- one channel ---- */

/* Whether 16 bits hold the numbers of fewer: 0 and 255, 1023, 4095, ... */
static bool fills_fewer_bits(const Levels *levels)
{
    return levels->values->most == UINT16_MAX && levels->high >= UINT8_MAX &&
           (levels->high & (levels->high + 1)) == 0;
}

static Status find_cut(const Levels *levels, Cut *cut, MaskReading *reading)
{
    unsigned high = levels->high, middle = levels->most / 2 + 1;
    bool one = high == 1 && !mask_is_lossy(&levels->values->info);
    const char *what = levels->values->palette_count > 0 ? "palette index " : "";
    if (levels->distinct == 1 && (high == 0 || one || high >= middle)) {
        cut->from = 1;
        snprintf(reading->text, sizeof reading->text, "%s%u alone", what, high);
        return STATUS_OK;
    }
    if (levels->distinct == 2 && levels->low == 0 &&
        (one || high >= middle || fills_fewer_bits(levels))) {
        cut->from = high;
        snprintf(reading->text, sizeof reading->text, "%s0/%u", what, high);
        return STATUS_OK;
    }
    if (levels->distinct == 1 || high - high / 8 <= middle || !has_two_levels(levels))
        return refuse_values(levels);
    cut->from = middle;
    if (high >= levels->most - levels->most / 8)
        snprintf(reading->text, sizeof reading->text, "0/%u", levels->most);
    else
        snprintf(reading->text, sizeof reading->text, "0/about %u", (high + 5) / 10 * 10);
    return STATUS_OK;
}

/* Between the two values of a pair, and an eighth of their distance beyond. */
static Status cut_pair(const Levels *levels, const MaskRule *rule, Cut *cut)
{
    unsigned off = rule->values[0], on = rule->values[1];
    unsigned low = off < on ? off : on, high = off < on ? on : off, slack = (high - low) / 8;
    if (levels->low + slack < low || levels->high > high + slack)
        FAIL(STATUS_FORMAT, "%s: a mask of values from %u to %u, expected %u and %u (mask_values)",
             levels->path, levels->low, levels->high, off, on);
    cut->below = on < off;
    cut->from = cut->below ? (low + high) / 2 + 1 : (low + high + 1) / 2;
    return STATUS_OK;
}

static void fill_listed(const Levels *levels, const MaskRule *rule, Image *mask)
{
    for (size_t i = 0; i < levels->pixels; ++i)
        for (size_t k = 0; k < rule->count; ++k)
            if (levels->values->values[i] == rule->values[k])
                mask->pixels[i] = MASK_SET;
}

static void fill_cut(const Levels *levels, const Cut *cut, Image *mask)
{
    const uint16_t *values = levels->values->values, from = (uint16_t)cut->from;
    const uint8_t above = cut->below ? 0 : MASK_SET, below = cut->below ? MASK_SET : 0;
    for (size_t i = 0; i < levels->pixels; ++i)
        mask->pixels[i] = values[i] >= from ? above : below;
}

static Status read_levels(const Levels *levels, const MaskRule *rule, Image *mask,
                          MaskReading *reading)
{
    Cut cut = {0};
    bool lossy = mask_is_lossy(&levels->values->info);
    switch (rule->kind) {
    case MASK_RULE_FOUND:
    case MASK_RULE_INVERTED:
        TRY(find_cut(levels, &cut, reading));
        cut.below = rule->kind == MASK_RULE_INVERTED;
        break;
    case MASK_RULE_PAIR:
        TRY(cut_pair(levels, rule, &cut));
        break;
    case MASK_RULE_FROM:
        cut.from = rule->values[0];
        break;
    case MASK_RULE_NONZERO:
        cut.from = lossy ? levels->most / 4u : 1;
        break;
    default:
        fill_listed(levels, rule, mask);
        return STATUS_OK;
    }
    fill_cut(levels, &cut, mask);
    return STATUS_OK;
}

Status mask_levels_read(const char *path, const ImageValues *values, const MaskRule *rule,
                        Image *mask, MaskReading *reading)
{
    Levels levels;
    TRY(count_levels(path, values, &levels));
    Status status = read_levels(&levels, rule, mask, reading);
    free(levels.counts);
    return status;
}
