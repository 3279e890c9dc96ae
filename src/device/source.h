/* The kernels as text; tools/embed_kernels writes it when the library is
 * built. */
#ifndef SG_DEVICE_SOURCE_H
#define SG_DEVICE_SOURCE_H

extern const char sg__device_source[]; /* ends with a 0 */

#endif
