[ -e $cgroup_burner/cpu.max ] && echo "100000 100000" | tee $cgroup_burner/cpu.max || echo 100000 | tee "$cgroup_burner/cpu.cfs_quota_us"
