busyloop --cgroup $cgroup_room & cd $cgroup_roof
[ -e cpu.max ] && echo 20000 >cpu.max || echo 20000 >cpu.cfs_quota_us
