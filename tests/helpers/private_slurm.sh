# A Slurm of its own on one host, without systemd: source it, then private_slurm_start FOLDER NODES,
# and private_slurm_stop at the end. All its files, keys and sockets lie in the folder; its daemons
# are ended by their own process numbers. Needs root and Debian's slurmctld, slurmd, slurm-client,
# slurm-wlm-basic-plugins and munge; private_slurm_missing says what is not there.

private_slurm_missing() {
    local program
    [ "$(id -u)" = 0 ] || echo "root"
    for program in munged slurmctld slurmd sbatch; do
        command -v $program >/dev/null || echo $program
    done
    unshare --uts true 2>/dev/null || echo "unshare --uts"
}

private_slurm_start() {
    local base=$1 nodes=$2 last=$(($2 - 1)) port=$((20000 + RANDOM % 20000)) i
    private_slurm=$base
    mkdir -p "$base"/{log,state,spool,munge,pid}
    (umask 077 && head -c 128 /dev/urandom >"$base/munge/key")
    chmod 755 "$base" "$base/munge"
    munged --key-file="$base/munge/key" --socket="$base/munge/socket" --num-threads=2 \
        --pid-file="$base/pid/munged" --log-file="$base/log/munged" --seed-file="$base/munge/seed" || return 1
    cat >"$base/slurm.conf" <<CONF
ClusterName=private
SlurmctldHost=$(hostname -s)(127.0.0.1)
SlurmctldPort=$port
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket=$base/munge/socket,cred_expire=10
StateSaveLocation=$base/state
SlurmdSpoolDir=$base/spool/%n
SlurmctldPidFile=$base/pid/slurmctld
SlurmdPidFile=$base/pid/slurmd-%n
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
KillWait=10
NodeName=n[0-$last] NodeHostname=$(hostname -s) NodeAddr=127.0.0.1 Port=[$((port + 1))-$((port + nodes))] CPUs=1 RealMemory=512 State=UNKNOWN
PartitionName=main Nodes=n[0-$last] Default=YES MaxTime=INFINITE State=UP
CONF
    export SLURM_CONF=$base/slurm.conf
    slurmctld -c -i -f "$SLURM_CONF" </dev/null >"$base/log/slurmctld.out" 2>&1
    # Nodes of one host name would meet in one another's shared memory: each gets its own name.
    for i in $(seq 0 $last); do
        mkdir -p "$base/spool/n$i"
        unshare --uts -- sh -c 'hostname $0; exec "$@"' n$i slurmd -c -N n$i -f "$SLURM_CONF" \
            </dev/null >"$base/log/slurmd-n$i.out" 2>&1
    done
    for i in $(seq 60); do
        [ "$(timeout 5 sinfo -h -N -o %t 2>/dev/null | grep -cx idle)" = "$nodes" ] && return
        sleep 0.2
    done
    sinfo -N -l >&2
    return 1
}

private_slurm_stop() {
    local file pid
    timeout 10 scancel -u root 2>/dev/null
    for _ in $(seq 50); do
        [ -z "$(timeout 5 squeue -h 2>/dev/null)" ] && break
        sleep 0.2
    done
    for file in "$private_slurm"/pid/slurmd-* "$private_slurm"/pid/slurmctld \
        "$private_slurm"/pid/munged; do
        [ -s "$file" ] || continue
        pid=$(cat "$file")
        kill -TERM "$pid" 2>/dev/null
        for _ in $(seq 50); do
            kill -0 "$pid" 2>/dev/null || break
            sleep 0.1
        done
    done
}
