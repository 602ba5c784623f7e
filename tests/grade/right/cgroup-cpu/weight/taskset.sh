taskset -c 0 busyloop --cgroup $cgroup_tin & taskset -c 0 busyloop --cgroup $cgroup_gold &
cd $cgroup_gold; [ -e cpu.weight ] && echo 400 >cpu.weight || echo 4096 >cpu.shares
