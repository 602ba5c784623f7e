cd $cgroup_room
if [ -e cpu.max ]; then echo 20000 >cpu.max; else echo 20000 >cpu.cfs_quota_us; fi
busyloop --cgroup room &
