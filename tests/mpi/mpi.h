/* What src/mpi uses of MPI, for an MPI that is not there (test_mpi.c): a world
 * whose other ranks the test plays. */
#ifndef TESTS_MPI_H
#define TESTS_MPI_H

typedef int MPI_Comm, MPI_Datatype, MPI_Errhandler;
typedef struct fake_request *MPI_Request;

typedef struct MPI_Status {
    int count;
} MPI_Status;

enum {
    MPI_SUCCESS = 0,
    MPI_ERR_OTHER = 15,
    MPI_ERR_NO_MEM = 34,
    MPI_MAX_ERROR_STRING = 256,
    MPI_MAX_PROCESSOR_NAME = 128,
    MPI_MAX_LIBRARY_VERSION_STRING = 256,
    MPI_THREAD_SINGLE = 0,
    MPI_THREAD_SERIALIZED = 2,
    MPI_THREAD_MULTIPLE = 3,
    MPI_COMM_WORLD = 1,
    MPI_BYTE = 1,
    MPI_ERRORS_RETURN = 1
};

#define MPI_STATUS_IGNORE ((MPI_Status *)0)

int MPI_Initialized(int *has);
int MPI_Init_thread(int *argc, char ***argv, int wanted, int *level);
int MPI_Query_thread(int *level);
int MPI_Finalize(void);
int MPI_Get_library_version(char *text, int *length);
int MPI_Get_processor_name(char *text, int *length);
int MPI_Error_string(int code, char *text, int *length);
int MPI_Comm_dup(MPI_Comm from, MPI_Comm *to);
int MPI_Comm_free(MPI_Comm *comm);
int MPI_Comm_set_errhandler(MPI_Comm comm, MPI_Errhandler how);
int MPI_Comm_rank(MPI_Comm comm, int *rank);
int MPI_Comm_size(MPI_Comm comm, int *ranks);
int MPI_Allgather(const void *from, int bytes, MPI_Datatype type, void *to,
                  int each, MPI_Datatype other, MPI_Comm comm);
int MPI_Barrier(MPI_Comm comm);
int MPI_Isend(const void *from, int bytes, MPI_Datatype type, int to, int tag,
              MPI_Comm comm, MPI_Request *request);
int MPI_Irecv(void *to, int most, MPI_Datatype type, int from, int tag,
              MPI_Comm comm, MPI_Request *request);
int MPI_Test(MPI_Request *request, int *done, MPI_Status *status);
int MPI_Wait(MPI_Request *request, MPI_Status *status);
int MPI_Cancel(MPI_Request *request);
int MPI_Request_free(MPI_Request *request);
int MPI_Get_count(const MPI_Status *status, MPI_Datatype type, int *count);

#endif
