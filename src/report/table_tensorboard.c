/* Event files of TensorBoard: TFRecords of Event messages; see table.h.
 *
 * A record is its length (u64), the masked CRC-32C of the length, the data, and
 * the masked CRC-32C of the data, all little endian. Of the protocol buffers
 *
 *     Event   { double wall_time = 1; int64 step = 2; string file_version = 3;
 *               Summary summary = 5; }
 *     Summary { repeated Value value = 1; }
 *     Value   { string tag = 1; float simple_value = 2; }
 *
 * are needed. The wall time is the epoch, for the sake of equal files. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "report/table.h"

/* A message that is being made. */
typedef struct message {
    unsigned char *byte;
    size_t size, room;
    bool failed; /* no memory */
} message;

static void add(message *m, const void *bytes, size_t size)
{
    if (m->failed || size == 0)
        return;
    if (m->size + size > m->room) {
        size_t room = 2 * (m->size + size);
        unsigned char *more = realloc(m->byte, room);
        if (!more) {
            m->failed = true;
            return;
        }
        m->byte = more;
        m->room = room;
    }
    memcpy(m->byte + m->size, bytes, size);
    m->size += size;
}

static void add_varint(message *m, uint64_t number)
{
    do {
        unsigned char byte = number & 0x7f;
        number >>= 7;
        byte |= number ? 0x80 : 0;
        add(m, &byte, 1);
    } while (number);
}

/* Kinds of fields on the wire. */
enum { VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5 };

static void add_key(message *m, unsigned field, unsigned kind)
{
    add_varint(m, field << 3 | kind);
}

static void set_little(unsigned char byte[8], uint64_t bits)
{
    for (size_t i = 0; i < 8; i++)
        byte[i] = (unsigned char)(bits >> 8 * i);
}

static void add_little(message *m, uint64_t bits, size_t size)
{
    unsigned char byte[8];
    set_little(byte, bits);
    add(m, byte, size);
}

static void add_double(message *m, unsigned field, double number)
{
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    add_key(m, field, FIXED64);
    add_little(m, bits, 8);
}

static void add_bytes(message *m, unsigned field, const void *bytes,
                      size_t size)
{
    add_key(m, field, BYTES);
    add_varint(m, size);
    add(m, bytes, size);
}

/* CRC-32C: the polynomial 0x1EDC6F41, reflected. */
static uint32_t masked_crc(const unsigned char *byte, size_t size)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < size; i++) {
        crc ^= byte[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? UINT32_C(0x82f63b78) : 0);
    }
    crc = ~crc;
    return (crc >> 15 | crc << 17) + UINT32_C(0xa282ead8);
}

static void write_record(FILE *out, const message *m)
{
    unsigned char length[8], check[8];
    set_little(length, m->size);
    set_little(check, masked_crc(length, sizeof length));
    fwrite(length, 1, sizeof length, out);
    fwrite(check, 1, 4, out);
    set_little(check, masked_crc(m->byte, m->size));
    fwrite(m->byte, 1, m->size, out);
    fwrite(check, 1, 4, out);
}

static void add_value(message *summary, const char *tag, double number)
{
    message value = {0};
    float narrow = (float)number;
    uint32_t bits;
    if (!isfinite(number))
        return;
    memcpy(&bits, &narrow, sizeof bits);
    add_bytes(&value, 1, tag, strlen(tag));
    add_key(&value, 2, FIXED32);
    add_little(&value, bits, 4);
    add_bytes(summary, 1, value.byte, value.size);
    summary->failed = summary->failed || value.failed;
    free(value.byte);
}

static void add_sums(message *summary, const record *r, const char *split,
                     const record_sums *sums)
{
    char tag[80];
    double samples = (double)sums->samples;
    bool training = strcmp(split, "train") == 0;
    if (!sums->samples || !sums->layer)
        return;
    snprintf(tag, sizeof tag, "accuracy/%s", split);
    add_value(summary, tag, (double)sums->correct / samples);
    snprintf(tag, sizeof tag, "loss/%s", split);
    add_value(summary, tag, (double)sums->loss_q20 / samples / 1048576.0);
    snprintf(tag, sizeof tag, "operations_forward/%s", split);
    add_value(summary, tag,
              record_forward(r, sums, r->layers) / samples /
                  record_dense_forward(r, r->layers));
    if (training)
        add_value(summary, "operations_backward/train",
                  record_backward(r, sums, r->layers) / samples /
                      record_dense_backward(r, r->layers));
    for (size_t l = 0; l < r->layers; l++) {
        double neurons = samples * (double)r->layer[l].neurons;
        snprintf(tag, sizeof tag, "spikes_%s/%03zu_%s", split, l,
                 r->layer[l].name);
        add_value(summary, tag, (double)sums->layer[l].spikes / neurons);
        if (!training)
            continue;
        snprintf(tag, sizeof tag, "error_spikes/%03zu_%s", l,
                 r->layer[l].name);
        add_value(summary, tag, (double)sums->layer[l].error_spikes / neurons);
    }
}

static bool write_epoch(FILE *out, const record *r, size_t e)
{
    const size_t final =
        r->final_epoch < r->epochs ? r->final_epoch : r->epochs;
    message event = {0}, summary = {0};
    add_sums(&summary, r, "train", &r->epoch[e].train);
    add_sums(&summary, r, r->held ? "validation" : "test", &r->epoch[e].test);
    if (e + 1 == final) {
        add_sums(&summary, r, "final", &r->final);
        add_sums(&summary, r, "final-flip", &r->final_flip);
    }
    add_double(&event, 1, (double)(e + 1));
    add_key(&event, 2, VARINT);
    add_varint(&event, e + 1);
    add_bytes(&event, 5, summary.byte, summary.size);
    bool good = !event.failed && !summary.failed;
    if (good)
        write_record(out, &event);
    free(event.byte);
    free(summary.byte);
    return good;
}

bool table_tensorboard(FILE *out, const record *run)
{
    static const char version[] = "brain.Event:2";
    message first = {0};
    add_double(&first, 1, 0);
    add_bytes(&first, 3, version, strlen(version));
    bool good = !first.failed;
    if (good)
        write_record(out, &first);
    free(first.byte);
    for (size_t e = 0; e < run->epochs && good; e++)
        good = write_epoch(out, run, e);
    return good;
}
