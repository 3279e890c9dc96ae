/* Texts of the status codes, formatting of details, and the version. */
#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "spikegrad/spikegrad.h"

int sg_version_number(void)
{
    return SG_VERSION_NUMBER;
}

const char *sg_version(void)
{
    return SG_VERSION;
}

const char *sg_status_text(sg_status status)
{
    switch (status) {
#define SG_STATUS_CASE(code, text)                                            \
    case code:                                                                \
        return text;
        SG_STATUS_LIST(SG_STATUS_CASE)
#undef SG_STATUS_CASE
    }
    return "unknown status";
}

sg_status sg__fail(sg_error *error, sg_status status, const char *format, ...)
{
    if (error) {
        va_list args;
        va_start(args, format);
        vsnprintf(error->text, sizeof error->text, format, args);
        va_end(args);
    }
    return status;
}

void sg_free(void *memory)
{
    free(memory);
}
