/* A device whose kernels run here, compiled as plain C: group after group,
 * phase after phase, thread after thread, so that analysers see all of it. */
#ifndef TESTS_SHIM_DEVICE_H
#define TESTS_SHIM_DEVICE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../device/plain_kernels.h"
#include "base/status.h"
#include "device/device.h"

/* Bytes of memory it has, and calls until it is lost; below 0: never. */
static size_t shim_room = SIZE_MAX;
static long shim_countdown = -1;

static sg_status shim_call(sg__device *device)
{
    if (device->failed == SG_OK && shim_countdown >= 0 &&
        shim_countdown-- == 0)
        device->failed =
            sg__fail(&device->error, SG_E_DEVICE, "the shim was unplugged");
    return device->failed;
}

static unsigned shim_count(sg_error *error)
{
    (void)error;
    return 1;
}

static void shim_describe(unsigned i, sg_device_info *info)
{
    (void)i;
    snprintf(info->name, sizeof info->name, "plain C");
}

static const sg__device_kind shim_device;

static sg_status shim_open_device(unsigned i, sg__device **out,
                                  sg_error *error)
{
    (void)i;
    (void)error;
    *out = calloc(1, sizeof **out);
    if (!*out)
        return SG_E_MEMORY;
    (*out)->kind = &shim_device;
    return SG_OK;
}

static void shim_close_device(sg__device *device)
{
    free(device);
}

/* What is not written must not matter. */
static sg_status shim_take(sg__device *device, size_t bytes, sg__block *out)
{
    *out = 0;
    if (shim_call(device) != SG_OK)
        return device->failed;
    void *memory = bytes > shim_room ? NULL : malloc(bytes);
    if (memory)
        memset(memory, 0x5a, bytes);
    *out = (sg__block)memory;
    return SG_OK;
}

static void shim_give(sg__device *device, sg__block block)
{
    (void)device;
    free((void *)block);
}

static uint64_t shim_free(sg__device *device)
{
    (void)device;
    return shim_room;
}

static sg_status shim_write_block(sg__device *device, sg__block to, size_t at,
                                  const void *from, size_t bytes)
{
    if (shim_call(device) == SG_OK)
        memcpy((char *)to + at, from, bytes);
    return device->failed;
}

static sg_status shim_read_block(sg__device *device, void *to, sg__block from,
                                 size_t at, size_t bytes)
{
    if (shim_call(device) == SG_OK)
        memcpy(to, (const char *)from + at, bytes);
    return device->failed;
}

static bool shim_keep(sg__kernel_id id, sg__grid grid, sg__block memory,
                      sg__block images, const sg__task *task);

static sg_status shim_launch(sg__device *device, sg__kernel_id id,
                             sg__grid grid, sg__block memory, sg__block images,
                             const sg__task *task)
{
    if (shim_call(device) != SG_OK)
        return device->failed;
    if (shim_keep(id, grid, memory, images, task))
        return SG_OK;
    plain_run((int)id, grid.x, grid.y, (uint8_t *)memory,
              (const uint8_t *)images, task);
    return SG_OK;
}

static sg_status shim_finish(sg__device *device)
{
    return shim_call(device);
}

/* Tapes: launches between record and recorded. */
typedef struct shim_tape {
    struct {
        sg__kernel_id id;
        sg__grid grid;
        sg__block memory, images;
        sg__task task;
    } call[512];
    size_t count;
} shim_tape;

static shim_tape *shim_recording;
static long shim_tapes; /* that there are */

/* Whether a launch goes on tape instead of being carried out. */
static bool shim_keep(sg__kernel_id id, sg__grid grid, sg__block memory,
                      sg__block images, const sg__task *task)
{
    shim_tape *t = shim_recording;
    if (!t)
        return false;
    if (t->count < sizeof t->call / sizeof t->call[0]) {
        t->call[t->count].id = id;
        t->call[t->count].grid = grid;
        t->call[t->count].memory = memory;
        t->call[t->count].images = images;
        t->call[t->count++].task = *task;
    }
    return true;
}

static bool shim_record(sg__device *device)
{
    if (device->failed == SG_OK)
        shim_recording = calloc(1, sizeof *shim_recording);
    return shim_recording != NULL;
}

/* One that is too long, or of a device that is lost, comes to nothing. */
static sg__tape shim_recorded(sg__device *device)
{
    shim_tape *tape = shim_recording;
    shim_recording = NULL;
    if (device->failed != SG_OK ||
        tape->count == sizeof tape->call / sizeof tape->call[0]) {
        free(tape);
        return 0;
    }
    shim_tapes++;
    return (sg__tape)tape;
}

static sg_status shim_play(sg__device *device, sg__tape tape)
{
    const shim_tape *t = (const shim_tape *)tape;
    for (size_t i = 0; i < t->count; i++)
        shim_launch(device, t->call[i].id, t->call[i].grid, t->call[i].memory,
                    t->call[i].images, &t->call[i].task);
    return device->failed;
}

static void shim_erase(sg__device *device, sg__tape tape)
{
    (void)device;
    shim_tapes--;
    free((void *)tape);
}

static const sg__device_kind shim_device = {
    .name = "shim",
    .count = shim_count,
    .describe = shim_describe,
    .open = shim_open_device,
    .close = shim_close_device,
    .take = shim_take,
    .give = shim_give,
    .room = shim_free,
    .write = shim_write_block,
    .read = shim_read_block,
    .launch = shim_launch,
    .finish = shim_finish,
    .record = shim_record,
    .recorded = shim_recorded,
    .play = shim_play,
    .erase = shim_erase,
};

#endif
