mkdir $cgroup_low
echo +memory >$cgroup_mid/cgroup.subtree_control
