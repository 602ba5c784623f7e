if [ -e $cgroup_room/memory.max ]; then echo 64M >$cgroup_room/memory.max; else echo 64M >$cgroup_room/memory.limit_in_bytes; fi
memhog --take 30M --step 1M --every 100ms --cgroup room &
wait
