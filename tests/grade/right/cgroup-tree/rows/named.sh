echo $member | tee "$cgroup_house/cgroup.procs"; cat /proc/self/cgroup
