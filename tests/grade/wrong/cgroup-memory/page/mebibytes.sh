cd $cgroup_small
if [ -e memory.max ]; then echo 10M >memory.max; else echo 10M >memory.limit_in_bytes; fi
