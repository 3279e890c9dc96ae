#!/bin/sh
# Started by mpirun or srun, the command looks for a library to work with the
# others: one that is not there, is none, cannot start, or loses them.
. "$(dirname "$0")/common.sh"

[ -n "${SPIKEGRAD_FAKE_MPI:-}" ] || {
    echo "skipped: no library that stands in for an MPI"
    exit 77
}
unset OMPI_COMM_WORLD_SIZE PMI_SIZE PMIX_RANK SPIKEGRAD_MPI
run="train --data glyphs:train=20,test=10 --net 10 --epochs 1 --batch 10 --quiet
    --threads 1"
fake="SPIKEGRAD_MPI=$SPIKEGRAD_FAKE_MPI"
n=0

# alone NAME=VALUE...: a run like any other.
alone() {
    n=$((n + 1))
    # shellcheck disable=SC2086
    expect 0 env "$@" "$SPIKEGRAD" $run --out alone$n
    silent err
    same alone1/checkpoint.safetensors alone$n/checkpoint.safetensors
}

# fails LINE NAME=VALUE...: code 1, one line, and nothing is begun.
fails() {
    line=$1
    shift
    # shellcheck disable=SC2086
    expect 1 env "$@" "$SPIKEGRAD" $run --out none
    one_error
    says err "$line"
    [ ! -e none ] || bad "$*: a run was begun"
}

# nobody has started several processes, or one of them
alone X=
alone SPIKEGRAD_MPI=/nowhere/mpi.so
alone SPIKEGRAD_MPI=/nowhere/mpi.so OMPI_COMM_WORLD_SIZE=1
alone SPIKEGRAD_MPI=/nowhere/mpi.so PMI_SIZE=1
alone SPIKEGRAD_MPI=none OMPI_COMM_WORLD_SIZE=4
alone SPIKEGRAD_MPI=none PMIX_RANK=2
alone "$fake" FAKE_MPI=alone PMIX_RANK=0

# several, and no library, or one of something else
fails 'without the library to work with the others: .*; SPIKEGRAD_MPI=none' \
    SPIKEGRAD_MPI=/nowhere/mpi.so OMPI_COMM_WORLD_SIZE=2
fails 'without the library .*libspikegrad_mpi_unheard-of.so' \
    SPIKEGRAD_MPI=unheard-of PMI_SIZE=2
[ -z "${SPIKEGRAD_FAULTS:-}" ] ||
    fails "^spikegrad: $SPIKEGRAD_FAULTS: no library of SpikeGrad's" \
        "SPIKEGRAD_MPI=$SPIKEGRAD_FAULTS" PMI_SIZE=2

# a library that does not start, and one that loses the others
for launcher in OMPI_COMM_WORLD_SIZE=2 PMI_SIZE=2 PMIX_RANK=1; do
    fails "^spikegrad: .*: out of memory" "$fake" FAKE_MPI=silent $launcher
done
fails "^spikegrad: .*: MPI: as the test wants" "$fake" FAKE_MPI=words PMI_SIZE=2
fails '^spikegrad: nothing gets.*through' "$fake" FAKE_MPI=leads PMI_SIZE=2
fails '^spikegrad: rank 1 (there): nothing gets.*through' \
    "$fake" FAKE_MPI=follows PMI_SIZE=2
fails '^spikegrad: rank 1 (there) is gone: the run ends; its directory goes on' \
    "$fake" FAKE_MPI=lost PMI_SIZE=2
finish
