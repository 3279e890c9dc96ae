# shellcheck shell=sh
# For tests under mpirun; sourced, instead of common.sh. $mpis are those that are
# here; without one the test is skipped.
. "$(dirname "$0")/common.sh"

build=$(dirname "$SPIKEGRAD")
unset SPIKEGRAD_MPI SPIKEGRAD_ISA
export OMPI_MCA_btl_vader_single_copy_mechanism=none
export OMPI_MCA_plm_rsh_agent=
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
mpis=
[ -e "$build/libspikegrad_mpi_openmpi.so" ] &&
    command -v mpirun.openmpi >/dev/null && mpis="$mpis openmpi"
[ -e "$build/libspikegrad_mpi_mpich.so" ] &&
    command -v mpirun.mpich >/dev/null && mpis="$mpis mpich"
[ -n "$mpis" ] || {
    echo "skipped: no MPI (Debian: openmpi-bin libopenmpi-dev, or mpich" \
        "libmpich-dev)"
    exit 77
}

# The launcher of an MPI, as words.
launcher() {
    case $1 in
    openmpi) echo mpirun.openmpi --oversubscribe --bind-to none ;;
    mpich) echo mpirun.mpich -disable-auto-cleanup ;;
    esac
}
