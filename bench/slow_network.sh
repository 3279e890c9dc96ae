#!/bin/sh
# Two ranks of `spikegrad bench` in network namespaces of their own, with a wire
# of a given speed between them: how much of a step is spent on waiting. Needs
# root, Open MPI, ip and tc.
#
#   slow_network.sh SPIKEGRAD RATE DELAY BENCH-OPTIONS...
#
# RATE is what tc takes (1gbit), or "none". DELAY (0.2ms) is each way, and needs
# the kernel's netem; without it there is none, and the script says so.
set -eu
spikegrad=$(readlink -f "$1") rate=$2 delay=$3
shift 3
work=$(mktemp -d)
one=sgslow$$a two=sgslow$$b
clean() {
    ip netns del $one 2>/dev/null || :
    ip netns del $two 2>/dev/null || :
    rm -rf "$work"
}
trap clean EXIT
ip netns add $one
ip netns add $two
ip link add sgwire0 netns $one type veth peer name sgwire1 netns $two
end() { # NAMESPACE LINK ADDRESS
    ip -n "$1" addr add "$3/24" dev "$2"
    ip -n "$1" link set lo up
    ip -n "$1" link set "$2" up
    [ "$rate" != none ] || return 0
    if tc -n "$1" qdisc add dev "$2" root netem rate "$rate" delay "$delay" \
        limit 10000 2>/dev/null; then
        :
    else
        [ "$1" = $two ] || echo "no netem in this kernel: the rate alone"
        tc -n "$1" qdisc add dev "$2" root tbf rate "$rate" burst 256kb \
            latency 50ms
    fi
}
end $one sgwire0 10.77.0.1
end $two sgwire1 10.77.0.2
# What Open MPI takes for ssh: into the namespace of that address.
cat >"$work/agent" <<AGENT
#!/bin/sh
shift
exec ip netns exec $two unshare --uts sh -c "hostname two; \$*"
AGENT
chmod +x "$work/agent"
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
ip netns exec $one unshare --uts sh -c 'hostname one; exec "$@"' x \
    mpirun.openmpi --host 10.77.0.1:1,10.77.0.2:1 -n 2 --bind-to none \
    --mca plm_rsh_agent "$work/agent" \
    --mca oob_tcp_if_include 10.77.0.0/24 \
    --mca btl tcp,self --mca btl_tcp_if_include 10.77.0.0/24 \
    -x SPIKEGRAD_RECIPES "$spikegrad" bench --threads 1 "$@"
