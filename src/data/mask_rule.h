/* How a mask's values are to be read, where a manifest says so: the column `mask_values`, or the
 * property of that name of the whole set.
 *
 *   (nothing)    as mask_reading.h finds: two values that leave no doubt
 *   A/B          A off the lesion, B on it, as 0/255, 0/1 or 255/0; values between go to the nearer
 *   nonzero      every value, or colour, but 0 (black)
 *   =A or =A,B   these values: class numbers, indices of a palette; blanks may part them too
 *   >=A          from this value on
 *   inverted     as found, then the other way round: black on the lesion
 *   red          one of eight colours (black, red, green, blue, yellow, cyan, magenta, white);
 *                each of red, green and blue counts as full from half of its range on
 *   #rrggbb      a colour, give or take an eighth of the range
 *
 * The values of a picture with a palette are its indices.
 */
#ifndef GISD_DATA_MASK_RULE_H
#define GISD_DATA_MASK_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum {
    MASK_RULE_FOUND,
    MASK_RULE_PAIR,    /* values: off, on */
    MASK_RULE_NONZERO, /* no values */
    MASK_RULE_LISTED,  /* values: those on the lesion */
    MASK_RULE_FROM,    /* values: the least one on the lesion */
    MASK_RULE_INVERTED,
    MASK_RULE_NAMED, /* values: red, green, blue, each 0 or 255 */
    MASK_RULE_COLOUR /* values: red, green, blue of 8 bits */
} MaskRuleKind;

enum { MASK_RULE_VALUES = 16, MASK_RULE_BYTES = 64 };

/* A plain value; all zero is MASK_RULE_FOUND. */
typedef struct {
    char text[MASK_RULE_BYTES]; /* as written */
    MaskRuleKind kind;
    size_t count;
    uint16_t values[MASK_RULE_VALUES]; /* count */
} MaskRule;

/* For messages: what a text may be. */
#define MASK_RULE_EXPECTED                                                                         \
    "\"0/1\" (off/on), \"nonzero\", \"=2\", \">=128\", \"inverted\", a colour as \"red\" or "      \
    "\"#ff0000\""

/* For messages: where a rule may stand. */
#define MASK_RULE_PLACES "(a column, or a key of gisd-dataset.json)"

/* The rule that `text` is in *rule; false if it is none. */
bool mask_rule_parse(const char *text, MaskRule *rule);

#endif
