/* What the report says of overlays before all else: how far they alone tell lesions from normal, in
 * frames as they are and denoised, and what that means for the networks' figures. */
#ifndef GISD_REPORT_OVERLAY_VERDICT_H
#define GISD_REPORT_OVERLAY_VERDICT_H

#include "report/document.h"
#include "report/experiment.h"

void overlay_verdict(const Experiment *experiment, Document *document);

#endif
