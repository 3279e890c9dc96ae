/* What a cache of pictures has to be of. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "data/images/making.h"

sg_status sg__images_fingerprint(const sg__making *m, sg__fingerprint *f,
                                 sg_error *error)
{
    const sg__picture_form *form = &m->form;
    struct stat status;
    sg__fingerprint_begin(f);
    sg__fingerprint_number(f, form->height);
    sg__fingerprint_number(f, form->width);
    sg__fingerprint_number(f, form->channels);
    sg__fingerprint_number(f, form->background);
    sg__fingerprint_number(f, m->percent);
    sg__fingerprint_number(f, m->request->split);
    if (m->packed) {
        if (stat(m->request->path, &status) != 0)
            return sg__fail(error, SG_E_IO, "%s: %s", m->request->path,
                            strerror(errno));
        sg__fingerprint_add(f, m->request->path, strlen(m->request->path) + 1);
        sg__fingerprint_number(f, (uint64_t)status.st_size);
        sg__fingerprint_number(f, (uint64_t)status.st_mtim.tv_sec);
        sg__fingerprint_number(f, (uint64_t)status.st_mtim.tv_nsec);
    }
    for (size_t i = 0; i < m->shots.count; i++) {
        const sg__shot *s = &m->shots.at[i];
        sg__fingerprint_add(f, s->path, strlen(s->path) + 1);
        sg__fingerprint_number(f, s->size);
        sg__fingerprint_number(f, (uint64_t)s->seconds);
        sg__fingerprint_number(f, (uint64_t)s->nanoseconds);
    }
    return SG_OK;
}
