/* Takes the place of sg_verify_with in a build of the command for the tests: the
 * engines agree, so the report of a mismatch has to be provoked. */
#include <spikegrad/spikegrad.h>
#include <string.h>

sg_status __wrap_sg_verify_with(const sg_network *net, const sg_data *data,
                                const sg_verify_options *options,
                                sg_verification *out, sg_error *error);

sg_status __wrap_sg_verify_with(const sg_network *net, const sg_data *data,
                                const sg_verify_options *options,
                                sg_verification *out, sg_error *error)
{
    (void)net;
    (void)data;
    *out = (sg_verification){.samples = options->samples,
                             .quantity = "spike count",
                             .layer = 1,
                             .index = 7,
                             .event_value = 3,
                             .ann_value = 4};
    strcpy(error->text, "verify: they differ");
    return SG_E_MISMATCH;
}
