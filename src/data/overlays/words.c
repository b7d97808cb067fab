/* See words.h. */
#include "data/overlays/words.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static unsigned below(RandomStream *stream, uint32_t bound)
{
    return (unsigned)random_below(stream, bound);
}

static const char *one_of(RandomStream *stream, size_t count, const char *const texts[])
{
    return texts[random_below(stream, (uint32_t)count)];
}

#define ONE_OF(stream, texts) one_of(stream, sizeof(texts) / sizeof *(texts), texts)

static void draw_date(RandomStream *stream, char *text)
{
    const unsigned day = 1 + below(stream, 31), month = 1 + below(stream, 12);
    const unsigned year = 1998 + below(stream, 30);
    static const char signs[] = "/.-/ ";
    const char sign = signs[random_below(stream, 5)];
    switch (random_below(stream, 3)) {
    case 0:
        snprintf(text, TOKEN_BYTES, "%02u%c%02u%c%u", day, sign, month, sign, year);
        break;
    case 1:
        snprintf(text, TOKEN_BYTES, "%u%c%02u%c%02u", year, sign, month, sign, day);
        break;
    default:
        snprintf(text, TOKEN_BYTES, "%u%c%u%c%02u", month, sign, day, sign, year % 100);
    }
}

static void draw_time(RandomStream *stream, char *text)
{
    const unsigned hour = below(stream, 24), minute = below(stream, 60), second = below(stream, 60);
    switch (random_below(stream, 4)) {
    case 0:
        snprintf(text, TOKEN_BYTES, "%02u:%02u", hour, minute);
        break;
    case 1:
        snprintf(text, TOKEN_BYTES, "<%02u:%02u:%02u>", hour, minute, second);
        break;
    default:
        snprintf(text, TOKEN_BYTES, "%02u:%02u:%02u", hour, minute, second);
    }
}

/* Digits alone, with a sign between them or not. */
static void draw_number(RandomStream *stream, char *text)
{
    const unsigned digits = 1 + below(stream, 10);
    for (unsigned i = 0; i < digits; ++i)
        text[i] = (char)('0' + below(stream, 10));
    text[digits] = '\0';
    static const char signs[] = "./-,";
    if (digits > 2 && random_below(stream, 3) == 0)
        text[1 + below(stream, digits - 2)] = signs[random_below(stream, 4)];
}

/* White squares in place of a date or number, as small as the letters or as large as their line. */
static void draw_blanked(RandomStream *stream, char *text)
{
    static const char *const forms[] = {"BB/BB/BBBB", "BBBB:BB", "BBB/BBB",
                                        "BB/BB",      "BBB",     "BBBBBB"};
    const char *const square = random_below(stream, 2) ? "\u25a0" : "\u2588 ";
    text[0] = '\0';
    for (const char *form = ONE_OF(stream, forms); *form; ++form)
        strcat(text, *form == 'B' ? square : *form == '/' ? "/" : ":");
}

static void draw_digits(RandomStream *stream, Token *token)
{
    token->kind = OVERLAY_DIGITS;
    switch (random_below(stream, 4)) {
    case 0:
        draw_date(stream, token->text);
        break;
    case 1:
        draw_time(stream, token->text);
        break;
    case 2:
        draw_number(stream, token->text);
        break;
    default: /* a date or number that was blanked out */
        draw_blanked(stream, token->text);
    }
}

static void draw_word(RandomStream *stream, Token *token)
{
    static const char *const words[] = {
        "Name:",    "Sex:",     "Age:",    "D.O.B.:",  "ID:",       "ID No.", "Physician:",
        "Comment:", "CVP:",     "Eh:A",    "Cm:B",     "Q:N",       "SCV:",   "CH:",
        "Dr.",      "Zoom",     "NBI",     "WLI",      "BLI",       "LCI",    "Normal",
        "Freeze",   "REC",      "Gain",    "Iris",     "Auto",      "Peak",   "Average",
        "EG-600WR", "CF-HQ190", "Patient", "Hospital", "Endoscopy", "Antrum", "Corpus",
        "Scope",    "Video",    "Input",   "Drop",     "Buf",       "Mbit/s", "IMAGE",
        "\u25cf",   "\u260a",   "\u25b6",  "male",     "F",         "M",      "x1.2",
        "Color",    "Contrast", "Light",   "Sex:",     "Age:",      "Cr:N",   "Ec:A3",
        "D.F:1",    "Eh:A1",    "Cm:1",    "CVP:7",    "\u2588",
    };
    token->kind = OVERLAY_TEXT;
    if (random_below(stream, 4) > 0) {
        snprintf(token->text, TOKEN_BYTES, "%s", ONE_OF(stream, words));
        return;
    }
    /* A name or an abbreviation: letters at random. */
    const unsigned letters = 2 + below(stream, 9);
    const bool capitals = random_below(stream, 2);
    for (unsigned i = 0; i < letters; ++i)
        token->text[i] = (char)((capitals || i == 0 ? 'A' : 'a') + below(stream, 26));
    token->text[letters] = '\0';
}

size_t words_draw(RandomStream *stream, Token tokens[TOKENS_MOST])
{
    size_t count = 0;
    const uint32_t kind = random_below(stream, 10);
    const size_t words = kind < 4 ? 0 : 1 + random_below(stream, 3);
    for (size_t i = 0; i < words; ++i)
        draw_word(stream, &tokens[count++]);
    const size_t numbers = kind < 4 ? 1 + (random_below(stream, 4) == 0) : kind < 7 ? 0 : 1;
    for (size_t i = 0; i < numbers; ++i)
        draw_digits(stream, &tokens[count++]);
    return count;
}
