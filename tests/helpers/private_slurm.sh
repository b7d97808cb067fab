# A Slurm of its own on one host, without systemd: source it, then private_slurm_start FOLDER NODES,
# and private_slurm_stop at the end. All its files, keys and sockets lie in the folder. Needs root and
# Debian's slurmctld, slurmd, slurm-client, slurm-wlm-basic-plugins and munge; private_slurm_missing
# says what is not there.
#
# Each daemon has namespaces of its own, so that a node is like a machine. A host name and a /dev/shm:
# ranks of several nodes would else meet in one another's shared memory. Its processes: all that a job
# leaves behind ends with its node, and the node with the shell that started it, even a killed one.

# A host name and a command follow. The shell stays, as a first process must reap orphans.
private_slurm_machine=(unshare --uts --pid --fork --kill-child --mount-proc --
    bash -c 'hostname "$0" && mount -t tmpfs none /dev/shm && "$@"; exit')
private_slurm_machines=() # by process numbers

private_slurm_missing() {
    local program
    [ "$(id -u)" = 0 ] || echo "root"
    for program in munged slurmctld slurmd sbatch; do
        command -v $program >/dev/null || echo $program
    done
    "${private_slurm_machine[@]}" n0 true 2>/dev/null || echo "unshare"
}

private_slurm_daemon() { # private_slurm_daemon HOST COMMAND...
    setpriv --pdeathsig KILL "${private_slurm_machine[@]}" "$@" </dev/null \
        >"$private_slurm/log/$1-$2.out" 2>&1 &
    private_slurm_machines+=($!)
}

private_slurm_start() {
    local base=$1 nodes=$2 last=$(($2 - 1)) port=$((20000 + RANDOM % 10000)) host i
    host=$(hostname -s)
    private_slurm=$base
    mkdir -p "$base"/{log,state,spool,munge}
    (umask 077 && head -c 128 /dev/urandom >"$base/munge/key")
    chmod 755 "$base" "$base/munge"
    private_slurm_daemon "$host" munged --foreground --num-threads=2 \
        --key-file="$base/munge/key" --socket="$base/munge/socket" \
        --pid-file="$base/munge/pid" --seed-file="$base/munge/seed"
    cat >"$base/slurm.conf" <<CONF
ClusterName=private
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket=$base/munge/socket,cred_expire=10 # so long a job waits that is back in the queue
StateSaveLocation=$base/state
SlurmdSpoolDir=$base/spool/%n
SlurmctldPidFile=$base/state/slurmctld.pid
SlurmdPidFile=$base/spool/%n.pid
SlurmctldLogFile=$base/log/slurmctld
SlurmdLogFile=$base/log/slurmd-%n
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
SwitchType=switch/none
MpiDefault=none
MailProg=/bin/true
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_interval=2,bf_interval=2
SlurmdParameters=config_overrides
ReturnToService=2
JobRequeue=1
NodeName=n[0-$last] NodeHostname=$host NodeAddr=127.0.0.1 Port=[$((port + 1))-$((port + nodes))] CPUs=1 RealMemory=512 State=UNKNOWN
PartitionName=main Nodes=n[0-$last] Default=YES MaxTime=INFINITE State=UP
CONF
    export SLURM_CONF=$base/slurm.conf
    # All nodes have the host's address. Ranks that have lost others try to reach them for a while at
    # ports that MPI jobs beside these nodes may have taken since, as all take the lowest free ones.
    export OMPI_MCA_btl_tcp_port_min_v{4,6}=10000 OMPI_MCA_btl_tcp_port_range_v{4,6}=10000
    for i in $(seq 300); do
        [ -S "$base/munge/socket" ] && break
        sleep 0.2
    done
    private_slurm_daemon "$host" slurmctld -D -c -i
    for i in $(seq 0 $last); do
        mkdir -p "$base/spool/n$i"
        private_slurm_daemon n$i slurmd -D -c -N n$i
    done
    for i in $(seq 300); do
        [ "$(timeout 5 sinfo -h -N -o %t 2>/dev/null | grep -cx idle)" = "$nodes" ] && return
        sleep 0.2
    done
    sinfo -N -l >&2
    return 1
}

private_slurm_stop() {
    [ ${#private_slurm_machines[@]} -gt 0 ] || return 0
    # With its first process, the child of unshare, all others of a machine die; unshare ends last.
    pkill -KILL -P "$(IFS=, && echo "${private_slurm_machines[*]}")"
    wait "${private_slurm_machines[@]}"
} 2>/dev/null
