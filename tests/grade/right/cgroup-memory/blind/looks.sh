cat /proc/$insider/cgroup; echo $insider | tee -a "$cgroup_roomy/cgroup.procs"; head -1 /proc/meminfo
