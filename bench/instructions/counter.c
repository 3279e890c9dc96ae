/* A plugin of QEMU that counts the instructions a program executes, function
 * by function, between calls of bench_mark (bench_instructions.c). Each call
 * prints what came since the one before, most first.
 *
 * The few declarations it needs stand here: Debian ships no header of them. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

struct qemu_plugin_tb;
struct qemu_plugin_insn;
typedef struct qemu_info_t qemu_info_t;
enum { ADD_U64 = 0, NO_REGISTERS = 0 };

void qemu_plugin_register_vcpu_tb_trans_cb(
    uint64_t id, void (*f)(uint64_t id, struct qemu_plugin_tb *tb));
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *tb,
                                              int op, void *to, uint64_t by);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
                                            void (*f)(unsigned cpu,
                                                      void *user),
                                            int flags, void *user);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *
qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t i);
const char *qemu_plugin_insn_symbol(const struct qemu_plugin_insn *insn);
void qemu_plugin_outs(const char *text);
EXPORT int qemu_plugin_install(uint64_t id, const qemu_info_t *info, int argc,
                               char **argv);
EXPORT int qemu_plugin_version = 1;

enum { FUNCTIONS = 1 << 14, SHOWN = 40 };

typedef struct function {
    const char *name;
    uint64_t count;
} function;

static function functions[FUNCTIONS];
static size_t used;

static function *function_of(const char *name)
{
    name = name ? name : "(no symbol)";
    for (size_t i = 0; i < used; i++)
        if (strcmp(functions[i].name, name) == 0)
            return &functions[i];
    if (used == FUNCTIONS)
        return &functions[0];
    functions[used].name = strdup(name);
    return &functions[used++];
}

static int by_count(const void *a, const void *b)
{
    uint64_t x = ((const function *)a)->count,
             y = ((const function *)b)->count;
    return x < y ? 1 : x > y ? -1 : 0;
}

static void mark(unsigned cpu, void *user)
{
    static function sorted[FUNCTIONS];
    static int marks;
    char line[256];
    uint64_t all = 0;
    (void)cpu;
    (void)user;
    memcpy(sorted, functions, used * sizeof *sorted);
    for (size_t i = 0; i < used; i++) {
        all += functions[i].count;
        functions[i].count = 0; /* what is translated keeps their places */
    }
    qsort(sorted, used, sizeof *sorted, by_count);
    snprintf(line, sizeof line, "mark %d %llu\n", marks++,
             (unsigned long long)all);
    qemu_plugin_outs(line);
    for (size_t i = 0; i < used && i < SHOWN && sorted[i].count; i++) {
        snprintf(line, sizeof line, "  %14llu %s\n",
                 (unsigned long long)sorted[i].count, sorted[i].name);
        qemu_plugin_outs(line);
    }
}

static void translated(uint64_t id, struct qemu_plugin_tb *tb)
{
    struct qemu_plugin_insn *first = qemu_plugin_tb_get_insn(tb, 0);
    const char *name = qemu_plugin_insn_symbol(first);
    (void)id;
    qemu_plugin_register_vcpu_tb_exec_inline(tb, ADD_U64,
                                             &function_of(name)->count,
                                             qemu_plugin_tb_n_insns(tb));
    if (name && strcmp(name, "bench_mark") == 0)
        qemu_plugin_register_vcpu_insn_exec_cb(first, mark, NO_REGISTERS,
                                               NULL);
}

int qemu_plugin_install(uint64_t id, const qemu_info_t *info, int argc,
                        char **argv)
{
    (void)info;
    (void)argc;
    (void)argv;
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    return 0;
}
