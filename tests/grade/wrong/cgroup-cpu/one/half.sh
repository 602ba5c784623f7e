cd $cgroup_burner
if [ -e cpu.max ]; then echo 50000 100000 >cpu.max; else echo 50000 >cpu.cfs_quota_us; fi
