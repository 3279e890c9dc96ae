/* The inside of a program: files, and the texts that make them. */
#ifndef SG_EXPORT_PROGRAM_H
#define SG_EXPORT_PROGRAM_H

#include "export/plan.h"
#include "export/text.h"
#include "spikegrad/export.h"

typedef struct sg__program_file {
    char path[48];
    sg__text text;
} sg__program_file;

struct sg_program {
    sg_program_info info;
    size_t room;
    sg__program_file *file;
    sg__text nowhere; /* of files for which there was no memory */
};

/* sg__program_add: a new file at the end; its text may be written until the
 * next one is added. Never NULL: without memory it is one that has failed. */
sg__text *sg__program_add(sg_program *program, const char *path);

/* sg__program_whole: SG_E_MEMORY if any text has failed. */
sg_status sg__program_whole(const sg_program *program);

/* A file of the product that programs have as it is. */
typedef struct sg__embedded {
    const char *path;
    const unsigned char *bytes;
    size_t size;
} sg__embedded;
extern const sg__embedded sg__embedded_files[]; /* up to a NULL */

/* What a self-test has to come to. */
typedef struct sg__expected {
    uint32_t samples;
    uint32_t *order;  /* [samples], indices into data */
    uint64_t *hashes; /* [samples] */
} sg__expected;

/* sg__program_identity: of the weights and rules that a saved state belongs
 * to; 0 if there is no memory. */
uint64_t sg__program_identity(const sg__device_plan *plan);

/* sg__program_hash, _number: FNV-1a of bytes, or of those of a number, little
 * end first, from h on. */
uint64_t sg__program_hash(uint64_t h, const void *bytes, size_t size);
uint64_t sg__program_hash_number(uint64_t h, int32_t value, size_t bytes);

/* sg__program_hash_state: of what learns in a network of that plan: biases,
 * gains, weights. failed is set where there is no memory. */
uint64_t sg__program_hash_state(uint64_t h, const sg__device_plan *plan,
                                const sg_network *net, bool *failed);

/* sg__program_masters: what learns in a network of that plan, in the order of
 * the state. */
void sg__program_masters(const sg__device_plan *plan, const sg_network *net,
                         int32_t *master, int32_t *bias, int32_t *gain);

/* The texts of net.h, net.c, samples.c and README.md. */
void sg__write_header(const sg__device_plan *plan, sg__text *to);
sg_status sg__write_tables(const sg__device_plan *plan, sg__text *to);
void sg__write_samples(const sg__device_plan *plan, const sg_data *data,
                       const sg__expected *expected, sg__text *to);
void sg__write_page(const sg__device_plan *plan, uint32_t samples,
                    sg__text *to);

#endif
