cd $cgroup_floor
if [ -e cpu.max ]; then echo 50000 >cpu.max; echo 20000 >$cgroup_desk/cpu.max; else echo 50000 >cpu.cfs_quota_us; fi
