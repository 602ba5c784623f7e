cd $cgroup_burner
if [ -e cpu.max ]; then echo 10000 >cpu.max; else echo 10000 >cpu.cfs_quota_us; fi
