/* Status codes of libspikegrad and the detail text that goes with them.
 *
 * Every function that can fail returns an sg_status; SG_OK is 0. Functions
 * that can fail for many reasons also take an sg_error, which may be NULL and
 * receives one line that names the file, offset or option and what was
 * expected. The library never prints, exits or aborts.
 *
 * NULL where something is expected is SG_E_ARGUMENT, never a crash; what may
 * be NULL says so where it is described. Getters of NULL, or of what is not
 * there, return NULL or 0, and what would be written is all 0. Functions that
 * make something set *out to NULL when they fail. destroy(NULL) is legal. */
#ifndef SPIKEGRAD_STATUS_H
#define SPIKEGRAD_STATUS_H

#if defined(__GNUC__)
#define SG_API __attribute__((visibility("default")))
#else
#define SG_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Every code and its text. */
#define SG_STATUS_LIST(X)                                                     \
    X(SG_OK, "success")                                                       \
    X(SG_E_MEMORY, "out of memory")                                           \
    X(SG_E_ARGUMENT, "invalid argument")                                      \
    X(SG_E_RANGE, "value out of range")                                       \
    X(SG_E_TOPOLOGY, "impossible topology")                                   \
    X(SG_E_BOUND, "an accumulator could overflow")                            \
    X(SG_E_IO, "input or output failed")                                      \
    X(SG_E_FORMAT, "malformed data")                                          \
    X(SG_E_EXISTS, "already exists")                                          \
    X(SG_E_UNSUPPORTED, "not supported by this build")                        \
    X(SG_E_MISMATCH, "event simulation and ANN engine differ")                \
    X(SG_E_STOPPED, "stopped by the caller")                                  \
    X(SG_E_FULL, "too many spikes under way for this order of delivery")      \
    X(SG_E_MISSING, "not there")                                              \
    X(SG_E_DEVICE, "the device failed")

/* How a call went. */
typedef enum sg_status {
#define SG_STATUS_CODE(code, text) code,
    SG_STATUS_LIST(SG_STATUS_CODE)
#undef SG_STATUS_CODE
} sg_status;

#define SG_ERROR_TEXT 320 /* bytes of a detail, its end included */

/* Detail of the last failure: one line, no newline, always terminated. A
 * function that succeeds may leave anything there. */
typedef struct sg_error {
    char text[SG_ERROR_TEXT];
} sg_error;

/* An sg_error without text, to begin with. */
#define SG_ERROR_INIT                                                         \
    {                                                                         \
        {                                                                     \
            0                                                                 \
        }                                                                     \
    }

/* sg_status_text: a short English text for a code; never NULL. */
SG_API const char *sg_status_text(sg_status status);

#ifdef __cplusplus
}
#endif

#endif
