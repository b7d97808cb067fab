# Several hosts on one machine: source it, then hosts_start FOLDER HOST..., and hosts_stop at the end.
# mpirun reaches them over TCP as it reaches real nodes, and each can die, be cut off or be slow. Needs
# root and Debian's iproute2; hosts_missing says what is not there.
#
# A host is a process with namespaces of its own: network, host name, mounts (its /dev/shm, else ranks of
# several hosts would meet in one another's shared memory, and its /etc/hosts), and whatever is started
# in these. A bridge in one more network namespace joins them. Other programs see nothing of it.

declare -A hosts_pid=() # by host: its first process; "switch" has the bridge

hosts_missing() {
    local program
    [ "$(id -u)" = 0 ] || echo "root"
    for program in ip nsenter setpriv; do
        command -v $program >/dev/null || echo $program
    done
    unshare --net --uts --mount ip link add gisd type bridge 2>/dev/null || echo "namespaces"
}

# hosts_boot HOST: starts it, for the first time or again after it has died.
hosts_boot() {
    local host=$1 turn
    rm -f "$hosts_folder/$host.up"
    setpriv --pdeathsig KILL unshare --net --uts --mount -- \
        bash -c 'hostname "$0" && mount -t tmpfs none /dev/shm && mount --bind "$1/hosts" /etc/hosts &&
            ip link set lo up && touch "$1/$0.up" && exec sleep infinity' "$host" "$hosts_folder" \
        </dev/null >"$hosts_folder/$host.out" 2>&1 &
    hosts_pid[$host]=$!
    disown $! # bash is not to tell of its death
    for turn in $(seq 200); do
        [ -e "$hosts_folder/$host.up" ] && break
        sleep 0.05
    done
    echo "${hosts_pid[$host]}" >"$hosts_folder/$host.pid"
    [ "$host" != switch ] || return 0
    hosts_net switch ip link add "$host" type veth peer name eth0 netns "${hosts_pid[$host]}"
    hosts_net switch ip link set "$host" master bridge up
    hosts_net "$host" ip addr add "$(sed -n "s/ $host\$//p" "$hosts_folder/hosts")/24" dev eth0
    hosts_net "$host" ip link set eth0 up
}

hosts_net() { # hosts_net HOST COMMAND...: in its network, with this machine's processes and files
    nsenter -t "${hosts_pid[$1]}" --net -- "${@:2}"
}

hosts_start() { # hosts_start FOLDER HOST...
    local host number=10
    hosts_folder=$1
    mkdir -p "$hosts_folder"
    echo '127.0.0.1 localhost' >"$hosts_folder/hosts"
    for host in "${@:2}"; do
        echo "10.77.0.$((number++)) $host" >>"$hosts_folder/hosts"
    done
    # What ssh is elsewhere. What it starts has no terminal, and outlives whoever started it.
    cat >"$hosts_folder/rsh" <<END
#!/bin/sh
while [ "\${1#-}" != "\$1" ]; do shift; done # ssh's options
host=\$1
shift
exec nsenter -t "\$(cat "$hosts_folder/\$host.pid")" --net --uts --mount -- setsid --wait sh -c "\$*"
END
    chmod +x "$hosts_folder/rsh"
    hosts_boot switch
    hosts_net switch ip link add bridge type bridge
    hosts_net switch ip link set bridge up
    for host in "${@:2}"; do
        hosts_boot "$host"
    done
    # Open MPI, then MPICH: how they reach hosts, and by which network.
    export OMPI_MCA_plm_rsh_agent=$hosts_folder/rsh OMPI_MCA_plm_rsh_no_tree_spawn=1
    export OMPI_MCA_oob_tcp_if_include=eth0 OMPI_MCA_btl_tcp_if_include=eth0
    export OMPI_MCA_btl=self,vader,tcp
    export HYDRA_LAUNCHER=ssh HYDRA_LAUNCHER_EXEC=$hosts_folder/rsh HYDRA_IFACE=eth0
    export UCX_NET_DEVICES=eth0
}

hosts_on() { # hosts_on HOST COMMAND...: as a process of the host, in the present folder
    exec nsenter -t "${hosts_pid[$1]}" --net --uts --mount --wd="$PWD" -- "${@:2}"
}

hosts_cut() { # hosts_cut HOST: its link is down
    hosts_net switch ip link set "$1" down
}

hosts_join() { # hosts_join HOST: up again
    hosts_net switch ip link set "$1" up
}

# hosts_slow HOST MILLISECONDS PERCENT: delay and loss on its link; fails where the kernel has no netem.
hosts_slow() {
    hosts_net switch tc qdisc replace dev "$1" root netem delay "$2ms" loss "$3%" 2>/dev/null
}

hosts_processes() { # hosts_processes HOST [PATTERN]: all, or those whose command matches
    local network
    network=$(readlink "/proc/${hosts_pid[$1]}/ns/net" | tr -cd 0-9) && [ -n "$network" ] || return 0
    find /proc/[0-9]*/ns/net -maxdepth 0 -lname "net:?$network?" 2>/dev/null | cut -d/ -f3 |
        grep -xf <(pgrep -f -- "${2:-}") || true
}

# hosts_kill HOST: the power fails, so nobody hears of it any more; hosts_boot starts it again.
hosts_kill() {
    local pids
    hosts_net switch ip link del "$1" || true
    while pids=$(hosts_processes "$1") && [ -n "$pids" ]; do
        # The first process last: it shows which the others are.
        kill -KILL $(grep -vx "${hosts_pid[$1]}" <<<"$pids") || kill -KILL $pids || true
    done
} 2>/dev/null

hosts_stop() {
    local host
    for host in "${!hosts_pid[@]}"; do
        hosts_kill "$host"
    done
}
