# What the machine does, and tells: for each step a line "== NAME", what it says, and "== NAME: CODE in SECONDS s",
# by its own clock. It ends with the first step that fails.

step() {
    name=$1
    shift
    echo "== $name"
    begun=$(date +%s)
    "$@" 2>&1
    code=$?
    echo "== $name: $code in $(($(date +%s) - begun)) s"
    [ "$code" = 0 ] || exit 0
}

# All that a cluster could leave.
there() {
    for process in /proc/[0-9]*; do # the kernel's own threads have no words
        words=$(tr '\0' ' ' 2>/dev/null <"$process/cmdline") && [ -n "$words" ] && echo "process $words"
    done | grep -v -e 'sh /srv/script' -e '(udev-worker)' # come and go
    findmnt --list --noheadings --output TARGET,FSTYPE
    lsns --noheadings --type net --output COMMAND
    lsns --noheadings --type pid --output COMMAND
    find /sys/fs/cgroup -type d
    ls /sys/class/net
    nft list ruleset
    find /etc/cni /run/netns /tmp /var/lib/cni /var/lib/containerd /var/lib/kubelet /var/log/pods \
        "$HOME"/.local/state/preuve -mindepth 1 2>/dev/null
    for setting in kernel/panic kernel/panic_on_oops net/ipv4/ip_forward vm/overcommit_memory; do
        echo "$setting $(cat "/proc/sys/$setting")"
    done
}

step ready systemctl is-system-running --wait
udevadm settle
there >/srv/before
step cgroups stat --file-system --format %T /sys/fs/cgroup
step up preuve cluster up
step nodes preuve cluster kubectl get nodes --output wide
step check preuve check pods/index.md replication/index.md services/index.md
step status preuve cluster status
step modules lsmod
step down preuve cluster down
there >/srv/after
step left diff /srv/before /srv/after
