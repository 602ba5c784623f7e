cd $cgroup_burner
if [ -e cpu.max ]; then echo 20% >cpu.max; else echo 20 >cpu.cfs_quota_us; fi
