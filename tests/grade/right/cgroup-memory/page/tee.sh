echo 10000000 | tee $cgroup_small/memory.max || echo 10000000 | tee $cgroup_small/memory.limit_in_bytes
