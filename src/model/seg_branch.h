/* Segmentation branch: a modified receptive field block (after Liu et al. 2018) on each level of
 * the pyramid, fused into lesion features that give the mask and the attention of the first
 * detection level. */
#ifndef GISD_MODEL_SEG_BRANCH_H
#define GISD_MODEL_SEG_BRANCH_H

#include "model/resnet_v2.h"

typedef struct {
    NodeId mask_logit; /* N x h x w x 1, h and w of the finest level */
    NodeId attention;  /* N x h x w x F, in (0, 1) */
} SegBranch;

/* `attention`: whether there is one; else only the mask is set. */
SegBranch seg_branch(Net *net, const NodeId levels[RESNET_TAPS], bool attention);

#endif
