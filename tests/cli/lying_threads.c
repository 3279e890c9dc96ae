/* In the same build a process may have as many threads as THREADS_LEFT in the
 * environment says, beside its own: a limit that the tests' user may not have
 * to mind. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*start)(void *), void *argument);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*start)(void *), void *argument);

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*start)(void *), void *argument)
{
    static int started;
    const char *left = getenv("THREADS_LEFT");
    if (left && started >= atoi(left))
        return EAGAIN;
    started++;
    return __real_pthread_create(thread, attributes, start, argument);
}
