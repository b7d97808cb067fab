/* See yaml_text.h. */
#include "store/yaml_text.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

/* What YAML 1.1 or 1.2 takes for a flag or for nothing, in any case of letters. */
static bool is_word_of_yaml(const char *text)
{
    static const char *const words[] = {"y",     "n",  "yes", "no",  "true",
                                        "false", "on", "off", "null"};
    for (size_t i = 0; i < sizeof words / sizeof *words; ++i)
        if (strcasecmp(text, words[i]) == 0)
            return true;
    return false;
}

static bool is_plain(const char *text)
{
    const unsigned char first = (unsigned char)*text;
    return (isalpha(first) || first == '_' || first == '/' || first >= 0x80) &&
           !text[strcspn(text, " :#{}[],&*!|>'\"%@`\\")] && !is_word_of_yaml(text);
}

void yaml_write_text(FILE *stream, const char *text)
{
    if (is_plain(text)) {
        fputs(text, stream);
        return;
    }
    fputc('\'', stream);
    for (const char *at = text; *at; ++at) {
        if (*at == '\'')
            fputc('\'', stream);
        fputc(*at, stream);
    }
    fputc('\'', stream);
}
