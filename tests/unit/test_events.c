/* Recordings of events as samples: which events count, where they go, what
 * becomes of folders and folds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "data/events/recordings.h"
#include "event_files.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* The counts of a sample add up from its events. */
static void assert_events_count(const sg_data *data, uint32_t i)
{
    const sg_data_info *info = sg_data_get_info(data);
    const size_t n = (size_t)info->height * info->width * info->channels;
    uint8_t *counts = calloc(n, 1);
    sg_data_event *event;
    size_t count;
    uint64_t last = 0;
    assert_non_null(counts);
    assert_int_equal(sg_data_events(data, i, &event, &count, NULL), SG_OK);
    for (size_t k = 0; k < count; k++) {
        assert_true(event[k].neuron < n);
        assert_true(event[k].time >= last);
        last = event[k].time;
        counts[event[k].neuron]++;
    }
    assert_memory_equal(counts, sg_data_pixels(data, i), n);
    sg_data_free_events(event);
    free(counts);
}

static void assert_all_count(const sg_data *data)
{
    assert_true(sg_data_has_events(data));
    for (uint32_t i = 0; i < sg_data_get_info(data)->size; i++)
        assert_events_count(data, i);
}

static uint8_t at(const sg_data *data, uint32_t i, uint32_t y, uint32_t x,
                  uint32_t channel)
{
    const sg_data_info *info = sg_data_get_info(data);
    return sg_data_pixels(data,
                          i)[(y * info->width + x) * info->channels + channel];
}

static const written steps[] = {
    {1000, 3, 4, 1},    {1500, 3, 4, 1},    {60000, 3, 4, 0},
    {130000, 33, 0, 1}, {170000, 33, 1, 1}, {170001, 0, 33, 0},
    {210000, 5, 5, 1},
};

static void test_counts(void **state)
{
    const folder *f = *state;
    write_bin(f, "train/a/1.bin", steps, COUNT(steps));
    write_bin(f, "train/b/1.bin", steps, 1);
    write_bin(f, "train/b/2.bin", steps, 0);
    write_bin(f, "test/b/1.bin", steps, 2);
    write_file(f, "train/b/README", "not one", 7);
    write_file(f, "train/.hidden/x.bin", "12345", 5);
    sg_data *data = recordings(f, "", SG_SPLIT_TRAIN);
    const sg_data_info *info = sg_data_get_info(data);
    assert_int_equal(info->size, 3);
    assert_int_equal(info->classes, 2);
    assert_int_equal(info->height, 34);
    assert_int_equal(info->width, 34);
    assert_int_equal(info->channels, 2);
    assert_int_equal(info->counts, 31);
    /* the first of each class, then the second */
    assert_int_equal(sg_data_label(data, 0), 0);
    assert_int_equal(sg_data_label(data, 1), 1);
    assert_int_equal(sg_data_label(data, 2), 1);
    assert_int_equal(at(data, 0, 4, 3, 1), 2);
    assert_int_equal(at(data, 0, 4, 3, 0), 1);
    assert_int_equal(at(data, 0, 33, 0, 0), 1);
    assert_int_equal(at(data, 1, 4, 3, 1), 1);
    assert_all_count(data);
    sg_data_destroy(data);
    data = recordings(f, ",polarity=merge", SG_SPLIT_TEST);
    assert_int_equal(sg_data_get_info(data)->size, 1);
    assert_int_equal(sg_data_get_info(data)->channels, 1);
    assert_int_equal(sg_data_get_info(data)->classes, 2);
    assert_int_equal(sg_data_label(data, 0), 1);
    assert_int_equal(at(data, 0, 4, 3, 0), 2);
    sg_data_destroy(data);
}

static void test_places(void **state)
{
    const folder *f = *state;
    write_bin(f, "a/1.bin", steps, COUNT(steps));
    sg_data *data = recordings(f, ",size=17x34,cap=1", SG_SPLIT_TRAIN);
    assert_int_equal(sg_data_get_info(data)->counts, 1);
    assert_int_equal(at(data, 0, 2, 3, 1), 1);  /* of two, by the cap */
    assert_int_equal(at(data, 0, 0, 33, 1), 1); /* rows 0 and 1 */
    assert_int_equal(at(data, 0, 16, 0, 0), 1);
    assert_all_count(data);
    sg_data_destroy(data);
    data = recordings(f, ",crop=2x3+3+2", SG_SPLIT_TRAIN);
    assert_int_equal(sg_data_get_info(data)->height, 2);
    assert_int_equal(sg_data_get_info(data)->width, 3);
    assert_int_equal(at(data, 0, 1, 1, 1), 2);
    assert_all_count(data);
    sg_data_destroy(data);
    data = recordings(f, ",crop=32x32,size=16x16", SG_SPLIT_TRAIN);
    assert_int_equal(at(data, 0, 1, 1, 1), 2); /* (4 - 1) / 2, (3 - 1) / 2 */
    assert_int_equal(at(data, 0, 2, 2, 1), 1);
    assert_all_count(data);
    sg_data_destroy(data);
}

static void test_times(void **state)
{
    const folder *f = *state;
    write_bin(f, "a/1.bin", steps, COUNT(steps));
    sg_data *data =
        recordings(f, ",window=60ms..210ms,bins=3", SG_SPLIT_TRAIN);
    assert_int_equal(sg_data_get_info(data)->channels, 6);
    assert_int_equal(at(data, 0, 4, 3, 0), 1);
    assert_int_equal(at(data, 0, 0, 33, 3), 1); /* 70 ms of 150 */
    assert_int_equal(at(data, 0, 1, 33, 5), 1); /* 110 ms */
    assert_int_equal(at(data, 0, 5, 5, 5), 0);  /* 210 ms is too late */
    assert_all_count(data);
    sg_data_destroy(data);
    data = recordings(f, ",cut=50ms", SG_SPLIT_TRAIN);
    /* 0.., 50.., 100.., 150..; the last, 200..210, is less than half of one */
    assert_int_equal(sg_data_get_info(data)->size, 4);
    assert_int_equal(at(data, 1, 4, 3, 0), 1);
    assert_int_equal(at(data, 3, 1, 33, 1), 1);
    assert_int_equal(at(data, 3, 4, 3, 0), 0);
    assert_all_count(data);
    sg_data_destroy(data);
    data = recordings(f, ",cut=100ms,parts=growing", SG_SPLIT_TRAIN);
    assert_int_equal(sg_data_get_info(data)->size, 2);
    assert_int_equal(at(data, 0, 4, 3, 1), 2);
    assert_int_equal(at(data, 1, 4, 3, 1), 2);
    assert_int_equal(at(data, 0, 1, 33, 1), 0);
    assert_int_equal(at(data, 1, 1, 33, 1), 1);
    assert_all_count(data);
    sg_data_destroy(data);
    data = recordings(f, ",cut=3ev,bins=3", SG_SPLIT_TRAIN);
    assert_int_equal(sg_data_get_info(data)->size, 3);
    assert_int_equal(at(data, 0, 4, 3, 4), 1); /* its third event */
    assert_int_equal(at(data, 2, 5, 5, 1), 1);
    assert_all_count(data);
    sg_data_destroy(data);
}

/* 20 events of one pixel within 100 ms are 200 a second. */
static void test_hot(void **state)
{
    const folder *f = *state;
    written event[21];
    for (uint32_t i = 0; i < 20; i++)
        event[i] = (written){5000 * i, 9, 9, 1};
    event[20] = (written){100000, 2, 2, 1};
    write_bin(f, "a/1.bin", event, 21);
    sg_data *data = recordings(f, ",hot=199", SG_SPLIT_TRAIN);
    assert_int_equal(at(data, 0, 9, 9, 1), 0);
    assert_int_equal(at(data, 0, 2, 2, 1), 1);
    assert_all_count(data);
    sg_data_destroy(data);
    data = recordings(f, ",hot=200", SG_SPLIT_TRAIN);
    assert_int_equal(at(data, 0, 9, 9, 1), 20);
    sg_data_destroy(data);
}

/* What comes late counts to the moment that is reached; y = 240 adds 8192 us to
 * all that follow. */
static void test_order_of_time(void **state)
{
    const folder *f = *state;
    const written event[] = {{70000, 1, 1, 1},
                             {20000, 2, 2, 1},
                             {0, 0, 240, 0},
                             {70000, 3, 3, 1}};
    write_bin(f, "a/1.bin", event, 4);
    sg_data *data = recordings(f, "", SG_SPLIT_TRAIN);
    sg_data_event *got;
    size_t count;
    assert_int_equal(sg_data_events(data, 0, &got, &count, NULL), SG_OK);
    assert_int_equal(count, 3);
    assert_int_equal(got[1].time, 70000);
    assert_int_equal(got[1].neuron, (2 * 34 + 2) * 2 + 1);
    assert_int_equal(got[2].time, 78192);
    sg_data_free_events(got);
    sg_data_destroy(data);
}

/* A counter begins anew, an event from before that comes late, and the next one
 * is where the counter was: with any number of bits, and before there was one. */
static void test_counters(void **state)
{
    (void)state;
    for (unsigned bits = 12; bits <= 32; bits += 4) {
        const uint64_t range = UINT64_C(1) << bits;
        const struct {
            uint64_t counter, time;
        } steps_of[] = {
            {7, 7},
            {range - 2, range - 2}, /* nothing has begun anew yet */
            {3, range + 3},
            {range - 1, range - 1},
            {4, range + 4},
            {range / 2, range + range / 2},
            {range - 1, 2 * range - 1},
            {0, 2 * range},
            {range - 3, 2 * range - 3},
            {range - 4, 2 * range - 4},
            {1, 2 * range + 1},
        };
        uint64_t last = 0;
        for (size_t i = 0; i < COUNT(steps_of); i++) {
            const uint64_t time = sg__unwrap(&last, bits, steps_of[i].counter);
            if (time != steps_of[i].time)
                fail_msg("%u bits, step %zu: %llu", bits, i,
                         (unsigned long long)time);
        }
    }
}

static uint8_t *put_le32(uint8_t *to, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        *to++ = (uint8_t)(value >> 8 * i);
    return to;
}

/* A recording of Prophesee's with a square sensor; an event at (1, 0) each. */
static size_t make_dat(uint8_t to[200], unsigned side, const uint32_t *time,
                       size_t count)
{
    int head =
        snprintf((char *)to, 100, "%% Version 2\n%% Height %u\n%% Width %u\n",
                 side, side);
    uint8_t *at = to + head;
    *at++ = 12;
    *at++ = 8;
    for (size_t i = 0; i < count; i++)
        at = put_le32(put_le32(at, time[i]), 1U << 28 | 1);
    return (size_t)(at - to);
}

static void test_late_events(void **state)
{
    const folder *f = *state;
    static const uint32_t time[] = {UINT32_MAX - 9, 5, UINT32_MAX - 4, 8};
    static const uint64_t wanted[] = {0, 15, 15, 18};
    uint8_t bytes[200];
    write_file(f, "a/1.dat", bytes, make_dat(bytes, 2, time, 4));
    sg_data *data = recordings(f, "", SG_SPLIT_TRAIN);
    sg_data_event *got;
    size_t count;
    assert_int_equal(sg_data_events(data, 0, &got, &count, NULL), SG_OK);
    assert_int_equal(count, 4);
    for (size_t i = 0; i < 4; i++)
        assert_true(got[i].time == wanted[i]);
    sg_data_free_events(got);
    sg_data_destroy(data);
}

/* Files that are replaced by those of another sensor are noticed, between two
 * readings and since they were opened. */
static void test_changed(void **state)
{
    const folder *f = *state;
    static const uint32_t time[] = {1, 2};
    uint8_t bytes[200];
    bool silent[4] = {false};
    const sg__hot hot = {silent, 2, 2};
    const sg__event_shape shape = {.bins = 1, .cap = 3, .to = UINT64_MAX};
    sg__parts parts = {.shape = &shape, .limit = 1000};
    sg__source source;
    sg_error error = {""};
    size_t size = make_dat(bytes, 3, time, 2), count;
    sg__source_memory("x.dat", bytes, size, &source);
    assert_int_equal(sg__parts_add(&parts, sg__event_format_of("x.dat"),
                                   &source, &hot, 0, 0, &error),
                     SG_E_IO);
    assert_non_null(strstr(error.text, "x.dat: has changed while it was"));
    sg__parts_free(&parts);
    write_file(f, "a/1.dat", bytes, size);
    sg_data *data = recordings(f, ",hot=9999", SG_SPLIT_TRAIN);
    sg_data_event *got;
    assert_int_equal(sg_data_events(data, 0, &got, &count, &error), SG_OK);
    sg_data_free_events(got);
    write_file(f, "a/1.dat", bytes, make_dat(bytes, 4, time, 2));
    assert_int_equal(sg_data_events(data, 0, &got, &count, &error), SG_E_IO);
    assert_null(got);
    assert_non_null(strstr(error.text, "a/1.dat: has changed since it was "
                                       "opened: samples of 4x4, before of "
                                       "3x3"));
    sg_data_destroy(data);
}

/* AEDAT 2.0 with lines of a header and events of an address each. */
static void write_aedat(const folder *f, const char *lines,
                        const uint32_t *address, size_t count)
{
    uint8_t bytes[300];
    size_t n =
        (size_t)snprintf((char *)bytes, 200, "#!AER-DAT2.0\r\n%s", lines);
    for (size_t i = 0; i < count; i++) {
        const uint32_t word[2] = {address[i], 100 + (uint32_t)i};
        for (size_t k = 0; k < 8; k++)
            bytes[n++] = (uint8_t)(word[k / 4] >> (24 - 8 * (k % 4)));
    }
    write_file(f, "a/1.aedat", bytes, n);
}

/* As jAER reads what it writes: x from the right, y from below, and of a DVS128
 * bit 0 is off. */
static void test_jaer(void **state)
{
    const folder *f = *state;
    static const uint32_t small[] = {5 << 8 | 3 << 1, 5 << 8 | 3 << 1 | 1, 8},
                          large[] = {5 << 22 | 3 << 12 | 1 << 11},
                          mixed[] = {3 << 12, 5 << 22 | 3 << 12};
    write_aedat(f, "# G\xfc\xdf\x65\r\n# AEChip: x.DVS128\r\n", small, 2);
    sg_data *data = recordings(f, "", SG_SPLIT_TRAIN);
    assert_int_equal(sg_data_get_info(data)->height, 128);
    assert_int_equal(at(data, 0, 122, 124, 1), 1);
    assert_int_equal(at(data, 0, 122, 124, 0), 1);
    assert_all_count(data);
    sg_data_event *got;
    size_t count;
    assert_int_equal(sg_data_events(data, 0, &got, &count, NULL), SG_OK);
    assert_int_equal(got[0].neuron % 2, 1); /* bit 0 was 0 */
    sg_data_free_events(got);
    sg_data_destroy(data);
    write_aedat(f, "# AEChip: x.Davis240C\r\n", large, 1);
    data = recordings(f, "", SG_SPLIT_TRAIN);
    assert_int_equal(at(data, 0, 174, 236, 1), 1);
    sg_data_destroy(data);
    /* cameras that no line names: of 16 bits, of another size, of neither */
    write_aedat(f, "", small, 2);
    data = recordings(f, "", SG_SPLIT_TRAIN);
    assert_int_equal(at(data, 0, 122, 124, 1), 1);
    sg_data_destroy(data);
    write_aedat(f, "", mixed, 2);
    data = recordings(f, ",sensor=180x240", SG_SPLIT_TRAIN);
    assert_int_equal(at(data, 0, 179, 236, 0), 1);
    assert_int_equal(at(data, 0, 174, 236, 0), 1);
    sg_data_destroy(data);
    refuses(f, "", SG_E_FORMAT,
            "a/1.aedat: byte 22: an address of more than 16 bits");
    refuses(f, ",sensor=128x128", SG_E_FORMAT, "expected a line # AEChip");
    /* bytes of an event that begins as a line does are none */
    static const uint32_t hash[] = {0x23808080, 0x23808080};
    write_aedat(f, "", hash, 2);
    data = recordings(f, ",sensor=512x1024", SG_SPLIT_TRAIN);
    assert_int_equal(sg_data_get_info(data)->size, 1);
    sg_data_destroy(data);
}

/* An event at x 31, y 139 has the magic of gzip. */
static void test_not_gzip(void **state)
{
    const folder *f = *state;
    const written event[] = {{5, 31, 139, 1}, {9, 2, 3, 0}};
    write_bin(f, "a/1.bin", event, 2);
    sg_data *data = recordings(f, ",sensor=180x240", SG_SPLIT_TRAIN);
    assert_int_equal(at(data, 0, 139, 31, 1), 1);
    assert_int_equal(at(data, 0, 3, 2, 0), 1);
    assert_all_count(data);
    sg_data_destroy(data);
}

/* Of 12 recordings, train and test alike, every third. */
static void test_folds(void **state)
{
    const folder *f = *state;
    static const char *const names[] = {"test/10/0.bin",  "test/10/1.bin",
                                        "test/9/0.bin",   "test/9/1.bin",
                                        "train/10/0.bin", "train/10/1.bin",
                                        "train/10/2.bin", "train/10/3.bin",
                                        "train/9/0.bin",  "train/9/1.bin",
                                        "train/9/2.bin",  "train/9/3.bin"};
    for (uint8_t i = 0; i < COUNT(names); i++) {
        const written event = {0, i, 0, 1};
        write_bin(f, names[i], &event, 1);
    }
    sg_data *data = recordings(f, ",fold=2/3", SG_SPLIT_TEST);
    assert_int_equal(sg_data_get_info(data)->size, 4);
    /* numbers 1, 4, 7, 10; class 9 is in front of class 10 */
    static const uint8_t place[] = {10, 1, 4, 7}, label[] = {0, 1, 1, 1};
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(at(data, i, 0, place[i], 1), 1);
        assert_int_equal(sg_data_label(data, i), label[i]);
    }
    sg_data_destroy(data);
    data = recordings(f, ",fold=2/3", SG_SPLIT_TRAIN);
    assert_int_equal(sg_data_get_info(data)->size, 8);
    sg_data_destroy(data);
    data = recordings(f, ",test=25%", SG_SPLIT_TEST);
    assert_int_equal(sg_data_get_info(data)->size, 3);
    assert_int_equal(at(data, 0, 0, 3, 1), 1); /* numbers 3, 7, 11 */
    sg_data_destroy(data);
}

static void test_refusals(void **state)
{
    const folder *f = *state;
    sg_data *data;
    refuses(f, "", SG_E_MISSING, "no recordings, expected CLASS/FILE");
    write_bin(f, "a/1.bin", steps, COUNT(steps));
    refuses(f, ",size=35x34", SG_E_ARGUMENT,
            "a/1.bin: size 35x34, expected at most");
    refuses(f, ",size=12", SG_E_ARGUMENT, "size=12, expected HEIGHTxWIDTH");
    refuses(f, ",size=0x9", SG_E_ARGUMENT, "expected HEIGHTxWIDTH");
    refuses(f, ",crop=30x30+5+0", SG_E_ARGUMENT,
            "a/1.bin: crop 30x30+5+0 is not");
    refuses(f, ",crop=30x30+5", SG_E_ARGUMENT, "crop=30x30+5, expected");
    refuses(f, ",bins=2", SG_E_ARGUMENT, "expected window= with it");
    refuses(f, ",bins=0", SG_E_ARGUMENT, "bins=0, expected 1..64");
    refuses(f, ",window=5", SG_E_ARGUMENT, "window=5, expected a time");
    refuses(f, ",window=5ms..5ms", SG_E_ARGUMENT, "expected a time");
    static const char *const specs[] = {
        "size=x9",
        "size=9xx",
        "size=9x",
        "size=9x0",
        "size=4097x9",
        "size=9x4097",
        "size=9x9x9",
        "sensor=9,",
        "sensor=34y34",
        "crop=x",
        "crop=9x9-1+1",
        "crop=9x9+a+1",
        "crop=9x9+1-1",
        "crop=9x9+1+",
        "crop=9x9+1+1+1",
        "crop=9x9+1+9999",
        "window=ms",
        "window=5m",
        "window=5ms..",
        "window=5ms.6ms",
        "window=5ms..9",
        "window=0ms",
        "window=9ms..8ms",
        "window=5ms..9ms..",
        "window=9999999999s",
        "cut=5",
        "cut=ev",
        "cut=0ev",
        "cut=5evs",
        "cut=9999999999ev",
        "cut=5msx",
        "parts=together",
        "cut=5ev,parts=growing",
        "bins=65",
        "fold=1",
        "fold=a/5",
        "fold=1/0",
        "fold=1/5,test=9%",
        "test=%",
        "test=0%",
        "test=9%9",
        "test=100%",
    };
    for (size_t i = 0; i < COUNT(specs); i++) {
        char option[40], key[16];
        snprintf(option, sizeof option, ",%s", specs[i]);
        snprintf(key, sizeof key, "%.*s", (int)strcspn(specs[i], "="),
                 specs[i]);
        refuses(f, option, SG_E_ARGUMENT,
                strstr(specs[i], "cut=5ev,") ? "parts=growing, expected cut="
                                             : key);
    }
    refuses(f, ",cut=0ms", SG_E_ARGUMENT, "cut=0ms, expected a time");
    refuses(f, ",parts=growing", SG_E_ARGUMENT, "expected cut= as a time");
    refuses(f, ",polarity=both", SG_E_ARGUMENT, "expected split or merge");
    refuses(f, ",cap=256", SG_E_ARGUMENT, "cap=256, expected 1..255");
    refuses(f, ",fold=0/5", SG_E_ARGUMENT, "fold=0/5, expected K/N");
    refuses(f, ",fold=6/5", SG_E_ARGUMENT, "fold=6/5, expected K/N");
    refuses(f, ",test=50", SG_E_ARGUMENT, "test=50, expected 1% to 99%");
    refuses(f, ",sensor=33x34", SG_E_FORMAT,
            "a/1.bin: byte 25: an event at x 0, y 33 of a sensor of 33x34");
    refuses(f, ",sensor=4096x4096,limit=1", SG_E_FORMAT,
            "more than 0 samples of 4096x4096x2");
    assert_int_equal(open_recordings(f, "", SG_SPLIT_TEST, &data, NULL),
                     SG_E_MISSING);
    write_file(f, "a/2.AEDAT4", "x", 1);
    refuses(f, "", SG_E_FORMAT,
            "a/2.AEDAT4: a recording of a kind that is not read, expected");
    folder_remove(f, "a/2.AEDAT4");
    write_file(f, "a/2.bin", "\1\1\0\0\1\1\1\0\0", 9);
    refuses(f, "", SG_E_FORMAT,
            "a/2.bin: byte 9: the file ends, expected 1 more bytes of an "
            "event");
}

/* One recording by itself, for a network of more classes than folders may
 * be. */
static void test_single(void **state)
{
    const folder *f = *state;
    const written event[] = {{10, 1, 2, 1}, {20, 3, 0, 0}};
    char path[600], spec[600];
    sg_error error = {""};
    sg_data *data;
    write_bin(f, "one.bin", event, 2);
    snprintf(path, sizeof path, "%s/one.bin", f->path);
    snprintf(spec, sizeof spec, "events:%s,size=4x4", f->path);
    const uint32_t classes[] = {2, 1001, SG_CLASSES_MAX};
    for (size_t i = 0; i < 3; i++) {
        const sg_data_info like = {.height = 4,
                                   .width = 4,
                                   .channels = 2,
                                   .classes = classes[i],
                                   .size = 1};
        if (sg_data_open_file(spec, path, &like, 0, &data, &error) != SG_OK)
            fail_msg("%s", error.text);
        assert_int_equal(sg_data_get_info(data)->classes, classes[i]);
        assert_null(sg_data_class_name(data, 1));
        sg_data_destroy(data);
    }
    static const sg_data_info nothing[] = {
        {.height = 0, .width = 4, .channels = 2, .classes = 2},
        {.height = 4, .width = 0, .channels = 2, .classes = 2},
        {.height = 4, .width = 4, .channels = 0, .classes = 2},
        {.height = 4, .width = 4, .channels = 2, .classes = 0},
    };
    for (size_t i = 0; i < COUNT(nothing); i++) {
        assert_int_equal(sg_data_open_file(spec, path, &nothing[i], 1, &data,
                                           &error),
                         SG_E_RANGE);
        assert_null(data);
    }
}

static void test_not_recordings(void **state)
{
    (void)state;
    sg_data *data;
    sg_data_event *event;
    size_t count;
    assert_int_equal(sg_data_open("glyphs:train=2,test=2", SG_SPLIT_TRAIN,
                                  &data, NULL),
                     SG_OK);
    assert_false(sg_data_has_events(data));
    assert_int_equal(sg_data_events(data, 0, &event, &count, NULL),
                     SG_E_ARGUMENT);
    assert_int_equal(sg_data_events(data, 2, &event, &count, NULL),
                     SG_E_RANGE);
    assert_int_equal(sg_data_events(data, 0, NULL, &count, NULL),
                     SG_E_ARGUMENT);
    assert_int_equal(sg_data_events(NULL, 0, &event, &count, NULL),
                     SG_E_ARGUMENT);
    sg_data_destroy(data);
}

/* The same bits everywhere; events and counts are of one recording. */
static void test_generated(void **state)
{
    (void)state;
    static const char *const specs[] = {
        "glyph-events:train=3,test=2,seed=7",
        "glyph-events:train=3,test=2,window=50ms..250ms,bins=4,size=17x17,"
        "cap=2,hot=90,polarity=merge,crop=30x30"};
    for (size_t k = 0; k < 2; k++) {
        sg_data *data;
        assert_int_equal(sg_data_open(specs[k], SG_SPLIT_TRAIN, &data, NULL),
                         SG_OK);
        assert_all_count(data);
        sg_data_destroy(data);
    }
    sg_data *data;
    assert_int_equal(sg_data_open("glyph-events:train=9,test=20,seed=3",
                                  SG_SPLIT_TEST, &data, NULL),
                     SG_OK);
    assert_int_equal(sg_data_hash(data), UINT64_C(0xf37015bdc59ff65f));
    sg_data_destroy(data);
}

static void test_real(void **state)
{
    (void)state;
    sg_data *data = open_real("events", "n-mnist-small", SG_SPLIT_TEST);
    if (!data)
        skip();
    assert_int_equal(sg_data_get_info(data)->size, 100);
    assert_int_equal(sg_data_get_info(data)->classes, 10);
    assert_events_count(data, 0);
    assert_events_count(data, 99);
    sg_data_destroy(data);
}

int main(void)
{
#define ON_FILES(test)                                                        \
    cmocka_unit_test_setup_teardown(test, folder_setup, recordings_teardown)
    const struct CMUnitTest tests[] = {
        ON_FILES(test_counts),
        ON_FILES(test_places),
        ON_FILES(test_times),
        ON_FILES(test_hot),
        ON_FILES(test_order_of_time),
        cmocka_unit_test(test_counters),
        ON_FILES(test_late_events),
        ON_FILES(test_changed),
        ON_FILES(test_jaer),
        ON_FILES(test_not_gzip),
        ON_FILES(test_folds),
        ON_FILES(test_refusals),
        ON_FILES(test_single),
        cmocka_unit_test(test_not_recordings),
        cmocka_unit_test(test_generated),
        cmocka_unit_test(test_real),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
