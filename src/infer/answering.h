/* A network's answers on the images in its input: one forward pass, or two where the network is to
 * see each image mirrored too.
 *
 * The mirrored answers are averaged with the others as the network's outputs, before any score, box
 * or mask is made of them. So whatever reads answers, in validation, test and detector, sees one
 * set of outputs and needs no rule of its own for putting two together.
 */
#ifndef GISD_INFER_ANSWERING_H
#define GISD_INFER_ANSWERING_H

#include "infer/network.h"

/* Runs the network, which is planned for inference, on the images in its input, and has
 * `answers`, the network's own reader, average them with those of the mirrored images where
 * plan.model.test_flips. The input is left as it was. */
Status network_answer(const Network *network, const AnswerReader *answers);

#endif
