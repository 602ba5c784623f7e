cd $cgroup_burner
if [ -e cpu.max ]; then echo "10000 50000" >cpu.max; else echo 10000 >cpu.cfs_quota_us; echo 50000 >cpu.cfs_period_us; fi
