cd $cgroup_floor
if [ -e cpu.max ]; then echo 20000 >cpu.max; echo 50000 >$cgroup_desk/cpu.max; else echo 20000 >cpu.cfs_quota_us; fi
