/* Forward pass over a data set with a workspace that already exists. */
#ifndef SG_LEARN_EVALUATE_H
#define SG_LEARN_EVALUATE_H

#include "ann/ann.h"
#include "base/threads.h"

/* sg__evaluate: as sg_evaluate_with.
 *
 * parts  sg_metrics[threads of the pool], working memory
 * sums   int64[ann->batch][classes], working memory: each image is shown with
 *        its mirror image; NULL: alone */
void sg__evaluate(sg__ann *ann, sg__threads *threads, const sg_data *data,
                  sg_metrics *parts, int64_t *sums, sg_metrics *out,
                  uint32_t *confusion);

#endif
