/* Files that Python writes, replaced as those of the library are. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core.h"

/* 0 or errno. */
static int write_all(int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        const ssize_t n = write(fd, bytes, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? errno : EIO;
        bytes += n;
        size -= (size_t)n;
    }
    return 0;
}

PyObject *core_file_replace(PyObject *self, PyObject *args)
{
    const char *path, *bytes;
    Py_ssize_t size;
    sg_replacement *file = NULL;
    sg_error error = SG_ERROR_INIT;
    sg_status status;
    int reason = 0;
    (void)self;
    if (!PyArg_ParseTuple(args, "yy#:file_replace", &path, &bytes, &size))
        return NULL;
    Py_BEGIN_ALLOW_THREADS status = sg_replacement_open(path, &file, &error);
    if (status == SG_OK)
        reason =
            write_all(sg_replacement_descriptor(file), bytes, (size_t)size);
    if (status == SG_OK && reason == 0)
        status = sg_replacement_commit(file, &error);
    sg_replacement_destroy(file);
    Py_END_ALLOW_THREADS if (reason == 0) return done(status, &error);
    snprintf(error.text, sizeof error.text, "%.200s: cannot write: %s", path,
             strerror(reason));
    return done(SG_E_IO, &error);
}
