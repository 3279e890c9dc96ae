/* The version of this header, and of the library that is running. */
#ifndef SPIKEGRAD_VERSION_H
#define SPIKEGRAD_VERSION_H

#include "spikegrad/status.h"

/* Of this header. Before 1.0 a new minor version may change the interface. */
#define SG_VERSION_MAJOR 0
#define SG_VERSION_MINOR 2
#define SG_VERSION_PATCH 0

/* As a number that grows with the version, for #if; below a minor version
 * there are 100 patches, below a major one 100 minors. */
#define SG_VERSION_NUMBER                                                     \
    (SG_VERSION_MAJOR * 10000 + SG_VERSION_MINOR * 100 + SG_VERSION_PATCH)

/* As text, "0.2.0". */
#define SG_VERSION                                                            \
    SG_VERSION_TEXT(SG_VERSION_MAJOR)                                         \
    "." SG_VERSION_TEXT(SG_VERSION_MINOR) "." SG_VERSION_TEXT(SG_VERSION_PATCH)
#define SG_VERSION_TEXT(number) SG_VERSION_QUOTE(number)
#define SG_VERSION_QUOTE(number) #number

#ifdef __cplusplus
extern "C" {
#endif

/* sg_version: SG_VERSION of the library that is running; never NULL.
 * sg_version_number: its SG_VERSION_NUMBER. A program that was compiled with
 * one version runs with another if both have the same major number, and while
 * that is 0 the same minor number: the shared library's file name tells. */
SG_API const char *sg_version(void);
SG_API int sg_version_number(void);

#ifdef __cplusplus
}
#endif

#endif
