nsenter -t $right -n ip link set dev to-left down
ip -br link; ip route
