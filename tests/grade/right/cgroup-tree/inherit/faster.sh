echo 20971520 | tee $cgroup_roof/memory.max || echo 20971520 | tee $cgroup_roof/memory.limit_in_bytes
memhog --take 64M --step 1M --every 50ms --cgroup room &
