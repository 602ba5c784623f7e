memhog --take 30M --step 1M --every 100ms --cgroup room &
wait
