/* Texts to rules; see mask_rule.h. */
#include "data/mask_rule.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Reads a number of 16 bits and steps over it. */
static bool take_number(const char **text, uint16_t *number)
{
    if (!isdigit((unsigned char)**text))
        return false;
    char *end;
    unsigned long value = strtoul(*text, &end, 10);
    *text = end;
    *number = (uint16_t)value;
    return value <= UINT16_MAX;
}

static bool parse_listed(const char *text, MaskRule *rule)
{
    rule->kind = MASK_RULE_LISTED;
    while (rule->count < MASK_RULE_VALUES) {
        text += strspn(text, " ");
        if (!take_number(&text, &rule->values[rule->count]))
            return false;
        ++rule->count;
        size_t gap = strspn(text, " ,");
        if (text[gap] == '\0')
            return true;
        if (gap == 0)
            return false;
        text += gap;
    }
    return false;
}

static bool parse_pair(const char *text, MaskRule *rule)
{
    rule->kind = MASK_RULE_PAIR;
    rule->count = 2;
    if (!take_number(&text, &rule->values[0]) || *text++ != '/')
        return false;
    return take_number(&text, &rule->values[1]) && *text == '\0' &&
           rule->values[0] != rule->values[1];
}

static bool parse_from(const char *text, MaskRule *rule)
{
    rule->kind = MASK_RULE_FROM;
    rule->count = 1;
    text += strspn(text, " ");
    return take_number(&text, &rule->values[0]) && *text == '\0';
}

static bool parse_colour(const char *text, MaskRule *rule)
{
    rule->kind = MASK_RULE_COLOUR;
    rule->count = 3;
    if (strlen(text) != 6 || strspn(text, "0123456789abcdefABCDEF") != 6)
        return false;
    unsigned long colour = strtoul(text, NULL, 16);
    for (size_t c = 0; c < 3; ++c)
        rule->values[c] = (uint16_t)(colour >> (16 - 8 * c) & 255);
    return true;
}

static bool parse_word(const char *text, MaskRule *rule)
{
    static const char *const colours[8] = {"black", "red",     "green", "yellow",
                                           "blue",  "magenta", "cyan",  "white"};
    if (strcmp(text, "nonzero") == 0)
        rule->kind = MASK_RULE_NONZERO;
    if (strcmp(text, "inverted") == 0)
        rule->kind = MASK_RULE_INVERTED;
    for (unsigned i = 0; i < 8; ++i) {
        if (strcmp(text, colours[i]) != 0)
            continue;
        rule->kind = MASK_RULE_NAMED;
        rule->count = 3;
        for (size_t c = 0; c < 3; ++c)
            rule->values[c] = i >> c & 1 ? 255 : 0;
    }
    return rule->kind != MASK_RULE_FOUND;
}

bool mask_rule_parse(const char *text, MaskRule *rule)
{
    *rule = (MaskRule){0};
    if (text[0] == '\0')
        return true;
    if (strlen(text) >= sizeof rule->text)
        return false;
    memcpy(rule->text, text, strlen(text));
    if (text[0] == '=')
        return parse_listed(text + 1, rule);
    if (text[0] == '>' && text[1] == '=')
        return parse_from(text + 2, rule);
    if (text[0] == '#')
        return parse_colour(text + 1, rule);
    if (isdigit((unsigned char)text[0]))
        return parse_pair(text, rule);
    return parse_word(text, rule);
}
