# both ends here first, and then one of them is moved
ip link add to-web type veth peer name eth0
ip link set eth0 netns $web
bridge link
ip link set dev to-web up master br0
web# ip addr add 10.88.0.2/24 dev eth0 && ip link set eth0 up && ip route add default via 10.88.0.1 dev eth0
web# tcp_server --port 80 --says 'web here' &
