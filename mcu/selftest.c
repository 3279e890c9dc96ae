/* The self-test: every sample of samples.c, and after each the hash that
 * SpikeGrad's own engine has: of the logits, or of all that has been learned.
 * Says what an image took, in instructions where the board counts them; with
 * learning the state is saved, taken back and written to state.bin. */
#include "board.h"
#include "samples.h"

static sg_state state;

/* Samples are in flash, or with STREAM in a file of the host of that name,
 * where there are more than flash takes. */
static const sg_sample *sample_at(uint32_t s)
{
#ifdef STREAM
    static sg_sample one;
    if (board_read(STREAM, (size_t)s * sizeof one, &one, sizeof one))
        return &one;
    board_put("no sample in " STREAM "\n");
    return NULL;
#else
    return &sg_samples[s];
#endif
}

/* FNV-1a of an integer's bytes. */
static uint64_t hash(uint64_t h, uint32_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        h = (h ^ (value >> (8 * i) & 255)) * UINT64_C(1099511628211);
    return h;
}

#if !SG_LEARN || SG_DROPS
static uint64_t logits_hash(uint64_t h)
{
    for (size_t k = 0; k < SG_CLASSES; k++)
        h = hash(h, (uint32_t)state.charge[k], 4);
    return h;
}
#endif

static uint64_t state_hash(void)
{
    uint64_t h = UINT64_C(14695981039346656037);
#if SG_LEARN
    for (size_t i = 0; i < SG_BIASES; i++)
        h = hash(h, (uint32_t)state.bias[i], 4);
#if SG_ROWS
    for (size_t i = 0; i < SG_ROWS; i++)
        h = hash(h, (uint32_t)state.gain[i], 4);
#endif
    for (size_t i = 0; i < SG_MASTERS; i++)
        h = hash(h, (uint32_t)sg_master_of(&state, i), sizeof(sg_master));
#else
    h = logits_hash(h);
#endif
    return h;
}

static void put_number(uint32_t n)
{
    char text[11], *p = text + 10;
    *p = '\0';
    do {
        *--p = (char)('0' + n % 10);
        n /= 10;
    } while (n);
    board_put(p);
}

static void say(const char *before, uint32_t n, const char *after)
{
    board_put(before);
    put_number(n);
    board_put(after);
}

#if SG_LEARN && !defined(NO_SAVE)
static int save(void)
{
    static uint8_t bytes[SG_SAVED_BYTES];
    const uint64_t before = state_hash();
    sg_state_save(&state, bytes);
    bytes[40] ^= 1;
    if (sg_state_load(&state, bytes) != 3 || state_hash() != before)
        return 1;
    bytes[40] ^= 1;
    sg_begin(&state);
    if (sg_state_load(&state, bytes) != 0 || state_hash() != before)
        return 1;
    board_write("state.bin", bytes, SG_SAVED_BYTES);
    return 0;
}
#endif

int main(void)
{
    uint32_t right = 0;
    uint64_t spent = 0;
    sg_begin(&state);
    for (uint32_t s = 0; s < SG_SAMPLES; s++) {
        const sg_sample *sample = sample_at(s);
        if (!sample)
            return 1;
        const uint64_t start = board_instructions();
#if SG_LEARN
#if SG_DRAWS
        state.sample = sample->number;
#endif
        right +=
            sg_learn(&state, sample->pixels, sample->label) == sample->label;
#else
        right += sg_infer(&state, sample->pixels) == sample->label;
#endif
        spent += board_instructions() - start;
        uint64_t h = state_hash();
#if SG_LEARN && SG_DROPS
        sg_infer(&state, sample->pixels);
        h = logits_hash(h);
#endif
        if (h != sample->expected) {
            say("sample ", s, " differs\n");
            return 1;
        }
    }
#if SG_LEARN && !defined(NO_SAVE)
    if (save()) {
        board_put("the saved state is not what was saved\n");
        return 1;
    }
#endif
    say("", SG_SAMPLES, " samples equal, ");
    say("", right, " right");
    if (SG_SAMPLES > 0)
        say(", ", (uint32_t)(spent / (SG_SAMPLES ? SG_SAMPLES : 1)),
            " instructions a sample");
    board_put("\n");
    return 0;
}
