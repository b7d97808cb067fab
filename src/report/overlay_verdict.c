/* See overlay_verdict.h. */
#include "report/overlay_verdict.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "image/denoise_choice.h"

enum { TEXT_BYTES = 600 };

static const char not_given[] =
    "Overlay control: not given. The data have no table of overlays (overlays.csv beside the "
    "manifest; 'gisd-data overlays-of MANIFEST' writes one), or the results are of a version that "
    "did not look. What was laid over frames may tell lesions from normal by itself.";

static void add_figure(Document *document, const char *of, const BaselineFigure *auc,
                       const char *reason, const char *remedy)
{
    char text[TEXT_BYTES];
    if (isnan(auc->value)) {
        document_text(document, "Overlays alone%s: not defined (%s).", of,
                      *reason ? reason : "the test images are all lesions, or all normal");
        return;
    }
    const bool warns = auc->value > CONTROL_OVERLAYS_LIMIT;
    snprintf(text, sizeof text,
             "Overlays alone (text, insets, painted squares, black surround)%s tell lesions from "
             "normal with an AUC of %.3f (%.3f to %.3f)%s",
             of, auc->value, auc->low, auc->high, warns ? remedy : ".");
    if (warns)
        document_warning(document, text);
    else
        document_text(document, "%s", text);
}

static const char *denoise_of(const Experiment *experiment, const Variant *variant)
{
    const char *value = axes_value(experiment_cell(experiment, variant), "denoise");
    return *value ? value : denoise_choice_names[DENOISE_NONE];
}

/* The mean area of the finished variants of a choice, which have the same other settings. */
static size_t mean_area(const Experiment *experiment, DenoiseChoice choice, double *mean)
{
    size_t count = 0;
    *mean = 0;
    for (size_t i = 0; i < experiment->variant_count; ++i) {
        const Variant *variant = &experiment->variants[i];
        const VariantMetric auc = experiment_metric(experiment, variant, "auc");
        if (strcmp(denoise_of(experiment, variant), denoise_choice_names[choice]) != 0 ||
            variant->finished == 0 || isnan(auc.value))
            continue;
        *mean += auc.value;
        ++count;
    }
    *mean /= (double)count;
    return count;
}

/* The networks by what their frames went through, where that is an axis. */
static void add_networks(const Experiment *experiment, Document *document)
{
    char text[TEXT_BYTES] = "";
    bool axis = false;
    for (size_t i = 0; i < experiment->axes.other_count; ++i)
        axis |= strcmp(experiment->axes.others[i], "denoise") == 0;
    for (int choice = 0; axis && choice < DENOISE_CHOICES; ++choice) {
        double mean;
        const size_t count = mean_area(experiment, (DenoiseChoice)choice, &mean);
        const size_t used = strlen(text);
        if (count > 0)
            snprintf(text + used, sizeof text - used, "%s%s %.3f (%zu)", used ? ", " : "",
                     denoise_choice_names[choice], mean, count);
    }
    if (*text)
        document_text(document,
                      "Networks by data.denoise, the mean AUC of those that are done (how many): "
                      "%s. What falls from none to crop may have been learnt from overlays.",
                      text);
}

/* Whether a cell saw frames as they are. */
static bool has_plain(const Experiment *experiment)
{
    for (size_t i = 0; i < experiment->variant_count; ++i)
        if (strcmp(denoise_of(experiment, &experiment->variants[i]),
                   denoise_choice_names[DENOISE_NONE]) == 0)
            return true;
    return experiment->variant_count == 0;
}

void overlay_verdict(const Experiment *experiment, Document *document)
{
    const Control *control = &experiment->control;
    if (!experiment->has_control || !control->has_overlays) {
        document_text(document, "%s", not_given);
        return;
    }
    if (!control->has_denoised || has_plain(experiment))
        add_figure(
            document, "", &control->overlays.auc, control->no_overlays,
            control->has_denoised
                ? ": the figures of networks that saw frames as they are (data.denoise: "
                  "none) may owe to them."
                : ": a network's figures may owe to them. Remove them (data.denoise in the "
                  "experiment, or 'gisd-data denoise'), or test on another source's frames.");
    if (!control->has_denoised)
        return;
    add_figure(document, ", by what is left of them in denoised frames,", &control->denoised.auc,
               control->no_denoised,
               ": the figures of networks that saw denoised frames may owe to it. Test on another "
               "source's frames.");
    add_networks(experiment, document);
}
