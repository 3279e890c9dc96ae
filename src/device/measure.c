/* What a device reaches with nothing in the way. */
#include <string.h>

#include "base/clock.h"
#include "base/status.h"
#include "device/device.h"
#include "spikegrad/machine.h"

enum {
    GROUPS = 1056, /* some for every part of a large card */
    TILE_MACS = 128 * 128 * 64,
    HEAD = 256, /* bytes in front of what is read */
    MOST_MIB = 512,
    SLICE_MS = 20,
    SLICES = 4,
    MOST_ROUNDS = 1 << 16
};

typedef struct roof {
    sg__device *device;
    sg__block memory;
    uint64_t quads; /* behind HEAD */
} roof;

/* Seconds of a launch. */
static double run(const roof *r, sg__kernel_id kernel, const sg__task *task)
{
    const sg__grid grid = {GROUPS, 1};
    const double begin = sg__clock();
    r->device->kind->launch(r->device, kernel, grid, r->memory, r->memory,
                            task);
    r->device->kind->finish(r->device);
    return sg__clock() - begin;
}

/* The largest block there is room for, a part of it left to others. */
static sg_status take_block(roof *r)
{
    uint64_t bytes = (uint64_t)MOST_MIB << 20;
    const uint64_t room = r->device->kind->room(r->device);
    while (room && bytes > room / 2)
        bytes /= 2;
    for (; bytes > 2 * HEAD && !r->memory; bytes /= 2)
        if (r->device->kind->take(r->device, (size_t)bytes, &r->memory) !=
            SG_OK)
            return r->device->failed;
        else
            r->quads = (bytes - HEAD) / 16;
    return r->memory ? SG_OK : SG_E_MEMORY;
}

/* Products a second: as many rounds as make a slice. */
static double products(const roof *r)
{
    sg__task t = {.out = 0, .count = 1};
    double best = 0;
    for (int slice = 0; slice < SLICES && r->device->failed == SG_OK;) {
        const double seconds = run(r, SG__KERNEL_sg_roof_products, &t);
        const double rate = (double)t.count * GROUPS * TILE_MACS / seconds;
        if (seconds * 1e3 < SLICE_MS && t.count < MOST_ROUNDS) {
            t.count *= 2;
            continue;
        }
        best = rate > best ? rate : best;
        slice += seconds > 0.2 ? SLICES : 1;
    }
    return best;
}

static double bytes(const roof *r)
{
    sg__task t = {.in = HEAD, .count = GROUPS, .neurons = (uint32_t)r->quads};
    double best = 0;
    for (int slice = 0; slice < 2 * SLICES && r->device->failed == SG_OK;
         slice++) {
        const double seconds = run(r, SG__KERNEL_sg_roof_bytes, &t);
        const double rate = (double)r->quads * 16 / seconds;
        best = rate > best ? rate : best;
    }
    return best;
}

sg_status sg_device_measure(const char *name, sg_machine *out, sg_error *error)
{
    sg__device_choice choice;
    roof r = {0};
    if (!name || !out)
        return sg__fail(error, SG_E_ARGUMENT, "device: missing argument");
    memset(out, 0, sizeof *out);
    sg_status status = sg__device_choose(name, &choice, error);
    if (status == SG_OK && !choice.kind)
        return sg_machine_measure(0, (size_t)64 << 20, out);
    if (status == SG_OK)
        status = choice.kind->open(choice.index, &r.device, error);
    if (status != SG_OK)
        return status;
    status = take_block(&r);
    if (status == SG_OK) {
        out->multiply_adds = (uint64_t)products(&r);
        out->bytes = (uint64_t)bytes(&r);
        status = r.device->failed;
    }
    if (status != SG_OK)
        sg__fail(error, status, "device %s: %s", name,
                 r.device->failed != SG_OK ? r.device->error.text
                                           : "no room to measure it");
    choice.kind->give(r.device, r.memory);
    choice.kind->close(r.device);
    return status;
}
