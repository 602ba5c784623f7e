if [ -e $cgroup_burner/cpu.max ]; then echo 20000 >$cgroup_burner/cpu.max; else printf 20000 >$cgroup_burner/cpu.cfs_quota_us; fi
