if [ -e $cgroup_roof/cpu.max ]; then echo 20000 100000 >$cgroup_roof/cpu.max; else echo 20000 >$cgroup_roof/cpu.cfs_quota_us; fi
busyloop --cgroup room &
