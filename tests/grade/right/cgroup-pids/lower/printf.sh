printf 4 >"$cgroup_small/pids.max"
