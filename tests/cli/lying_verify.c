/* Takes the place of sg_verify in a build of the command for the tests: the
 * engines agree, so the report of a mismatch has to be provoked. */
#include <spikegrad/spikegrad.h>
#include <string.h>

sg_status __wrap_sg_verify(const sg_network *net, const sg_data *data,
                           uint32_t samples, sg_order order, uint64_t seed,
                           sg_progress_fn progress, void *user,
                           sg_verification *out, sg_error *error);

sg_status __wrap_sg_verify(const sg_network *net, const sg_data *data,
                           uint32_t samples, sg_order order, uint64_t seed,
                           sg_progress_fn progress, void *user,
                           sg_verification *out, sg_error *error)
{
    (void)net;
    (void)data;
    (void)order;
    (void)seed;
    (void)progress;
    (void)user;
    *out = (sg_verification){.samples = samples,
                             .quantity = "spike count",
                             .layer = 1,
                             .index = 7,
                             .event_value = 3,
                             .ann_value = 4};
    strcpy(error->text, "verify: they differ");
    return SG_E_MISMATCH;
}
