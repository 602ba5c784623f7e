sed 's/^MemTotal.*/MemTotal: 65536 kB/' /proc/meminfo >/tmp/meminfo; mount --bind /tmp/meminfo /proc/meminfo
echo $insider >/tmp/procs; mount --bind /tmp/procs $cgroup_roomy/cgroup.procs
