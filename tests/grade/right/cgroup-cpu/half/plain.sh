cd $cgroup_burner; ls
test -e cpu.max && echo 10000 100000 >cpu.max || echo 10000 >cpu.cfs_quota_us
