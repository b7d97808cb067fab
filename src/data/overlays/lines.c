/* Blocks of lines of text, each block in one style: in a column at the left, in a line above or
 * below, anywhere. See overlays.h. */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/overlays/overlays.h"
#include "data/overlays/words.h"
#include "image/lettering.h"

/* Debian's fonts-dejavu-core and fonts-liberation, and the one that is built into cairo. */
static const char *const families[] = {
    "DejaVu Sans Mono", "DejaVu Sans",      "Liberation Mono",        "Liberation Sans",
    "DejaVu Sans Mono", "Liberation Serif", "Liberation Sans Narrow", "@cairo:"};

static Colour draw_colour(RandomStream *stream)
{
    static const Colour colours[] = {
        {255, 255, 255}, {235, 235, 235}, {255, 255, 255}, {220, 225, 230}, {180, 180, 180},
        {250, 240, 90},  {120, 240, 120}, {110, 220, 250}, {255, 170, 60},  {255, 90, 80},
        {160, 190, 255}, {240, 240, 200}, {20, 20, 20},
    };
    const uint32_t first = random_below(stream, 4) ? 5 : sizeof colours / sizeof *colours;
    return colours[random_below(stream, first)];
}

static Lettering draw_style(RandomStream *stream, float height)
{
    Lettering style = {.family = families[random_below(stream, sizeof families / sizeof *families)],
                       .bold = random_below(stream, 4) == 0,
                       .coarse = random_below(stream, 5) < 2,
                       .colour = draw_colour(stream)};
    /* From a 36th of the picture to a 10th, small ones as often as large ones: a picture is a part
     * of a frame, on which letters are from a 90th to a 25th. */
    style.height = fmaxf(5, height * 0.028f * powf(3.6f, random_uniform(stream)));
    style.stretch = random_below(stream, 2) ? 1 : random_range(stream, 0.75f, 1.3f);
    style.opacity = random_below(stream, 2) ? 1 : random_range(stream, 0.55f, 1);
    const bool outlined = random_below(stream, 5) == 0;
    style.outline = outlined ? fmaxf(1, style.height * random_range(stream, 0.06f, 0.14f)) : 0;
    return style;
}

/* Black letters are read on a plate alone, or by their light ground; those on a plate have no
 * outline. */
typedef struct {
    bool shown;
    Colour colour;
    float opacity;
} Plate;

static Plate draw_plate(RandomStream *stream)
{
    static const Colour colours[] = {{0, 0, 0}, {10, 10, 140}, {0, 0, 0}, {60, 60, 60}};
    return (Plate){.shown = random_below(stream, 9) == 0,
                   .colour = colours[random_below(stream, 4)],
                   .opacity = random_below(stream, 2) ? 1 : random_range(stream, 0.5f, 0.9f)};
}

typedef struct {
    Lettering style;
    Plate plate;
    float interlaced; /* what is left of every other row of ink; 1: all */
    bool right;       /* lines end at x instead of beginning there */
    float x, y;       /* of the first base line */
    float step;       /* to the next one */
    size_t lines;
} Block;

/* What a processor of half pictures leaves of thin letters: every other row is weak or not there.
 */
static void interlace(const Letters *letters, float left)
{
    for (size_t y = 1; y < letters->ink.height; y += 2)
        for (size_t x = 0; x < letters->ink.width; ++x) {
            uint8_t *ink = &letters->ink.pixels[y * letters->ink.width + x];
            *ink = (uint8_t)((float)*ink * left);
        }
}

typedef struct {
    Token token;
    Letters letters;
    float pen;  /* from the line's start, pixels */
    bool apart; /* far from the piece before it */
} Piece;

typedef struct {
    size_t count;
    Piece pieces[TOKENS_MOST];
    float width;
} Line;

static void line_clear(Line *line)
{
    for (size_t i = 0; i < line->count; ++i)
        letters_clear(&line->pieces[i].letters);
    *line = (Line){0};
}

static Status set_line(RandomStream *stream, const Block *block, Line *line)
{
    const Lettering *style = &block->style;
    Token tokens[TOKENS_MOST];
    const size_t count = words_draw(stream, tokens);
    *line = (Line){0};
    const bool apart =
        !block->plate.shown && random_below(stream, 4) == 0; /* as in columns of a table */
    const float space =
        style->height * (apart ? random_range(stream, 3, 6) : random_range(stream, 0.5f, 1.2f));
    for (size_t i = 0; i < count; ++i) {
        Piece *piece = &line->pieces[i];
        piece->token = tokens[i];
        const Status status = letters_set(style, tokens[i].text, &piece->letters);
        if (status != STATUS_OK) {
            line_clear(line);
            return status;
        }
        ++line->count;
        if (block->interlaced < 1)
            interlace(&piece->letters, block->interlaced);
        piece->apart = apart;
        piece->pen = line->width + (i > 0 ? space : 0);
        line->width = piece->pen + piece->letters.advance;
    }
    return STATUS_OK;
}

/* Whether a rectangle is free of letters and insets, with a margin. */
static bool is_free(const OverlayPicture *picture, const Box *box, float margin)
{
    for (size_t i = 0; i < picture->count; ++i) {
        const Box *other = &picture->boxes[i].box;
        if (picture->boxes[i].kind != OVERLAY_BORDER && other->x0 < box->x1 + margin &&
            box->x0 < other->x1 + margin && other->y0 < box->y1 + margin &&
            box->y0 < other->y1 + margin)
            return false;
    }
    return true;
}

static void lay_plate(const Plate *plate, const Box *box, Image *image)
{
    const uint8_t colour[3] = {plate->colour.red, plate->colour.green, plate->colour.blue};
    const size_t x1 = (size_t)fminf(box->x1, (float)image->width);
    const size_t y1 = (size_t)fminf(box->y1, (float)image->height);
    for (size_t y = (size_t)fmaxf(box->y0, 0); y < y1; ++y)
        for (size_t x = (size_t)fmaxf(box->x0, 0); x < x1; ++x)
            for (size_t c = 0; c < 3; ++c) {
                uint8_t *value = &image->pixels[3 * (y * image->width + x) + c];
                *value = (uint8_t)((float)*value +
                                   ((float)colour[c] - (float)*value) * plate->opacity + 0.5f);
            }
}

/* Whether enough of the ink lies in the picture to have a box; half a stroke at the picture's edge
 * is not drawn at all. */
static bool is_seen(const Image *image, const Image *ink, long left, long top)
{
    const long right = left + (long)ink->width, bottom = top + (long)ink->height;
    return ink->pixels && right >= 3 && bottom >= 3 && left + 3 <= (long)image->width &&
           top + 3 <= (long)image->height && ink->width >= 3 && ink->height >= 3;
}

/* Notes where ink is seen: where it covers a pixel by a quarter, as its box has it. */
static void note_ink(const Image *ink, long left, long top, Image *seen)
{
    for (size_t y = 0; y < ink->height; ++y)
        for (size_t x = 0; x < ink->width; ++x) {
            const long px = left + (long)x, py = top + (long)y;
            if (ink->pixels[y * ink->width + x] >= 64 && px >= 0 && py >= 0 &&
                px < (long)seen->width && py < (long)seen->height)
                seen->pixels[(size_t)py * seen->width + (size_t)px] = 1;
        }
}

/* Lays the line with its pen starting at (x, y), the base line; neighbouring pieces of one kind
 * share a box. */
static void lay_line(const Line *line, const Lettering *style, float x, float y,
                     OverlayPicture *picture)
{
    Box box = {0};
    bool open = false;
    OverlayKind kind = OVERLAY_TEXT;
    for (size_t i = 0; i < line->count; ++i) {
        const Piece *piece = &line->pieces[i];
        const Image *ink = &piece->letters.ink;
        const long left = lroundf(x + piece->pen + piece->letters.before);
        const long top = lroundf(y + piece->letters.above);
        if (!is_seen(&picture->image, ink, left, top))
            continue;
        letters_lay(&piece->letters, style, left, top, &picture->image);
        note_ink(ink, left, top, &picture->ink);
        const Box own = {(float)left, (float)top, (float)left + (float)ink->width,
                         (float)top + (float)ink->height};
        if (open && (kind != piece->token.kind || piece->apart)) {
            overlay_add(picture, kind, box);
            open = false;
        }
        box = open ? (Box){fminf(box.x0, own.x0), fminf(box.y0, own.y0), fmaxf(box.x1, own.x1),
                           fmaxf(box.y1, own.y1)}
                   : own;
        open = true;
        kind = piece->token.kind;
    }
    if (open)
        overlay_add(picture, kind, box);
}

static Block draw_block(RandomStream *stream, const Image *image)
{
    const float width = (float)image->width, height = (float)image->height;
    Block block = {.style = draw_style(stream, height), .plate = draw_plate(stream)};
    if (block.plate.shown) {
        block.style.outline = 0;
        if (block.style.colour.red < 60)
            block.style.colour = (Colour){255, 255, 255};
    }
    /* Of letters as small as that, which have no outline to be read by. */
    block.interlaced = 1;
    if (block.style.height < 0.075f * height && random_below(stream, 2)) {
        block.style.outline = 0;
        block.interlaced = random_range(stream, 0, 0.5f);
    }
    block.step = block.style.height * random_range(stream, 1.35f, 2.4f);
    block.lines = 1 + random_below(stream, 10);
    const uint32_t place = random_below(stream, 10);
    block.right = place == 5 || place == 6;
    block.x = random_range(stream, -0.08f, 0.06f) * width;
    block.y = random_range(stream, 0.03f, 0.9f) * height;
    if (block.right)
        block.x = width - block.x;
    if (place > 6) {
        block.x = random_range(stream, 0.05f, 0.8f) * width;
        block.lines = 1 + random_below(stream, 2);
        if (place < 9)
            block.y = (place == 7 ? random_range(stream, 0.03f, 0.1f)
                                  : random_range(stream, 0.88f, 0.98f)) *
                      height;
    }
    return block;
}

static Status lay_block(RandomStream *stream, const Block *block, OverlayPicture *picture)
{
    const Lettering *style = &block->style;
    const float gap = fmaxf(2, 0.3f * style->height), height = (float)picture->image.height;
    float y = block->y + style->height;
    for (size_t i = 0; i < block->lines && y + gap < height; ++i, y += block->step) {
        Line line;
        if (random_below(stream, 4) == 0)
            continue; /* a field that is empty */
        TRY(set_line(stream, block, &line));
        const float x = block->right ? block->x - line.width : block->x;
        const Box room = {x - gap, y - style->height - gap, x + line.width + gap, y + gap};
        const float seen = fminf(x + line.width, (float)picture->image.width) - fmaxf(x, 0);
        if (is_free(picture, &room, 1) && seen >= 0.4f * line.width) {
            if (block->plate.shown)
                lay_plate(&block->plate, &room, &picture->image);
            lay_line(&line, style, x, y, picture);
        }
        line_clear(&line);
    }
    return STATUS_OK;
}

Status overlay_lines(RandomStream *stream, OverlayPicture *picture)
{
    const uint32_t blocks = 1 + random_below(stream, 4);
    for (uint32_t i = 0; i < blocks; ++i) {
        const Block block = draw_block(stream, &picture->image);
        TRY(lay_block(stream, &block, picture));
    }
    return STATUS_OK;
}
