/* One process at a time works in a directory of runs.
 *
 * The lock is one of the system's on the file .lock, which says who has it;
 * it ends with its process, however that ends, and holds between machines
 * that share a directory by NFS. The file stays: were it removed, two processes
 * could each lock a file of that name. */
#ifndef SPIKEGRAD_CLI_LOCK_H
#define SPIKEGRAD_CLI_LOCK_H

/* lock_take: of a directory that is there. *fd is to be given to lock_release.
 * CLI_OK, or CLI_FAILED after a report that names the process that has it.
 * Where the file system has no locks, that is said and CLI_OK. */
int lock_take(const char *directory, int *fd);

/* lock_release: fd below 0 does nothing. */
void lock_release(int fd);

#endif
