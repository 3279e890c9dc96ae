/* Programs for microcontrollers; see spikegrad/export.h. */
#include "export/program.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sized.h"
#include "base/status.h"
#include "learn/trainer.h"
#include "network/match.h"
#include "spikegrad/train.h"

#define FNV_START UINT64_C(14695981039346656037)

/* ---- what the self-test expects ---- */

static sg_status expect_classes(const sg__device_plan *p, const sg_data *data,
                                sg__expected *out)
{
    sg_classifier *classifier = NULL;
    int32_t *logits = malloc(p->net->classes * sizeof *logits);
    sg_status status =
        logits ? sg_classifier_create(p->net, &classifier, NULL) : SG_E_MEMORY;
    for (uint32_t s = 0; status == SG_OK && s < out->samples; s++) {
        uint32_t label;
        out->order[s] = s;
        status = sg_classifier_run(classifier, sg_data_pixels(data, s), logits,
                                   &label);
        uint64_t h = FNV_START;
        for (uint32_t k = 0; k < p->net->classes; k++)
            h = sg__program_hash_number(h, logits[k], 4);
        out->hashes[s] = h;
    }
    sg_classifier_destroy(classifier);
    free(logits);
    return status;
}

/* The logits of a sample in use, which has other thresholds than training
 * where there are dropouts. */
static sg_status hash_use(const sg_network *net, const uint8_t *pixels,
                          uint64_t *h)
{
    sg_classifier *classifier;
    uint32_t label;
    int32_t *logits = malloc(net->classes * sizeof *logits);
    sg_status status =
        logits ? sg_classifier_create(net, &classifier, NULL) : SG_E_MEMORY;
    if (status == SG_OK) {
        status = sg_classifier_run(classifier, pixels, logits, &label);
        for (uint32_t k = 0; k < net->classes; k++)
            *h = sg__program_hash_number(*h, logits[k], 4);
        sg_classifier_destroy(classifier);
    }
    free(logits);
    return status;
}

/* A run of the twin, sample by sample. */
static sg_status expect_steps(const sg__device_plan *p, const sg_data *data,
                              sg__expected *out, sg_error *error)
{
    sg_trainer *trainer;
    bool failed = false;
    sg_status status =
        sg_trainer_adapt(p->net, &p->net->recipe, data, 0, 1, &trainer, error);
    if (status != SG_OK)
        return status;
    for (uint32_t s = 0; status == SG_OK && s < out->samples; s++) {
        status = sg_trainer_step(trainer);
        if (status != SG_OK)
            break;
        out->order[s] = trainer->order[s];
        out->hashes[s] =
            sg__program_hash_state(FNV_START, p, sg_trainer_network(trainer),
                                   &failed);
        if (p->drops)
            status =
                hash_use(sg_trainer_network(trainer),
                         sg_data_pixels(data, out->order[s]), &out->hashes[s]);
    }
    sg_trainer_destroy(trainer);
    return failed ? SG_E_MEMORY : status;
}

static sg_status expect(const sg__device_plan *p, const sg_data *data,
                        sg__expected *out, sg_error *error)
{
    if (out->samples == 0)
        return SG_OK;
    sg_status status = sg__check_data(p->net, data, error);
    if (status == SG_OK && out->samples > sg_data_get_info(data)->size)
        status = sg__fail(error, SG_E_RANGE,
                          "samples: %" PRIu32 ", expected at most %" PRIu32,
                          out->samples, sg_data_get_info(data)->size);
    if (status != SG_OK)
        return status;
    out->order = malloc(out->samples * sizeof *out->order);
    out->hashes = malloc(out->samples * sizeof *out->hashes);
    if (!out->order || !out->hashes)
        return SG_E_MEMORY;
    return p->learn ? expect_steps(p, data, out, error)
                    : expect_classes(p, data, out);
}

/* ---- files ---- */

sg__text *sg__program_add(sg_program *program, const char *path)
{
    if (program->info.files == program->room) {
        const size_t room = program->room ? 2 * program->room : 32;
        sg__program_file *more =
            realloc(program->file, room * sizeof *program->file);
        if (!more) {
            program->nowhere.failed = true;
            return &program->nowhere;
        }
        program->file = more;
        program->room = room;
    }
    sg__program_file *file = &program->file[program->info.files++];
    memset(file, 0, sizeof *file);
    snprintf(file->path, sizeof file->path, "%s", path);
    return &file->text;
}

sg_status sg__program_whole(const sg_program *program)
{
    bool failed = program->nowhere.failed;
    for (size_t i = 0; i < program->info.files; i++)
        failed |= program->file[i].text.failed;
    return failed ? SG_E_MEMORY : SG_OK;
}

/* The network at the beginning of what a device learns, without the name of
 * the data, which may be a path. */
static sg_status add_twin(sg_program *program, const sg_network *net,
                          sg_error *error)
{
    sg_network *copy;
    void *bytes = NULL;
    size_t size;
    sg_status status = sg__network_clone(net, &copy);
    if (status != SG_OK)
        return status;
    memset(copy->data, 0, sizeof copy->data);
    status = sg_network_save_memory(copy, &bytes, &size, error);
    sg_network_destroy(copy);
    if (status == SG_OK)
        sg__text_add(sg__program_add(program, "twin.safetensors"), bytes,
                     size);
    free(bytes);
    return status;
}

static sg_status fill(sg_program *program, const sg__device_plan *p,
                      const sg_data *data, const sg__expected *expected,
                      sg_error *error)
{
    for (const sg__embedded *e = sg__embedded_files; e->path; e++)
        sg__text_add(sg__program_add(program, e->path), e->bytes, e->size);
    sg__write_header(p, sg__program_add(program, "net.h"));
    (void)sg__write_tables(p, sg__program_add(program, "net.c"));
    sg__text_put(sg__program_add(program, "samples.h"),
                 "/* Written by spikegrad export: do not change. */\n"
                 "#include \"spikegrad_device.h\"\n\n"
                 "#define SG_SAMPLES %" PRIu32 "\n\n"
                 "typedef struct sg_sample {\n    uint32_t label, number;\n"
                 "    uint64_t expected;\n    uint8_t pixels[SG_PIXELS];\n"
                 "} sg_sample;\n"
                 "extern const sg_sample sg_samples[SG_SAMPLES + 1];\n",
                 expected->samples);
    sg__write_samples(p, data, expected,
                      sg__program_add(program, "samples.c"));
    sg__write_page(p, expected->samples,
                   sg__program_add(program, "README.md"));
    sg_status status = p->learn ? add_twin(program, p->net, error) : SG_OK;
    return status == SG_OK ? sg__program_whole(program) : status;
}

sg_status sg_program_create(const sg_network *net, const sg_data *data,
                            const sg_program_options *options,
                            sg_program **out, sg_error *error)
{
    sg_program_options known;
    sg__expected expected = {0};
    if (out)
        *out = NULL;
    if (!net || !out)
        return sg__fail(error, SG_E_ARGUMENT, "export: missing argument");
    sg_status status =
        sg__sized_take(options, &known, sizeof known, "options", error);
    if (status != SG_OK)
        return status;
    if (known.samples > 0 && !data)
        return sg__fail(error, SG_E_ARGUMENT,
                        "export: a self-test needs data");
    sg_program *program = calloc(1, sizeof *program);
    sg__device_plan *plan = malloc(sizeof *plan);
    status = program && plan ? SG_OK : SG_E_MEMORY;
    if (status == SG_OK)
        status = sg__device_plan_make(net, known.learn != 0, known.ram, plan,
                                      error);
    expected.samples = known.samples;
    if (status == SG_OK)
        status = expect(plan, data, &expected, error);
    if (status == SG_OK) {
        program->info =
            (sg_program_info){.ram = plan->ram,
                              .tables = plan->flash,
                              .saved = plan->learn ? plan->saved : 0};
        status = fill(program, plan, data, &expected, error);
    }
    if (status == SG_E_MEMORY)
        sg__fail(error, status, "export: out of memory");
    if (status == SG_OK)
        *out = program;
    else
        sg_program_destroy(program);
    free(expected.order);
    free(expected.hashes);
    free(plan);
    return status;
}

void sg_program_get_info(const sg_program *program, sg_program_info *out)
{
    if (out)
        *out = program ? program->info : (sg_program_info){0};
}

const void *sg_program_file(const sg_program *program, size_t i,
                            const char **path, size_t *size)
{
    if (!program || i >= program->info.files)
        return NULL;
    if (path)
        *path = program->file[i].path;
    if (size)
        *size = program->file[i].text.size;
    return program->file[i].text.bytes;
}

void sg_program_destroy(sg_program *program)
{
    if (!program)
        return;
    for (size_t i = 0; i < program->info.files; i++)
        sg__text_free(&program->file[i].text);
    free(program->file);
    free(program);
}
