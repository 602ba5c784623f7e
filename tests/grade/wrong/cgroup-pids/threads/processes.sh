mkdir $cgroup_crew
forker --forks 3 --cgroup crew &
