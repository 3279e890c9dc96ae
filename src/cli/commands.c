/* The list of subcommands as an array; see commands.h. */
#include "cli/commands.h"

#include <string.h>

#define ADDRESS(name) &command_##name,
static const arg_command *const all[] = {COMMANDS(ADDRESS) NULL};
#undef ADDRESS

const arg_command *const *commands_list(void)
{
    return all;
}

const arg_command *commands_find(const arg_command *const *list,
                                 const char *name)
{
    for (; *list; list++) {
        const char *word = strrchr((*list)->name, ' ');
        if (strcmp(word ? word + 1 : (*list)->name, name) == 0)
            return *list;
    }
    return NULL;
}
