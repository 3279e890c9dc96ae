/* The smallest user of an installed libspikegrad: prints its version. */
#include <spikegrad/spikegrad.h>

#include <stdio.h>

int main(void)
{
    sg_data *data;
    sg_error error;
    sg_status status =
        sg_data_open("glyphs:test=10", SG_SPLIT_TEST, &data, &error);
    if (status != SG_OK) {
        fprintf(stderr, "%s: %s\n", sg_status_text(status), error.text);
        return 1;
    }
    sg_data_destroy(data);
    puts(sg_version());
    return 0;
}
