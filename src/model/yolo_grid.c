/* See yolo_grid.h. */
#include "model/yolo_grid.h"

#include <math.h>

enum { COARSEST_STRIDE = 32 };
static const float MOST_LOG_SIZE = 40;

YoloGrid yolo_grid_make(size_t size, size_t scale_count, const size_t (*anchors)[2])
{
    YoloGrid grid = {.scale_count = scale_count};
    for (size_t k = 0; k < scale_count; ++k) {
        grid.cells[k] = (size / COARSEST_STRIDE) << k;
        grid.rows += grid.cells[k] * grid.cells[k] * YOLO_ANCHORS_EACH;
    }
    for (size_t i = 0; i < scale_count * YOLO_ANCHORS_EACH; ++i)
        for (size_t c = 0; c < 2; ++c)
            grid.anchors[i][c] = (float)anchors[i][c] / (float)size;
    return grid;
}

/* The first anchor of a scale. */
static size_t first_anchor(const YoloGrid *grid, size_t scale)
{
    return (grid->scale_count - 1 - scale) * YOLO_ANCHORS_EACH;
}

YoloPlace yolo_place(const YoloGrid *grid, size_t row)
{
    size_t scale = 0, cells = grid->cells[0];
    for (size_t own; row >= (own = cells * cells * YOLO_ANCHORS_EACH); cells = grid->cells[scale]) {
        row -= own;
        ++scale;
    }
    const size_t cell = row / YOLO_ANCHORS_EACH;
    return (YoloPlace){.x = cell % cells,
                       .y = cell / cells,
                       .cells = cells,
                       .anchor = first_anchor(grid, scale) + row % YOLO_ANCHORS_EACH};
}

static size_t cell_of(float at, size_t cells)
{
    const size_t cell = at > 0 ? (size_t)(at * (float)cells) : 0;
    return cell < cells ? cell : cells - 1;
}

size_t yolo_row(const YoloGrid *grid, size_t anchor, float x, float y)
{
    const size_t scale = grid->scale_count - 1 - anchor / YOLO_ANCHORS_EACH;
    const size_t cells = grid->cells[scale];
    size_t before = 0;
    for (size_t k = 0; k < scale; ++k)
        before += grid->cells[k] * grid->cells[k] * YOLO_ANCHORS_EACH;
    return before + (cell_of(y, cells) * cells + cell_of(x, cells)) * YOLO_ANCHORS_EACH +
           anchor % YOLO_ANCHORS_EACH;
}

float yolo_sigmoid(float x)
{
    return (float)(1 / (1 + exp(-(double)x)));
}

Box yolo_box(const YoloGrid *grid, const YoloPlace *place, const float numbers[4])
{
    const float cells = (float)place->cells, *anchor = grid->anchors[place->anchor];
    const float x = ((float)place->x + yolo_sigmoid(numbers[YOLO_X])) / cells;
    const float y = ((float)place->y + yolo_sigmoid(numbers[YOLO_Y])) / cells;
    const float half_w = expf(fminf(numbers[YOLO_W], MOST_LOG_SIZE)) * anchor[0] / 2;
    const float half_h = expf(fminf(numbers[YOLO_H], MOST_LOG_SIZE)) * anchor[1] / 2;
    return (Box){x - half_w, y - half_h, x + half_w, y + half_h};
}
