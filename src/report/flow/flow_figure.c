/* Drawing of the flow diagram; see flow_figure.h. All lengths are points. */
#include "report/flow/flow_figure.h"

#include <math.h>
#include <stdio.h>

#include "report/figure.h"

static const double sheet_width = 780, gap = 36, line_height = 17, padding = 10;
static const double text_size = 11.5;

enum { LINES_MOST = 8, LINE_BYTES = 112 };

typedef struct {
    double x, y, width; /* of its upper left corner */
    size_t count;
    char lines[LINES_MOST][LINE_BYTES]; /* the first is its title */
    bool dashed;                        /* not known here */
} FlowBox;

static void begin(FlowBox *box, const char *title)
{
    box->count = 1;
    snprintf(box->lines[0], LINE_BYTES, "%s", title);
}

static void add_count(FlowBox *box, int64_t count, const char *what)
{
    char text[FLOW_NUMBER_BYTES];
    snprintf(box->lines[box->count++], LINE_BYTES, "%s: %s", what, flow_number(count, text));
}

static double box_height(const FlowBox *box)
{
    return 2 * padding + (double)box->count * line_height;
}

static double bottom(const FlowBox *box)
{
    return box->y + box_height(box);
}

static double middle(const FlowBox *box)
{
    return box->x + box->width / 2;
}

static void draw_box(cairo_t *sheet, const FlowBox *box)
{
    static const double dashes[] = {5, 4};
    cairo_rectangle(sheet, box->x, box->y, box->width, box_height(box));
    figure_set_grey(sheet, 1);
    cairo_fill_preserve(sheet);
    figure_set_grey(sheet, 0.25);
    cairo_set_line_width(sheet, 1);
    cairo_set_dash(sheet, dashes, box->dashed ? 2 : 0, 0);
    cairo_stroke(sheet);
    cairo_set_dash(sheet, dashes, 0, 0);
    figure_set_grey(sheet, 0.1);
    for (size_t i = 0; i < box->count; ++i)
        figure_text(sheet, middle(box), box->y + padding + ((double)i + 0.5) * line_height,
                    (FigureAnchor){0.5, 0.5}, text_size, i ? FIGURE_PLAIN : FIGURE_BOLD,
                    box->lines[i]);
}

static void draw_arrow(cairo_t *sheet, double x0, double y0, double x1, double y1)
{
    const double angle = atan2(y1 - y0, x1 - x0), head = 7;
    figure_set_grey(sheet, 0.25);
    cairo_set_line_width(sheet, 1);
    cairo_move_to(sheet, x0, y0);
    cairo_line_to(sheet, x1, y1);
    cairo_stroke(sheet);
    cairo_move_to(sheet, x1, y1);
    cairo_line_to(sheet, x1 - head * cos(angle - 0.4), y1 - head * sin(angle - 0.4));
    cairo_line_to(sheet, x1 - head * cos(angle + 0.4), y1 - head * sin(angle + 0.4));
    cairo_fill(sheet);
}

/* From below one box to above another, in right angles. */
static void connect(cairo_t *sheet, const FlowBox *from, const FlowBox *to)
{
    const double bend = to->y - gap / 2;
    figure_set_grey(sheet, 0.25);
    cairo_set_line_width(sheet, 1);
    cairo_move_to(sheet, middle(from), bottom(from));
    cairo_line_to(sheet, middle(from), bend);
    cairo_line_to(sheet, middle(to), bend);
    cairo_stroke(sheet);
    draw_arrow(sheet, middle(to), bend, middle(to), to->y);
}

/* The diagram, from top to bottom. */
typedef struct {
    FlowBox all, excluded, splits[SPLIT_COUNT];
    bool answered;
    FlowBox test, positive, negative;
    size_t tested; /* split */
    double height;
} Flow;

static void fill_all(const FlowCounts *counts, Flow *flow)
{
    begin(&flow->all, "Images of the data set");
    add_count(&flow->all, flow_total(counts, offsetof(FlowSplit, images)), "images");
    if (!counts->by_image)
        add_count(&flow->all, flow_total(counts, offsetof(FlowSplit, patients)), "patients");
    else
        snprintf(flow->all.lines[flow->all.count++], LINE_BYTES, "patients: not known");
    add_count(&flow->all, flow_total(counts, offsetof(FlowSplit, lesion_images)),
              "images with a lesion");
    begin(&flow->excluded, "Excluded before that");
    flow->excluded.dashed = true;
    snprintf(flow->excluded.lines[flow->excluded.count++], LINE_BYTES,
             "number and reasons: not recorded");
    snprintf(flow->excluded.lines[flow->excluded.count++], LINE_BYTES, "(for the author)");
}

static void fill_split(const FlowCounts *counts, size_t s, FlowBox *box)
{
    static const char *const titles[SPLIT_COUNT] = {"Training", "Validation", "Test"};
    const FlowSplit *split = &counts->splits[s];
    begin(box, titles[s]);
    add_count(box, split->images, "images");
    if (!counts->by_image)
        add_count(box, split->patients, "patients");
    add_count(box, split->lesion_images, "images with a lesion");
    add_count(box, split->lesions, "lesions (boxes)");
    if (split->without_place > 0)
        add_count(box, split->without_place, "lesion images, class only");
}

/* Images that the network called a lesion, or not, by what they were. */
static void fill_answers(const EvidenceRun *run, Flow *flow)
{
    const CellResult *result = run->result;
    int64_t counts[2][2] = {{0}}; /* called, annotated */
    for (size_t i = 0; i < result->images; ++i)
        ++counts[result->predicted[i] >= 0][result->truth[i] >= 0];
    begin(&flow->test, "Index test");
    snprintf(flow->test.lines[flow->test.count++], LINE_BYTES, "%s", run->label);
    if (!isnan(run->operating_point))
        snprintf(flow->test.lines[flow->test.count++], LINE_BYTES, "lesion score of at least %.4g",
                 run->operating_point);
    FlowBox *const boxes[2] = {&flow->negative, &flow->positive};
    for (size_t called = 0; called < 2; ++called) {
        begin(boxes[called], called ? "Called a lesion" : "Called normal");
        add_count(boxes[called], counts[called][0] + counts[called][1], "images");
        add_count(boxes[called], counts[called][1],
                  called ? "with a lesion (true)" : "with a lesion (missed)");
        add_count(boxes[called], counts[called][0],
                  called ? "without one (false alarm)" : "without one (true)");
    }
    flow->answered = true;
}

static void place(FlowBox *box, double x, double y, double width)
{
    box->x = x;
    box->y = y;
    box->width = width;
}

static void lay_out(Flow *flow)
{
    const double margin = 12, third = (sheet_width - 2 * margin - 2 * 24) / 3;
    double y = margin;
    place(&flow->all, margin + third + 24, y, third);
    place(&flow->excluded, margin + 2 * (third + 24), y, third);
    y = bottom(&flow->all) + gap;
    double lowest = y;
    for (size_t s = 0; s < SPLIT_COUNT; ++s) {
        place(&flow->splits[s], margin + (double)s * (third + 24), y, third);
        lowest = fmax(lowest, bottom(&flow->splits[s]));
    }
    flow->height = lowest + margin;
    if (!flow->answered)
        return;
    place(&flow->test, flow->splits[flow->tested].x, lowest + gap, third);
    y = bottom(&flow->test) + gap;
    const double left = flow->tested == SPLIT_TEST ? margin + third / 2 + 12 : margin;
    place(&flow->negative, left + third + 24, y, third);
    place(&flow->positive, left, y, third);
    if (flow->tested == SPLIT_TEST) {
        place(&flow->positive, margin + third + 24, y, third);
        place(&flow->negative, margin + 2 * (third + 24), y, third);
    }
    flow->height = bottom(&flow->negative) + margin;
}

static void draw_flow(cairo_t *sheet, const void *context)
{
    const Flow *flow = context;
    for (size_t s = 0; s < SPLIT_COUNT; ++s)
        connect(sheet, &flow->all, &flow->splits[s]);
    const double middle_of_all = flow->all.y + box_height(&flow->all) / 2;
    draw_arrow(sheet, flow->all.x + flow->all.width, middle_of_all, flow->excluded.x,
               middle_of_all);
    if (flow->answered) {
        connect(sheet, &flow->splits[flow->tested], &flow->test);
        connect(sheet, &flow->test, &flow->positive);
        connect(sheet, &flow->test, &flow->negative);
        draw_box(sheet, &flow->test);
        draw_box(sheet, &flow->positive);
        draw_box(sheet, &flow->negative);
    }
    draw_box(sheet, &flow->all);
    draw_box(sheet, &flow->excluded);
    for (size_t s = 0; s < SPLIT_COUNT; ++s)
        draw_box(sheet, &flow->splits[s]);
}

Status flow_figure_save(const char *stem, const FlowCounts *counts, const EvidenceRun *run)
{
    Flow flow = {.tested = run && run->result->on_validation ? SPLIT_VALIDATION : SPLIT_TEST};
    fill_all(counts, &flow);
    for (size_t s = 0; s < SPLIT_COUNT; ++s)
        fill_split(counts, s, &flow.splits[s]);
    if (run)
        fill_answers(run, &flow);
    lay_out(&flow);
    return figure_save(stem, sheet_width, flow.height, draw_flow, &flow);
}
