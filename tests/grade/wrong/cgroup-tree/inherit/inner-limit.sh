cd $cgroup_room
if [ -e memory.max ]; then echo 20M >memory.max; else echo 20M >memory.limit_in_bytes; fi
memhog --take 64M --step 1M --every 100ms --cgroup room &
