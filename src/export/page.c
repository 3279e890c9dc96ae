/* README.md of a program: what it is, what it takes, how to run it. */
#include <inttypes.h>
#include <string.h>

#include "export/program.h"

static void write_memory(const sg__device_plan *p, sg__text *to)
{
    const size_t master = sg__device_master_bytes(p->net);
    sg__text_put(to,
                 "| bytes | what |\n|---|---|\n| %zu | tables in flash |\n"
                 "| %zu | state in RAM, of it |\n",
                 p->flash, p->ram);
    sg__text_put(to,
                 "| %zu | charges of one place |\n"
                 "| %zu | spike counts |\n",
                 4 * p->widest, p->counts);
    if (!p->learn)
        return;
    sg__text_put(to,
                 "| %zu | master weights of %zu bytes, of which the weights "
                 "are made |\n| %zu | masters of biases |\n"
                 "| %zu | gradient of the synapses of one output |\n"
                 "| %zu | derivatives, a bit a neuron |\n"
                 "| %zu | winners of max units |\n"
                 "| %zu | error spikes |\n"
                 "| %zu | error charges of units |\n",
                 p->masters * master, master, 4 * p->learned_biases,
                 4 * p->gradient, p->gates, p->winners, p->errors + p->sent,
                 4 * p->charges);
    if (p->rows > 0)
        sg__text_put(to, "| %zu | gains, means, sizes, scales of rows |\n",
                     20 * p->rows);
    sg__text_put(to, "\nA saved state has %zu bytes.\n", p->saved);
    if (sg__device_draws(p))
        sg__text_put(to, "\nDraws depend on the number of the sample in its "
                         "data: set `state.sample` before\n`sg_learn`.\n");
}

void sg__write_page(const sg__device_plan *p, uint32_t samples, sg__text *to)
{
    const sg_recipe *r = &p->net->recipe;
    sg__text_put(to, "# %.400s\n\n", r->net);
    sg__text_put(to,
                 "A network of SpikeGrad as a C11 program for a "
                 "microcontroller: no heap, no float, no\nlibrary. %s, the "
                 "same integers as on the host. What a program calls is in\n"
                 "`spikegrad_device.h`; a board needs `spikegrad_*.c`, "
                 "`net.c`, the headers,\n`core/` and `base/`.\n\n",
                 p->learn ? "It classifies and learns, sample by sample"
                          : "It classifies");
    write_memory(p, to);
    sg__text_put(to,
                 "\n`make size-m4` says what the code takes, `make run-m4` "
                 "what a sample takes in\ninstructions and whether all "
                 "integers of %" PRIu32 " samples are those expected; `make "
                 "test` does\nso for Cortex-M0, M3, M4, M33 and RV32 under "
                 "QEMU. Instructions are counted by\nQEMU's `-icount "
                 "shift=0`, with which time goes by them.\n",
                 samples);
    if (!p->learn)
        return;
    char freeze[SG_RECIPE_TEXT];
    (void)sg_recipe_get(r, "freeze", freeze, sizeof freeze);
    const bool all = strcmp(freeze, "none") == 0; /* --from freezes none */
    sg__text_put(to,
                 "\n`twin.safetensors` is the network at the beginning. The "
                 "same steps on the host:\n\n    spikegrad train --from "
                 "twin.safetensors --data SPEC --epochs 1%s%s\n\nand\n\n    ",
                 all ? "" : " --freeze ", all ? "" : freeze);
    sg__text_put(to,
                 "spikegrad import-state twin.safetensors state.bin --out "
                 "unit.safetensors\n\ntakes back what a unit has saved, for "
                 "`spikegrad eval` and `verify`.\n");
}
