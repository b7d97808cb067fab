/* Black squares that hang together with the surround in a corner of the frame, by the edges that
 * they have in the picture.
 *
 * surround.h takes the largest black rectangle for a square and looks at its sides; of a square
 * that runs into a corner of the surround that may be another rectangle, most of it surround. But a
 * surround has slanting or round corners, or bands, and mucosa soft edges: two straight edges,
 * sharp to a few pixels, that meet at a right angle with black within and the picture without are
 * those of a square that was painted. It reaches from where they meet to the frame's corner.
 */
#ifndef GISD_IMAGE_CORNER_SQUARE_H
#define GISD_IMAGE_CORNER_SQUARE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"
#include "image/bright_field.h"

enum { CORNER_SQUARES_MOST = 8 };

typedef struct {
    size_t count;
    PixelBox boxes[CORNER_SQUARES_MOST];
    bool is_second[CORNER_SQUARES_MOST]; /* stands out from the one before it on one side */
} CornerSquares;

/* At most two in each of the frame's corners, their sides up to a few pixels within the square.
 * Both edges are at least a sixteenth of the frame's shorter side long, and 19 of 20 of
 * their pixels part black from picture; all but a thirtieth of what they cut off the frame is
 * black. */
Status corner_squares_find(const LightPlanes *planes, CornerSquares *squares);

#endif
