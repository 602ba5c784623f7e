unshare --cgroup
