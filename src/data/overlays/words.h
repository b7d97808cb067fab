/* What processors write on frames, in words: lines of tokens, each text or digits. See overlays.h.
 */
#ifndef GISD_DATA_OVERLAYS_WORDS_H
#define GISD_DATA_OVERLAYS_WORDS_H

#include "base/random.h"
#include "image/overlay_box.h"

enum { TOKEN_BYTES = 40, TOKENS_MOST = 6 };

typedef struct {
    OverlayKind kind; /* OVERLAY_TEXT or OVERLAY_DIGITS */
    char text[TOKEN_BYTES];
} Token;

/* One line: digits alone, in a date, a time or a number; words; words with digits behind them.
 * Returns the number of tokens. */
size_t words_draw(RandomStream *stream, Token tokens[TOKENS_MOST]);

#endif
