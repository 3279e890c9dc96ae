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

/* sg__check_data: SG_E_ARGUMENT unless data's shape and classes are net's. */
sg_status sg__check_data(const sg_network *net, const sg_data *data,
                         sg_error *error);

/* sg__adopt_data: notes in net that data are what it is trained on;
 * SG_E_RANGE if their name is too long to be kept. */
sg_status sg__adopt_data(sg_network *net, const sg_data *data,
                         sg_error *error);

#endif
